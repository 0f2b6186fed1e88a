package flows

import (
	"encoding/binary"
	"slices"
)

// canonicalize removes what can no longer matter, renumbers the remaining values in
// the order in which they are reached, and returns a key. States with equal keys
// have the same successors.
func (st *state) canonicalize(m *model) string {
	st.dropUnneeded()
	r := &renumbering{old: &st.constraints, number: make([]sym, len(st.values)), new: constraints{relation: st.relation}}
	r.new.values, r.new.parent = append(r.new.values, st.values[0]), append(r.new.parent, 0)
	put := func(x int) { r.key = binary.AppendVarint(r.key, int64(x)) }
	flag := func(b bool) {
		if b {
			put(1)
		} else {
			put(0)
		}
	}
	put(int(st.answered))
	flag(st.started)
	flag(st.checkedCredential)
	if st.fallback != nil {
		put(int(m.action(st.fallback.Instance, st.fallback.Action).index) + 1)
		put(slices.Index(st.fallback.Action.Refusals, st.fallback.Refusal))
	} else {
		put(0)
	}
	flag(st.returned)
	put(int(st.answer))
	if x := st.ignored; x != nil {
		put(x.list.sync.index + 1)
		put(x.list.number)
		put(slices.Index(x.list.asks, x.ask))
	} else {
		put(0)
	}
	relevant := st.relevantStanding()
	st.request = r.of(st.request)
	put(len(st.stack))
	for i := len(st.stack) - 1; i >= 0; i-- {
		t := &st.stack[i]
		put(t.next)
		t.standing &= relevant
		put(int(t.standing))
		appendAncestors(&r.key, t.ancestors)
		if t.list == nil {
			put(-1)
			put(t.completion)
			// The other matches follow from the next one and the completed actions.
			put(len(t.matches) - t.next)
			for _, x := range t.matches[min(t.next, len(t.matches)):] {
				if x.sync.cyclic {
					flag(x.certain)
				}
			}
			if t.next < len(t.matches) {
				put(t.matches[t.next].sync.index)
				for _, d := range t.matches[t.next].completions {
					put(d)
				}
			}
			continue
		}
		put(t.list.sync.index)
		put(t.list.number)
		put(len(t.joint))
		for _, d := range t.joint {
			put(d)
		}
		env := make([]sym, len(t.env))
		for _, v := range t.list.live[min(t.next, len(t.list.live)-1)] {
			env[v] = r.of(t.env[v])
			put(int(env[v]))
		}
		t.env = env
		put(len(t.frames))
		frames := make([][]sym, len(t.frames))
		for i, from := range t.frames {
			frames[i] = make([]sym, len(from))
			for v, s := range from {
				frames[i][v] = r.of(s)
				put(int(frames[i][v]))
			}
		}
		t.frames = frames
	}
	put(len(st.completed))
	for i := range st.completed {
		d := &st.completed[i]
		put(d.action.index)
		put(-1)
		if d.refusal != nil {
			put(slices.Index(d.action.spec.Refusals, d.refusal))
		}
		flag(d.matched)
		flag(d.matching)
		d.standing &= relevant
		put(int(d.standing))
		appendAncestors(&r.key, d.ancestors)
		cols := make([]sym, len(d.values))
		for j, s := range d.values {
			cols[j] = r.of(s)
			put(int(cols[j]))
		}
		d.values = cols
	}
	r.keepFacts(put)
	// The constraints on single values.
	for i := range r.new.values {
		s := &r.new.values[i]
		put(int(s.literal)*4 + int(s.null))
		flag(s.credential)
		flag(s.fromRequest)
		put(int(s.origins))
		put(int(s.ifAny))
		flag(s.folded)
		put(len(s.excluded))
		for _, x := range s.excluded {
			put(int(x))
		}
	}
	put(int(st.relation.known))
	put(int(st.relation.mentioned))
	flag(st.relation.authorized)
	for _, g := range st.relation.groups {
		put(int(g))
	}
	st.constraints = r.new
	return string(r.key)
}

func appendAncestors(key *[]byte, list []int16) {
	*key = binary.AppendVarint(*key, int64(len(list)))
	for _, n := range list {
		*key = binary.AppendVarint(*key, int64(n))
	}
}

// dropUnneeded removes completed actions that no sync can match any more.
func (st *state) dropUnneeded() {
	needed := make([]bool, len(st.completed))
	for _, t := range st.stack {
		if t.list == nil {
			needed[t.completion] = true
			for _, d := range t.uses {
				needed[d] = true
			}
		}
		for _, d := range t.joint {
			needed[d] = true
		}
	}
	to := make([]int, len(st.completed))
	var kept []completion
	for i, d := range st.completed {
		if needed[i] || d.matching || d.action.joined[boolIndex(d.refusal != nil)] {
			to[i] = len(kept)
			kept = append(kept, d)
		}
	}
	if len(kept) == len(st.completed) {
		return
	}
	st.completed = kept
	for i := range st.stack {
		t := &st.stack[i]
		if t.list != nil {
			t.joint = renumber(t.joint, to)
			continue
		}
		t.completion = to[t.completion]
		if !slices.ContainsFunc(t.uses, func(d int) bool { return to[d] != d }) {
			continue // the usual case: what was removed is newer
		}
		t.uses = renumber(t.uses, to)
		var matches []match
		for _, x := range t.matches[min(t.next, len(t.matches)):] {
			matches = append(matches, match{x.sync, renumber(x.completions, to), x.certain})
		}
		t.matches, t.next = matches, 0
	}
}

func renumber(list, to []int) []int {
	var out []int
	for _, d := range list {
		out = append(out, to[d])
	}
	return out
}

func boolIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A renumbering moves values from one set of constraints to another, in the order
// in which they are reached.
type renumbering struct {
	old    *constraints
	new    constraints
	number []sym
	key    []byte
}

func (r *renumbering) of(s sym) sym {
	s = r.old.find(s)
	if s != 0 && r.number[s] == 0 {
		r.number[s] = r.new.fresh(r.old.values[s])
	}
	return r.number[s]
}

func (r *renumbering) has(s sym) bool {
	s = r.old.find(s)
	return s == 0 || r.number[s] != 0 || r.old.values[s].literal != 0
}

// keepFacts moves the facts and inequalities whose values are all reached.
func (r *renumbering) keepFacts(put func(int)) {
	for again := true; again; {
		again = false
		for i, f := range r.old.facts {
			if f.predicate < 0 || slices.ContainsFunc(f.args, func(s sym) bool { return !r.has(s) }) {
				continue
			}
			kept := fact{predicate: f.predicate, holds: f.holds}
			for _, s := range f.args {
				kept.args = append(kept.args, r.of(s))
			}
			for _, s := range f.outputs {
				kept.outputs = append(kept.outputs, r.of(s))
			}
			r.new.facts = append(r.new.facts, kept)
			r.old.facts[i].predicate = -1
			again = true
		}
	}
	slices.SortFunc(r.new.facts, func(a, b fact) int {
		if a.predicate != b.predicate {
			return int(a.predicate - b.predicate)
		}
		return slices.Compare(a.args, b.args)
	})
	put(len(r.new.facts))
	for _, f := range r.new.facts {
		put(int(f.predicate)*2 + boolIndex(f.holds))
		for _, s := range slices.Concat(f.args, f.outputs) {
			put(int(s))
		}
		put(len(f.outputs))
	}
	for _, d := range r.old.distinct {
		if r.has(d[0]) && r.has(d[1]) {
			a, b := r.of(d[0]), r.of(d[1])
			r.new.distinct = append(r.new.distinct, [2]sym{min(a, b), max(a, b)})
		}
	}
	slices.SortFunc(r.new.distinct, func(a, b [2]sym) int { return slices.Compare(a[:], b[:]) })
	r.new.distinct = slices.Compact(r.new.distinct)
	for _, d := range r.new.distinct {
		put(int(d[0]))
		put(int(d[1]))
	}
}
