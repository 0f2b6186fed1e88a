package check

import (
	"regexp"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// hasLine resolves "LIST has x".
func (r *resolver) hasLine(t *syntax.Line, b *syntax.HasLine) LineBody {
	l := &HasLine{List: r.expr(b.List)}
	if b.Item == nil {
		return nil
	}
	if b.Item.Kind == syntax.RecordTerm {
		return r.itemPattern(t, b, l)
	}
	l.Item, l.Binds = r.patternTerm(syntax.Name{}, b.Item)
	if l.List == nil || b.Item.Kind == syntax.VariableTerm && l.Item.Var == nil {
		return nil
	}
	return l
}

// itemOfList reports a condition “x in LIST” whose x is not bound: “LIST has x” gives a
// frame for each item.
func (r *resolver) itemOfList(t *syntax.Expr) bool {
	if t == nil || t.Broken || r.lenient {
		return false
	}
	item, list, ok := strings.Cut(t.Text, " in ")
	node, err := r.c.expression(t.Text)
	if !ok || err != nil {
		return false
	}
	s := node.Shape()
	if s.Form != expression.BinaryForm || s.Name != "in" || s.Parts[0].Form != expression.VariableForm || s.Parts[0].Name != item ||
		isReserved(item) || r.lookup(item) != nil || slices.ContainsFunc(r.sites[item], func(x site) bool { return x.kind == lineSite }) {
		return false
	}
	r.ok = false
	r.unboundNames = append(r.unboundNames, item)
	form := strings.TrimSpace(list) + " has " + item
	r.c.add(diag.Diagnostic{Code: diag.Unbound, Span: readSpan(t, s, item),
		Message: "“" + item + "” is not bound, so “in” has nothing to look for; “" + form + "” gives a frame for each item of the list",
		Fix:     &diag.Fix{Title: "write “" + form + "”", Edits: []diag.Edit{{Span: t.Span, Text: form}}}})
	r.declare(syntax.Name{Text: item, Span: t.Span})
	return true
}

// itemPattern resolves "LIST has {sku, quantity}". It gives a block: a line that binds
// each item, and for each part lines that bind it or compare it.
func (r *resolver) itemPattern(t *syntax.Line, b *syntax.HasLine, has *HasLine) LineBody {
	item := &Var{Name: "item", Span: b.Item.Span, Index: len(r.vars), Internal: true}
	r.vars = append(r.vars, item)
	r.scope.order = append(r.scope.order, item)
	ok := r.ok
	r.ok = true
	has.Item, has.Binds = Term{Span: b.Item.Span, Var: item}, true
	has.Pattern = r.recordPattern("", b.Item.Record, false)
	each := slices.ContainsFunc(has.Pattern, func(a *Arg) bool { return a.Binds || a.Term.Any && !isRecord(a) })
	has.Needed = !isTest(t.Mode) && t.If == nil && !slices.ContainsFunc(has.Pattern, func(a *Arg) bool {
		return !a.Binds && !isRecord(a)
	})
	block := &BlockLine{Lines: []*Line{{Tree: &syntax.Line{Span: t.Span}, Body: has, Nulls: []*Var{item}}}}
	for _, a := range has.Pattern {
		r.itemType(a)
		block.Lines = append(block.Lines, r.itemPart(item, a)...)
	}
	good := r.ok
	r.ok = ok && good
	switch {
	case has.List == nil || !good:
		return nil
	case each:
		return block
	}
	// All is compared: the frame remains once, without the item.
	r.scope.order = slices.DeleteFunc(r.scope.order, func(v *Var) bool { return v == item })
	some := &Line{Tree: &syntax.Line{Span: t.Span}, Mode: syntax.SomeLine, Body: block, Local: []*Var{item}}
	return &BlockLine{Lines: []*Line{some}}
}

// isRecord reports whether an argument requires that a record is there.
func isRecord(a *Arg) bool { return a.Tree.Value != nil && a.Tree.Value.Kind == syntax.RecordTerm }

// itemType reports a type that a part of an item cannot have.
func (r *resolver) itemType(a *Arg) {
	if a.Type == nil {
		return
	}
	switch t := a.Tree.Type; {
	case t.Null:
		r.ok = false
		r.c.misplacedNull(t, "“or null” tells null from absence, and in an item of a list an absent field is null", "“"+a.Tree.Name.Text+"?” allows both")
	case holdsKind(*a.Type, Secret):
		r.errorAt(diag.MisplacedType, t.Span, "a secret in an item of a list cannot be kept apart from the rest", "send it in a field of its own")
	case holdsKind(*a.Type, Binary):
		r.errorAt(diag.MisplacedType, t.Span, "binary data cannot be inside of a record", "a file is a field of the request itself, as in “cover: Binary”")
	}
}

// plainName matches a name that an expression reads without quotation marks.
var plainName = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)

// written returns a literal as an expression has it.
func written(v value.Value) string { return string(value.AppendJSON(nil, v)) }

// itemPart returns the lines that bind or compare a part of an item.
func (r *resolver) itemPart(item *Var, a *Arg) []*Line {
	path := "item"
	for _, step := range FieldSteps(a.Name) {
		if plainName.MatchString(step) {
			path += "?." + step
		} else {
			path += "?.[" + written(value.String(step)) + "]"
		}
	}
	line := func(body LineBody, binds ...*Var) *Line {
		return &Line{Tree: &syntax.Line{Span: a.Tree.Span}, Body: body, Nulls: binds}
	}
	filter := func(text string, vars ...*Var) *Line {
		return line(&FilterLine{Expr: r.c.implied(a.Tree.Span, text, vars...)})
	}
	v := a.Term.Var
	switch {
	case a.Term.Any:
		return []*Line{filter(path+" != null", item)}
	case v == nil:
		return []*Line{filter(path+" == "+written(a.Term.Literal), item)}
	case a.Binds && a.Optional:
		return []*Line{line(&IsLine{Var: v, Binds: true, Expr: r.c.implied(a.Tree.Span, path+" ?? null", item)}, v)}
	case a.Binds:
		return []*Line{line(&IsLine{Var: v, Binds: true, Expr: r.c.implied(a.Tree.Span, path, item)}, v), filter("value != null", v)}
	}
	lines := []*Line{line(&IsLine{Var: v, Expr: r.c.implied(a.Tree.Span, path, item)})}
	if !a.Optional {
		lines = append(lines, filter(path+" != null", item))
	}
	return lines
}

// has constrains a list and its item.
func (inf *inference) has(b *HasLine) {
	const what = "the list before “has”"
	item := Type{}
	switch {
	case b.Pattern != nil:
		item = inf.patternType(b)
	case b.Item.Any:
	case b.Item.Var != nil:
		item = b.Item.Var.Type
	default:
		item = b.Item.ValueType()
	}
	item.Null = false
	v := b.List.listVar()
	if v != nil && (v.Type.Kind == Unknown || v.Type.Kind == List) {
		list := Type{Kind: List, Elem: &item}
		// A part that the items cannot have is reported at the line that reads it.
		if _, ok := Join(v.Type, list, inf.requestFields[v]); ok || b.Pattern == nil || v.Type.Elem == nil || v.Type.Elem.Kind != Record {
			inf.constrain(v, list, b.List.Tree.Span, what)
		}
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

// listVar is the variable that a list consists of, whole or in part; nil for any other
// expression.
func (e *Expr) listVar() *Var {
	s := e.Node.Shape()
	for s.Form == expression.SliceForm {
		s = s.Parts[0]
	}
	if s.Form != expression.VariableForm {
		return nil
	}
	return e.Vars[slices.Index(e.Node.Variables(), s.Name)]
}

// patternType is the type of an item that a record pattern reads.
func (inf *inference) patternType(b *HasLine) Type {
	t := Type{Kind: Record, Open: true}
	for _, a := range b.Pattern {
		part := Type{}
		switch v := a.Term.Var; {
		case a.Type != nil:
			part = *a.Type
			inf.constrain(v, part, a.Tree.Type.Span, "its type in the pattern")
		case v != nil:
			part = v.Type
		case !a.Term.Any:
			part = a.Term.ValueType()
		}
		if part.Kind == Secret {
			part = Type{Kind: String} // the list as a whole is secret
		}
		part.Null = a.Optional || isAbsent(a.Term) || !b.Needed || inf.inNo
		t.addPart(FieldSteps(a.Name), part)
	}
	return t
}

// addPart adds a part of a record at a path.
func (t *Type) addPart(steps []string, part Type) {
	f := t.field(steps[0])
	if f == nil {
		t.Fields = append(t.Fields, RecordField{Name: steps[0]})
		f = &t.Fields[len(t.Fields)-1].Type
		f.Null = true
	}
	if len(steps) == 1 && f.Kind == Record { // its presence
		f.Null = f.Null && part.Null
		return
	}
	if len(steps) == 1 {
		*f = part
		return
	}
	if f.Kind != Record {
		*f = Type{Kind: Record, Open: true, Null: f.Null}
	}
	f.Null = f.Null && part.Null
	f.addPart(steps[1:], part)
}
