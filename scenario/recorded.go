package scenario

import (
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A recorded is a recorded flow to run again.
type recorded struct {
	id      value.ID
	entries []journal.Entry
	begun   time.Time
	action  string
	in      []value.Field
}

// opened reads how a flow was opened. It returns false if the record does not say.
func opened(id value.ID, entries []journal.Entry) (recorded, bool) {
	r := recorded{id: id, entries: entries, begun: id.Time()}
	for _, e := range entries {
		switch e.Kind {
		case journal.Begun:
			r.begun = e.Moment
		case journal.Asked:
			r.action, r.in = e.Action, e.In
			return r, true
		}
	}
	return r, false
}

// request names the opening of the flow, as explanations do.
func (r *recorded) request(p *plan.Plan) string {
	return history.Read(p, r.entries, true).Opening()
}

// made returns the identities that the syncs of the flow read or were given, without
// those that only the client named.
func (r *recorded) made() map[string]bool {
	ids := map[string]bool{}
	for _, e := range r.entries {
		for _, f := range e.Frames {
			for _, b := range f.Bindings {
				identities(b.Value, ids)
			}
		}
	}
	return ids
}

// identities adds the identities in a value to a set.
func identities(v value.Value, into map[string]bool) {
	if v.IsSecret() {
		return
	}
	switch v.Kind() {
	case value.StringKind:
		text, _ := v.Text()
		if _, err := value.ParseID(text); err == nil && len(text) == 36 {
			into[text] = true
		}
	case value.ListKind:
		for _, x := range v.Items() {
			identities(x, into)
		}
	case value.RecordKind:
		for _, f := range v.Fields() {
			identities(f.Value, into)
		}
	}
}

// A given is a secret in an answer of the second run, such as a session.
type given struct {
	name  string
	value value.Value
	whose map[string]bool // the identities among the inputs of its action, such as a user
}

// keep stores the secrets of an answer, with the identities that they belong to.
func (x *replaying) keep(answer []value.Field, entries []journal.Entry) {
	asked := map[journal.ActionID][]value.Field{}
	for _, e := range entries {
		if e.Kind == journal.Asked {
			asked[e.ID] = e.In
		}
	}
	for _, f := range answer {
		if !f.Value.IsSecret() {
			continue
		}
		g := given{name: f.Name, value: f.Value.Reveal(), whose: map[string]bool{}}
		for _, e := range entries {
			if e.Kind != journal.Completed || e.Outcome != journal.Returned {
				continue
			}
			for _, out := range e.Out {
				if out.Name == f.Name && out.Value.IsSecret() {
					identities(value.Record(asked[e.ID]), g.whose)
				}
			}
		}
		x.given = append(x.given, g)
	}
}

// secret returns a value for a secret that is not in the record: the last one of that
// name that belongs to an identity of the flow, if there is one. guessed reports that
// the value may not be the right one.
func (x *replaying) secret(r *recorded, name string, wrong bool) (v value.Value, guessed bool) {
	if wrong {
		return value.String("another " + name), true
	}
	var last, own *given
	known := r.made()
	for i := range x.given {
		g := &x.given[i]
		if g.name != name {
			continue
		}
		last = g
		for id := range known {
			if now, _ := x.ids.Now(value.String(id)).Text(); g.whose[now] {
				own = g
			}
		}
	}
	switch {
	case own != nil:
		return own.value, false
	case last != nil:
		return last.value, true
	}
	return value.String("secret " + plainName(name)), true
}

// plainName returns "password" for "oldPassword", because both have the same value.
func plainName(name string) string {
	for _, prefix := range []string{"old", "current", "previous"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" && unicode.IsUpper(rune(rest[0])) {
			return strings.ToLower(rest[:1]) + rest[1:]
		}
	}
	return name
}

// doubted reports whether an action that was given a secret is refused in the
// second run and was not in the first.
func doubted(was, now []journal.Entry) bool {
	secret, declined := map[journal.ActionID]bool{}, map[journal.ActionID]bool{}
	for _, e := range was {
		if e.Kind == journal.Completed && e.Outcome == journal.Refused {
			declined[e.ID] = true
		}
	}
	for _, e := range now {
		switch {
		case e.Kind == journal.Asked:
			for _, f := range e.In {
				secret[e.ID] = secret[e.ID] || f.Value.IsSecret()
			}
		case e.Kind == journal.Completed && e.Outcome == journal.Refused && secret[e.ID] && !declined[e.ID]:
			return true
		}
	}
	return false
}

// declined reports whether the flow ended because its client was not authenticated
// (status 401).
func (r *recorded) declined(p *plan.Plan) bool {
	result := history.Read(p, r.entries, true).Result()
	return result.Status == http.StatusUnauthorized || result.Outcome == history.Refused && result.Action.RefusalKind() == "unauthenticated"
}
