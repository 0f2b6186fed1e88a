package check

import (
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// hasLine resolves "LIST has x".
func (r *resolver) hasLine(b *syntax.HasLine) LineBody {
	l := &HasLine{List: r.expr(b.List)}
	if b.Item == nil || b.Item.Kind == syntax.RecordTerm {
		return nil // reported as not implemented
	}
	l.Item, l.Binds = r.patternTerm(syntax.Name{}, b.Item)
	if l.List == nil || b.Item.Kind == syntax.VariableTerm && l.Item.Var == nil {
		return nil
	}
	return l
}

// has constrains a list and its item.
func (inf *inference) has(b *HasLine) {
	const what = "the list before “has”"
	item := Type{}
	switch {
	case b.Item.Any:
	case b.Item.Var != nil:
		item = b.Item.Var.Type
	default:
		item = b.Item.ValueType()
	}
	item.Null = false
	v := b.List.SingleVar()
	if v != nil && (v.Type.Kind == Unknown || v.Type.Kind == List) {
		inf.constrain(v, Type{Kind: List, Elem: &item}, b.List.Tree.Span, what)
	}
	t := inf.expr(b.List)
	switch {
	case t.Kind == List && t.Elem != nil:
		inf.term(b.Item, t.Elem.sure(), false, "an item of this list")
	case t.Kind != List && t.Kind != Json && t.Kind != Unknown:
		inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: b.List.Tree.Span, Message: what + " is " + Describe(t) + ", not a list",
			Notes: []string{"“field of x has y” reads a collection of the state"}})
	}
	if b.Binds && b.Item.Var != nil {
		inf.nullable[b.Item.Var] = false
	}
}
