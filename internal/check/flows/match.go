package flows

import "slices"

// matches returns the matches that a completed action completes, together with
// earlier ones. They are sorted as the engine fires them: by the names of the
// syncs, then by the order of the actions.
func (w *walk) matches(st *state, n int) []match {
	d := &st.completed[n]
	refs := d.action.returned
	if d.refusal != nil {
		refs = d.action.refused
	}
	var all []match
	for i := 0; i < len(refs); {
		s := refs[i].sync
		from := len(all)
		for ; i < len(refs) && refs[i].sync == s; i++ {
			chosen := make([]int, len(s.when))
			for j := range chosen {
				chosen[j] = -1
			}
			chosen[refs[i].pattern] = n
			if w.fits(st, s.when[refs[i].pattern], n) {
				all = w.chooseRest(st, s, chosen, 0, n, all)
			}
		}
		slices.SortFunc(all[from:], func(a, b match) int { return slices.Compare(a.completions, b.completions) })
	}
	return all
}

// chooseRest fills the other patterns of a sync with actions before n.
func (w *walk) chooseRest(st *state, s *syncInfo, chosen []int, at, n int, all []match) []match {
	if at == len(chosen) {
		x := match{s, slices.Clone(chosen), true}
		conds, _ := w.conditions(st, x)
		for _, c := range conds {
			switch st.test(c) {
			case no:
				return all
			case unknown:
				x.certain = false
			}
		}
		return append(all, x)
	}
	if chosen[at] >= 0 {
		return w.chooseRest(st, s, chosen, at+1, n, all)
	}
	for i := range n {
		if slices.Contains(chosen, i) || !w.fits(st, s.when[at], i) {
			continue
		}
		chosen[at] = i
		all = w.chooseRest(st, s, chosen, at+1, n, all)
		chosen[at] = -1
	}
	return all
}

// fits reports whether a pattern names the action and outcome of a completion. It
// does not look at values.
func (w *walk) fits(st *state, p *patternInfo, n int) bool {
	d := &st.completed[n]
	switch {
	case d.action != p.action, p.ofAnotherPath(w), p.pattern.Refused != (d.refusal != nil):
		return false
	case p.pattern.Code != "" && d.refusal.Code != p.pattern.Code:
		return false
	}
	return true
}

// conditions returns the conditions under which a match holds, and the values of
// the sync's variables.
func (w *walk) conditions(st *state, x match) ([]condition, []sym) {
	env := make([]sym, len(x.sync.sync.Vars))
	bound := make([]bool, len(env))
	var conds []condition
	for i, p := range x.sync.when {
		cols := st.completed[x.completions[i]].values
		for _, c := range p.tests {
			s := cols[c.column]
			switch {
			case c.any:
				conds = append(conds, condition{a: s})
			case c.variable < 0:
				conds = append(conds, condition{a: s, literal: c.literal, want: true})
			default:
				if !c.optional {
					conds = append(conds, condition{a: s})
				}
				if bound[c.variable] {
					conds = append(conds, st.equality(s, env[c.variable]))
				} else {
					env[c.variable], bound[c.variable] = s, true
				}
			}
		}
	}
	return conds, env
}

// tryMatch returns the successors of a match: the sync fires, or one of the
// conditions fails.
func (w *walk) tryMatch(st *state, x match, n int) []successor {
	conds, env := w.conditions(st, x)
	var list []successor
	for _, p := range st.split(conds) {
		if !p.holds {
			list = append(list, successor{p.state, []event{{kind: differsEvent, sync: x.sync, condition: *p.failed, label: p.label}}})
			continue
		}
		list = append(list, w.fire(p.state, x, env, n)...)
	}
	return list
}

// fire runs where for a match and pushes the lines that are asked.
func (w *walk) fire(st *state, x match, env []sym, n int) []successor {
	s := x.sync
	if slices.ContainsFunc(s.when, func(p *patternInfo) bool { return p.startsFlow }) {
		st.started = true
	}
	d := &st.completed[n]
	ancestors := d.ancestors
	above := 0
	if s.cyclic {
		for _, c := range ancestors {
			if int(c) == s.index {
				above++
			}
		}
		ancestors = append(slices.Clone(ancestors), int16(s.index))
	}
	again := above >= 2 // the cycle is unrolled far enough
	w.fired[s] = true
	standing := st.standingOf(x)
	var list []successor
	paths := w.wherePaths(st, s, s.stages[0], env)
	if above > 0 {
		drops := slices.ContainsFunc(paths, func(p path) bool { return p.line != nil })
		w.noteTrigger(d, s, x.certain && !drops && d.refusal == nil) // a refused action may return next time
	}
	for _, p := range paths {
		if again && p.list != nil {
			continue // but the cycle may end here
		}
		st := p.state
		e := event{kind: firesEvent, sync: s, line: p.line, many: len(p.envs) > 1}
		if p.list == nil {
			e.kind = dropsEvent
			list = append(list, successor{st, []event{e}})
			continue
		}
		for _, i := range x.completions {
			st.completed[i].matched = true
		}
		for i := len(p.envs) - 1; i >= 0; i-- {
			st.stack = append(st.stack, task{list: p.list, env: slices.Clone(p.envs[i]), ancestors: ancestors, standing: standing})
		}
		list = append(list, successor{st, []event{e}})
	}
	return list
}

// ofAnotherPath reports whether a pattern matches requests of another route only.
func (p *patternInfo) ofAnotherPath(w *walk) bool {
	return p.path != "" && (w.entry.Kind != Route || p.path != w.entry.Path)
}
