package check

import (
	"slices"
	"strings"
	"unicode"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/value"
)

// expr returns the type of an expression as far as it is known. It constrains the
// variables by their operators, and reports operands of the wrong type.
func (inf *inference) expr(e *Expr) Type {
	e.Type = inf.newExpr(e).typeOf(e.Node.Shape())
	return e.Type
}

// condition is expr for a line that must be true or false.
func (inf *inference) condition(e *Expr) {
	r := inf.newExpr(e)
	t := r.typeOf(e.Node.Shape())
	if t.Kind == Unknown || inf.c.has(t, Flag) {
		r.require(e.Node.Shape(), "a condition in where", Flag)
		return
	}
	inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: e.Tree.Span,
		Message: "a condition in where must be true or false, and this is " + Describe(t)})
}

// An exprInference infers the types in one expression.
type exprInference struct {
	binds string // the variable that the expression binds, if it is that of a line
	inf   *inference
	e     *Expr
	vars  map[string]*Var
	items []item // of the functions whose second value is being read, for each item
	// nonNull are the paths that are known to have a value in this part.
	nonNull  map[string]bool
	reported map[string]bool // paths that were reported as nullable
	// mayBeNull is set for a part whose null is replaced.
	mayBeNull bool
	// cache holds the types of parts since the last change; otherwise each operator
	// would compute the parts below it again.
	cache   map[*expression.Shape]Type
	changes int
}

// An item is what a function that takes a list computes something for.
type item struct {
	elem Type // of the list
	acc  Type // the result of reduce so far
}

func (inf *inference) newExpr(e *Expr) *exprInference {
	r := &exprInference{inf: inf, e: e, vars: map[string]*Var{}, reported: map[string]bool{},
		cache: map[*expression.Shape]Type{}, changes: inf.changes}
	for i, name := range e.Node.Variables() {
		r.vars[name] = e.Vars[i]
	}
	for _, p := range inf.paths {
		if r.nonNull == nil {
			r.nonNull = map[string]bool{}
		}
		r.nonNull[p] = true
	}
	return r
}

// span is the span of a variable or a literal in the expression; for other parts, that
// of the expression.
func (r *exprInference) span(s *expression.Shape) source.Span {
	span := r.e.Tree.Span
	if s.Form == expression.LiteralForm {
		if at, end := span.Start+s.Offset, span.Start+s.Offset+literalSize(span.Text()[min(s.Offset, span.End-span.Start):]); end <= span.End && end > at {
			span.Start, span.End = at, end
		}
		return span
	}
	if s.Form == expression.VariableForm && span.Start+s.Offset+len(s.Name) <= span.End {
		span.Start += s.Offset
		span.End = span.Start + len(s.Name)
	}
	return span
}

// literalSize is the length of the literal that a text begins with.
func literalSize(text string) int {
	if text == "" || !strings.ContainsRune("\"'`", rune(text[0])) {
		end := strings.IndexFunc(text, func(c rune) bool { return c != '.' && c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) })
		if end < 0 {
			return len(text)
		}
		return end
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		}
	}
	return len(text)
}

func (r *exprInference) mismatch(s *expression.Shape, message string) {
	r.inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s), Message: message})
}

// typeOf returns the type of a part.
func (r *exprInference) typeOf(s *expression.Shape) Type {
	if r.changes != r.inf.changes {
		clear(r.cache)
		r.changes = r.inf.changes
	}
	if t, ok := r.cache[s]; ok {
		return t
	}
	t := r.compute(s)
	if t.Kind != Flag && t.Kind != Secret && t.Kind != Record && t.Kind != List && t.Kind != Unknown && r.secret(s) {
		t = Type{Kind: Secret, Null: t.Null}
	}
	if r.changes == r.inf.changes {
		r.cache[s] = t
	}
	return t
}

// secret reports whether a part contains a secret.
func (r *exprInference) secret(s *expression.Shape) bool {
	if s.Form == expression.VariableForm {
		v := r.vars[s.Name]
		return v != nil && v.Type.Kind == Secret
	}
	return slices.ContainsFunc(s.Parts, r.secret)
}

func (r *exprInference) compute(s *expression.Shape) Type {
	switch s.Form {
	case expression.VariableForm:
		return r.variable(s)
	case expression.LiteralForm:
		switch s.Literal.Kind() {
		case value.StringKind:
			return Type{Kind: String}
		case value.NumberKind:
			return Type{Kind: Number}
		case value.FlagKind:
			return Type{Kind: Flag}
		}
		return Type{Null: true}
	case expression.ListForm:
		elem, all := Type{}, true
		for _, p := range s.Parts {
			t, ok := Join(elem, r.typeOf(p), true)
			elem, all = t, all && ok
		}
		if !all {
			elem = Type{Null: elem.Null}
		}
		return Type{Kind: List, Elem: &elem}
	case expression.RecordForm:
		return r.record(s)
	case expression.UnaryForm:
		if s.Name == "not" || s.Name == "!" {
			r.require(s.Parts[0], "the operand of “"+s.Name+"”", Flag)
			return Type{Kind: Flag}
		}
		r.require(s.Parts[0], "the operand of “"+s.Name+"”", Number)
		return Type{Kind: Number}
	case expression.BinaryForm:
		return r.binary(s)
	case expression.ConditionalForm:
		var t Type
		ok := true
		r.branches(s, func(p *expression.Shape) {
			joined, fits := Join(t, r.typeOf(p), true)
			t, ok = joined, ok && fits
		})
		if !ok {
			return Type{Null: t.Null}
		}
		return t
	case expression.FieldForm:
		return r.field(s)
	case expression.ItemForm:
		return r.item(s)
	case expression.SliceForm:
		r.require(s.Parts[0], "what is sliced", List, String)
		for _, p := range s.Parts[1:] {
			r.require(p, "an index in a list or text", Number)
		}
		return r.typeOf(s.Parts[0])
	case expression.PointerForm:
		if n := len(r.items); n > 0 {
			switch s.Name {
			case "":
				return r.items[n-1].elem
			case "acc":
				return r.items[n-1].acc
			}
		}
		if s.Name == "index" {
			return Type{Kind: Number}
		}
		return Type{}
	case expression.CallForm:
		return r.call(s)
	}
	for _, p := range s.Parts {
		r.typeOf(p)
	}
	return Type{}
}

// record returns the type of a record. Its fields are unknown if it spreads a record
// of unknown fields or has a computed name.
func (r *exprInference) record(s *expression.Shape) Type {
	t, known := Type{Kind: Record}, true
	set := func(f RecordField) {
		if at := t.field(f.Name); at != nil {
			*at = f.Type
		} else {
			t.Fields = append(t.Fields, f)
		}
	}
	for i, p := range s.Parts {
		switch p.Form {
		case expression.SpreadForm:
			of := r.typeOf(p.Parts[0])
			switch {
			case of.Kind == Record && len(of.Fields) > 0:
				for _, f := range of.Fields {
					if at := t.field(f.Name); of.Null && at != nil {
						f.Type, _ = Join(f.Type, *at, true)
					} else {
						f.Type.Null = f.Type.Null || of.Null
					}
					set(f)
				}
			case of.Kind == Unknown && p.Parts[0].Form == expression.LiteralForm: // null
			case of.Kind == Unknown:
				known = false
				r.nullAllowed(func() { r.require(p.Parts[0], "what “...” spreads", Record) })
			case of.Kind == Record, of.Kind == Json, of.Kind == Secret:
				known = false
			default:
				r.mismatch(p.Parts[0], "“...” spreads a record, and this is "+Describe(of))
			}
		case expression.ComputedForm:
			known = false
			r.require(p.Parts[0], "the name of a field", String)
			r.typeOf(p.Parts[1])
		default:
			set(RecordField{Name: s.Names[i], Type: r.typeOf(p)})
		}
	}
	r.renamedInRecord(s)
	if !known {
		t.Fields = nil
	}
	return t
}

// branches reads the condition of “a ? b : c”, and calls read for each side with
// what the condition implies.
func (r *exprInference) branches(s *expression.Shape, read func(*expression.Shape)) {
	r.require(s.Parts[0], "a condition", Flag)
	r.withNonNull(nonNullPaths(s.Parts[0], true, r.isAbsent), func() { read(s.Parts[1]) })
	r.withNonNull(nonNullPaths(s.Parts[0], false, r.isAbsent), func() { read(s.Parts[2]) })
}

func (r *exprInference) variable(s *expression.Shape) Type {
	v := r.vars[s.Name]
	if v == nil {
		switch s.Name {
		case expression.Now:
			return Type{Kind: DateTime}
		case expression.New:
			return Type{Kind: String}
		}
		return Type{}
	}
	t := v.Type
	t.Null = r.inf.nullable[v] && !r.inf.nonNull[v] && !r.nonNull[s.Name]
	return t
}

func (r *exprInference) field(s *expression.Shape) Type {
	t := r.typeOf(s.Parts[0])
	if !s.Safe {
		r.requireNonNull(s.Parts[0], t, "“."+s.Name+"”")
	}
	switch t.Kind {
	case Record:
		if f := t.field(s.Name); f != nil {
			found := *f
			found.Null = (found.Null || s.Safe && t.Null) && !r.nonNull[pathOf(s)]
			return found
		}
		if len(t.Fields) > 0 {
			message := "this record has no field “" + s.Name + "”"
			var names []string
			for _, f := range t.Fields {
				names = append(names, f.Name)
			}
			if near, ok := diag.Nearest(s.Name, names); ok {
				message += "; did you mean “" + near + "”?"
			}
			r.mismatch(s, message)
		}
	case List:
		r.mismatch(s.Parts[0], "a list has no field “"+s.Name+"”; its items may have one: “first(…)."+s.Name+"”, “map(…, ."+s.Name+")”")
	case String, Number, Flag, Identity, Enum, Date, DateTime, Secret, Binary:
		r.noField(s, t)
	}
	return Type{}
}

// noField reports the field of a value that has none.
func (r *exprInference) noField(s *expression.Shape, t Type) {
	d := diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s.Parts[0]), Message: Describe(t) + " has no field “" + s.Name + "”"}
	of := s.Parts[0].Name
	if s.Parts[0].Form != expression.VariableForm {
		of = "…"
	}
	switch t.Kind {
	case Identity:
		d.Notes = []string{"a field of a member is read with “in " + concept(t) + ": " + s.Name + " of " + of + " is …”"}
	case DateTime:
		d.Notes = []string{"“date(" + of + ", \"Europe/Berlin\")” is the calendar date of a time, such as \"2030-01-31\"; “weekday” and “startOf” give its day of the week and the beginning of its hour, day, week, month or year"}
	case Date:
		d.Notes = []string{"a date is a text such as \"2030-01-31\", so its year is “" + of + "[0:4]”"}
	}
	r.inf.report(d)
}

// concept is the instance in the name of an identity.
func concept(t Type) string {
	name, _, _ := strings.Cut(t.Name, ".")
	return name
}

// item returns the type of an item of a list, of a character of a text or of a field
// with a computed name.
func (r *exprInference) item(s *expression.Shape) Type {
	r.require(s.Parts[0], "what “[…]” selects from", List, Record, String)
	t := r.typeOf(s.Parts[0])
	switch {
	case t.Kind == List:
		r.require(s.Parts[1], "the place of an item in a list", Number)
		if t.Elem != nil {
			return *t.Elem // a missing item is a fault
		}
	case t.Kind == Record:
		r.require(s.Parts[1], "the name of a field", String)
	case t.Kind != Unknown && t.Kind != Json:
		r.require(s.Parts[1], "the place of a character in a text", Number)
		return Type{Kind: String}
	default:
		r.require(s.Parts[1], "what selects an item or a field", Number, String)
	}
	return Type{}
}
