package check

import (
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// The parameters of "page (limit, cursor) : (next?)".
var (
	pageInputs = []*Param{
		{Name: "limit", Type: Type{Kind: Number}, Optional: true},
		{Name: "cursor", Type: Type{Kind: String}, Optional: true},
	}
	pageOutputs = []*Param{{Name: "next", Type: Type{Kind: String}, Optional: true}}
)

// page resolves the inputs of a page. They are outside of the fold's lines.
func (r *resolver) page(fold *syntax.FoldLine) *Page {
	p := fold.Page
	if p == nil {
		return nil
	}
	switch {
	case fold.Fold != syntax.Each:
		r.ok = false
		r.c.add(diag.Diagnostic{Code: diag.MisplacedPage, Span: p.Span, Message: "“" + fold.Fold.String() + "” has no pages: a page is a part of a list",
			Related: []diag.Related{{Span: fold.Var.Span, Message: "of this fold"}},
			Notes:   []string{"write page below “" + fold.Var.Text + " is each …”"}})
	case fold.Limit != nil:
		r.errorAt(diag.MisplacedPage, fold.Limit.Span, "a list with pages has no other limit", "write “page (limit: …)”")
	case fold.Offset != nil:
		r.errorAt(diag.MisplacedPage, fold.Offset.Span, "a page starts after its cursor and has no offset")
	case fold.Distinct:
		r.errorAt(diag.MisplacedPage, p.Span, "a distinct list has no pages: which items are distinct is known only for the whole list")
	}
	sig := &signature{by: "page", params: pageInputs, span: p.Span, broken: r.lenient}
	return &Page{In: r.valueArgs(sig, nil, p.In)}
}

// next resolves the output of a page.
func (r *resolver) next(p *Page, tree *syntax.Page) {
	sig := &signature{by: "page", params: pageOutputs, out: true}
	for _, t := range tree.Out {
		a := &Arg{Tree: t, Name: t.Name.Text, Optional: t.Optional}
		if !r.findParam(sig, nil, a) {
			continue
		}
		if !t.Optional {
			at := t.Name.Span
			at.Start = at.End
			r.ok = false
			r.c.add(diag.Diagnostic{Code: diag.LastPage, Span: t.Span, Message: "“next” is null for the last page: write “next?”",
				Fix: &diag.Fix{Title: "write next?", Edits: []diag.Edit{{Span: at, Text: "?"}}}})
		}
		term, binds := r.patternTerm(t.Name, t.Value)
		switch {
		case term.Any:
		case term.Var == nil || p.Next != nil:
			r.errorAt(diag.LastPage, t.Span, "“next” must bind one variable")
		case !binds:
			r.errorAt(diag.LastPage, t.Span, "“next” cannot be compared: “"+term.Var.Name+"” has a value already",
				"bind it to a new name, as in “next?: further”")
		default:
			p.Next = term.Var
		}
	}
}

// page constrains the inputs and the output of a page. The output may be null.
func (inf *inference) page(p *Page) {
	if p == nil {
		return
	}
	for _, a := range p.In {
		if a.Param != nil {
			inf.term(a.Term, a.Param.Type, true, "the input “"+a.Name+"” of page")
		}
	}
	if v := p.Next; v != nil {
		inf.nullable[v] = true
		inf.constrain(v, pageOutputs[0].Type, v.Span, "the output “next” of page")
	}
}

// cursor reports a secret in the order of a page: the cursor, which the client
// sees, would contain it.
func (fa *forwardAnalysis) cursor(b *FoldLine) {
	if b.Page == nil {
		return
	}
	for _, k := range b.Order {
		t := fa.expr(k.Expr)
		if t == nil || fa.reported[k.Expr.Tree.Span] {
			continue
		}
		fa.reported[k.Expr.Tree.Span] = true
		fa.c.add(diag.Diagnostic{Code: diag.SecretFlows, Span: k.Expr.Tree.Span, Related: t.path,
			Message: "the secret “" + t.name + "” flows into the cursor of a page, which contains the values of the order"})
	}
}
