package check

import (
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
)

// assign constrains a part of an expression whose value is given to something of a
// type: each branch of a conditional and each item of a list.
func (r *exprInference) assign(s *expression.Shape, t Type, what string) {
	switch {
	case s.Form == expression.VariableForm && r.vars[s.Name] != nil:
		r.inf.constrain(r.vars[s.Name], t, r.span(s), what)
		return
	case s.Form == expression.ConditionalForm:
		r.branches(s, func(p *expression.Shape) { r.assign(p, t, what) })
		return
	case s.Form == expression.BinaryForm && s.Name == "??":
		r.assign(s.Parts[0], t, what)
		r.assign(s.Parts[1], t, what)
		return
	case s.Form == expression.ListForm && t.Kind == List && t.Elem != nil:
		for _, p := range s.Parts {
			r.assign(p, *t.Elem, "an item of "+what)
		}
		return
	case s.Form == expression.LiteralForm && t.Kind == Enum && !r.inf.quiet:
		r.inf.ok = r.inf.c.literal(Term{Span: r.span(s), Literal: s.Literal}, t, true, what) && r.inf.ok
		return
	}
	got := r.typeOf(s)
	if _, fits := Join(got, t, got.Kind == String); !fits {
		r.inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s), Origins: origins(got, t), Related: r.determined(s),
			Message: "this is " + Describe(got) + ", but " + what + " is " + Describe(t)})
	}
}
