package openapi

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/value"
)

// pages tells what a field of a route is to the pages that syncs make there: how
// many items they may have, or where they begin.
func pages(e *flows.EntryPoint, field string) (limit, cursor bool) {
	for _, s := range e.Syncs {
		for _, p := range s.When {
			if !slices.Contains(e.Patterns, p) {
				continue
			}
			for _, a := range p.In {
				if a.Name == field && a.Term.Var != nil {
					l, c := pagesBy(s.Lines(), a.Term.Var)
					limit, cursor = limit || l, cursor || c
				}
			}
		}
	}
	return limit, cursor
}

// pagesBy tells what a variable is to the pages in some lines, also in those of
// the views that it is given to.
func pagesBy(lines []*check.Line, v *check.Var) (limit, cursor bool) {
	for _, line := range lines {
		var l, c bool
		switch b := line.Body.(type) {
		case *check.ViewLine:
			for _, a := range b.In {
				for _, p := range b.View.In {
					if a.Name == p.Name && a.Term.Var == v {
						l, c = pagesBy(b.View.Where, p.Var)
					}
				}
			}
		case *check.FoldLine:
			l, c = pagesBy(b.Lines, v)
			if b.Page == nil {
				break
			}
			for _, a := range b.Page.In {
				is := a.Term.Var == v || a.Term.Expr != nil && slices.Contains(a.Term.Expr.Vars, v)
				l, c = l || is && a.Name == "limit", c || is && a.Name == "cursor"
			}
		case *check.BlockLine:
			l, c = pagesBy(b.Lines, v)
		case *check.QueryLine, *check.FieldLine, *check.MemberLine, *check.IsLine, *check.FilterLine, *check.HasLine:
		default:
			panic("openapi: unknown line")
		}
		limit, cursor = limit || l, cursor || c
	}
	return limit, cursor
}

// paged is the schema of a field with what it is to pages.
func (f *Field) paged(schema value.Value) value.Value {
	s := object(schema.Fields())
	if f.Limit {
		kinds := str("integer")
		if f.Optional {
			kinds = strs([]string{"integer", "null"})
		}
		return object{{Name: "type", Value: kinds}, {Name: "minimum", Value: value.Number(1)},
			{Name: "description", Value: str("The maximum number of items of the page. A page has at most 1,000 items, and fewer if they are large.")}}.value()
	}
	return append(slices.Clone(s), value.Field{Name: "description",
		Value: str("The cursor of the page, which the previous page returned as its next. Omit it for the first page.")}).value()
}
