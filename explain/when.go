package explain

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/diag"
	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/value"
)

// unmatched says which line of when found nothing, and how the action that
// came nearest to it differs. It gives nil for a sync over requests of another
// path, unless the path looks like a slip of the finger.
func (r *record) unmatched(s *plan.Sync, seen map[*plan.Sync]bool) *verdict {
	b := &assignment{record: r, sync: s, chosen: make([]*action, len(s.When)), steps: 5000}
	b.try(0, 0, nil)
	best := b.best
	if best == nil {
		return nil
	}
	v := &verdict{cost: 2}
	for i, p := range s.When {
		if best.chosen[i] != nil {
			continue
		}
		cost, reason := r.misses(s, p, best, seen)
		if cost < 0 {
			return nil
		}
		v.cost += cost
		if v.text == "" {
			v.text = "sync " + s.Name + " did not match: nothing fits its line at " + p.Span.String() + " (" + clip(p.Text) + "); " + reason
		}
	}
	if v.text == "" {
		// Every line finds its action now; one of them came too late.
		v.text = "sync " + s.Name + " did not match, though each of its lines has an action that fits"
	}
	return v
}

// An assignment gives as many lines of when an action as it can.
type assignment struct {
	record *record
	sync   *plan.Sync
	chosen []*action
	best   *partial
	steps  int
}

// A partial is a way of matching some of the lines.
type partial struct {
	chosen []*action
	bound  []bound
	count  int
}

// A bound is the value of a variable, and the line that it comes from.
type bound struct {
	slot  int
	value value.Value
	from  string
}

// try goes through the lines from i on; of equally full assignments the one
// that fills the earlier lines is kept.
func (b *assignment) try(i, count int, vars []bound) {
	if b.steps--; b.steps < 0 && b.best != nil {
		return
	}
	if i == len(b.chosen) {
		if b.best == nil || count > b.best.count {
			b.best = &partial{slices.Clone(b.chosen), slices.Clone(vars), count}
		}
		return
	}
	p := b.sync.When[i]
	for _, a := range b.record.actions {
		if a.spec != p.Action || slices.Contains(b.chosen, a) || !ends(p, a) {
			continue
		}
		if next, ok := bind(p, a, vars); ok {
			b.chosen[i] = a
			b.try(i+1, count+1, next)
			b.chosen[i] = nil
		}
	}
	b.try(i+1, count, vars)
}

// ends tells whether an action ended as a line wants it.
func ends(p *plan.Pattern, a *action) bool {
	if p.Refused {
		return a.outcome == journal.Refused
	}
	return a.outcome == journal.Returned
}

// bind holds an action against a line and adds what its variables are.
func bind(p *plan.Pattern, a *action, vars []bound) ([]bound, bool) {
	if len(differences(p, a, vars)) > 0 {
		return nil, false
	}
	vars = slices.Clip(vars)
	for _, v := range p.Vars {
		if find(vars, v.Slot) == nil {
			vars = append(vars, bound{v.Slot, a.column(v.Column), a.name})
		}
	}
	return vars, true
}

func find(vars []bound, slot int) *bound {
	for i := range vars {
		if vars[i].slot == slot {
			return &vars[i]
		}
	}
	return nil
}

// A difference is one thing in which an action is not what a line wants.
type difference struct {
	cost int // 1 looks like a slip, 3 like something else; -1 is another path
	text string
	// path tells that it is another path, and no other difference is forgiven
	// beside it.
	path bool
}

// differences lists in what an action, however it ended, is not what a line
// wants, under the variables that are bound already.
func differences(p *plan.Pattern, a *action, vars []bound) []difference {
	var list []difference
	for _, t := range p.Tests {
		if t.Column.Out && !ends(p, a) {
			continue
		}
		got := a.column(t.Column)
		switch {
		case t.Any:
			if got.IsNull() {
				list = append(list, missing(t.Name, a))
			}
		case t.Literal.IsNull():
			if !got.IsNull() {
				list = append(list, difference{cost: 2, text: t.Name + " must be absent, but is " + clip(got.String())})
			}
		case got.IsNull():
			list = append(list, missing(t.Name, a))
		case !same(got, t.Literal):
			list = append(list, unequal(p, t, got))
		}
	}
	for i, v := range p.Vars {
		if v.Column.Out && !ends(p, a) {
			continue
		}
		got := a.column(v.Column)
		if got.IsNull() && !v.Optional {
			list = append(list, missing(v.Name, a))
			continue
		}
		for _, w := range p.Vars[:i] {
			if x := a.column(w.Column); w.Slot == v.Slot && !same(x, got) {
				list = append(list, difference{cost: 2, text: v.Name + " is " + clip(got.String()) + " and " + w.Name +
					" is " + clip(x.String()) + ", where the line wants them to be the same"})
			}
		}
		before := find(vars, v.Slot)
		if before != nil && !same(before.value, got) {
			list = append(list, difference{cost: 2, text: v.Name + " is " + clip(got.String()) + " in " + a.name +
				", but " + clip(before.value.String()) + " in " + before.from})
		}
	}
	return list
}

// unequal compares a literal with what an action has in its place.
func unequal(p *plan.Pattern, t plan.Test, got value.Value) difference {
	d := difference{cost: 3, text: t.Name + " differs: the line says " + t.Literal.String() + ", but it was " + clip(got.String())}
	want, _ := t.Literal.Text()
	if text, ok := got.Text(); ok {
		_, near := diag.Nearest(text, []string{want})
		path := p.Action.Role == plan.Request && t.Name == "path"
		switch {
		case near:
			d.cost, d.path = 1, path && !strings.EqualFold(text, want)
		case path:
			d.cost = -1
		}
	}
	if p.Action.Role == plan.Request && t.Name == "method" {
		d.cost = 1
		if !strings.Contains(p.Text, "method:") {
			d.text += " (a line without method means POST)"
		}
	}
	return d
}

// missing says that an action was not given something, and what it was given
// that looks like it.
func missing(name string, a *action) difference {
	if near, ok := diag.Nearest(name, a.names()); ok {
		return difference{cost: 1, text: name + " is missing, but there is " + near}
	}
	return difference{cost: 2, text: name + " is missing"}
}

// names lists what an action was given.
func (a *action) names() []string {
	names := slices.Clone(a.further)
	for i, v := range a.in {
		if !v.IsNull() {
			names = append(names, a.spec.Inputs[i])
		}
	}
	return names
}

// misses says why a line found no action. The cost is -1 where the sync is
// about requests of another path.
func (r *record) misses(s *plan.Sync, p *plan.Pattern, got *partial, seen map[*plan.Sync]bool) (int, string) {
	best, text, count := 0, "", 0
	for _, a := range r.actions {
		if a.spec != p.Action {
			continue
		}
		count++
		cost, why := r.miss(p, a, got)
		if cost < 0 {
			if p.Action.Role == plan.Request {
				return -1, ""
			}
			continue
		}
		if text == "" || cost < best {
			best, text = cost, why
		}
	}
	if count == 0 {
		return r.neverAsked(p.Action, seen)
	}
	if count > 1 {
		text = "of the " + strconv.Itoa(count) + " that were asked, the nearest: " + text
	}
	return best, text
}

// miss says why one action does not stand for a line.
func (r *record) miss(p *plan.Pattern, a *action, got *partial) (int, string) {
	cost := 0
	var why []string
	if !ends(p, a) {
		cost += 2
		wants := ", and the line wants it to have returned"
		if p.Refused {
			wants = ", and the line wants it to have been refused"
		}
		why = append(why, a.name+" "+a.ended()+wants)
	}
	list := differences(p, a, got.bound)
	for _, d := range list {
		if d.cost < 0 || d.path && (len(list) > 1 || got.count < len(got.chosen)-1) {
			return -1, ""
		}
		cost += d.cost
		why = append(why, d.text)
	}
	if len(why) == 0 {
		return 2, "the " + a.name + " of this flow stands for another of its lines already"
	}
	return cost, strings.Join(why, ", and ")
}

// neverAsked goes on to who would have asked an action.
func (r *record) neverAsked(a *plan.Action, seen map[*plan.Sync]bool) (int, string) {
	text := "nothing in this flow asked " + a.FullName()
	wanted := func(x *plan.Ask) bool { return x.Action == a }
	if v := r.nearest(wanted, seen); v != nil {
		return 1 + v.cost, text + ": " + v.text
	}
	if !slices.ContainsFunc(r.plan.Syncs, func(s *plan.Sync) bool { return slices.ContainsFunc(s.Asks, wanted) }) {
		return 6, text + ", and no sync asks it at all"
	}
	return 6, text
}
