package flows

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/expression"
)

// decide gives the ways in which a line that keeps or drops can go.
func (w *walk) decide(m *moment, env []sym, e *check.Expr, not bool) []gives {
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

func (d *decision) truth(m *moment, s *expression.Shape) truth {
	switch {
	case s.IsNot():
		return d.truth(m, s.Parts[0]).not()
	case s.IsAnd(), s.IsOr():
		a, b := d.truth(m, s.Parts[0]), d.truth(m, s.Parts[1])
		ends := truthOf(s.IsOr()) // what decides alone
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
	if b, ok := d.w.bounds[family]; ok {
		t := d.w.bounded(m, b, args)
		if not {
			return t.not()
		}
		return t
	}
	return maybe
}

// assume notes that a condition is true, or false.
func (d *decision) assume(m *moment, s *expression.Shape, want bool) {
	switch {
	case s.IsNot():
		d.assume(m, s.Parts[0], !want)
		return
	case s.IsAnd() && want, s.IsOr() && !want:
		d.assume(m, s.Parts[0], want)
		d.assume(m, s.Parts[1], want)
		return
	case s.IsAnd(), s.IsOr():
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
	p := positive(s)
	write(p, p.Name)
	return b.String(), names, p != s
}

// countAtoms notes the conditions that an expression is made of.
func countAtoms(w *wired, s *expression.Shape) {
	if s.IsNot() || s.IsAnd() || s.IsOr() {
		for _, p := range s.Parts {
			countAtoms(w, p)
		}
		return
	}
	text, _, _ := atomText(s)
	family := w.family("if " + text)
	w.shared[family]++
	if b, _, ok := boundOf(positive(s)); ok {
		w.bounds[family] = b
		w.bounding[b.what] = append(w.bounding[b.what], family)
		for _, other := range w.bounding[b.what] {
			w.shared[other]++ // each may tell of the others
		}
	}
}

// positive gives the one of a condition and its opposite by which both are
// called.
func positive(s *expression.Shape) *expression.Shape {
	if opposite, ok := opposites[s.Name]; ok && s.Form == expression.BinaryForm {
		p := *s
		p.Name = opposite
		return &p
	}
	return s
}

// opposites are the operators that are called by their opposites.
var opposites = map[string]string{"!=": "==", ">=": "<", "<=": ">"}
