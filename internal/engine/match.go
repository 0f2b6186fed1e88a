package engine

import (
	"slices"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// consider fires the matches that a completed action completes, in the order of the
// syncs' names. Matches of one sync fire in the order of the matched actions, line by
// line.
func (f *flow) consider(n int32) {
	refused := f.occs[n].outcome == journal.Refused
	if !refused && f.occs[n].outcome != journal.Returned {
		return
	}
	a := f.occs[n].action
	candidates := &a.Returned
	if refused {
		candidates = &a.Refused
	}
	base := len(f.refs)
	f.refs = candidates.Find(f.refs, func(c plan.Column) (string, bool) { return f.column(n, c).Text() })
	end := len(f.refs)
	for i := base; i < end; {
		s := f.refs[i].Sync
		start := len(f.tuples)
		for ; i < end && f.refs[i].Sync == s; i++ {
			f.match(s, s.Joins[f.refs[i].Pattern], n)
		}
		f.order(s, start)
		width := len(s.When)
		for at := start; at < len(f.tuples) && f.dead == nil; at += width {
			if f.timed() {
				f.fireTimed(s, at)
			} else {
				f.fire(s, at)
			}
		}
		f.tuples = f.tuples[:start]
	}
	f.refs = f.refs[:base]
}

// addCompleted adds a completed action to the list that later matches join. Lists are
// in the order of completion.
func (f *flow) addCompleted(n int32) {
	if o := f.occs[n].outcome; o != journal.Refused && o != journal.Returned {
		return
	}
	l := f.list(f.occs[n].action, f.occs[n].outcome == journal.Refused)
	l.occs = append(l.occs, n)
}

func (f *flow) column(n int32, c plan.Column) value.Value {
	if c.Out {
		return f.occs[n].out[c.Index]
	}
	return f.occs[n].in[c.Index]
}

// match adds to f.tuples every match of a sync in which the action n matches the first
// pattern of the join order.
func (f *flow) match(s *plan.Sync, order []plan.Join, n int32) {
	if !f.passes(s.When[order[0].Pattern], n) {
		return
	}
	width := len(s.When)
	if width == 1 && len(order[0].Equals) == 0 {
		// The most frequent sync: one pattern, nothing to join or compare.
		for _, v := range order[0].Binds {
			if !v.Optional && f.column(n, v.Column).IsNull() {
				return
			}
		}
		f.tuples = append(f.tuples, n)
		return
	}
	base := len(f.slots)
	f.slots = grow(f.slots, len(s.Slots))
	f.building = append(f.building[:0], make([]int32, width)...)
	for i := range f.building {
		f.building[i] = -1
	}
	f.try(s, order, 0, n, base)
	f.slots = f.slots[:base]
}

// try adds action n at step i of the match being built, and continues from there.
func (f *flow) try(s *plan.Sync, order []plan.Join, i int, n int32, base int) {
	join := &order[i]
	if !f.bind(join, n, base) {
		return
	}
	f.building[join.Pattern] = n
	if i+1 == len(order) {
		f.tuples = append(f.tuples, f.building...)
		f.building[join.Pattern] = -1
		return
	}
	next := &order[i+1]
	p := s.When[next.Pattern]
	last := f.occs[f.building[order[0].Pattern]].seq
	list := f.list(p.Action, p.Refused)
	candidates := list.occs
	if len(candidates) > indexFrom && len(next.Keys) > 0 {
		candidates = f.lookup(next, list, base)
	}
	for _, c := range candidates {
		if f.occs[c].seq >= last {
			break // it completed later than the action that completes the match
		}
		if slices.Contains(f.building, c) || !f.passes(p, c) {
			continue
		}
		f.try(s, order, i+1, c, base)
	}
	f.building[join.Pattern] = -1
}

// passes compares an action with the literals of a pattern.
func (f *flow) passes(p *plan.Pattern, n int32) bool {
	for i := range p.Tests {
		t := &p.Tests[i]
		v := f.column(n, t.Column)
		switch {
		case t.Any:
			if v.IsNull() {
				return false
			}
		case t.Literal.IsNull():
			if !v.IsNull() {
				return false
			}
		case !value.Equal(v, t.Literal) && !f.gone(v):
			return false
		}
	}
	return true
}

// bind sets the slots of a step, or compares those that have values already.
func (f *flow) bind(join *plan.Join, n int32, base int) bool {
	for i := range join.Binds {
		v := &join.Binds[i]
		x := f.column(n, v.Column)
		if x.IsNull() {
			if !v.Optional {
				return false
			}
			x = v.Missing(x)
		}
		f.slots[base+v.Slot] = x
	}
	for i := range join.Equals {
		v := &join.Equals[i]
		x := f.column(n, v.Column)
		if x.IsNull() {
			if !v.Optional || !f.slots[base+v.Slot].IsNull() {
				return false
			}
			continue
		}
		if !value.Equal(x, f.slots[base+v.Slot]) {
			return false
		}
	}
	return true
}

// order sorts the matches of one sync by the matched actions, line by line, in the
// order in which they were asked.
func (f *flow) order(s *plan.Sync, start int) {
	width := len(s.When)
	count := (len(f.tuples) - start) / width
	if count < 2 {
		return
	}
	rows := make([][]int32, count)
	flat := slices.Clone(f.tuples[start:])
	for i := range rows {
		rows[i] = flat[i*width : (i+1)*width]
	}
	slices.SortFunc(rows, slices.Compare)
	for i, row := range rows {
		copy(f.tuples[start+i*width:], row)
	}
}

// indexFrom is the number of actions in a list above which a join uses an index.
const indexFrom = 16

// A joinIndex finds the actions of one step of a join by the values that it compares.
// It grows with its list.
type joinIndex struct {
	upTo int
	occs map[string][]int32
	key  []byte
}

// lookup returns the actions whose compared values equal those of the slots.
func (f *flow) lookup(join *plan.Join, list *occList, base int) []int32 {
	if f.joined == nil {
		f.joined = map[*plan.Join]*joinIndex{}
	}
	x := f.joined[join]
	if x == nil {
		x = &joinIndex{occs: map[string][]int32{}}
		f.joined[join] = x
	}
	for ; x.upTo < len(list.occs); x.upTo++ {
		n := list.occs[x.upTo]
		x.key = x.key[:0]
		for _, v := range join.Keys {
			x.key = value.AppendKey(x.key, present(f.column(n, v.Column)))
		}
		x.occs[string(x.key)] = append(x.occs[string(x.key)], n)
	}
	x.key = x.key[:0]
	for _, v := range join.Keys {
		x.key = value.AppendKey(x.key, present(f.slots[base+v.Slot]))
	}
	return x.occs[string(x.key)]
}

func present(v value.Value) value.Value {
	if v.IsNull() {
		return value.Null
	}
	return v
}

// grow adds n unset values to a stack.
func grow(stack []value.Value, n int) []value.Value {
	at := len(stack)
	if at+n <= cap(stack) {
		stack = stack[:at+n]
		clear(stack[at:])
		return stack
	}
	return append(stack, make([]value.Value, n)...)
}
