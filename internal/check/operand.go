package check

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/words"
)

// isText reports whether values of a type are texts for the operators and functions of
// expressions.
func (c *checker) isText(t Type) bool {
	switch t.Kind {
	case String, Enum, Secret, Date, Unknown, Json:
		return true
	}
	return t.Kind == Identity && !c.created(t)
}

// created reports whether the identities of a type are created by a concept. Those of a
// type parameter without a binding may be any texts.
func (c *checker) created(t Type) bool {
	name, own, _ := strings.Cut(t.Name, ".")
	i := c.program.Instances[name]
	return t.Kind == Identity && i != nil && i.Concept != nil && !slices.Contains(i.Concept.Params, own)
}

func isNumber(t Type) bool {
	return t.Kind == Number || t.Kind == Unknown || t.Kind == Json || t.Kind == Secret
}

// has reports whether a value of a type may be given where a kind is required.
func (c *checker) has(t Type, kind TypeKind) bool {
	switch kind {
	case Unknown:
		return true
	case String:
		return c.isText(t)
	case Number:
		return isNumber(t)
	}
	// The type of what is computed from a secret is Secret, unless it is a Flag, a list
	// or a record.
	return t.Kind == kind || t.Kind == Unknown || t.Kind == Json || t.Kind == Secret && kind == DateTime
}

// require constrains a part to a kind, or to one of several kinds, or reports that it
// has another one or that it may be null.
func (r *exprInference) require(s *expression.Shape, as string, kinds ...TypeKind) {
	switch {
	case s.Form == expression.BinaryForm && s.Name == "??":
		r.typeOf(s)
		r.nullAllowed(func() { r.require(s.Parts[0], as, kinds...) })
		r.require(s.Parts[1], as, kinds...)
		return
	case s.Form == expression.ConditionalForm:
		r.branches(s, func(p *expression.Shape) { r.require(p, as, kinds...) })
		return
	}
	t := r.typeOf(s)
	if isNull(s) && r.mayBeNull {
		return
	}
	if isNull(s) {
		r.mismatch(s, as+" must be "+describeKinds(kinds)+", and this is null")
		return
	}
	if v := r.variableOf(s); v != nil && len(kinds) == 1 && (v.Type.Kind == Unknown || v.Type.Kind == Json || !r.inf.c.has(v.Type, kinds[0]) && !r.inf.c.created(v.Type)) {
		r.inf.constrain(v, typeOfKind(kinds[0]), r.span(s), as)
		t = r.typeOf(s)
	} else if !slices.ContainsFunc(kinds, func(k TypeKind) bool { return r.inf.c.has(t, k) }) {
		d := diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s), Message: as + " must be " + describeKinds(kinds) + ", and this is " + Describe(t)}
		d.Notes, d.Origins, d.Related = r.conversion(s, t, kinds), origins(t, Type{Kind: kinds[0]}), r.determined(s)
		r.inf.report(d)
		return
	}
	if !r.mayBeNull {
		r.requireNonNull(s, t, as)
	}
}

// nullAllowed calls read for a part that may be null.
func (r *exprInference) nullAllowed(read func()) {
	outer := r.mayBeNull
	r.mayBeNull = true
	read()
	r.mayBeNull = outer
}

// isNull reports whether a part is the literal null.
func isNull(s *expression.Shape) bool {
	return s.Form == expression.LiteralForm && s.Literal.IsNull()
}

// determined returns the uses that determine the types of the variables of a part, or of
// its operands: one of them may be the mistake that shows in this part.
func (r *exprInference) determined(s *expression.Shape) []diag.Related {
	var list []diag.Related
	for _, p := range append([]*expression.Shape{s}, s.Parts...) {
		v := r.variableOf(p)
		if v == nil {
			continue
		}
		if at := r.inf.reasons[v]; at.span.Known() && at.line != r.inf.current {
			list = append(list, diag.Related{Span: at.span, Message: "“" + v.Name + "” is " + Describe(v.Type) + " as " + at.what})
		}
	}
	return list
}

// variableOf returns the variable that a part consists of, nil for any other part.
func (r *exprInference) variableOf(s *expression.Shape) *Var {
	if s.Form != expression.VariableForm {
		return nil
	}
	return r.vars[s.Name]
}

// conversion says how a value becomes one of the kinds that are required.
func (r *exprInference) conversion(s *expression.Shape, t Type, kinds []TypeKind) []string {
	of := s.Name
	if s.Form != expression.VariableForm {
		of = "…"
	}
	takes := func(k TypeKind) bool { return slices.Contains(kinds, k) }
	switch {
	case takes(String) && t.Kind == Identity:
		return []string{"an identity can only be compared with others of its type; “string(" + of + ")” gives its text"}
	case takes(String) && t.Kind == DateTime:
		return []string{"“date(" + of + ", \"Europe/Berlin\")” gives the calendar date of a time as a text, “string(" + of + ")” the time"}
	case takes(String) && (t.Kind == Number || t.Kind == Flag):
		return []string{"“string(" + of + ")” converts it to a text"}
	case takes(String) && t.Kind == List:
		return []string{"“join(" + of + ", \", \")” makes one text of a list of texts"}
	case takes(Number) && t.Kind == String:
		return []string{"“int(" + of + ")” and “float(" + of + ")” convert a text to a number"}
	case takes(List) && takes(Record) && t.Kind == String:
		return []string{"“contains” looks for a part of a text"}
	}
	return nil
}

// describeKinds names kinds in a message: "a String or a list".
func describeKinds(kinds []TypeKind) string {
	var list []string
	for _, k := range kinds {
		if k != Identity {
			list = append(list, Describe(Type{Kind: k}))
		}
	}
	return words.Enumerate(list, "or")
}

// typeOfKind is the type of which only the kind is known.
func typeOfKind(k TypeKind) Type {
	if k == List {
		return Type{Kind: List, Elem: &Type{}}
	}
	return Type{Kind: k}
}
