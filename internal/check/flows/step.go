package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/syntax"
)

// step executes the next task of a state and returns the successors: several if the
// path branches, none if it is not explored further.
func (w *walk) step(at int, st *state) []successor {
	t := st.top()
	switch {
	case len(t.frames) > 0:
		t.env = slices.Clone(t.frames[0])
		t.frames = t.frames[1:]
		return w.ask(at, st, t.list.asks[t.next-1])
	case t.list == nil && t.next == len(t.matches):
		w.finishMatching(at, st, t.completion)
		st.pop()
		return []successor{{state: st}}
	case t.list == nil:
		x := t.matches[t.next]
		t.next++
		return w.tryMatch(st, x, t.completion)
	case len(t.joint) > 0 && t.next == len(t.list.asks):
		return w.commitTogether(st)
	case t.next == len(t.list.asks) && t.list.next != nil:
		return w.enterStage(st)
	case t.next >= len(t.list.asks):
		st.pop()
		return []successor{{state: st}}
	}
	a := t.list.asks[t.next]
	t.next++
	if a.where != nil {
		return w.each(st, a)
	}
	return w.ask(at, st, a)
}

// each runs the where of a line of then, which gives the frames for which the line is
// asked: none, one or several.
func (w *walk) each(st *state, a *askInfo) []successor {
	var list []successor
	for _, p := range w.wherePaths(st, st.top().list.sync, a.where, st.top().env) {
		if p.line == nil {
			p.state.top().frames = p.envs
		}
		list = append(list, successor{state: p.state})
	}
	return list
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
func (w *walk) finishMatching(at int, st *state, n int) {
	d := &st.completed[n]
	d.matching = false
	w.afterAnswer(at, st, d)
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
	if st.top().joint = nil; st.top().list.next == nil {
		st.pop()
	}
	for i := len(joint) - 1; i >= 0; i-- {
		d := &st.completed[joint[i]]
		d.matching = true
		st.stack = append(st.stack, matchTask(joint[i], w.matches(st, joint[i])))
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

// end ends the frame of an ask list before its last line, so that it does not enter the
// next stage.
func (t *task) end() { t.next, t.frames = len(t.list.asks)+1, nil }

// enterStage runs the where of the next stage for the frame of an ask list.
func (w *walk) enterStage(st *state) []successor {
	t := *st.top()
	st.pop()
	s, stage := t.list.sync, t.list.next
	w.learnOutputs(st, s, stage, t.env)
	var list []successor
	for _, p := range w.wherePaths(st, s, stage, t.env) {
		e := event{kind: entersEvent, sync: s, line: p.line, many: len(p.envs) > 1}
		if p.list == nil {
			w.noteLateDrop(p.line)
			continue // the flow faults
		}
		for i := len(p.envs) - 1; i >= 0; i-- {
			p.state.stack = append(p.state.stack, task{list: p.list, env: slices.Clone(p.envs[i]), ancestors: t.ancestors, standing: t.standing})
		}
		list = append(list, successor{p.state, []event{e}})
	}
	return list
}

// learnOutputs adds the memberships of what the actions before a stage have returned:
// an identity of one of the concept's own sets is a member, even if other actions have
// changed the state since.
func (w *walk) learnOutputs(st *state, s *syncInfo, stage *stageInfo, env []sym) {
	for _, x := range s.stages[:stage.index] {
		for _, a := range x.then.asks {
			for _, o := range a.ask.Out {
				if o.Binds && o.Param != nil && o.Param.Many == syntax.One {
					w.learnNewMember(st, a.action.instance, o.Param.Type, env[o.Term.Var.Index])
				}
			}
		}
	}
}

// noteLateDrop notes that a line of a later stage may drop a frame.
func (w *walk) noteLateDrop(l *lineInfo) {
	if !slices.Contains(w.observed.lateDrops, l.line) {
		w.observed.lateDrops = append(w.observed.lateDrops, l.line)
	}
}
