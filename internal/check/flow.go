package check

import (
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
)

// into says that what a part gives flows into something of a type: each of its
// branches does, and each item of a list.
func (r *reading) into(s *expression.Shape, t Type, what string) {
	switch {
	case s.Form == expression.VariableForm && r.vars[s.Name] != nil:
		r.k.learn(r.vars[s.Name], t, r.span(s), what)
		return
	case s.Form == expression.ConditionalForm:
		r.branches(s, func(p *expression.Shape) { r.into(p, t, what) })
		return
	case s.Form == expression.BinaryForm && s.Name == "??":
		r.into(s.Parts[0], t, what)
		r.into(s.Parts[1], t, what)
		return
	case s.Form == expression.ListForm && t.Kind == List && t.Elem != nil:
		for _, p := range s.Parts {
			r.into(p, *t.Elem, "an item of "+what)
		}
		return
	case s.Form == expression.LiteralForm && t.Kind == Enum && !r.k.quiet:
		r.k.ok = r.k.c.literal(Term{Span: r.span(s), Literal: s.Literal}, t, true, what) && r.k.ok
		return
	}
	got := r.of(s)
	if _, fits := Join(got, t, got.Kind == String); !fits {
		r.k.fault(diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s),
			Message: "this is " + Describe(got) + ", and " + what + " is " + Describe(t)})
	}
}
