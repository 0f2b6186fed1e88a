package explain

import (
	"strings"

	"github.com/legible-lang/legible/check"
	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/value"
)

// A record is the journal of one flow, held against the plan.
type record struct {
	plan    *plan.Plan
	actions []*action // in the order in which they were asked
	byID    map[journal.ActionID]*action
	matches []journal.Entry // Fired and Dropped
	faults  []string
}

// An action is one action of the flow, as far as the record and the plan know.
type action struct {
	id      journal.ActionID
	name    string
	spec    *plan.Action // nil when the plan has no such action
	in      []value.Value
	further []string // names beside those of the program
	outcome journal.Outcome
	out     []value.Value // outputs by column, or sentence and code
	text    string        // of a fault or refusal
	code    string        // of a refusal
}

func read(p *plan.Plan, entries []journal.Entry) *record {
	r := &record{plan: p, byID: map[journal.ActionID]*action{}}
	specs := map[string]*plan.Action{}
	for _, a := range p.Actions {
		specs[a.FullName()] = a
	}
	for _, e := range entries {
		switch e.Kind {
		case journal.Asked:
			a := &action{id: e.ID, name: e.Action, spec: specs[e.Action]}
			a.given(e.In)
			r.actions = append(r.actions, a)
			r.byID[e.ID] = a
		case journal.Completed:
			if a := r.byID[e.ID]; a != nil {
				a.completed(&e)
			}
		case journal.Fired, journal.Dropped:
			r.matches = append(r.matches, e)
		case journal.Faulted:
			r.faults = append(r.faults, e.Text)
		}
	}
	return r
}

func (a *action) given(in []value.Field) {
	if a.spec != nil {
		a.in = make([]value.Value, len(a.spec.Inputs))
	}
	for _, f := range in {
		i := -1
		if a.spec != nil {
			i = a.spec.Input(f.Name)
		}
		if i < 0 || !a.in[i].IsUnset() {
			a.further = append(a.further, f.Name)
			continue
		}
		a.in[i] = f.Value
	}
}

func (a *action) completed(e *journal.Entry) {
	a.outcome, a.code, a.text = e.Outcome, e.Code, e.Text
	switch {
	case e.Outcome == journal.Refused:
		a.out = []value.Value{plan.RefusedError: value.String(e.Text), plan.RefusedCode: value.String(e.Code)}
	case a.spec != nil:
		a.out = make([]value.Value, len(a.spec.Outputs))
		for _, f := range e.Out {
			if i := a.spec.Output(f.Name); i >= 0 {
				a.out[i] = f.Value
			}
		}
	}
}

// column gives what an action has at a place; unset where it has nothing.
func (a *action) column(c plan.Column) value.Value {
	list := a.in
	if c.Out {
		list = a.out
	}
	if c.Index < 0 || c.Index >= len(list) {
		return value.Value{}
	}
	return list[c.Index]
}

// request names the request that opened the flow: "POST /auth/login".
func (r *record) request() string {
	root := r.actions[0]
	if root.spec == nil || root.spec.Role != plan.Request {
		return root.name
	}
	var words []string
	for _, name := range []string{"method", "path"} {
		if i := root.spec.Input(name); i >= 0 {
			if s, ok := root.in[i].Text(); ok {
				words = append(words, s)
			}
		}
	}
	return strings.Join(words, " ")
}

// ended says how an action ended, in words that follow its name.
func (a *action) ended() string {
	switch a.outcome {
	case journal.Returned:
		return "returned"
	case journal.Refused:
		return "was refused " + a.code + " (“" + clip(a.text) + "”)"
	case journal.Fault:
		return "faulted: " + clip(strings.TrimPrefix(a.text, a.name+": "))
	case journal.Undone:
		return "was undone"
	}
	return "did not come to an end"
}

// show writes a value for a person. What was secret is a mark.
func show(v value.Value, t check.Type) string {
	if t.Kind == check.Secret && !v.IsNull() {
		return value.Hidden
	}
	return clip(v.String())
}

const shown = 100

// clip cuts a text to what fits into a sentence.
func clip(s string) string {
	if len(s) <= shown {
		return s
	}
	return strings.ToValidUTF8(s[:shown], "") + "…"
}

// enumerate joins words: "a", "a and b", "a, b and c".
func enumerate(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}
