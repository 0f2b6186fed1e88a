package flows

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// A question is what a line asks, with its values: the family says what, the
// args with which, outs are the variables that the row gives, by place.
type question struct {
	family int32
	args   []sym
	ins    int          // how many of them are given; the others are compared
	outs   []*check.Var // nil where the row's value is not bound
	nulls  []bool       // an out may be null
	single bool         // there is one row at most
	surely bool         // there is one at least
}

// narrower answers a question that compares what the row gives, where it is
// known what the same question gives without comparing.
func (w *walk) narrower(m *moment, q question) truth {
	if !q.single || !slices.ContainsFunc(q.args[q.ins:], func(s sym) bool { return s != 0 }) {
		return maybe
	}
	args := slices.Clone(q.args)
	clear(args[q.ins:])
	f := m.fact(q.family, args)
	switch {
	case f == nil:
		return maybe
	case !f.holds:
		return no
	case len(f.outs) != len(args)-q.ins:
		return maybe
	}
	all := yes
	for i, s := range q.args[q.ins:] {
		if s == 0 {
			continue
		}
		switch m.test(m.sameAs(s, f.outs[i])) {
		case no:
			return no
		case maybe:
			all = maybe
		}
	}
	return all
}

// bindRow gives the variables of a row their values.
func (w *walk) bindRow(m *moment, env []sym, q question, f *fact, holds truth) []sym {
	outs := make([]sym, len(q.outs))
	for i, v := range q.outs {
		switch {
		case holds == no:
		case f != nil && q.single && len(f.outs) == len(outs):
			outs[i] = f.outs[i]
		default:
			s := symbol{null: no}
			if holds != yes || q.nulls[i] {
				s.null = maybe
			}
			if v != nil {
				s.label = "“" + v.Name + "”"
			}
			outs[i] = m.fresh(s)
		}
		if v != nil {
			env[v.Index] = outs[i]
		}
	}
	return outs
}

// learn notes what a question gave, if it stands elsewhere too.
func (w *walk) learn(m *moment, q question, outs []sym, holds bool) {
	if w.shared[q.family] < 2 || m.fact(q.family, q.args) != nil {
		return
	}
	if !q.single {
		outs = nil
	}
	m.facts = append(slices.Clone(m.facts), fact{q.family, q.args, holds, outs})
}

// family numbers a question without its values. Once the program is wired it is
// 0 for those that stand nowhere: what is known of them helps nobody.
func (w *wired) family(name string, reads ...*check.Instance) int32 {
	n, ok := w.families[name]
	if !ok && !w.ready {
		n = int32(len(w.shared))
		w.families[name] = n
		w.shared = append(w.shared, 0)
		w.reads = append(w.reads, reads)
	}
	return n
}

// familyOf gives the family of a line that reads.
func (w *wired) familyOf(l *check.Line) int32 {
	switch b := l.Body.(type) {
	case *check.QueryLine:
		return w.family("query "+b.Instance.Name+"."+b.Query.Name+wanting(b.Out, b), b.Instance)
	case *check.FieldLine:
		return w.family("field "+b.Instance.Name+"."+b.Set.Name+"."+b.Field.Name, b.Instance)
	case *check.MemberLine:
		return w.familyOfSet(b.Instance, b.Set)
	case *check.ViewLine:
		return w.family("view "+b.View.Name+wanting(b.Out, b), viewReads(b.View)...)
	}
	return w.family("line "+l.Tree.Span.String(), lineReads(l, nil)...)
}

// wanting tells apart the questions that do and do not want a row to have
// values where it may have none.
func wanting(out []*check.Arg, b check.LineBody) string {
	if names := strict(out, nullables(b)); len(names) > 0 {
		slices.Sort(names)
		return " with " + strings.Join(names, " ")
	}
	return ""
}

// count notes that a line asks its question.
func (w *wired) count(l *check.Line) {
	if b, ok := l.Body.(*check.FilterLine); ok {
		countAtoms(w, b.Expr.Node.Shape())
		return
	}
	w.questions[l] = w.familyOf(l)
	w.shared[w.questions[l]]++
	if b, ok := l.Body.(*check.FieldLine); ok {
		// Whoever shows that something is a member answers this as well.
		w.shared[w.familyOfSet(b.Instance, b.Set)] += 2
	}
}

func viewReads(v *check.View) []*check.Instance {
	var list []*check.Instance
	for _, l := range v.Where {
		list = lineReads(l, list)
	}
	return list
}

// lineReads adds the instances whose state a line looks at.
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
	case *check.FoldLine:
		for _, inner := range b.Lines {
			list = lineReads(inner, list)
		}
	}
	return list
}

// question gives what a line asks.
func (w *walk) question(m *moment, l *check.Line, env []sym) question {
	q := question{family: w.questions[l]}
	in := func(names []string, args []*check.Arg) {
		for _, name := range names {
			i := slices.IndexFunc(args, func(a *check.Arg) bool { return a.Name == name })
			if i < 0 {
				q.args = append(q.args, 0)
			} else {
				q.args = append(q.args, w.term(m, env, args[i].Term))
			}
		}
	}
	out := func(names []string, args []*check.Arg, nullables []string) {
		q.surely = q.surely && len(strict(args, nullables)) == 0
		for _, name := range names {
			i := slices.IndexFunc(args, func(a *check.Arg) bool { return a.Name == name })
			var v *check.Var
			s := sym(0)
			null := slices.Contains(nullables, name) && (i < 0 || args[i].Optional || args[i].Term.Any)
			switch {
			case i < 0 || args[i].Term.Any:
			case args[i].Binds:
				v = args[i].Term.Var
			default:
				s = w.term(m, env, args[i].Term)
				q.surely = false
			}
			q.outs, q.args, q.nulls = append(q.outs, v), append(q.args, s), append(q.nulls, null)
		}
	}
	switch b := l.Body.(type) {
	case *check.QueryLine:
		q.single = b.Query.Rows != syntax.ManyRows
		q.surely = b.Query.Rows == syntax.OneRow
		in(paramNames(b.Query.Inputs), b.In)
		for i, p := range b.Query.Inputs {
			q.surely = q.surely && (p.Optional || m.test(cond{a: q.args[i]}) == yes)
		}
		q.ins = len(q.args)
		out(paramNames(b.Query.Outputs), b.Out, nullables(b))
	case *check.ViewLine:
		q.single, q.surely = !severalFrames(b.View), w.surely(b.View)
		in(viewNames(b.View.In), b.In)
		q.ins = len(q.args)
		out(viewNames(b.View.Out), b.Out, nullables(b))
	case *check.MemberLine:
		q.surely = b.Set.Kind == syntax.ElementDecl && (b.Binds || b.Subject.Any)
		q.single = b.Set.Kind == syntax.ElementDecl || !b.Binds
		w.side(m, &q, env, b.Subject, b.Binds)
	case *check.FieldLine:
		q.single = !b.Has && !b.SubjectBinds && !b.Subject.Any
		w.side(m, &q, env, b.Subject, b.SubjectBinds)
		q.ins = len(q.args)
		w.side(m, &q, env, b.Object, b.ObjectBinds)
		if q.single && (b.ObjectBinds || b.Object.Any) && !b.Field.Optional {
			f := m.fact(w.familyOfSet(b.Instance, b.Set), q.args[:1])
			q.surely = f != nil && f.holds
		}
	}
	return q
}

// side adds one side of a relation to a question.
func (w *walk) side(m *moment, q *question, env []sym, t check.Term, binds bool) {
	switch {
	case binds:
		q.args, q.outs, q.nulls = append(q.args, 0), append(q.outs, t.Var), append(q.nulls, false)
	default:
		q.args = append(q.args, w.term(m, env, t))
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
