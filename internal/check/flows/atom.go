package flows

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// An atom is a predicate applied to values: the question that a line of where asks.
// The arguments are the inputs that the line gives, then the outputs that it
// compares, 0 for an output that it binds.
type atom struct {
	predicate  int32
	args       []sym
	inputs     int          // the number of arguments that are inputs
	outputs    []*check.Var // the variables that the row binds, nil for an output that is not bound
	nullable   []bool       // for each output, whether it may be null
	atMostOne  bool         // at most one row matches
	atLeastOne bool         // at least one row matches
}

// atomOf returns the atom of a line that reads state.
func (w *walk) atomOf(st *state, l *check.Line, env []sym) atom {
	q := atom{predicate: w.linePredicates[l]}
	in := func(names []string, args []*check.Arg) {
		for _, name := range names {
			i := slices.IndexFunc(args, func(a *check.Arg) bool { return a.Name == name })
			if i < 0 {
				q.args = append(q.args, 0)
			} else {
				q.args = append(q.args, w.term(st, env, args[i].Term))
			}
		}
	}
	out := func(names []string, args []*check.Arg, nullables []string) {
		q.atLeastOne = q.atLeastOne && len(requiredNonNull(args, nullables)) == 0
		for _, name := range names {
			i := slices.IndexFunc(args, func(a *check.Arg) bool { return a.Name == name })
			var v *check.Var
			s := sym(0)
			null := slices.Contains(nullables, name) && (i < 0 || args[i].Optional)
			switch {
			case i < 0 || args[i].Term.Any:
			case args[i].Binds:
				v = args[i].Term.Var
			default:
				s = w.term(st, env, args[i].Term)
				q.atLeastOne = false
			}
			q.outputs, q.args, q.nullable = append(q.outputs, v), append(q.args, s), append(q.nullable, null)
		}
	}
	switch b := l.Body.(type) {
	case *check.QueryLine:
		q.atMostOne = b.Query.Rows != syntax.ManyRows
		q.atLeastOne = b.Query.Rows == syntax.OneRow
		in(paramNames(b.Query.Inputs), b.In)
		for i, p := range b.Query.Inputs {
			q.atLeastOne = q.atLeastOne && (p.Optional || st.test(condition{a: q.args[i]}) == yes)
		}
		q.inputs = len(q.args)
		out(paramNames(b.Query.Outputs), b.Out, nullableOutputs(b))
	case *check.ViewLine:
		q.atMostOne = !givesSeveralFrames(b.View)
		q.atLeastOne = w.viewHolds(b, func(t check.Term, i *check.Instance, set *check.Set) bool {
			if t.Var == nil || t.Var.Index >= len(env) {
				return false
			}
			f := st.lookup(w.membershipPredicate(i, set), []sym{env[t.Var.Index]})
			return f != nil && f.holds
		})
		in(viewNames(b.View.In), b.In)
		q.inputs = len(q.args)
		out(viewNames(b.View.Out), b.Out, nullableOutputs(b))
	case *check.MemberLine:
		q.atLeastOne = b.Set.Kind == syntax.ElementDecl && (b.Binds || b.Subject.Any)
		q.atMostOne = b.Set.Kind == syntax.ElementDecl || !b.Binds
		if len(b.Fields) > 0 {
			w.memberAtom(st, &q, env, b)
			break
		}
		w.addSide(st, &q, env, b.Subject, b.Binds)
	case *check.FieldLine:
		q.atMostOne = !b.Has && !b.SubjectBinds && !b.Subject.Any
		w.addSide(st, &q, env, b.Subject, b.SubjectBinds)
		q.inputs = len(q.args)
		w.addSide(st, &q, env, b.Object, b.ObjectBinds)
		if q.atMostOne && (b.ObjectBinds || b.Object.Any) && !b.Field.Optional {
			f := st.lookup(w.membershipPredicate(b.Instance, b.Set), q.args[:1])
			q.atLeastOne = f != nil && f.holds
		}
	case *check.HasLine:
		q.args = []sym{w.value(st, env, b.List)}
		q.inputs = 1
		w.addSide(st, &q, env, b.Item, b.Binds)
	case *check.BlockLine:
		for _, v := range outerVariables(l) {
			q.args = append(q.args, env[v.Index])
		}
		q.inputs = len(q.args)
	case *check.IsLine, *check.FoldLine:
	default:
		panic("flows: unknown line")
	}
	return q
}

// outerVariables returns the variables that the lines of a block mention and do not
// bind, each once.
func outerVariables(l *check.Line) []*check.Var {
	var bound, list []*check.Var
	var own func(l *check.Line)
	own = func(l *check.Line) {
		bound = slices.Concat(bound, l.Nulls, l.Local)
		for _, inner := range l.Inner() {
			own(inner)
		}
	}
	own(l)
	for _, v := range l.Variables() {
		if !slices.Contains(bound, v) && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// addSide adds the subject or the object of a line to an atom.
func (w *walk) addSide(st *state, q *atom, env []sym, t check.Term, binds bool) {
	switch {
	case binds:
		q.args, q.outputs, q.nullable = append(q.args, 0), append(q.outputs, t.Var), append(q.nullable, false)
	default:
		q.args = append(q.args, w.term(st, env, t))
	}
}

func paramNames(list []*check.Param) []string {
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
	}
	return names
}

func viewNames(list []*check.ViewParam) []string {
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
	}
	return names
}

// compareRow tests an atom that compares outputs, using the row that is known for
// the same inputs without the comparison.
func (w *walk) compareRow(st *state, a atom) truth {
	if !a.atMostOne || !slices.ContainsFunc(a.args[a.inputs:], func(s sym) bool { return s != 0 }) {
		return unknown
	}
	args := slices.Clone(a.args)
	clear(args[a.inputs:])
	f := st.lookup(a.predicate, args)
	switch {
	case f == nil:
		return unknown
	case !f.holds:
		return no
	case len(f.outputs) != len(args)-a.inputs:
		return unknown
	}
	all := yes
	for i, s := range a.args[a.inputs:] {
		if s == 0 {
			continue
		}
		switch st.test(st.equality(s, f.outputs[i])) {
		case no:
			return no
		case unknown:
			all = unknown
		}
	}
	return all
}

// bindRow binds the variables of a row, and returns the values of the row's
// outputs.
func (w *walk) bindRow(st *state, env []sym, a atom, f *fact, holds truth) []sym {
	outs := make([]sym, len(a.outputs))
	for i, v := range a.outputs {
		switch {
		case holds == no:
		case f != nil && a.atMostOne && len(f.outputs) == len(outs):
			outs[i] = f.outputs[i]
		default:
			s := abstractValue{null: no}
			if holds != yes || a.nullable[i] {
				s.null = unknown
			}
			if v != nil {
				s.label = "“" + v.Name + "”"
			}
			outs[i] = st.fresh(s)
		}
		if v != nil {
			env[v.Index] = outs[i]
		}
	}
	if f == nil && holds == yes && a.atMostOne && len(outs) == 1 {
		w.excludeComparisons(st, a, outs[0])
	}
	return outs
}

// learnRow adds the only row that a line has found by comparing one of its outputs.
func (w *walk) learnRow(st *state, a atom) {
	if !a.atMostOne || len(a.args) != a.inputs+1 || a.args[a.inputs] == 0 {
		return
	}
	w.learn(st, atom{predicate: a.predicate, args: append(slices.Clone(a.args[:a.inputs]), 0), atMostOne: true}, a.args[a.inputs:], true)
}

// excludeComparisons adds that the output of the only row differs from the values that
// were compared with it in vain.
func (w *walk) excludeComparisons(st *state, a atom, out sym) {
	for _, f := range st.facts {
		if f.predicate == a.predicate && !f.holds && len(f.args) == a.inputs+1 && f.args[a.inputs] != 0 &&
			slices.EqualFunc(f.args[:a.inputs], a.args[:a.inputs], st.equal) {
			c := st.equality(out, f.args[a.inputs])
			c.want = false
			if st.test(c) == unknown {
				st.assume(c)
			}
		}
	}
}

// learn adds the fact that an atom holds or does not hold. Predicates that occur
// only once are skipped, because nothing else could use the fact.
func (w *walk) learn(st *state, a atom, outs []sym, holds bool) {
	if w.uses[a.predicate] < 2 || st.lookup(a.predicate, a.args) != nil {
		return
	}
	if !a.atMostOne {
		outs = nil
	}
	st.facts = append(slices.Clone(st.facts), fact{a.predicate, a.args, holds, outs})
}

// predicate returns the number of a predicate. A frozen model returns 0 for
// predicates that do not occur in the program.
func (m *model) predicate(name string, reads ...*check.Instance) int32 {
	n, ok := m.predicates[name]
	if !ok && !m.frozen {
		n = int32(len(m.uses))
		m.predicates[name] = n
		m.uses = append(m.uses, 0)
		m.reads = append(m.reads, reads)
	}
	return n
}

// predicateOf returns the predicate of a line that reads state.
func (m *model) predicateOf(l *check.Line) int32 {
	switch b := l.Body.(type) {
	case *check.QueryLine:
		return m.predicate("query "+b.Instance.Name+"."+b.Query.Name+requiredOutputs(b.Out, b), b.Instance)
	case *check.FieldLine:
		return m.fieldPredicate(b.Instance, b.Set, b.Field)
	case *check.MemberLine:
		if len(b.Fields) > 0 {
			return m.memberPredicate(b)
		}
		return m.membershipPredicate(b.Instance, b.Set)
	case *check.ViewLine:
		return m.predicate("view "+b.View.Name+requiredOutputs(b.Out, b), viewReads(b.View)...)
	case *check.HasLine:
		return m.predicate("has an item")
	case *check.BlockLine:
		// Blocks with the same text ask the same about the same values.
		return m.predicate("block "+blockText(b.Lines), lineReads(l, nil)...)
	case *check.IsLine, *check.FilterLine, *check.FoldLine:
	default:
		panic("flows: unknown line")
	}
	return m.predicate("line "+l.Tree.Span.String(), lineReads(l, nil)...)
}

// requiredOutputs returns a suffix that distinguishes a line that requires some
// nullable outputs to be present.
func requiredOutputs(out []*check.Arg, b check.LineBody) string {
	if names := requiredNonNull(out, nullableOutputs(b)); len(names) > 0 {
		slices.Sort(names)
		return " with " + strings.Join(names, " ")
	}
	return ""
}

// blockText returns the text of lines without comments and layout.
func blockText(lines []*check.Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(lineText(l))
		if len(l.Inner()) > 0 {
			b.WriteString(" { " + blockText(l.Inner()) + "}")
		}
		b.WriteString("; ")
	}
	return b.String()
}

// countUses counts the use of a line's predicate.
func (m *model) countUses(l *check.Line) {
	if l.If != nil {
		countConditions(m, l.If.Node.Shape())
	}
	if b, ok := l.Body.(*check.FilterLine); ok {
		countConditions(m, b.Expr.Node.Shape())
		return
	}
	m.linePredicates[l] = m.predicateOf(l)
	m.uses[m.linePredicates[l]]++
	m.countMemberships(l)
	m.addInside(l)
}

// countMemberships counts the memberships that decide a line if they are known. One line
// is enough, since actions give memberships too.
func (m *model) countMemberships(l *check.Line) {
	switch b := l.Body.(type) {
	case *check.FieldLine:
		m.uses[m.membershipPredicate(b.Instance, b.Set)] += 2
	case *check.MemberLine:
		m.uses[m.membershipPredicate(b.Instance, b.Set)] += 2
		for _, f := range b.Fields {
			m.uses[m.fieldPredicate(b.Instance, f.Set, f.Field)]++
			m.uses[m.membershipPredicate(b.Instance, f.Set)] += 2
		}
	case *check.ViewLine:
		for _, inner := range b.View.Where {
			m.countMemberships(inner)
		}
	case *check.QueryLine, *check.IsLine, *check.FilterLine, *check.FoldLine, *check.BlockLine, *check.HasLine:
	default:
		panic("flows: unknown line")
	}
}

func viewReads(v *check.View) []*check.Instance {
	var list []*check.Instance
	for _, l := range v.Where {
		list = lineReads(l, list)
	}
	return list
}

// lineReads appends the instances whose state a line reads.
func lineReads(l *check.Line, list []*check.Instance) []*check.Instance {
	switch b := l.Body.(type) {
	case *check.QueryLine:
		return append(list, b.Instance)
	case *check.FieldLine:
		return append(list, b.Instance)
	case *check.MemberLine:
		return append(list, b.Instance)
	case *check.ViewLine:
		return append(list, viewReads(b.View)...)
	case *check.FoldLine, *check.BlockLine:
		for _, inner := range l.Inner() {
			list = lineReads(inner, list)
		}
	case *check.IsLine, *check.FilterLine, *check.HasLine:
	default:
		panic("flows: unknown line")
	}
	return list
}
