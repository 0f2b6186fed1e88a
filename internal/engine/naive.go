package engine

import (
	"slices"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A Naive is the oracle: it runs a program without where lines exactly as the
// specification says, without an index, a join order or reused slots. It is slow and
// short, and the engine must do the same.
type Naive struct {
	Plan *plan.Plan
	// Perform returns how an action ends: its outcome with its outputs, or with
	// sentence and code.
	Perform func(a *plan.Action, in []value.Value) (Outcome, []value.Value)
	// Limit is the largest number of actions.
	Limit int
	// Done are the completed actions in the order of completion, Fired the
	// firings in their order.
	Done  []*NaiveAction
	Fired []NaiveFiring
	asked int
}

// A NaiveAction is an action that was asked.
type NaiveAction struct {
	Action  *plan.Action
	Asked   int // its index in the order of asking
	In, Out []value.Value
	Outcome Outcome
}

// A NaiveFiring is a sync with the matched actions, by their indexes.
type NaiveFiring struct {
	Sync    string
	Matched []int
}

// Ask asks an action and everything that follows from it. It returns nil if the limit is
// exceeded.
func (n *Naive) Ask(a *plan.Action, in []value.Value) *NaiveAction {
	if n.asked++; n.asked > n.Limit {
		return nil
	}
	x := &NaiveAction{Action: a, Asked: n.asked - 1, In: in}
	x.Outcome, x.Out = n.Perform(a, in)
	n.Done = append(n.Done, x)
	seen := slices.Clone(n.Done) // later actions complete their own matches
	for _, s := range n.Plan.Syncs {
		var matches [][]*NaiveAction
		n.assign(s, seen, x, nil, &matches)
		slices.SortFunc(matches, func(a, b []*NaiveAction) int {
			return slices.CompareFunc(a, b, func(a, b *NaiveAction) int { return a.Asked - b.Asked })
		})
		for _, m := range matches {
			if n.asked > n.Limit {
				return x
			}
			n.fire(s, m)
		}
	}
	return x
}

// assign tries every assignment of distinct actions to the lines of when, and keeps
// those that contain the newest action.
func (n *Naive) assign(s *plan.Sync, seen []*NaiveAction, newest *NaiveAction, chosen []*NaiveAction, matches *[][]*NaiveAction) {
	if len(chosen) == len(s.When) {
		if slices.Contains(chosen, newest) && bindings(s, chosen) != nil {
			*matches = append(*matches, slices.Clone(chosen))
		}
		return
	}
	for _, x := range seen {
		if !slices.Contains(chosen, x) {
			n.assign(s, seen, newest, append(chosen, x), matches)
		}
	}
}

// bindings returns the values of the variables, or nil if an action does not match its
// line or two values of a variable differ.
func bindings(s *plan.Sync, chosen []*NaiveAction) map[int]value.Value {
	bound := map[int]value.Value{}
	for i, p := range s.When {
		x := chosen[i]
		wanted := journal.Returned
		if p.Refused {
			wanted = journal.Refused
		}
		if x.Action != p.Action || x.Outcome != wanted {
			return nil
		}
		cell := func(c plan.Column) value.Value {
			if c.Out {
				return present(x.Out[c.Index])
			}
			return present(x.In[c.Index])
		}
		for _, t := range p.Tests {
			v := cell(t.Column)
			if t.Any && v.IsNull() || !t.Any && !value.Equal(v, present(t.Literal)) {
				return nil
			}
		}
		for _, v := range p.Vars {
			c := cell(v.Column)
			if c.IsNull() && !v.Optional {
				return nil
			}
			if before, ok := bound[v.Slot]; ok && !value.Equal(before, c) {
				return nil
			}
			bound[v.Slot] = c
		}
	}
	return bound
}

func (n *Naive) fire(s *plan.Sync, chosen []*NaiveAction) {
	bound := bindings(s, chosen)
	f := NaiveFiring{Sync: s.Name}
	for _, x := range chosen {
		f.Matched = append(f.Matched, x.Asked)
	}
	n.Fired = append(n.Fired, f)
	n.then(s.Stages[0].Then, bound)
}

// then asks the lines of a frame.
func (n *Naive) then(lines []*plan.Ask, bound map[int]value.Value) {
	for _, line := range lines {
		in := make([]value.Value, len(line.Action.Inputs))
		for _, i := range line.In {
			in[i.Column] = i.Term.Literal
			if i.Term.Slot >= 0 {
				in[i.Column] = bound[i.Term.Slot]
			}
		}
		x := n.Ask(line.Action, in)
		if x == nil {
			return
		}
		if !line.Awaited {
			continue
		}
		if x.Outcome != journal.Returned {
			if h := refusedHandler(line, x); h != nil {
				bound[h.Error], bound[h.Refusal] = x.Out[plan.RefusedError], x.Out[plan.RefusedCode]
				n.then(h.Asks, bound)
			}
			return
		}
		for _, o := range line.Out {
			v := present(x.Out[o.Column])
			switch {
			case o.Term.Any:
			case o.Term.Slot < 0:
				if !value.Equal(v, present(o.Term.Literal)) {
					return
				}
			case o.Binds:
				bound[o.Term.Slot] = v
			case !value.Equal(v, bound[o.Term.Slot]):
				return
			}
		}
	}
}

// refusedHandler returns the else of a line that handles how its action ended.
func refusedHandler(line *plan.Ask, x *NaiveAction) *plan.Handler {
	if x.Outcome != journal.Refused {
		return nil
	}
	code, _ := x.Out[plan.RefusedCode].Text()
	return line.Handler(code)
}
