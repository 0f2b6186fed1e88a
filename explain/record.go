package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/legible-lang/legible/check"
	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/value"
)

// A record is the journal of one flow, held against the plan.
type record struct {
	plan    *plan.Plan
	begun   time.Time
	actions []*action // in the order in which they were asked
	byID    map[journal.ActionID]*action
	bySpec  map[*plan.Action][]*action
	matches []journal.Entry // Fired and Dropped
	firings map[uint32]int  // places in matches
	faults  []string
	held    *journal.Entry // why it stands still, if it does
	omits   bool           // it lacks values that were too large
}

// An action is one action of the flow, as far as the record and the plan know.
type action struct {
	id      journal.ActionID
	name    string
	spec    *plan.Action // nil when the plan has no such action
	in      []value.Value
	further []string // names beside those of the program
	outcome journal.Outcome
	seq     int              // order of completion, from 1
	out     []value.Value    // outputs by column, or sentence and code
	text    string           // of a fault or refusal
	code    string           // of a refusal
	tries   []*journal.Entry // of an effect action: those that failed, and what was decided
}

func read(p *plan.Plan, entries []journal.Entry) *record {
	r := &record{plan: p, byID: map[journal.ActionID]*action{}, bySpec: map[*plan.Action][]*action{}, firings: map[uint32]int{}}
	specs := map[string]*plan.Action{}
	for _, a := range p.Actions {
		specs[a.FullName()] = a
	}
	ended := 0
	for _, e := range entries {
		switch e.Kind {
		case journal.Begun:
			r.begun = e.Moment
		case journal.Asked:
			if r.byID[e.ID] != nil {
				continue
			}
			a := &action{id: e.ID, name: e.Action, spec: specs[e.Action]}
			a.given(e.In)
			r.actions = append(r.actions, a)
			r.byID[e.ID] = a
			if a.spec != nil {
				r.bySpec[a.spec] = append(r.bySpec[a.spec], a)
			}
		case journal.Completed:
			if a := r.byID[e.ID]; a != nil {
				if ended++; a.seq == 0 {
					a.seq = ended
				}
				a.completed(&e)
			}
		case journal.Fired, journal.Dropped:
			if e.Kind == journal.Fired {
				r.firings[e.Number] = len(r.matches)
			}
			r.matches = append(r.matches, e)
		case journal.Faulted:
			r.faults = append(r.faults, e.Text)
		case journal.Tried, journal.Parked, journal.Decided:
			if a := r.byID[e.ID]; a != nil {
				a.tries = append(a.tries, &e)
			}
		}
	}
	r.held, r.omits = journal.Held(entries), journal.Omits(entries)
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

// columnName names a place in an action.
func (a *action) columnName(c plan.Column) string {
	switch {
	case a.spec == nil || c.Index < 0:
		return "a value"
	case !c.Out && c.Index < len(a.spec.Inputs):
		return a.spec.Inputs[c.Index]
	case c.Out && a.outcome == journal.Refused && c.Index == plan.RefusedCode:
		return "refusal"
	case c.Out && a.outcome == journal.Refused:
		return "error"
	case c.Out && c.Index < len(a.spec.Outputs):
		return a.spec.Outputs[c.Index]
	}
	return "a value"
}

// label names an action so that it is told from its namesakes.
func (a *action) label() string { return a.name + " " + a.id.String() }

// inType and outType give the type of a column, as far as it is declared.
func (a *action) inType(i int) check.Type {
	if a.spec != nil && a.spec.Spec != nil && i < len(a.spec.Spec.Inputs) {
		return a.spec.Spec.Inputs[i].Type
	}
	return check.Type{}
}

func (a *action) outType(i int) check.Type {
	if a.outcome != journal.Refused && a.spec != nil && a.spec.Spec != nil && i < len(a.spec.Spec.Outputs) {
		return a.spec.Spec.Outputs[i].Type
	}
	return check.Type{}
}

// inputs lists what an action was given, and outputs what it returned.
func (a *action) inputs() []Detail {
	var list []Detail
	for i, v := range a.in {
		if !v.IsUnset() {
			list = append(list, Detail{Name: a.spec.Inputs[i], Value: show(v, a.inType(i))})
		}
	}
	for _, name := range a.further {
		list = append(list, Detail{Name: name, Value: value.Hidden})
	}
	return list
}

func (a *action) outputs() []Detail {
	var list []Detail
	if a.outcome != journal.Returned {
		return nil
	}
	for i, v := range a.out {
		if !v.IsUnset() {
			list = append(list, Detail{Name: a.spec.Outputs[i], Value: show(v, a.outType(i))})
		}
	}
	return list
}

// arguments writes details as the language writes arguments.
func arguments(list []Detail) string {
	parts := make([]string, len(list))
	for i, d := range list {
		parts[i] = d.Name + ": " + d.Value
	}
	return "(" + strings.Join(parts, ", ") + ")"
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
	return cmp.Or(strings.Join(words, " "), root.name)
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
	if n := len(a.tries); n > 0 {
		return effort(a.tries[n-1])
	}
	return "did not come to an end"
}

// effort says how far an effect action has come, in words that follow its name.
func effort(e *journal.Entry) string {
	switch e.Kind {
	case journal.Tried:
		return fmt.Sprintf("failed %s and is tried again at %s: %s", times(int(e.Tries)), e.Next.Format(value.MomentLayout), clip(strings.TrimPrefix(e.Text, e.Action+": ")))
	case journal.Parked:
		return "is parked: " + clip(strings.TrimPrefix(strings.Replace(e.Text, e.Action+": ", "", 1), e.Action+" "))
	}
	text := "was cancelled by somebody"
	if e.Code == "retry" {
		text = "was to be tried again, somebody decided"
	}
	if e.Text != "" {
		text += ": " + clip(e.Text)
	}
	return text
}

// sync gives the plan's sync of a name, nil when it has none.
func (r *record) sync(name string) *plan.Sync {
	i := slices.IndexFunc(r.plan.Syncs, func(s *plan.Sync) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return r.plan.Syncs[i]
}

// An asking is the line of a firing that asked an action.
type asking struct {
	match *journal.Entry
	sync  *plan.Sync // nil when the plan no longer has it
	index uint32     // of the frame
	frame *journal.Frame
	lines []*plan.Ask // then, or the else that the frame took
	line  *plan.Ask   // nil when the plan no longer has it
}

// asking finds who asked an action; nil for the one that opened the flow.
func (r *record) asking(id journal.ActionID) *asking {
	i, ok := r.firings[id.Firing]
	if id == (journal.ActionID{}) || !ok {
		return nil
	}
	k := &asking{match: &r.matches[i], index: id.Frame}
	k.sync = r.sync(k.match.Sync)
	if int(id.Frame) < len(k.match.Frames) {
		k.frame = &k.match.Frames[id.Frame]
	}
	if k.sync == nil || k.frame == nil {
		return k
	}
	k.lines = branchOf(k.sync, k.frame)
	a := r.byID[id]
	for _, line := range k.lines {
		if line.Line == int(id.Line) && (a == nil || a.spec == line.Action) {
			k.line = line
		}
	}
	return k
}

// branchOf gives the lines that a frame asks: then, or the else of the line
// that dropped it.
func branchOf(s *plan.Sync, f *journal.Frame) []*plan.Ask {
	if f.Line >= 0 && f.Line < len(s.Where) {
		return s.Where[f.Line].Else
	}
	return s.Then
}
