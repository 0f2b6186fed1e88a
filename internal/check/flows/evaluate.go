package flows

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/value"
)

// term returns the value of a term.
func (w *walk) term(st *state, env []sym, t check.Term) sym {
	switch {
	case t.Var != nil:
		return env[t.Var.Index]
	case t.Expr != nil:
		return w.value(st, env, t.Expr)
	case t.Any || t.Literal.IsUnset():
		return 0
	}
	return w.literal(st, t.Literal)
}

func (w *walk) literal(st *state, v value.Value) sym {
	if v.IsNull() {
		return 0
	}
	return st.fresh(abstractValue{literal: w.literals.intern(v), null: no})
}

// value returns the value of an expression: the value of its only variable, a
// literal if the expression can be computed, otherwise a fresh value.
func (w *walk) value(st *state, env []sym, e *check.Expr) sym {
	if v := e.SingleVar(); v != nil {
		return env[v.Index]
	}
	s := abstractValue{label: "“" + e.Tree.Text + "”"}
	for _, v := range e.Variables() {
		x := st.value(env[v.Index])
		s.credential = s.credential || x.credential
		s.fromRequest = s.fromRequest || x.fromRequest
		s.origins |= x.origins
	}
	if v, ok := w.computed(st, env, e); ok {
		return w.literal(st, v)
	}
	s.origins = st.relation.computed(s.origins)
	if neverNull(e.Node.Shape(), e.Type) {
		s.null = no
	}
	return st.fresh(s)
}

// neverNull reports whether an expression that does not fail has a value: what is joined
// or computed is not null.
// The result of a function has the type t.
func neverNull(s *expression.Shape, t check.Type) bool {
	switch s.Form {
	case expression.LiteralForm:
		return !s.Literal.IsNull()
	case expression.CallForm:
		some := slices.Contains([]string{"min", "max", "first", "last", "find", "findLast", "get", "fromJSON"}, s.Name)
		return !some && !t.Null && (t.Kind == check.String || t.Kind == check.Number || t.Kind == check.Flag || t.Kind == check.List)
	case expression.ListForm, expression.RecordForm, expression.UnaryForm:
		return true
	case expression.BinaryForm:
		return s.Name != "??" || neverNull(s.Parts[0], t) || neverNull(s.Parts[1], t)
	case expression.ConditionalForm:
		return neverNull(s.Parts[1], t) && neverNull(s.Parts[2], t)
	case expression.VariableForm:
		return s.Name == "now" || s.Name == "new"
	}
	return false
}

// computed returns the value of an expression all of whose variables are literals.
func (w *walk) computed(st *state, env []sym, e *check.Expr) (value.Value, bool) {
	if e.Node.Shape().AsksGiven() {
		return value.Value{}, false
	}
	values := make([]value.Value, len(e.Vars))
	for i, v := range e.Vars {
		if v == nil {
			return value.Value{}, false
		}
		switch x := st.value(env[v.Index]); {
		case x.literal != 0:
			values[i] = w.literals.value(x.literal)
		case x.null == yes:
			values[i] = value.Null
		default:
			return value.Value{}, false
		}
	}
	v, err := e.Node.Eval(func(i int) value.Value { return values[i] })
	return v, err == nil
}

// filter returns the branches of a line that keeps a frame if its expression is
// true, or, with not, if it is false.
func (w *walk) filter(st *state, env []sym, e *check.Expr, not bool) []branch {
	ev := &evaluation{w: w, env: env, vars: map[string]sym{}, absent: map[string]bool{}}
	for i, name := range e.Node.Variables() {
		if v := e.Vars[i]; v != nil {
			ev.vars[name], ev.absent[name] = env[v.Index], v.Absent
		}
	}
	shape := e.Node.Shape()
	t := ev.truth(st, shape)
	if t == unknown {
		if v, ok := w.computed(st, env, e); ok {
			if b, ok := v.Bool(); ok {
				t = truthOf(b)
			}
		}
	}
	var list []branch
	if t != no {
		mine := st
		if t == unknown {
			mine = st.clone()
		}
		ev.assume(mine, shape, true)
		list = append(list, branch{mine, env, !not})
	}
	if t != yes {
		ev.assume(st, shape, false)
		list = append(list, branch{st, env, not})
	}
	if not {
		slices.Reverse(list)
	}
	return list
}

// An evaluation evaluates a condition over the variables of a frame.
type evaluation struct {
	w    *walk
	env  []sym
	vars map[string]sym
	// absent are the variables in which null means absence.
	absent map[string]bool
}

// operand returns the value of a part that is a variable or a literal.
func (ev *evaluation) operand(st *state, s *expression.Shape) (sym, bool) {
	switch s.Form {
	case expression.VariableForm:
		v, ok := ev.vars[s.Name]
		return v, ok
	case expression.LiteralForm:
		return ev.w.literal(st, s.Literal), true
	}
	return 0, false
}

// equality returns the condition of “a == b” if both sides are variables or
// literals, and that of “given(a)” if null in a means absence.
func (ev *evaluation) equality(st *state, s *expression.Shape) (condition, bool) {
	if s.IsGiven() && ev.absent[s.Parts[0].Name] {
		return condition{a: ev.vars[s.Parts[0].Name]}, true
	}
	if s.Form != expression.BinaryForm || s.Name != "==" && s.Name != "!=" {
		return condition{}, false
	}
	a, one := ev.operand(st, s.Parts[0])
	b, two := ev.operand(st, s.Parts[1])
	if !one || !two {
		return condition{}, false
	}
	c := st.equality(a, b)
	c.want = s.Name == "=="
	return c, true
}

func (ev *evaluation) truth(st *state, s *expression.Shape) truth {
	switch {
	case s.IsNot():
		return ev.truth(st, s.Parts[0]).not()
	case s.IsAnd(), s.IsOr():
		a, b := ev.truth(st, s.Parts[0]), ev.truth(st, s.Parts[1])
		ends := truthOf(s.IsOr()) // the result that one side determines alone
		switch {
		case a == ends || b == ends:
			return ends
		case a == unknown || b == unknown:
			return unknown
		}
		return ends.not()
	case s.Form == expression.LiteralForm:
		if b, ok := s.Literal.Bool(); ok {
			return truthOf(b)
		}
	}
	if c, ok := ev.equality(st, s); ok {
		return st.test(c)
	}
	if s.IsGiven() && st.value(ev.vars[s.Parts[0].Name]).null == no {
		return yes
	}
	predicate, args, not := ev.atom(st, s)
	if f := st.lookup(predicate, args); f != nil {
		return truthOf(f.holds != not)
	}
	if b, ok := ev.w.bounds[predicate]; ok {
		t := ev.w.bounded(st, b, args)
		if not {
			return t.not()
		}
		return t
	}
	return unknown
}

// assume adds to the constraints that an expression is true, or false.
func (ev *evaluation) assume(st *state, s *expression.Shape, want bool) {
	switch {
	case s.IsNot():
		ev.assume(st, s.Parts[0], !want)
		return
	case s.IsAnd() && want, s.IsOr() && !want:
		ev.assume(st, s.Parts[0], want)
		ev.assume(st, s.Parts[1], want)
		return
	case s.IsAnd(), s.IsOr():
		// One side holds. Which one is known only if the other is known to fail.
		for i := range 2 {
			if ev.truth(st, s.Parts[i]) == truthOf(!want) {
				ev.assume(st, s.Parts[1-i], want)
				return
			}
		}
		return
	}
	if ev.truth(st, s) != unknown {
		return
	}
	if c, ok := ev.equality(st, s); ok {
		c.want = c.want == want
		st.assume(c)
		return
	}
	if s.IsGiven() && !want {
		st.assume(condition{a: ev.vars[s.Parts[0].Name], want: true})
	}
	predicate, args, not := ev.atom(st, s)
	ev.w.learn(st, atom{predicate: predicate, args: args}, nil, want != not)
}

// atom returns the predicate and the arguments of a condition without logical
// operators. A condition and its negation have one predicate; not reports that s is
// the negation.
func (ev *evaluation) atom(st *state, s *expression.Shape) (predicate int32, args []sym, not bool) {
	text, names, not := conditionKey(s)
	for _, name := range names {
		v, ok := ev.vars[name]
		if !ok {
			v = st.fresh(abstractValue{}) // now or new
		}
		args = append(args, v)
	}
	return ev.w.predicate("if " + text), args, not
}

// conditionKey formats a condition with placeholders for its variables.
func conditionKey(s *expression.Shape) (text string, names []string, not bool) {
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
	p := canonical(s)
	write(p, p.Name)
	return b.String(), names, p != s
}

// countConditions counts the predicates in an expression.
func countConditions(m *model, s *expression.Shape) {
	if s.IsNot() || s.IsAnd() || s.IsOr() {
		for _, p := range s.Parts {
			countConditions(m, p)
		}
		return
	}
	text, _, _ := conditionKey(s)
	predicate := m.predicate("if " + text)
	m.uses[predicate]++
	if b, _, ok := boundOf(canonical(s)); ok {
		m.bounds[predicate] = b
		m.bounded[b.what] = append(m.bounded[b.what], predicate)
		for _, other := range m.bounded[b.what] {
			m.uses[other]++ // a fact about one bound may decide another
		}
	}
}

// canonical returns the one of a condition and its negation that stands for both.
func canonical(s *expression.Shape) *expression.Shape {
	if opposite, ok := negations[s.Name]; ok && s.Form == expression.BinaryForm {
		p := *s
		p.Name = opposite
		return &p
	}
	return s
}

// negations maps the operators that have a canonical negation to it.
var negations = map[string]string{"!=": "==", ">=": "<", "<=": ">"}
