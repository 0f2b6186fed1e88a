package check

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/expression"
	"github.com/legible-lang/legible/syntax"
)

// A way is how a where ends: for then, or for the else of a line, with the
// bindings of each frame; or with nothing, at the line that dropped the frame.
type way struct {
	moment *moment
	asking *asking    // nil when nothing is asked
	line   *wiredLine // that dropped the frame; nil for then
	envs   [][]sym
}

// ways runs the lines of where on one match. Where several frames can reach
// the end of a way, it is there once with one frame and once with two.
func (w *walk) ways(m *moment, s *wiredSync, env []sym) []way {
	var list []way
	w.lines(m, s, env, 0, func(at int, m *moment, env []sym) {
		x := way{moment: m, asking: s.then, envs: [][]sym{env}}
		if at < len(s.where) {
			x.line = s.where[at]
			x.asking = x.line.orelse
		}
		list = append(list, x)
		if s.many[at] && x.asking != nil {
			list = append(list, x.twice(s))
		}
	})
	return list
}

// twice gives the way with a second frame, in which everything differs that
// where does not settle.
func (x way) twice(s *wiredSync) way {
	x.moment = x.moment.copy()
	second := slices.Clone(x.envs[0])
	for i, v := range s.sync.Vars {
		if !s.settled[v] && !s.whenVars[i] && second[i] != 0 {
			second[i] = x.moment.fresh(*x.moment.at(second[i]))
		}
	}
	x.envs = [][]sym{x.envs[0], second}
	return x
}

// lines runs the lines from place i on; end is told where a frame ends.
func (w *walk) lines(m *moment, s *wiredSync, env []sym, i int, end func(at int, m *moment, env []sym)) {
	if i == len(s.where) {
		end(i, m, env)
		return
	}
	l := s.where[i]
	for _, a := range w.answers(m, l, env) {
		if a.gives {
			w.lines(a.moment, s, a.env, i+1, end)
		} else {
			end(i, a.moment, a.env)
		}
	}
}

// A gives is one way in which a line can go.
type gives struct {
	moment *moment
	env    []sym
	gives  bool
}

// A question is what a line asks, with its values: the family says what, the
// args with which, outs are the variables that the row gives, by place.
type question struct {
	family int32
	args   []sym
	ins    int    // how many of them are given; the others are compared
	outs   []*Var // nil where the row's value is not bound
	nulls  []bool // an out may be null
	single bool   // there is one row at most
	surely bool   // there is one at least
}

// answers gives the ways in which a line can go: it keeps the frame, with its
// bindings, or drops it.
func (w *walk) answers(m *moment, x *wiredLine, env []sym) []gives {
	l := x.line
	m.looked = m.looked || w.looks(m, l, env)
	env = slices.Clone(env)
	switch b := l.Body.(type) {
	case *FilterLine:
		if l.Mode == syntax.MaybeLine {
			return []gives{{m, env, true}}
		}
		return w.decide(m, env, b.Expr, l.Mode == syntax.NoLine)
	case *IsLine:
		if b.Binds {
			env[b.Var.Index] = w.value(m, env, b.Expr)
			return []gives{{m, env, true}}
		}
		if l.Mode == syntax.NoLine {
			break
		}
		var list []gives
		for _, p := range m.split([]cond{m.sameAs(env[b.Var.Index], w.value(m, env, b.Expr))}) {
			list = append(list, gives{p.moment, env, p.all || l.Mode == syntax.MaybeLine})
		}
		return list
	case *FoldLine:
		if b.Binds {
			null := no
			if b.Fold == syntax.Min || b.Fold == syntax.Max || b.Fold == syntax.First {
				null = maybe
			}
			env[b.Var.Index] = m.fresh(symbol{null: null, label: "“" + b.Var.Name + "”"})
			return []gives{{m, env, true}}
		}
	}
	q := w.question(m, l, env)
	f := m.fact(q.family, q.args)
	holds := maybe
	switch {
	case f != nil:
		holds = truthOf(f.holds)
	case q.surely:
		holds = yes
	default:
		holds = w.narrower(m, q)
	}
	if l.Mode == syntax.MaybeLine {
		w.bindRow(m, env, q, f, holds)
		return []gives{{m, env, true}}
	}
	var list []gives
	none := l.Mode == syntax.NoLine
	if holds != no {
		mine, e := m, slices.Clone(env)
		if holds == maybe {
			mine = m.copy()
		}
		if none {
			w.learn(mine, q, nil, true)
		} else {
			w.learn(mine, q, w.bindRow(mine, e, q, f, yes), true)
			w.exist(mine, l, e)
		}
		list = append(list, gives{mine, e, !none})
	}
	if holds != yes {
		w.learn(m, q, nil, false)
		list = append(list, gives{m, env, none})
	}
	if none {
		slices.Reverse(list) // what keeps the frame first
	}
	return list
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
			if holds != yes || q.nulls[i] && v == nil {
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

// family numbers a question without its values.
func (w *wired) family(name string, reads ...*Instance) int32 {
	n, ok := w.families[name]
	if !ok {
		n = int32(len(w.shared))
		w.families[name] = n
		w.shared = append(w.shared, 0)
		w.reads = append(w.reads, reads)
	}
	return n
}

// familyOf gives the family of a line that reads.
func (w *wired) familyOf(l *Line) int32 {
	switch b := l.Body.(type) {
	case *QueryLine:
		return w.family("query "+b.Instance.Name+"."+b.Query.Name, b.Instance)
	case *FieldLine:
		return w.family("field "+b.Instance.Name+"."+b.Set.Name+"."+b.Field.Name, b.Instance)
	case *MemberLine:
		return w.familyOfSet(b.Instance, b.Set)
	case *ViewLine:
		return w.family("view "+b.View.Name, viewReads(b.View)...)
	}
	return w.family("line "+l.Tree.Span.String(), lineReads(l, nil)...)
}

// count notes that a line asks its question.
func (w *wired) count(l *Line) {
	if b, ok := l.Body.(*FilterLine); ok {
		countAtoms(w, b.Expr.Node.Shape())
		return
	}
	w.shared[w.familyOf(l)]++
	if b, ok := l.Body.(*FieldLine); ok {
		// Whoever shows that something is a member answers this as well.
		w.shared[w.familyOfSet(b.Instance, b.Set)] += 2
	}
}

func viewReads(v *View) []*Instance {
	var list []*Instance
	for _, l := range v.Where {
		list = lineReads(l, list)
	}
	return list
}

// lineReads adds the instances whose state a line looks at.
func lineReads(l *Line, list []*Instance) []*Instance {
	switch b := l.Body.(type) {
	case *QueryLine:
		return append(list, b.Instance)
	case *FieldLine:
		return append(list, b.Instance)
	case *MemberLine:
		return append(list, b.Instance)
	case *ViewLine:
		return append(list, viewReads(b.View)...)
	case *FoldLine:
		for _, inner := range b.Lines {
			list = lineReads(inner, list)
		}
	}
	return list
}

// question gives what a line asks.
func (w *walk) question(m *moment, l *Line, env []sym) question {
	q := question{family: w.familyOf(l)}
	in := func(names []string, args []*Arg) {
		for _, name := range names {
			i := slices.IndexFunc(args, func(a *Arg) bool { return a.Name == name })
			if i < 0 {
				q.args = append(q.args, 0)
			} else {
				q.args = append(q.args, w.term(m, env, args[i].Term))
			}
		}
	}
	out := func(names []string, args []*Arg, nulls []bool) {
		for j, name := range names {
			i := slices.IndexFunc(args, func(a *Arg) bool { return a.Name == name })
			var v *Var
			s := sym(0)
			switch {
			case i < 0 || args[i].Term.Any:
			case args[i].Binds:
				v = args[i].Term.Var
			default:
				s = w.term(m, env, args[i].Term)
				q.surely = false
			}
			q.outs, q.args, q.nulls = append(q.outs, v), append(q.args, s), append(q.nulls, nulls[j])
		}
	}
	switch b := l.Body.(type) {
	case *QueryLine:
		q.single = b.Query.Rows != syntax.ManyRows
		q.surely = b.Query.Rows == syntax.OneRow
		in(paramNames(b.Query.Inputs), b.In)
		for i, p := range b.Query.Inputs {
			q.surely = q.surely && (p.Optional || m.test(cond{a: q.args[i]}) == yes)
		}
		q.ins = len(q.args)
		out(paramNames(b.Query.Outputs), b.Out, optionals(b.Query.Outputs))
	case *ViewLine:
		q.single, q.surely = !b.View.many(), w.surely(b.View)
		ins, outs := viewParams(b.View.In), viewParams(b.View.Out)
		in(paramNames(ins), b.In)
		q.ins = len(q.args)
		out(paramNames(outs), b.Out, optionals(outs))
	case *MemberLine:
		q.surely = b.Set.Kind == syntax.ElementDecl && (b.Binds || b.Subject.Any)
		q.single = b.Set.Kind == syntax.ElementDecl || !b.Binds
		w.side(m, &q, env, b.Subject, b.Binds)
	case *FieldLine:
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
func (w *walk) side(m *moment, q *question, env []sym, t Term, binds bool) {
	switch {
	case binds:
		q.args, q.outs, q.nulls = append(q.args, 0), append(q.outs, t.Var), append(q.nulls, false)
	default:
		q.args = append(q.args, w.term(m, env, t))
	}
}

func optionals(params []*Param) []bool {
	var list []bool
	for _, p := range params {
		list = append(list, p.Optional)
	}
	return list
}

// looks tells whether a line holds a credential of the request against
// something.
func (w *walk) looks(m *moment, l *Line, env []sym) bool {
	found := false
	look := func(v *Var) {
		if v.Index < len(env) && env[v.Index] != 0 && m.at(env[v.Index]).credential {
			found = true
		}
	}
	for _, v := range lineVars(l, nil) {
		look(v)
	}
	if found && !slices.Contains(w.entry.Lookups, l) {
		w.entry.Lookups = append(w.entry.Lookups, l)
	}
	return found
}

// lineVars adds the variables that a line mentions; what it binds as well.
func lineVars(l *Line, list []*Var) []*Var {
	switch b := l.Body.(type) {
	case *QueryLine:
		return append(append(list, argVars(b.In)...), argVars(b.Out)...)
	case *FieldLine:
		return append(append(list, termVars(b.Subject)...), termVars(b.Object)...)
	case *MemberLine:
		return append(list, termVars(b.Subject)...)
	case *ViewLine:
		return append(append(list, argVars(b.In)...), argVars(b.Out)...)
	case *IsLine:
		return append(list, exprVars(b.Expr)...)
	case *FilterLine:
		return append(list, exprVars(b.Expr)...)
	case *FoldLine:
		for _, inner := range b.Lines {
			list = lineVars(inner, list)
		}
	}
	return list
}

// decide gives the ways in which a line that keeps or drops can go.
func (w *walk) decide(m *moment, env []sym, e *Expr, not bool) []gives {
	d := &decision{w: w, env: env, vars: map[string]sym{}}
	for i, name := range e.Node.Variables() {
		if v := e.Vars[i]; v != nil {
			d.vars[name] = env[v.Index]
		}
	}
	shape := e.Node.Shape()
	t := d.truth(m, shape)
	var list []gives
	if t != no {
		mine := m
		if t == maybe {
			mine = m.copy()
		}
		d.assume(mine, shape, true)
		list = append(list, gives{mine, env, !not})
	}
	if t != yes {
		d.assume(m, shape, false)
		list = append(list, gives{m, env, not})
	}
	if not {
		slices.Reverse(list)
	}
	return list
}

// A decision is a condition being looked at.
type decision struct {
	w    *walk
	env  []sym
	vars map[string]sym
}

// operand is the value of a part that is a variable or a literal.
func (d *decision) operand(m *moment, s *expression.Shape) (sym, bool) {
	switch s.Form {
	case expression.VariableForm:
		v, ok := d.vars[s.Name]
		return v, ok
	case expression.LiteralForm:
		return d.w.literal(m, s.Literal), true
	}
	return 0, false
}

// equality gives the condition of “a == b”, where both are simple.
func (d *decision) equality(m *moment, s *expression.Shape) (cond, bool) {
	if s.Form != expression.BinaryForm || s.Name != "==" && s.Name != "!=" {
		return cond{}, false
	}
	a, one := d.operand(m, s.Parts[0])
	b, two := d.operand(m, s.Parts[1])
	if !one || !two {
		return cond{}, false
	}
	c := m.sameAs(a, b)
	c.want = s.Name == "=="
	return c, true
}

func isNot(s *expression.Shape) bool {
	return s.Form == expression.UnaryForm && (s.Name == "not" || s.Name == "!")
}

func isAnd(s *expression.Shape) bool {
	return s.Form == expression.BinaryForm && (s.Name == "and" || s.Name == "&&")
}

func isOr(s *expression.Shape) bool {
	return s.Form == expression.BinaryForm && (s.Name == "or" || s.Name == "||")
}

func (d *decision) truth(m *moment, s *expression.Shape) truth {
	switch {
	case isNot(s):
		return d.truth(m, s.Parts[0]).not()
	case isAnd(s), isOr(s):
		a, b := d.truth(m, s.Parts[0]), d.truth(m, s.Parts[1])
		ends := truthOf(isOr(s)) // what decides alone
		switch {
		case a == ends || b == ends:
			return ends
		case a == maybe || b == maybe:
			return maybe
		}
		return ends.not()
	case s.Form == expression.LiteralForm:
		if b, ok := s.Literal.Bool(); ok {
			return truthOf(b)
		}
	}
	if c, ok := d.equality(m, s); ok {
		return m.test(c)
	}
	family, args, not := d.atom(m, s)
	if f := m.fact(family, args); f != nil {
		return truthOf(f.holds != not)
	}
	return maybe
}

// assume notes that a condition is true, or false.
func (d *decision) assume(m *moment, s *expression.Shape, want bool) {
	switch {
	case isNot(s):
		d.assume(m, s.Parts[0], !want)
		return
	case isAnd(s) && want, isOr(s) && !want:
		d.assume(m, s.Parts[0], want)
		d.assume(m, s.Parts[1], want)
		return
	case isAnd(s), isOr(s):
		// One of two: which, is known only when the other is.
		for i := range 2 {
			if d.truth(m, s.Parts[i]) == truthOf(!want) {
				d.assume(m, s.Parts[1-i], want)
				return
			}
		}
		return
	}
	if d.truth(m, s) != maybe {
		return
	}
	if c, ok := d.equality(m, s); ok {
		c.want = c.want == want
		m.assume(c)
		return
	}
	family, args, not := d.atom(m, s)
	d.w.learn(m, question{family: family, args: args}, nil, want != not)
}

// atom gives a condition that cannot be taken apart as a question. Of two that
// are each other's opposite one is asked, and not tells that it is the other.
func (d *decision) atom(m *moment, s *expression.Shape) (family int32, args []sym, not bool) {
	text, names, not := atomText(s)
	for _, name := range names {
		v, ok := d.vars[name]
		if !ok {
			v = m.fresh(symbol{}) // now or new
		}
		args = append(args, v)
	}
	return d.w.family("if " + text), args, not
}

// atomText writes a condition with places for its variables.
func atomText(s *expression.Shape) (text string, names []string, not bool) {
	var b strings.Builder
	var write func(s *expression.Shape, name string)
	write = func(s *expression.Shape, name string) {
		b.WriteString("(" + strconv.Itoa(int(s.Form)) + " ")
		switch s.Form {
		case expression.VariableForm:
			at := slices.Index(names, name)
			if at < 0 {
				at = len(names)
				names = append(names, name)
			}
			name = "$" + strconv.Itoa(at)
		case expression.LiteralForm:
			name = s.Literal.String()
		case expression.RecordForm:
			name = strings.Join(s.Names, ",")
		}
		b.WriteString(name)
		for _, p := range s.Parts {
			write(p, p.Name)
		}
		b.WriteString(")")
	}
	name := s.Name
	if s.Form == expression.BinaryForm {
		switch opposite, ok := map[string]string{"!=": "==", ">=": "<", "<=": ">"}[s.Name]; {
		case ok:
			name, not = opposite, true
		}
	}
	write(s, name)
	return b.String(), names, not
}

// countAtoms notes the conditions that an expression is made of.
func countAtoms(w *wired, s *expression.Shape) {
	if isNot(s) || isAnd(s) || isOr(s) {
		for _, p := range s.Parts {
			countAtoms(w, p)
		}
		return
	}
	text, _, _ := atomText(s)
	w.shared[w.family("if "+text)]++
}
