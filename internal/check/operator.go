package check

import (
	"slices"
	"time"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/value"
)

func (r *exprInference) binary(s *expression.Shape) Type {
	a, b := s.Parts[0], s.Parts[1]
	op := "“" + s.Name + "”"
	switch s.Name {
	case "and", "or", "&&", "||":
		r.require(a, "an operand of "+op, Flag)
		r.withNonNull(nonNullPaths(a, s.IsAnd(), r.isAbsent), func() { r.require(b, "an operand of "+op, Flag) })
		return Type{Kind: Flag}
	case "==", "!=":
		r.equal(s, a, b)
		return Type{Kind: Flag}
	case "<", ">", "<=", ">=":
		r.ordered(s, a, b, op)
		return Type{Kind: Flag}
	case "in":
		r.in(a, b, op)
		return Type{Kind: Flag}
	case "contains", "startsWith", "endsWith", "matches":
		r.require(a, "the left operand of "+op, String)
		r.require(b, "the right operand of "+op, String)
		return Type{Kind: Flag}
	case "+":
		return r.plus(s, a, b)
	case "-":
		return r.minus(s, a, b)
	case "*", "/", "%", "**", "^":
		r.require(a, "an operand of "+op, Number)
		r.require(b, "an operand of "+op, Number)
		return Type{Kind: Number}
	case "..":
		r.require(a, "an end of a range", Number)
		r.require(b, "an end of a range", Number)
		return Type{Kind: List, Elem: &Type{Kind: Number}}
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
	r.typeOf(a)
	r.typeOf(b)
	return Type{}
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

// equal reports values that are never equal.
func (r *exprInference) equal(s, a, b *expression.Shape) {
	x, y := r.typeOf(a), r.typeOf(b)
	if x.Kind == Unknown {
		r.compared(a, b.Literal)
	}
	if y.Kind == Unknown {
		r.compared(b, a.Literal)
	}
	if r.constants(a, y) || r.constants(b, x) || r.sent(a, b) || r.sent(b, a) {
		return
	}
	if !r.inf.c.comparable(x, y) {
		r.neverEqual(s, x, y, "this compares "+Describe(x)+" with "+Describe(y)+", which are never equal")
	}
}

// sent reports whether a part is an identity that a client sends, and another one a
// literal text: a client may send any text, such as "me".
func (r *exprInference) sent(s, literal *expression.Shape) bool {
	_, text := literal.Literal.Text()
	v := r.variableOf(s)
	return text && literal.Form == expression.LiteralForm && v != nil && v.Type.Kind == Identity && r.inf.requestFields[v]
}

// neverEqual reports a comparison, and says how the values can be compared.
func (r *exprInference) neverEqual(s *expression.Shape, x, y Type, message string) {
	d := diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s), Message: message, Origins: origins(x, y), Related: r.determined(s)}
	if x.Kind > y.Kind {
		x, y = y, x
	}
	text := y.Kind == String || y.Kind == Enum || y.Kind == Date
	switch {
	case x.Kind == Identity && text:
		d.Notes = []string{"an identity is compared with another of its type, such as one that an action or a query gives"}
	case x.Kind == Identity && y.Kind == Secret:
		d.Notes = []string{"a secret is compared with a Secret of the state or of a request; a session's identity is not its token"}
	case x.Kind == Flag && y.Kind == String, x.Kind == String && y.Kind == Flag:
		d.Notes = []string{"a Flag is true or false, without quotation marks"}
	case y.Kind == DateTime && (x.Kind == String || x.Kind == Date):
		d.Notes = []string{"“date(time, \"Europe/Berlin\")” gives the calendar date of a time, such as \"2030-01-31\""}
	case x.Kind == String && y.Kind == Number:
		d.Notes = []string{"“string(…)” converts a number to a text, “int(…)” and “float(…)” a text to a number"}
	}
	r.inf.report(d)
}

// comparable reports whether values of two types can be equal.
func (c *checker) comparable(x, y Type) bool {
	if y.Kind < x.Kind {
		x, y = y, x
	}
	text := func(t Type) bool { return t.Kind == String || t.Kind == Date || t.Kind == Enum }
	switch {
	case x.Kind == Unknown, x.Kind == Json, y.Kind == Json:
		return true
	case x.Kind == Identity && y.Kind == Identity:
		return x.Name == y.Name
	case x.Kind == Identity:
		return text(y) && !c.created(x)
	case x.Kind == Secret, y.Kind == Secret:
		return y.Kind != List && y.Kind != Record
	case x.Kind == Enum && y.Kind == Enum:
		return slices.ContainsFunc(x.Constants, func(k string) bool { return slices.Contains(y.Constants, k) })
	case x.Kind == Date && y.Kind == Enum:
		return false
	case x.Kind == List && y.Kind == List:
		return x.Elem == nil || y.Elem == nil || c.comparable(*x.Elem, *y.Elem)
	case x.Kind == Record && y.Kind == Record:
		for _, f := range x.Fields {
			if other := y.field(f.Name); other != nil && !f.Type.Null && !other.Null && !c.comparable(f.Type, *other) {
				return false
			}
		}
		return true
	}
	return x.Kind == y.Kind || text(x) && text(y)
}

// constants reports the literals of a part that a value of a type cannot be: constants
// that the type does not have, and dates of another form. It returns whether there is one.
func (r *exprInference) constants(s *expression.Shape, t Type) bool {
	switch {
	case s.Form == expression.ConditionalForm:
		one, two := r.constants(s.Parts[1], t), r.constants(s.Parts[2], t)
		return one || two
	case s.Form == expression.BinaryForm && s.Name == "??":
		one, two := r.constants(s.Parts[0], t), r.constants(s.Parts[1], t)
		return one || two
	case s.Form == expression.ListForm && t.Kind == List && t.Elem != nil:
		found := false
		for _, p := range s.Parts {
			found = r.constants(p, *t.Elem) || found
		}
		return found
	}
	text, isText := s.Literal.Text()
	if s.Form != expression.LiteralForm || !isText {
		return false
	}
	switch {
	case t.Kind == Enum && !slices.Contains(t.Constants, text):
		message := "this is compared with "
		if r.binds != "" {
			message = "“" + r.binds + "” is used as "
		}
		message += Describe(t) + ", and “" + text + "” is none of them"
		if near, ok := diag.Nearest(text, t.Constants); ok {
			message += "; did you mean “" + near + "”?"
		}
		r.mismatch(s, message)
	case t.Kind == Date:
		if _, err := time.Parse(time.DateOnly, text); err == nil {
			return false
		}
		r.mismatch(s, "this is compared with a Date and cannot be “"+text+"”: a date is a text such as “2030-01-31”")
	default:
		return false
	}
	return true
}

// in checks the operands of “in”: an item and a list, or a name and a record.
func (r *exprInference) in(a, b *expression.Shape, op string) {
	x := r.typeOf(a)
	r.require(b, "the right operand of "+op, List, Record)
	switch list := r.typeOf(b); {
	case list.Kind == Record:
		r.require(a, "the name of a field before "+op, String)
	case list.Kind == List && list.Elem != nil:
		if r.constants(b, Type{Kind: List, Elem: &x}) || r.constants(a, *list.Elem) {
			return
		}
		if !r.inf.c.comparable(x, *list.Elem) {
			r.neverEqual(a, x, *list.Elem, "this is "+Describe(x)+" and cannot be in "+Describe(list))
		}
	}
}

// compared notes that a variable of unknown type is compared with a number or a
// flag.
func (r *exprInference) compared(s *expression.Shape, literal value.Value) {
	if s.Form != expression.VariableForm || literal.Kind() != value.NumberKind && literal.Kind() != value.FlagKind {
		return
	}
	c := Comparison{r.span(s), literal}
	v := r.vars[s.Name]
	if v != nil && !slices.ContainsFunc(v.Compared, func(x Comparison) bool { return x.Span == c.Span }) {
		v.Compared = append(v.Compared, c)
	}
}

// ordered checks the operands of an order: numbers, texts or points in time.
func (r *exprInference) ordered(s, a, b *expression.Shape, op string) {
	x, y := r.typeOf(a), r.typeOf(b)
	for _, side := range []struct {
		s    *expression.Shape
		t, o Type
	}{{a, x, y}, {b, y, x}} {
		switch side.t.Kind {
		case Unknown:
			if o := side.o.Kind; (o == Number || o == DateTime || o == String) && !isNull(side.s) {
				r.require(side.s, "an operand of "+op, side.o.Kind)
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
		case r.inf.c.created(t):
			return 3
		}
		return 4
	}
	if p, q := family(x), family(y); p != 0 && q != 0 && p != q || p == 3 && q == 3 && x.Name != y.Name {
		r.neverEqual(s, x, y, "this compares "+Describe(x)+" with "+Describe(y)+", which have no common order")
		return
	}
	r.requireNonNull(a, x, op)
	r.requireNonNull(b, y, op)
}

func (t Type) sure() Type {
	t.Null = false
	return t
}

// plus returns the type of a sum of numbers, of a time and seconds, or of texts that
// are joined.
func (r *exprInference) plus(s, a, b *expression.Shape) Type {
	x, y := r.typeOf(a), r.typeOf(b)
	text := func(t Type) bool {
		return t.Kind != Unknown && t.Kind != Json && r.inf.c.isText(t) || t.Kind == Identity
	}
	if text(x) && y.Kind == Number || x.Kind == Number && text(y) {
		r.inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s),
			Message: "“+” adds two numbers or joins two texts, and these are " + Describe(x) + " and " + Describe(y),
			Notes:   []string{"“string(…)” converts a number to a text, “int(…)” and “float(…)” a text to a number"}})
		return Type{}
	}
	const seconds = "what is added to a time, in seconds or as “duration(…)”,"
	switch {
	case x.Kind == DateTime && y.Kind == DateTime:
		r.inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s),
			Message: "two times cannot be added",
			Notes:   []string{"to a time a duration is added, as in “now + duration(\"24h\")”"}})
		return Type{Kind: DateTime}
	case x.Kind == DateTime:
		r.requireNonNull(a, x, "“+”")
		r.require(b, seconds, Number)
		return Type{Kind: DateTime}
	case y.Kind == DateTime:
		r.requireNonNull(b, y, "“+”")
		r.require(a, seconds, Number)
		return Type{Kind: DateTime}
	case x.Kind == Number || y.Kind == Number:
		r.require(a, "an operand added to a number", Number)
		r.require(b, "an operand added to a number", Number)
		return Type{Kind: Number}
	case text(x) || text(y):
		r.require(a, "an operand joined to a text", String)
		r.require(b, "an operand joined to a text", String)
		return Type{Kind: String}
	case x.Kind == Unknown && y.Kind == Unknown:
		r.requireNonNull(a, x, "“+”")
		r.requireNonNull(b, y, "“+”")
		return Type{}
	}
	r.require(a, "an operand of “+”", Number, String, DateTime)
	r.require(b, "an operand of “+”", Number, String, DateTime)
	return Type{}
}

// minus returns the type of a difference of numbers or of times, or of a time and
// seconds.
func (r *exprInference) minus(s, a, b *expression.Shape) Type {
	x, y := r.typeOf(a), r.typeOf(b)
	switch {
	case x.Kind == DateTime && y.Kind == DateTime:
		r.requireNonNull(a, x, "“-”")
		r.requireNonNull(b, y, "“-”")
		return Type{Kind: Number} // seconds
	case x.Kind == DateTime && y.Kind == Unknown:
		r.requireNonNull(a, x, "“-”")
		r.requireNonNull(b, y, "“-”")
		return Type{}
	case x.Kind == DateTime:
		r.requireNonNull(a, x, "“-”")
		r.require(b, "what is subtracted from a time, in seconds or as a time,", Number)
		return Type{Kind: DateTime}
	case y.Kind == DateTime && x.Kind != Unknown:
		r.mismatch(s, "a time is subtracted from a time only, and this is "+Describe(x))
		return Type{}
	case y.Kind == DateTime:
		r.require(a, "what a time is subtracted from", DateTime)
		r.requireNonNull(b, y, "“-”")
		return Type{Kind: Number}
	case x.Kind == Unknown && y.Kind == Unknown:
		r.requireNonNull(a, x, "“-”")
		r.requireNonNull(b, y, "“-”")
		return Type{}
	}
	r.require(a, "an operand of “-”", Number)
	r.require(b, "an operand of “-”", Number)
	return Type{Kind: Number}
}
