package flows

import "slices"

// step executes the next task of a state and returns the successors: several if the
// path branches, none if it is not explored further.
func (w *walk) step(at int, st *state) []successor {
	t := st.top()
	switch {
	case t.list == nil && t.next == len(t.matches):
		w.finishMatching(st, t.completion)
		st.pop()
		return []successor{{state: st}}
	case t.list == nil:
		x := t.matches[t.next]
		t.next++
		return w.tryMatch(at, st, x, t.completion)
	case t.next == len(t.list.asks):
		if len(t.joint) > 0 {
			return w.commitTogether(st)
		}
		st.pop()
		return []successor{{state: st}}
	}
	a := t.list.asks[t.next]
	t.next++
	return w.ask(at, st, a)
}

// complete adds a completed action and pushes the task that considers its matches.
func (w *walk) complete(st *state, d completion) {
	d.matching = true
	st.completed = append(st.completed, d)
	n := len(st.completed) - 1
	st.stack = append(st.stack, matchTask(n, w.matches(st, n)))
}

func matchTask(n int, matches []match) task {
	t := task{completion: n, matches: matches}
	for _, x := range matches {
		for _, d := range x.completions {
			if !slices.Contains(t.uses, d) {
				t.uses = append(t.uses, d)
			}
		}
	}
	return t
}

// finishMatching ends the task of a completed action. A refusal that no sync can
// match any more may become the answer.
func (w *walk) finishMatching(st *state, n int) {
	d := &st.completed[n]
	d.matching = false
	if d.refusal != nil && !d.matched && !d.action.joined[1] {
		w.noteFallback(st, d)
	}
}

func (w *walk) noteFallback(st *state, d *completion) {
	if st.fallback == nil && st.answered == 0 && !d.action.respond {
		st.fallback = &Unhandled{d.action.instance, d.action.spec, d.refusal}
	}
}

// commitTogether ends a "then together" whose actions have all returned. Their
// matches are considered only now.
func (w *walk) commitTogether(st *state) []successor {
	joint := st.top().joint
	st.pop()
	for i := len(joint) - 1; i >= 0; i-- {
		d := &st.completed[joint[i]]
		d.matching = true
		st.stack = append(st.stack, matchTask(joint[i], w.matches(st, joint[i])))
		st.forget(w.model, d.action.instance)
	}
	return []successor{{state: st}}
}

// rollBack undoes the actions of a "then together" so far.
func (w *walk) rollBack(st *state) {
	if joint := st.top().joint; len(joint) > 0 {
		st.completed = st.completed[:joint[0]]
	}
	st.top().joint = nil
}
