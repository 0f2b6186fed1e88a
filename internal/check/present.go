package check

import (
	"maps"
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
)

// path names what a part of an expression reads: a variable, or a field of one.
// It is "" for what is computed.
func path(s *expression.Shape) string {
	switch s.Form {
	case expression.VariableForm:
		return s.Name
	case expression.FieldForm:
		if of := path(s.Parts[0]); of != "" {
			return of + "." + s.Name
		}
	}
	return ""
}

// knowing reads a part of an expression that is reached only where some paths
// have a value.
func (r *reading) knowing(paths []string, read func()) {
	outer := r.present
	r.present = maps.Clone(outer)
	if r.present == nil {
		r.present = map[string]bool{}
	}
	for _, p := range paths {
		r.present[p] = true
	}
	read()
	r.present = outer
}

// present gives the paths that have a value where a condition is true, or is
// false.
func present(s *expression.Shape, want bool) []string {
	switch {
	case s.IsNot():
		return present(s.Parts[0], !want)
	case s.IsAnd(), s.IsOr():
		a, b := present(s.Parts[0], want), present(s.Parts[1], want)
		if s.IsAnd() == want {
			return append(a, b...)
		}
		return slices.DeleteFunc(a, func(p string) bool { return !slices.Contains(b, p) })
	case s.Form == expression.BinaryForm && (s.Name == "==" || s.Name == "!="):
		var list []string
		for i := range 2 {
			p, other := path(s.Parts[i]), s.Parts[1-i]
			if p != "" && other.Form == expression.LiteralForm && (s.Name == "==") == (want != other.Literal.IsNull()) {
				list = append(list, p)
			}
		}
		return append(list, append(computed(s.Parts[0]), computed(s.Parts[1])...)...)
	case s.Form == expression.BinaryForm && want && slices.Contains([]string{"in", "contains", "startsWith", "endsWith", "matches"}, s.Name):
		return append(whole(s.Parts[0]), whole(s.Parts[1])...)
	}
	return whole(s)
}

// whole gives the paths that have a value where a part has one.
func whole(s *expression.Shape) []string {
	list := computed(s)
	if p := path(s); p != "" {
		list = append(list, p)
	}
	return list
}

// computed gives the paths without which a part could not be computed at all.
func computed(s *expression.Shape) []string {
	var list []string
	switch {
	case s.Form == expression.FieldForm:
		return whole(s.Parts[0])
	case s.Form == expression.UnaryForm:
		return whole(s.Parts[0])
	case s.Form == expression.CallForm && needsValue(s.Name) && len(s.Parts) > 0:
		return whole(s.Parts[0])
	case s.Form == expression.BinaryForm && slices.Contains([]string{"<", ">", "<=", ">=", "+", "-", "*", "/", "%", "**", "^"}, s.Name):
		for _, p := range s.Parts {
			list = append(list, whole(p)...)
		}
	}
	return list
}

// needsValue tells whether a function faults when it is given null.
func needsValue(function string) bool {
	return slices.Contains([]string{"len", "upper", "lower", "trim", "trimPrefix", "trimSuffix", "replace", "repeat", "split", "splitAfter",
		"abs", "ceil", "floor", "round", "int", "float", "sum", "mean", "median", "join",
		"map", "filter", "all", "none", "any", "one", "count", "find", "findIndex", "findLast", "findLastIndex",
		"sort", "sortBy", "reverse", "uniq", "groupBy", "hasPrefix", "hasSuffix", "indexOf", "lastIndexOf"}, function)
}

// has reports a part that may be null where a value is needed.
func (r *reading) has(s *expression.Shape, t Type, by string) {
	p := path(s)
	if !t.Null || t.Kind == Secret || p == "" || r.present[p] {
		return
	}
	root := s
	for root.Form == expression.FieldForm {
		root = root.Parts[0]
	}
	v := r.vars[root.Name]
	if v == nil || r.said[p] || root == s && r.k.sure[v] {
		return
	}
	r.said[p] = true
	d := diag.Diagnostic{Code: diag.MaybeNull, Severity: diag.Warning, Span: r.span(s),
		Message: "“" + p + "” may be null here, and " + by + " needs a value",
		Notes: []string{"without a value the expression faults; “" + p + " != null and …” looks first, “" +
			p + " ?? …” says what to take instead"}}
	if root == s {
		d.Related = []diag.Related{{Span: v.Span, Message: "it may be null from here"}}
		r.k.sure[v] = true // said once
	}
	r.k.fault(d)
}

// keep notes what is known behind a line that kept its frame, or in the else of
// one that dropped it.
func (k *kinds) keep(e *Expr, want bool) {
	names := present(e.Node.Shape(), want)
	for i, name := range e.Node.Variables() {
		if v := e.Vars[i]; v != nil && slices.Contains(names, name) {
			k.sure[v] = true
		}
	}
}
