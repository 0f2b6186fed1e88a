package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// A path is one path through the where of a match. It leads to then or to the else
// of a line, with a frame or two, or it drops the match.
type path struct {
	state *state
	list  *askList  // the lines that are asked, nil for none
	line  *lineInfo // the line that drops the frames, nil for then
	envs  [][]sym
}

// wherePaths runs the where of a stage for one match. A path that several frames can take is
// returned twice, with one frame and with two.
func (w *walk) wherePaths(st *state, s *syncInfo, stage *stageInfo, entered []sym) []path {
	var list []path
	w.runLines(st, stage, entered, 0, func(at int, st *state, env []sym) {
		p := path{state: st, list: stage.then, envs: [][]sym{env}}
		if at < len(stage.where) {
			p.line = stage.where[at]
			p.list = p.line.orelse
		}
		list = append(list, p)
		if stage.severalFrames[at] && p.list != nil {
			list = append(list, p.withSecondFrame(s, stage, entered))
		}
	})
	return list
}

// withSecondFrame returns the path with a second frame, in which variables that the
// first frame does not determine have fresh values.
func (p path) withSecondFrame(s *syncInfo, stage *stageInfo, entered []sym) path {
	p.state = p.state.clone()
	second := slices.Clone(p.envs[0])
	for i, v := range s.sync.Vars {
		if !stage.determined[v] && !s.whenVars[i] && entered[i] == 0 && second[i] != 0 {
			second[i] = p.state.fresh(*p.state.value(second[i]))
		}
	}
	p.envs = [][]sym{p.envs[0], second}
	return p
}

// runLines runs the lines from index i. It calls end for each path, with the index
// of the line that drops the frame.
func (w *walk) runLines(st *state, stage *stageInfo, env []sym, i int, end func(at int, st *state, env []sym)) {
	if i == len(stage.where) {
		end(i, st, env)
		return
	}
	l := stage.where[i]
	for _, a := range w.branches(st, l, env) {
		if l.line.Mode == syntax.SurelyLine && !a.keeps {
			continue // it faults
		}
		if a.keeps {
			w.runLines(a.state, stage, a.env, i+1, end)
		} else {
			end(i, a.state, a.env)
		}
	}
}

// A branch is one outcome of a line: it keeps the frame, or drops it.
type branch struct {
	state *state
	env   []sym
	keeps bool
}

// branches returns the possible outcomes of a line.
func (w *walk) branches(st *state, x *lineInfo, env []sym) []branch {
	l := x.line
	st.checkedCredential = st.checkedCredential || w.usesCredential(st, l, env)
	env = slices.Clone(env)
	if l.If == nil {
		return w.related(l, w.outcomes(st, l, env))
	}
	var list []branch
	for _, b := range w.filter(st, env, l.If, false) {
		w.relateCondition(b.state, l, b.env, b.keeps)
		if b.keeps {
			list = append(list, w.related(l, w.outcomes(b.state, l, slices.Clone(b.env)))...)
		} else {
			list = append(list, branch{b.state, b.env, true}) // the line is skipped
		}
	}
	return list
}

// related adds to the branches of a line what it relates.
func (w *walk) related(l *check.Line, list []branch) []branch {
	for _, b := range list {
		if b.keeps {
			w.relate(b.state, l, b.env)
		}
	}
	return list
}

// outcomes returns the possible outcomes of a line whose condition is true.
func (w *walk) outcomes(st *state, l *check.Line, env []sym) []branch {
	switch b := l.Body.(type) {
	case *check.FilterLine:
		if l.Mode == syntax.MaybeLine {
			return []branch{{st, env, true}}
		}
		return w.filter(st, env, b.Expr, l.Mode == syntax.NoLine)
	case *check.IsLine:
		if b.Binds {
			env[b.Var.Index] = w.value(st, env, b.Expr)
			return []branch{{st, env, true}}
		}
		if l.Mode == syntax.NoLine {
			break
		}
		var list []branch
		for _, p := range st.split([]condition{st.equality(env[b.Var.Index], w.value(st, env, b.Expr))}) {
			list = append(list, branch{p.state, env, p.holds || l.Mode == syntax.MaybeLine})
		}
		return list
	case *check.FoldLine:
		if b.Binds && w.exactLines[l] {
			return w.foldOutcomes(st, l, b, env)
		}
		if b.Binds {
			null := no
			if b.Fold == syntax.Min || b.Fold == syntax.Max || b.Fold == syntax.First {
				null = unknown
			}
			env[b.Var.Index] = st.fresh(abstractValue{null: null, label: "“" + b.Var.Name + "”"})
			if b.Page != nil && b.Page.Next != nil {
				env[b.Page.Next.Index] = st.fresh(abstractValue{label: "“" + b.Page.Next.Name + "”"})
			}
			return []branch{{st, env, true}}
		}
	case *check.BlockLine:
		if l.Mode == syntax.MaybeLine {
			for _, v := range l.Nulls {
				env[v.Index] = st.fresh(abstractValue{null: unknown, label: "“" + v.Name + "”"})
			}
			return []branch{{st, env, true}}
		}
		if l.Mode != syntax.NoLine && l.Mode != syntax.SomeLine { // of a record pattern after “has”
			for _, v := range l.Nulls {
				null := no
				if v.Type.Null {
					null = unknown
				}
				env[v.Index] = st.fresh(abstractValue{null: null, label: "“" + v.Name + "”"})
			}
		}
	case *check.MemberLine:
		if len(b.Fields) > 0 && l.Mode != syntax.MaybeLine && !b.Binds && !b.Subject.Any {
			return w.memberOutcomes(st, l, b, env)
		}
	case *check.QueryLine, *check.FieldLine, *check.ViewLine, *check.HasLine:
	default:
		panic("flows: unknown line")
	}
	return w.question(st, l, env, w.atomOf(st, l, env))
}

// question returns the outcomes of a line that asks a question.
func (w *walk) question(st *state, l *check.Line, env []sym, a atom) []branch {
	f := st.lookup(a.predicate, a.args)
	holds := unknown
	switch {
	case f != nil:
		holds = truthOf(f.holds)
	case a.atLeastOne:
		holds = yes
	default:
		if holds = w.compareRow(st, a); holds == unknown {
			holds = w.impossible(st, l, env)
		}
	}
	if holds == unknown && w.tested[l] {
		return w.maybeOutcomes(st, l, env, a)
	}
	if l.Mode == syntax.MaybeLine {
		w.bindRow(st, env, a, f, holds)
		if b, ok := l.Body.(*check.MemberLine); ok {
			for _, f := range b.Fields {
				if f.Binds {
					env[f.Term.Var.Index] = st.fresh(abstractValue{null: unknown, label: "“" + f.Term.Var.Name + "”"})
				}
			}
		}
		return []branch{{st, env, true}}
	}
	if holds == unknown && w.executed(l) {
		return w.executedOutcomes(st, l, env, a)
	}
	var list []branch
	none := l.Mode == syntax.NoLine
	if holds != no {
		mine, e := st, slices.Clone(env)
		if holds == unknown {
			mine = st.clone()
		}
		if none {
			w.learn(mine, a, nil, true)
		} else {
			w.learn(mine, a, w.bindRow(mine, e, a, f, yes), true)
			w.learnRow(mine, a)
			w.learnMemberships(mine, l, e)
			if b, ok := l.Body.(*check.MemberLine); ok {
				w.bindFields(mine, b, e)
			}
		}
		list = append(list, branch{mine, e, !none})
	}
	if holds != yes {
		w.learn(st, a, nil, false)
		w.learnNoMember(st, l, env)
		list = append(list, branch{st, env, none})
	}
	if none {
		slices.Reverse(list) // the branch that keeps the frame comes first
	}
	return list
}

// maybeOutcomes returns the outcomes of a “maybe” line if it matters which one it is.
func (w *walk) maybeOutcomes(st *state, l *check.Line, env []sym, a atom) []branch {
	plain := *l
	plain.Mode = syntax.PlainLine
	list := w.question(st, &plain, env, a)
	for i, x := range list {
		if !x.keeps {
			list[i].env, list[i].keeps = slices.Clone(x.env), true
			for _, v := range l.Nulls {
				list[i].env[v.Index] = 0
			}
		}
	}
	return list
}

// usesCredential reports whether a line uses a credential of the request.
func (w *walk) usesCredential(st *state, l *check.Line, env []sym) bool {
	found := false
	look := func(v *check.Var) {
		if v.Index < len(env) && env[v.Index] != 0 && st.value(env[v.Index]).credential {
			found = true
		}
	}
	for _, v := range l.Variables() {
		look(v)
	}
	if found && !slices.Contains(w.entry.Lookups, l) {
		w.entry.Lookups = append(w.entry.Lookups, l)
	}
	return found
}
