package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/value"
)

// either adds what follows from each of two alternatives. An alternative in which the
// state of an object is tested relates the object if the other one relates it, as in
// “public or owner == user”.
func (s *scope) either(first, second func(*scope)) {
	a, b := s.assuming(), s.assuming()
	first(a)
	second(b)
	one, two := a.rel.tied(), b.rel.tied()
	a.rel.connect(fromCaller | a.excused&two)
	b.rel.connect(fromCaller | b.excused&one)
	s.excused |= a.excused & b.excused
	*s.rel = meet(*a.rel, *b.rel)
}

// condition adds what follows if an expression is true, or, without want, false.
func (s *scope) condition(e *check.Expr, want bool) {
	d := &decision{scope: s, vars: map[string]*check.Var{}}
	for i, name := range e.Node.Variables() {
		if v := e.Vars[i]; v != nil {
			d.vars[name] = v
		}
	}
	d.decide(s, e.Node.Shape(), want)
}

// implied returns what is related to the caller if the value of an expression is not
// empty.
func (s *scope) implied(e *check.Expr) origins {
	c := s.assuming()
	if e.Type.Kind == check.Flag {
		c.condition(e, true)
		return c.gained(s)
	}
	d := &decision{scope: s, vars: map[string]*check.Var{}}
	for i, name := range e.Node.Variables() {
		if v := e.Vars[i]; v != nil {
			d.vars[name] = v
		}
	}
	return d.needed(e.Node.Shape(), isEmpty)
}

// A decision derives what an expression relates.
type decision struct {
	scope *scope
	vars  map[string]*check.Var
}

// decide adds to a scope what follows if a part is true, or false.
func (d *decision) decide(s *scope, x *expression.Shape, want bool) {
	switch {
	case x.IsNot():
		d.decide(s, x.Parts[0], !want)
		return
	case x.IsAnd() && want, x.IsOr() && !want:
		d.decide(s, x.Parts[0], want)
		d.decide(s, x.Parts[1], want)
		return
	case x.IsAnd(), x.IsOr():
		s.either(func(s *scope) { d.decide(s, x.Parts[0], want) }, func(s *scope) { d.decide(s, x.Parts[1], want) })
		return
	}
	at := &decision{scope: s, vars: d.vars}
	switch {
	case x.Form == expression.ConditionalForm:
		s.either(func(s *scope) {
			d.decide(s, x.Parts[0], true)
			d.decide(s, x.Parts[1], want)
		}, func(s *scope) {
			d.decide(s, x.Parts[0], false)
			d.decide(s, x.Parts[2], want)
		})
	case x.Form == expression.BinaryForm && x.Name == "??":
		s.either(func(s *scope) { d.decide(s, x.Parts[0], want) }, func(s *scope) { d.decide(s, x.Parts[1], want) })
	case x.Form == expression.BinaryForm:
		at.compare(x, want)
	case x.Form == expression.CallForm && want && len(x.Parts) == 2 && slices.Contains([]string{"all", "any", "hasPrefix", "hasSuffix"}, x.Name):
		// An item of a list that the client sends says nothing about the others.
		list, _ := at.single(x.Parts[0])
		if left, right := at.origins(x.Parts[0]), at.origins(x.Parts[1]); left != 0 && right != 0 && (x.Name != "any" || !list.direct) {
			s.rel.connect(left | right)
		}
	}
	at.tests(x, want)
	empty := func(v value.Value) bool { b, ok := v.Bool(); return ok && b != want }
	set := at.needed(x, empty)
	s.rel.connect(fromCaller | set)
	s.rel.authorized = s.rel.authorized || set&whenAuthorized != 0 || s.forbids && set&whenMember != 0
}

// compare adds what a comparison relates: both of its sides, unless they differ.
func (d *decision) compare(x *expression.Shape, want bool) {
	a, b := x.Parts[0], x.Parts[1]
	if a.Form == expression.LiteralForm {
		a, b = b, a
	}
	equal, differ := x.Name == "==", x.Name == "!="
	if (equal || differ) && b.Form == expression.LiteralForm {
		if flag, ok := b.Literal.Bool(); ok {
			d.decide(d.scope, a, (flag == equal) == want)
			return
		}
		o, single := d.single(a)
		if b.Literal.IsNull() && equal == want && single && o.direct {
			d.scope.rel.connect(fromCaller | o.origins) // null chooses nothing
		}
		if equal != want && single && !o.direct && o.notNull && constant(b.Literal) {
			d.scope.rel.connect(fromCaller | o.ifAny)
		}
		return
	}
	left, right := d.origins(a), d.origins(b)
	if left == 0 || right == 0 {
		return
	}
	switch x.Name {
	case "==", "!=":
		if equal != want {
			return
		}
	case "in", "contains", "startsWith", "endsWith", "matches":
		if !want {
			return
		}
	case "<", "<=", ">", ">=":
	default:
		return
	}
	d.scope.rel.connect(left | right)
}

// tests adds what follows from a test of state alone against a constant: of the caller,
// which authorizes, or of objects.
func (d *decision) tests(x *expression.Shape, want bool) {
	var all origins
	fits, text := true, x.Form == expression.VariableForm
	d.each(x, func(p *expression.Shape, v *check.Var) {
		if v == nil {
			text = text || constant(p.Literal)
			return
		}
		o := d.scope.get(v)
		all |= o.origins
		fits = fits && !o.direct && o.origins != 0 && v.Type.Kind != check.Identity
		if v.Type.Kind == check.Number {
			fits = fits && o.origins&fromCaller == 0
		}
		fits = fits && !o.folded
	})
	switch {
	case !fits || all == 0:
	case all&fromCaller == 0:
		d.scope.excused |= all
	case all == fromCaller && text:
		v, ok := d.evaluate(x, func(*check.Var) bool { return true })
		if b, flag := v.Bool(); ok && flag && b != want {
			d.scope.rel.authorized = true
		}
	}
}

// needed returns the origins that are related to the caller unless a part has a
// certain value: the part has it whenever all variables that relate the origin are
// empty.
func (d *decision) needed(x *expression.Shape, without func(value.Value) bool) origins {
	var all, needed origins
	d.each(x, func(_ *expression.Shape, v *check.Var) {
		if v != nil {
			all |= d.scope.get(v).ifAny
		}
	})
	all.each(func(one origins) {
		v, ok := d.evaluate(x, func(v *check.Var) bool { return d.scope.get(v).ifAny&one != 0 })
		if ok && without(v) {
			needed |= one
		}
	})
	return needed
}

// each calls f for the variables and the literals of a part.
func (d *decision) each(x *expression.Shape, f func(*expression.Shape, *check.Var)) {
	switch x.Form {
	case expression.VariableForm:
		if v := d.vars[x.Name]; v != nil {
			f(x, v)
		}
	case expression.LiteralForm:
		f(x, nil)
	}
	for _, p := range x.Parts {
		d.each(p, f)
	}
}

// origins returns who decided on the value of a part.
func (d *decision) origins(x *expression.Shape) origins {
	var set origins
	d.each(x, func(_ *expression.Shape, v *check.Var) {
		if v != nil {
			set |= d.scope.get(v).origins
		}
	})
	if _, one := d.single(x); one {
		return set
	}
	return d.scope.rel.computed(set)
}

// single returns the origin of a part that is a variable.
func (d *decision) single(x *expression.Shape) (origin, bool) {
	if v := d.vars[x.Name]; x.Form == expression.VariableForm && v != nil {
		return d.scope.get(v), true
	}
	return origin{}, false
}

// evaluate computes a part in which some variables are empty. It returns false if the
// value depends on the others.
func (d *decision) evaluate(x *expression.Shape, empty func(*check.Var) bool) (value.Value, bool) {
	switch {
	case x.Form == expression.LiteralForm:
		return x.Literal, true
	case x.Form == expression.VariableForm:
		if v := d.vars[x.Name]; v != nil && empty(v) {
			return emptyOf(v), true
		}
		return value.Null, false
	case x.IsNot():
		v, ok := d.evaluate(x.Parts[0], empty)
		b, flag := v.Bool()
		return value.Flag(!b), ok && flag
	case x.Form == expression.CallForm && x.Name == "len" && len(x.Parts) == 1:
		v, ok := d.evaluate(x.Parts[0], empty)
		return value.Number(0), ok && isEmpty(v)
	case x.Form != expression.BinaryForm:
		return value.Null, false
	}
	a, one := d.evaluate(x.Parts[0], empty)
	if x.Name == "in" && one && x.Parts[1].Form == expression.ListForm {
		for _, p := range x.Parts[1].Parts {
			if p.Form != expression.LiteralForm || value.Equal(p.Literal, a) {
				return value.Null, false
			}
		}
		return value.Flag(false), true
	}
	b, two := d.evaluate(x.Parts[1], empty)
	if b1, ok := a.Bool(); ok && one && (x.IsAnd() && !b1 || x.IsOr() && b1) {
		return a, true
	}
	if b2, ok := b.Bool(); ok && two && (x.IsAnd() && !b2 || x.IsOr() && b2) {
		return b, true
	}
	if !one || !two {
		return value.Null, false
	}
	return operate(x.Name, a, b)
}

// operate computes an operation on two values.
func operate(operator string, a, b value.Value) (value.Value, bool) {
	switch operator {
	case "==":
		return value.Flag(value.Equal(a, b)), true
	case "!=":
		return value.Flag(!value.Equal(a, b)), true
	case "and", "&&", "or", "||":
		return b, true // a does not decide
	case "??":
		if a.IsNull() {
			return b, true
		}
		return a, true
	}
	x, one := a.Num()
	y, two := b.Num()
	if !one || !two {
		return value.Null, false
	}
	switch operator {
	case "+":
		return value.Number(x + y), true
	case "-":
		return value.Number(x - y), true
	case "*":
		return value.Number(x * y), true
	case "<":
		return value.Flag(x < y), true
	case "<=":
		return value.Flag(x <= y), true
	case ">":
		return value.Flag(x > y), true
	case ">=":
		return value.Flag(x >= y), true
	}
	return value.Null, false
}

// emptyOf returns the value of a variable for which nothing was found.
func emptyOf(v *check.Var) value.Value {
	switch v.Type.Kind {
	case check.Flag:
		return value.Flag(false)
	case check.Number:
		if !v.Type.Null {
			return value.Number(0)
		}
	case check.List:
		return value.List(nil)
	}
	return value.Null
}

func isEmpty(v value.Value) bool {
	if n, ok := v.Num(); ok {
		return n == 0
	}
	if b, ok := v.Bool(); ok {
		return !b
	}
	return v.IsNull() || value.Equal(v, value.List(nil))
}
