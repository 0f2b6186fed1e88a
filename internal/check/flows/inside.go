package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// The lines of a view, of a block and of some folds are executed one after the other,
// like those of where. So a use of a view and a line that is the same as a line of the
// view ask the same question.
//
// That is exact only if at most one frame reaches the last line that may drop one:
// otherwise another frame may pass where the first does not. Other views and blocks are
// predicates of their own.

// exact reports whether the lines can be executed with one frame.
func (m *model) exact(lines []*check.Line, bound []*check.Var) bool {
	last := -1
	for i, l := range lines {
		if m.mayDrop(l) {
			last = i
		}
	}
	return last < 0 || !multiplicityOf(lines, bound).several[last]
}

// addInside prepares the lines of a view or a block to be executed.
func (m *model) addInside(l *check.Line) {
	switch b := l.Body.(type) {
	case *check.ViewLine:
		if _, known := m.exactViews[b.View]; known {
			return
		}
		var bound []*check.Var
		for _, p := range b.View.In {
			bound = append(bound, p.Var)
		}
		m.exactViews[b.View] = m.exact(b.View.Where, bound)
		if m.exactViews[b.View] {
			m.countInside(b.View.Where)
		}
	case *check.BlockLine:
		if l.Mode != syntax.MaybeLine {
			m.addBlock(l, b.Lines)
		}
	case *check.QueryLine, *check.FieldLine, *check.MemberLine, *check.IsLine, *check.FilterLine, *check.FoldLine, *check.HasLine:
	default:
		panic("flows: unknown line")
	}
}

// addBlock prepares the lines of a block or a fold.
func (m *model) addBlock(l *check.Line, lines []*check.Line) {
	if m.exact(lines, outerVariables(l)) {
		m.exactLines[l] = true
		m.countInside(lines)
	}
}

func (m *model) countInside(lines []*check.Line) {
	for i, l := range lines {
		m.countUses(l)
		m.addTested(l, lines[i+1:])
	}
}

// addTested prepares a line whose result a condition below it looks at: then the path
// branches at the line and not only at the condition.
func (m *model) addTested(l *check.Line, below []*check.Line) {
	if !slices.ContainsFunc(below, func(x *check.Line) bool { return looksAt(x, l.Nulls) }) {
		return
	}
	if b, ok := l.Body.(*check.FoldLine); ok && b.Binds && (b.Fold == syntax.Whether || b.Fold == syntax.Count && b.Page == nil && b.Limit == nil && b.Offset == nil) {
		m.addBlock(l, b.Lines)
	}
	m.tested[l] = l.Mode == syntax.MaybeLine
}

// looksAt reports whether a line is a condition on one of some variables.
func looksAt(l *check.Line, vars []*check.Var) bool {
	in := l.If.Variables()
	if b, ok := l.Body.(*check.FilterLine); ok {
		in = append(in, b.Expr.Variables()...)
	}
	return slices.ContainsFunc(in, func(v *check.Var) bool { return slices.Contains(vars, v) })
}

// executed reports whether the lines of a view or a block are executed.
func (m *model) executed(l *check.Line) bool {
	if b, ok := l.Body.(*check.ViewLine); ok {
		return m.exactViews[b.View]
	}
	return m.exactLines[l]
}

// An execution is an outcome of the lines of a view or a block, with the outputs of the
// view.
type execution struct {
	branch
	outputs []sym
}

// execute returns the outcomes of the lines of a view, a block or a fold.
func (w *walk) execute(st *state, l *check.Line, env []sym) []execution {
	var list []execution
	b, ok := l.Body.(*check.ViewLine)
	if !ok {
		for _, x := range w.executeLines(st, l.Inner(), slices.Clone(env)) {
			list = append(list, execution{branch: x})
		}
		return list
	}
	inner := make([]sym, len(b.View.Vars))
	var given []condition
	for _, p := range b.View.In {
		if i := slices.IndexFunc(b.In, func(a *check.Arg) bool { return a.Name == p.Name }); i >= 0 {
			inner[p.Var.Index] = w.term(st, env, b.In[i].Term)
		}
		if !p.Optional {
			given = append(given, condition{a: inner[p.Var.Index]})
		}
	}
	for _, x := range st.split(given) {
		if !x.holds {
			list = append(list, execution{branch: branch{x.state, env, false}})
			continue
		}
		for _, y := range w.executeLines(x.state, b.View.Where, inner) {
			if y.keeps {
				list = append(list, w.takeOutputs(y, b, env)...)
			} else {
				list = append(list, execution{branch: branch{y.state, env, false}})
			}
		}
	}
	return list
}

func (w *walk) executeLines(st *state, lines []*check.Line, env []sym) []branch {
	if len(lines) == 0 {
		return []branch{{st, env, true}}
	}
	var list []branch
	for _, x := range w.insideOutcomes(st, lines[0], slices.Clone(env)) {
		switch {
		case x.keeps:
			list = append(list, w.executeLines(x.state, lines[1:], x.env)...)
		case lines[0].Mode != syntax.SurelyLine:
			list = append(list, x)
		}
	}
	return list
}

// insideOutcomes returns the outcomes of a line of a view or a block.
func (w *walk) insideOutcomes(st *state, l *check.Line, env []sym) []branch {
	if l.If == nil {
		return w.outcomes(st, l, env)
	}
	var list []branch
	for _, x := range w.filter(st, env, l.If, false) {
		if x.keeps {
			list = append(list, w.outcomes(x.state, l, slices.Clone(x.env))...)
		} else {
			list = append(list, branch{x.state, x.env, true}) // the line is skipped
		}
	}
	return list
}

// takeOutputs binds the outputs of a use of a view, or compares them.
func (w *walk) takeOutputs(x branch, b *check.ViewLine, env []sym) []execution {
	env = slices.Clone(env)
	var conds []condition
	outputs := make([]sym, len(b.View.Out))
	for i, p := range b.View.Out {
		outputs[i] = x.env[p.Var.Index]
	}
	for _, a := range b.Out {
		s := outputs[slices.IndexFunc(b.View.Out, func(p *check.ViewParam) bool { return p.Name == a.Name })]
		if !a.Optional {
			conds = append(conds, condition{a: s})
		}
		switch {
		case a.Term.Any:
		case a.Binds:
			env[a.Term.Var.Index] = s
		default:
			conds = append(conds, x.state.equality(s, w.term(x.state, env, a.Term)))
		}
	}
	var list []execution
	for _, y := range x.state.split(conds) {
		list = append(list, execution{branch{y.state, env, y.holds}, outputs})
	}
	return list
}

// executedOutcomes returns the outcomes of a use of a view, or of a block below “no” or
// “some”.
func (w *walk) executedOutcomes(st *state, l *check.Line, env []sym, a atom) []branch {
	none := l.Mode == syntax.NoLine
	var list []branch
	for _, x := range w.execute(st, l, env) {
		if x.keeps {
			w.learn(x.state, a, x.outputs, true)
			w.learnMemberships(x.state, l, x.env)
		} else {
			w.learn(x.state, a, nil, false)
		}
		list = append(list, branch{x.state, x.env, x.keeps != none})
	}
	slices.SortStableFunc(list, keptFirst)
	return list
}

// keptFirst orders branches: those that keep the frame come first.
func keptFirst(a, b branch) int { return boolIndex(b.keeps) - boolIndex(a.keeps) }

// foldOutcomes returns the outcomes of a fold that asks whether there are frames, or
// counts them.
func (w *walk) foldOutcomes(st *state, l *check.Line, b *check.FoldLine, env []sym) []branch {
	var list []branch
	for _, x := range w.execute(st, l, env) {
		mine := slices.Clone(env)
		switch v := &mine[b.Var.Index]; {
		case b.Fold == syntax.Whether:
			*v = w.literal(x.state, value.Flag(x.keeps))
		case !x.keeps:
			*v = w.literal(x.state, value.Number(0))
		default:
			*v = x.state.fresh(abstractValue{null: no, label: "“" + b.Var.Name + "”", excluded: []int32{w.literals.intern(value.Number(0))}})
			w.learn(x.state, atom{predicate: w.belowOne, args: []sym{*v}}, nil, false)
		}
		list = append(list, branch{x.state, mine, true})
	}
	return list
}
