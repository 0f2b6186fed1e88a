package inspect

import (
	"regexp"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// The journal contains no secrets. But it may contain values derived from one:
// a sync that reads a field declared Secret gets its digest, and a hash of a
// password is an ordinary text. Everything that a page shows passes through
// clean first.

// clean hides secret values in an entry.
func (in *Inspector) clean(e *journal.Entry) {
	switch e.Kind {
	case journal.Asked:
		a := in.actions[e.Action]
		for i := range e.In {
			f := &e.In[i]
			if a != nil {
				if c := a.Input(f.Name); c >= 0 && c < len(a.Secret) && a.Secret[c] {
					f.Value = value.Secret(f.Value)
				}
			}
			f.Value = hide(f.Value)
		}
	case journal.Completed:
		a := in.actions[e.Action]
		for i := range e.Out {
			f := &e.Out[i]
			if a != nil && secretOutput(a, f.Name) {
				f.Value = value.Secret(f.Value)
			}
			f.Value = hide(f.Value)
		}
	case journal.Fired, journal.Dropped, journal.Entered, journal.Lost:
		s := in.byName[e.Sync]
		for i := range e.Frames {
			for j := range e.Frames[i].Bindings {
				b := &e.Frames[i].Bindings[j]
				if s != nil && b.Slot >= 0 && b.Slot < len(s.Types) && isSecret(s.Types[b.Slot]) {
					b.Value = value.Secret(b.Value)
				}
				b.Value = hide(b.Value)
			}
		}
	}
}

func secretOutput(a *plan.Action, name string) bool {
	for _, p := range a.Spec.Outputs {
		if p.Name == name {
			return isSecret(p.Type)
		}
	}
	return false
}

func isSecret(t check.Type) bool {
	return t.Kind == check.Secret || t.Kind == check.List && t.Elem != nil && isSecret(*t.Elem)
}

// hashed matches the usual form of password hashes: "$argon2id$v=19$…",
// "$2b$12$…", "$6$salt$…".
var hashed = regexp.MustCompile(`^\$[0-9a-z][0-9a-z-]*\$.+`)

// hide replaces every password hash in a value by the mark of a secret.
func hide(v value.Value) value.Value {
	switch v.Kind() {
	case value.StringKind:
		if s, _ := v.Text(); len(s) > 20 && s[0] == '$' && hashed.MatchString(s) {
			return value.Secret(v)
		}
	case value.ListKind:
		fresh := make([]value.Value, len(v.Items()))
		for i, x := range v.Items() {
			fresh[i] = hide(x)
		}
		return value.List(fresh)
	case value.RecordKind:
		fresh := make([]value.Field, len(v.Fields()))
		for i, f := range v.Fields() {
			fresh[i] = value.Field{Name: f.Name, Value: hide(f.Value)}
		}
		return value.Record(fresh)
	}
	return v
}
