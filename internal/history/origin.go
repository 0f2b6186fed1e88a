package history

import (
	"slices"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
)

// An Origin is the line that gave a frame's variable its value. At most one of
// Pattern, Where and Ask is set.
type Origin struct {
	Pattern *plan.Pattern // a line of when
	Where   *plan.Line    // a line of where
	Ask     *plan.Ask     // an awaited line of then or else
	// Action is the action that the value comes from, as its Column; nil for a line
	// of where, and if the action is not recorded.
	Action *Action
	Column plan.Column
}

// Origin returns the origin of a frame variable's value. The zero Origin means
// that the plan has none.
func (f *Flow) Origin(m *Match, frame uint32, slot int) Origin {
	if m.Spec == nil {
		return Origin{}
	}
	var given Origin
	for i, p := range m.Spec.When {
		for _, v := range p.Vars {
			if v.Slot != slot || i >= len(m.Actions) || m.Actions[i] == nil {
				continue
			}
			o := Origin{Pattern: p, Action: m.Actions[i], Column: v.Column}
			if !o.Action.Column(v.Column).IsNull() {
				return o
			}
			if given.Pattern == nil { // an optional input that was not given
				given = o
			}
		}
	}
	if given.Pattern != nil {
		return given
	}
	for _, line := range m.Spec.AllLines() {
		if slices.Contains(line.Binds, slot) {
			return Origin{Where: line}
		}
	}
	for _, line := range f.Asked(m, frame) {
		id := journal.ActionID{Firing: m.Number, Frame: frame, Line: uint32(line.Line)}
		for _, h := range line.Handlers {
			switch slot {
			case h.Error:
				return Origin{Ask: line, Action: f.last(m, frame, line), Column: plan.Column{Out: true, Index: plan.RefusedError}}
			case h.Refusal:
				return Origin{Ask: line, Action: f.last(m, frame, line), Column: plan.Column{Out: true, Index: plan.RefusedCode}}
			}
		}
		for _, out := range line.Out {
			if out.Binds && out.Term.Slot == slot {
				return Origin{Ask: line, Action: f.Action(id), Column: plan.Column{Out: true, Index: out.Column}}
			}
		}
	}
	if m.From != nil {
		return f.Origin(m.From, m.Of.Frame, slot)
	}
	return Origin{}
}

// Binding returns the recorded binding of a frame's variable, nil if there is
// none. The frame is nil if the record does not have it. The value of a variable that
// distinguishes null from absence is unset if the input was absent.
func Binding(s *plan.Sync, f *journal.Frame, slot int) *journal.Binding {
	if f == nil || slot < 0 || slot >= len(s.Slots) {
		return nil
	}
	for i := range f.Bindings {
		if b := &f.Bindings[i]; b.Slot == slot && b.Name == s.Slots[slot] {
			return b
		}
	}
	if s.Absence[slot] == plan.AbsentIsUnset && s.Slots[slot] != "" {
		return &journal.Binding{Slot: slot, Name: s.Slots[slot]}
	}
	return nil
}
