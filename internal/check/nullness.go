package check

import (
	"maps"
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
)

// pathOf names the variable or field that a part of an expression reads: "x",
// "x.name". It is "" for a part that is computed.
func pathOf(s *expression.Shape) string {
	switch s.Form {
	case expression.VariableForm:
		return s.Name
	case expression.FieldForm:
		if of := pathOf(s.Parts[0]); of != "" {
			return of + "." + s.Name
		}
	}
	return ""
}

// withNonNull calls read for a part that is evaluated only if some paths have a
// value.
func (r *exprInference) withNonNull(paths []string, read func()) {
	outer := r.nonNull
	r.nonNull = maps.Clone(outer)
	if r.nonNull == nil {
		r.nonNull = map[string]bool{}
	}
	for _, p := range paths {
		r.nonNull[p] = true
	}
	read()
	r.nonNull = outer
}

// nonNullPaths returns the paths that have a value if a condition is true, or with
// want false if it is false. Absent reports whether null in a variable means absence.
func nonNullPaths(s *expression.Shape, want bool, absent func(name string) bool) []string {
	switch {
	case s.IsNot():
		return nonNullPaths(s.Parts[0], !want, absent)
	case s.IsAnd(), s.IsOr():
		a, b := nonNullPaths(s.Parts[0], want, absent), nonNullPaths(s.Parts[1], want, absent)
		if s.IsAnd() == want {
			return append(a, b...)
		}
		return slices.DeleteFunc(a, func(p string) bool { return !slices.Contains(b, p) })
	case s.Form == expression.BinaryForm && (s.Name == "==" || s.Name == "!="):
		var list []string
		for i := range 2 {
			p, other := pathOf(s.Parts[i]), s.Parts[1-i]
			if p != "" && other.Form == expression.LiteralForm && (s.Name == "==") == (want != other.Literal.IsNull()) {
				list = append(list, p)
			}
		}
		return append(list, append(operandPaths(s.Parts[0]), operandPaths(s.Parts[1])...)...)
	case s.IsGiven():
		if want && absent(s.Parts[0].Name) {
			return []string{s.Parts[0].Name}
		}
		return nil
	case s.Form == expression.BinaryForm && want && slices.Contains([]string{"in", "contains", "startsWith", "endsWith", "matches"}, s.Name):
		return append(impliedPaths(s.Parts[0]), impliedPaths(s.Parts[1])...)
	}
	return impliedPaths(s)
}

// impliedPaths returns the paths that have a value if a part has one.
func impliedPaths(s *expression.Shape) []string {
	list := operandPaths(s)
	if p := pathOf(s); p != "" {
		list = append(list, p)
	}
	return list
}

// operandPaths returns the paths that must have a value for a part to be computed.
func operandPaths(s *expression.Shape) []string {
	var list []string
	switch {
	case s.Form == expression.FieldForm:
		return impliedPaths(s.Parts[0])
	case s.Form == expression.UnaryForm:
		return impliedPaths(s.Parts[0])
	case s.Form == expression.CallForm && expression.NeedsValue(s.Name) && len(s.Parts) > 0:
		return impliedPaths(s.Parts[0])
	case s.Form == expression.BinaryForm && slices.Contains([]string{"<", ">", "<=", ">=", "+", "-", "*", "/", "%", "**", "^"}, s.Name):
		for _, p := range s.Parts {
			list = append(list, impliedPaths(p)...)
		}
	}
	return list
}

// requireNonNull reports a part that may be null where a value is needed.
func (r *exprInference) requireNonNull(s *expression.Shape, t Type, by string) {
	switch {
	case isNull(s):
		r.mismatch(s, by+" needs a value, and this is null")
		return
	case s.Form == expression.ConditionalForm:
		r.branches(s, func(p *expression.Shape) { r.requireNonNull(p, r.typeOf(p), by) })
		return
	case s.Form == expression.BinaryForm && s.Name == "??":
		r.requireNonNull(s.Parts[1], r.typeOf(s.Parts[1]), by)
		return
	}
	p := pathOf(s)
	if !t.Null || t.Kind == Secret || r.nonNull[p] {
		return
	}
	if p == "" {
		r.computedNull(s, by)
		return
	}
	root := s
	for root.Form == expression.FieldForm {
		root = root.Parts[0]
	}
	v := r.vars[root.Name]
	if v == nil || r.reported[p] || root == s && r.inf.nonNull[v] {
		return
	}
	r.reported[p] = true
	d := diag.Diagnostic{Code: diag.MaybeNull, Severity: diag.Warning, Span: r.span(s),
		Message: "“" + p + "” may be null here, and " + by + " needs a value",
		Notes: []string{"if it is null, the expression faults; test it with “" + p + " != null and …”, or replace null with “" +
			p + " ?? …”"}}
	if root == s {
		d.Related = []diag.Related{{Span: v.Span, Message: "it may be null from here"}}
		r.inf.nonNull[v] = true // report it once
	}
	r.inf.report(d)
}

// computedNull reports a field or an item that may be null and has no name. What a
// function such as “first” gives is null only if there is nothing, as an item is missing.
func (r *exprInference) computedNull(s *expression.Shape, by string) {
	what := "item"
	if s.Form == expression.FieldForm {
		what = "field “" + s.Name + "”"
	} else if s.Form != expression.ItemForm {
		return
	}
	r.inf.report(diag.Diagnostic{Code: diag.MaybeNull, Severity: diag.Warning, Span: r.span(s),
		Message: "this " + what + " may be null here, and " + by + " needs a value",
		Notes:   []string{"if it is null, the expression faults; “?? …” after it replaces null"}})
}

// assume notes the variables that have a value after a line that kept its frame, or
// in the else of one that dropped it.
func (inf *inference) assume(e *Expr, want bool) {
	names := nonNullPaths(e.Node.Shape(), want, inf.newExpr(e).isAbsent)
	for i, name := range e.Node.Variables() {
		if v := e.Vars[i]; v != nil && slices.Contains(names, name) {
			inf.nonNull[v] = true
		}
	}
}
