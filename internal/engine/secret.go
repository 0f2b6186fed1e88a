package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	langcheck "github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// Digest returns what state keeps of a secret: its SHA-256 in hexadecimal digits.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// errGone ends work that needs a secret lost in a crash.
var errGone = errors.New("it needs a secret, which was lost when the process ended")

// gone reports whether v has a lost secret.
func (f *flow) gone(v value.Value) bool { return f.past != nil && value.HoldsGone(v) }

// matchedGone reports whether a match can no longer be verified, since a lost
// secret had to equal something.
func (f *flow) matchedGone(s *plan.Sync, at int) bool {
	if f.past == nil {
		return false
	}
	seen := make([]int, len(s.Slots))
	gone := make([]bool, len(s.Slots))
	for i, p := range s.When {
		n := f.tuples[at+i]
		for _, v := range p.Vars {
			seen[v.Slot]++
			if gone[v.Slot] = gone[v.Slot] || f.gone(f.column(n, v.Column)); gone[v.Slot] && seen[v.Slot] > 1 {
				return true
			}
		}
		for _, t := range p.Tests {
			if !t.Any && !t.Literal.IsNull() && f.gone(f.column(n, t.Column)) {
				return true
			}
		}
	}
	return false
}

// given returns the inputs for the Go code of an action. It reveals values that are
// secret only as a part of a value that is secret as a whole.
func (f *flow) given(n int32) []value.Value {
	o := &f.occs[n]
	a, in := o.action, o.in
	plain := func(i int) {
		if &in[0] == &o.in[0] {
			in = f.values.take(len(o.in))
			copy(in, o.in)
		}
		in[i] = in[i].RevealAll()
	}
	for i, p := range a.Spec.Inputs {
		if a.Secret[i] && p.Type.Kind != langcheck.Secret && in[i].HoldsSecret() {
			plain(i)
		}
	}
	if line := f.asking; line != nil && line.Action == a {
		for i := range line.In {
			if x := &line.In[i]; x.Part && in[x.Column].HoldsSecret() {
				plain(x.Column)
			}
		}
	}
	return in
}

// hide marks the secret outputs of an action.
func hide(a *plan.Action, out []value.Value) {
	for i, secret := range a.SecretOut {
		if secret {
			out[i] = value.Secret(out[i])
		}
	}
}

// shortSecret is the least length in bytes of a secret to search for in a text:
// shorter ones occur anywhere.
const shortSecret = 4

// hidden returns text without the secrets among values.
func hidden(text string, values []value.Value) string {
	if text == "" || !slices.ContainsFunc(values, value.Value.HoldsSecret) {
		return text
	}
	var told []string
	add := func(s string) {
		if len(s) < shortSecret {
			return
		}
		for _, form := range []string{s, strings.Trim(strconv.Quote(s), `"`), strings.Trim(value.String(s).String(), `"`), url.QueryEscape(s), url.PathEscape(s)} {
			if !slices.Contains(told, form) {
				told = append(told, form)
			}
		}
	}
	var look func(v value.Value, secret bool)
	look = func(v value.Value, secret bool) {
		secret = secret || v.IsSecret()
		v = v.Reveal()
		for _, x := range v.Items() {
			look(x, secret)
		}
		for _, x := range v.Fields() {
			look(x.Value, secret)
		}
		if !secret {
			return
		}
		if s, ok := v.Text(); ok {
			add(s)
		} else if _, ok := v.Num(); ok {
			add(v.String())
		}
	}
	for _, v := range values {
		look(v, false)
	}
	slices.SortFunc(told, func(a, b string) int { return len(b) - len(a) })
	for _, s := range told {
		text = strings.ReplaceAll(text, s, value.Hidden)
	}
	return text
}

// A hiddenError is another error with its secrets hidden.
type hiddenError struct {
	text string
	err  error
}

func (e *hiddenError) Error() string { return e.text }
func (e *hiddenError) Unwrap() error { return e.err }

// hiddenIn returns err with the secrets among values hidden.
func hiddenIn(err error, values []value.Value) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	if text := hidden(said, values); text != said {
		return &hiddenError{text, err}
	}
	return err
}
