package explain

import (
	"fmt"
	"slices"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/value"
)

// counterpart finds the action that was asked in the same way: by the same
// firing, else by any. Other is the one by the same firing that was given
// something else.
func (x *replay) counterpart(a *action, before *journal.Entry, index int, fresh map[int]bool) (old, other *action) {
	for _, o := range x.was.actions {
		if o.name != a.name || o.spec == nil || x.again[o.id] || o.id == (journal.ActionID{}) {
			continue
		}
		here := before != nil && before.Kind == journal.Fired && o.id.Firing == before.Number && int(o.id.Frame) == index
		if len(unequalInputs(a, o, fresh)) == 0 {
			if here {
				return o, nil
			}
			if old == nil {
				old = o
			}
		} else if here && other == nil {
			other = o
		}
	}
	return old, other
}

// unequalInputs names the inputs in which two actions differ.
func unequalInputs(a, o *action, fresh map[int]bool) []string {
	var list []string
	for i, name := range a.spec.Inputs {
		var before value.Value
		if j := o.spec.Input(name); j >= 0 {
			before = o.in[j]
		}
		if !fresh[i] && !same(a.in[i], before) {
			list = append(list, name)
		}
	}
	return list
}

// otherwise tells of an action that would be asked and was not, or not so.
func (x *replay) otherwise(a, other *action, line *plan.Ask, fresh map[int]bool) *Tree {
	t := x.now.action(a)
	t.Outcome = ""
	t.at(line.Span, line.Text)
	if other == nil {
		t.Title = a.name + " " + arguments(t.In) + " would be asked as well"
		return t
	}
	t.Title = a.name + " would be asked otherwise"
	x.told[other.id] = true
	for _, name := range unequalInputs(a, other, fresh) {
		i := a.spec.Input(name)
		before := "nothing"
		if j := other.spec.Input(name); j >= 0 && !other.in[j].IsUnset() {
			before = show(other.in[j], other.inType(j))
		}
		after := "nothing"
		if !a.in[i].IsUnset() {
			after = show(a.in[i], a.inType(i))
		}
		t.Values = append(t.Values, Detail{Name: name, Value: after, From: "where it was " + before})
	}
	return t
}

// gone tells of what does not come again although what it followed from does:
// actions that were asked, and syncs that fired.
func (x *replay) gone() {
	for _, a := range x.was.actions {
		i, asked := x.was.firings[a.id.Firing]
		if x.again[a.id] || x.told[a.id] || !asked || !x.refired[i] || x.open[a.id.Firing] || a.id == (journal.ActionID{}) {
			continue
		}
		t := x.was.action(a)
		t.Title = a.label() + " " + arguments(t.In) + " would not be asked by sync " + x.was.matches[i].Sync
		x.differ(t)
	}
	for i := range x.was.matches {
		m := &x.was.matches[i]
		if x.refired[i] || m.Kind != journal.Fired || slices.ContainsFunc(m.Matched, func(id journal.ActionID) bool { return !x.again[id] }) {
			continue
		}
		s := x.now.sync(m.Sync)
		if s == nil {
			x.differ(&Tree{Kind: SyncNode, Sync: m.Sync, Title: "there is no sync " + m.Sync + " any more"})
			continue
		}
		t := x.now.whyNotAlone(s)
		t.Title = fmt.Sprintf("sync %s would no longer fire", m.Sync)
		x.differ(t)
	}
}
