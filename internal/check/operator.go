package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
)

func (r *exprInference) binary(s *expression.Shape) Type {
	a, b := s.Parts[0], s.Parts[1]
	op := "“" + s.Name + "”"
	switch s.Name {
	case "and", "or", "&&", "||":
		r.require(a, Type{Kind: Flag}, "an operand of "+op)
		r.requireNonNull(a, r.typeOf(a), op)
		r.withNonNull(nonNullPaths(a, s.IsAnd()), func() {
			r.require(b, Type{Kind: Flag}, "an operand of "+op)
			r.requireNonNull(b, r.typeOf(b), op)
		})
		return Type{Kind: Flag}
	case "==", "!=":
		r.equal(s, a, b)
		return Type{Kind: Flag}
	case "<", ">", "<=", ">=":
		r.ordered(s, a, b, op)
		r.requireBoth(a, b, op)
		return Type{Kind: Flag}
	case "in":
		x, list := r.typeOf(a), r.typeOf(b)
		if list.Kind == List && list.Elem != nil {
			if _, ok := Join(x, *list.Elem, true); !ok {
				r.mismatch(a, "this is "+Describe(x)+" and cannot be in "+Describe(list))
			}
		}
		return Type{Kind: Flag}
	case "contains", "startsWith", "endsWith", "matches":
		r.require(a, Type{Kind: String}, "the left operand of "+op)
		r.require(b, Type{Kind: String}, "the right operand of "+op)
		return Type{Kind: Flag}
	case "+":
		t := r.plus(s, a, b)
		r.requireBoth(a, b, op)
		return t
	case "-":
		x, y := r.typeOf(a), r.typeOf(b)
		r.requireBoth(a, b, op)
		switch {
		case x.Kind == DateTime && y.Kind == DateTime:
			return Type{Kind: Number} // seconds
		case x.Kind == DateTime && y.Kind == Unknown:
			return Type{}
		case x.Kind == DateTime:
			r.require(b, Type{Kind: Number}, "what is subtracted from a time, in seconds or as a time,")
			return Type{Kind: DateTime}
		case y.Kind == DateTime && x.Kind != Unknown:
			r.mismatch(s, "a time is subtracted from a time only, and this is "+Describe(x))
			return Type{}
		case y.Kind == DateTime:
			r.require(a, Type{Kind: DateTime}, "what a time is subtracted from")
			return Type{Kind: Number}
		}
		if x.Kind == Unknown && y.Kind == Unknown {
			return Type{}
		}
		fallthrough
	case "*", "/", "%", "**", "^":
		r.require(a, Type{Kind: Number}, "an operand of "+op)
		r.require(b, Type{Kind: Number}, "an operand of "+op)
		r.requireBoth(a, b, op)
		return Type{Kind: Number}
	case "??":
		x, y := r.typeOf(a), r.typeOf(b)
		x.Null = false
		if x.Kind == Unknown {
			r.constrainUnknown(a, y, "the left operand of “??”")
		}
		t, ok := Join(x, y, true)
		if !ok {
			return Type{Null: y.Null}
		}
		t.Null = y.Null
		return t
	}
	x := r.typeOf(a)
	r.typeOf(b)
	if s.Name == ".." {
		return Type{Kind: List, Elem: &Type{Kind: Number}}
	}
	_ = x
	return Type{}
}

// requireBoth reports operands that may be null.
func (r *exprInference) requireBoth(a, b *expression.Shape, op string) {
	r.requireNonNull(a, r.typeOf(a), op)
	r.requireNonNull(b, r.typeOf(b), op)
}

// constrainUnknown constrains a variable whose type is unknown to the type that may
// replace it.
func (r *exprInference) constrainUnknown(s *expression.Shape, t Type, as string) {
	if s.Form != expression.VariableForm || t.Kind == Identity || t.Kind == Secret || t.Kind == Unknown {
		return
	}
	if v := r.vars[s.Name]; v != nil && v.Type.Kind == Unknown {
		t.Null = false
		r.inf.constrain(v, t, r.span(s), as)
	}
}

func (r *exprInference) equal(s *expression.Shape, a, b *expression.Shape) {
	x, y := r.typeOf(a), r.typeOf(b)
	literal := a.Form == expression.LiteralForm || b.Form == expression.LiteralForm
	switch {
	case x.Kind == Unknown || y.Kind == Unknown:
		return // any value can be compared with an unknown one
	}
	for _, side := range [][2]*expression.Shape{{a, b}, {b, a}} {
		t := r.typeOf(side[0])
		if text, ok := side[1].Literal.Text(); ok && t.Kind == Enum && !slices.Contains(t.Constants, text) {
			message := "this is " + Describe(t) + " and cannot be “" + text + "”"
			if near, ok := diag.Nearest(text, t.Constants); ok {
				message += "; did you mean “" + near + "”?"
			}
			r.mismatch(side[0], message)
			return
		}
	}
	if x.Kind == Identity && y.Kind == Identity && x.Name != y.Name {
		r.mismatch(s, "this compares "+Describe(x)+" with "+Describe(y)+", which are never equal")
		return
	}
	if _, ok := Join(x, y, true); ok || textual(x) && textual(y) && (literal || x.Kind != y.Kind) {
		return
	}
	r.mismatch(s, "this compares "+Describe(x)+" with "+Describe(y)+", which are never equal")
}

// ordered checks the operands of an order: numbers, texts or points in time.
func (r *exprInference) ordered(s *expression.Shape, a, b *expression.Shape, op string) {
	x, y := r.typeOf(a), r.typeOf(b)
	for _, side := range []struct {
		s    *expression.Shape
		t, o Type
	}{{a, x, y}, {b, y, x}} {
		switch side.t.Kind {
		case Unknown:
			if o := side.o.Kind; o == Number || o == DateTime || o == String {
				r.require(side.s, side.o.sure(), "an operand of "+op)
			}
		case Flag, List, Record, Binary:
			r.mismatch(side.s, Describe(side.t)+" has no order")
			return
		}
	}
	x, y = r.typeOf(a), r.typeOf(b)
	family := func(t Type) int {
		switch {
		case t.Kind == Unknown || t.Kind == Json || t.Kind == Secret:
			return 0
		case t.Kind == Number:
			return 1
		case t.Kind == DateTime:
			return 2
		}
		return 3
	}
	if p, q := family(x), family(y); p != 0 && q != 0 && p != q {
		r.mismatch(s, "this compares "+Describe(x)+" with "+Describe(y)+", which have no common order")
	}
}

func (t Type) sure() Type {
	t.Null = false
	return t
}

func (r *exprInference) plus(s *expression.Shape, a, b *expression.Shape) Type {
	x, y := r.typeOf(a), r.typeOf(b)
	text := func(t Type) bool { return t.Kind == String || t.Kind == Enum || t.Kind == Identity }
	if text(x) && y.Kind == Number || x.Kind == Number && text(y) {
		r.inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s),
			Message: "“+” adds two numbers or joins two texts, and these are " + Describe(x) + " and " + Describe(y),
			Notes:   []string{"“string(…)” converts a number to a text, “int(…)” and “float(…)” a text to a number"}})
		return Type{}
	}
	switch {
	case x.Kind == DateTime && y.Kind == DateTime:
		r.inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s),
			Message: "two times cannot be added",
			Notes:   []string{"to a time a duration is added, as in “now + duration(\"24h\")”"}})
		return Type{Kind: DateTime}
	case x.Kind == DateTime:
		r.require(b, Type{Kind: Number}, "what is added to a time, in seconds or as “duration(…)”,")
		return Type{Kind: DateTime}
	case y.Kind == DateTime:
		r.require(a, Type{Kind: Number}, "what is added to a time, in seconds or as “duration(…)”,")
		return Type{Kind: DateTime}
	case x.Kind == Number:
		r.require(b, Type{Kind: Number}, "an operand added to a number")
		return Type{Kind: Number}
	case y.Kind == Number:
		r.require(a, Type{Kind: Number}, "an operand added to a number")
		return Type{Kind: Number}
	case x.Kind == String, x.Kind == Enum, x.Kind == Identity:
		r.require(b, Type{Kind: String}, "an operand joined to a text")
		return Type{Kind: String}
	case y.Kind == String, y.Kind == Enum, y.Kind == Identity:
		r.require(a, Type{Kind: String}, "an operand joined to a text")
		return Type{Kind: String}
	case x.Kind == Flag, x.Kind == List, x.Kind == Record:
		r.mismatch(s, "“+” adds numbers and joins texts, and this is "+Describe(x))
	}
	return Type{}
}
