package flows

import "slices"

// matches gives every way in which a completed action, with those before it,
// can match the lines of a sync: by the names of the syncs, and for one sync in
// the order of the actions, as the engine fires them.
func (w *walk) matches(m *moment, n int) []wiredMatch {
	d := &m.done[n]
	refs := d.act.returned
	if d.refusal != nil {
		refs = d.act.refused
	}
	var all []wiredMatch
	for i := 0; i < len(refs); {
		s := refs[i].sync
		from := len(all)
		for ; i < len(refs) && refs[i].sync == s; i++ {
			chosen := make([]int, len(s.when))
			for j := range chosen {
				chosen[j] = -1
			}
			chosen[refs[i].pattern] = n
			if w.fits(m, s.when[refs[i].pattern], n) {
				all = w.choose(m, s, chosen, 0, n, all)
			}
		}
		slices.SortFunc(all[from:], func(a, b wiredMatch) int { return slices.Compare(a.done, b.done) })
	}
	return all
}

// choose fills the lines that are still free with actions before n.
func (w *walk) choose(m *moment, s *wiredSync, chosen []int, at, n int, all []wiredMatch) []wiredMatch {
	if at == len(chosen) {
		x := wiredMatch{s, slices.Clone(chosen)}
		if conds, _ := w.conds(m, x); slices.ContainsFunc(conds, func(c cond) bool { return m.test(c) == no }) {
			return all
		}
		return append(all, x)
	}
	if chosen[at] >= 0 {
		return w.choose(m, s, chosen, at+1, n, all)
	}
	for i := range n {
		if slices.Contains(chosen, i) || !w.fits(m, s.when[at], i) {
			continue
		}
		chosen[at] = i
		all = w.choose(m, s, chosen, at+1, n, all)
		chosen[at] = -1
	}
	return all
}

// fits tells whether a completed action is what a line names; its values are
// not looked at.
func (w *walk) fits(m *moment, p *wiredPattern, n int) bool {
	d := &m.done[n]
	switch {
	case d.act != p.act, p.elsewhere(w), p.pattern.Refused != (d.refusal != nil):
		return false
	case p.pattern.Code != "" && d.refusal.Code != p.pattern.Code:
		return false
	}
	return true
}

// conds gives what must hold for a match, and the values of the variables.
func (w *walk) conds(m *moment, x wiredMatch) ([]cond, []sym) {
	env := make([]sym, len(x.sync.sync.Vars))
	bound := make([]bool, len(env))
	var conds []cond
	for i, p := range x.sync.when {
		cols := m.done[x.done[i]].cols
		for _, c := range p.cells {
			s := cols[c.col]
			switch {
			case c.any:
				conds = append(conds, cond{a: s})
			case c.variable < 0:
				conds = append(conds, cond{a: s, literal: c.literal, want: true})
			default:
				if !c.optional {
					conds = append(conds, cond{a: s})
				}
				if bound[c.variable] {
					conds = append(conds, m.sameAs(s, env[c.variable]))
				} else {
					env[c.variable], bound[c.variable] = s, true
				}
			}
		}
	}
	return conds, env
}

// match fires a sync, in each way in which its match can hold or not.
func (w *walk) match(at int, m *moment, x wiredMatch, n int) []next {
	conds, env := w.conds(m, x)
	var list []next
	free := true // nothing but outcomes decides
	for _, p := range m.split(conds) {
		if !p.all {
			free = false
			list = append(list, next{p.moment, []event{{kind: differsEvent, sync: x.sync, cond: *p.cond, label: p.label}}})
			continue
		}
		list = append(list, w.fire(at, p.moment, x, env, n, free)...)
	}
	return list
}

// fire runs where of a match and puts what is asked on the stack.
func (w *walk) fire(at int, m *moment, x wiredMatch, env []sym, n int, free bool) []next {
	s := x.sync
	if slices.ContainsFunc(s.when, func(p *wiredPattern) bool { return p.starts }) {
		m.started = true
	}
	d := &m.done[n]
	chain := d.chain
	again := false // often enough to know the rest
	if s.circular {
		above := 0
		for _, c := range chain {
			if int(c) == s.index {
				above++
			}
		}
		if above > 0 {
			w.leads(d, s, free)
		}
		again = above >= 2
		chain = append(slices.Clone(chain), int16(s.index))
	}
	w.fired[s] = true
	var list []next
	for _, way := range w.ways(m, s, env) {
		if again && way.asking != nil {
			continue // but a circle may end here
		}
		m := way.moment
		e := event{kind: firesEvent, sync: s, way: way.line, many: len(way.envs) > 1}
		if way.asking == nil {
			e.kind = dropsEvent
			list = append(list, next{m, []event{e}})
			continue
		}
		for _, i := range x.done {
			m.done[i].taken = true
		}
		for i := len(way.envs) - 1; i >= 0; i-- {
			m.stack = append(m.stack, work{asking: way.asking, env: slices.Clone(way.envs[i]), chain: chain})
		}
		list = append(list, next{m, []event{e}})
	}
	return list
}

// elsewhere tells whether a line wants a request of another path than that of
// the flow.
func (p *wiredPattern) elsewhere(w *walk) bool {
	return p.path != "" && (w.entry.Kind != Route || p.path != w.entry.Path)
}
