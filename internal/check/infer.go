package check

import (
	"slices"

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
	r.requireNonNull(e.Node.Shape(), t, "a condition in where")
	if t.Kind == Unknown {
		r.require(e.Node.Shape(), Type{Kind: Flag}, "a condition in where")
	} else if t.Kind != Flag && t.Kind != Json && t.Kind != Secret {
		inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: e.Tree.Span,
			Message: "a condition in where must be true or false, and this is " + Describe(t)})
	}
}

// An exprInference infers the types in one expression.
type exprInference struct {
	inf      *inference
	e        *Expr
	vars     map[string]*Var
	elements []Type // the element types of the enclosing predicates
	// nonNull are the paths that are known to have a value in this part.
	nonNull  map[string]bool
	reported map[string]bool // paths that were reported as nullable
	// cache holds the types of parts since the last change; otherwise each operator
	// would compute the parts below it again.
	cache   map[*expression.Shape]Type
	changes int
}

func (inf *inference) newExpr(e *Expr) *exprInference {
	r := &exprInference{inf: inf, e: e, vars: map[string]*Var{}, reported: map[string]bool{},
		cache: map[*expression.Shape]Type{}, changes: inf.changes}
	for i, name := range e.Node.Variables() {
		r.vars[name] = e.Vars[i]
	}
	return r
}

// span is the span of a variable in the expression; for other parts, that of the
// expression.
func (r *exprInference) span(s *expression.Shape) source.Span {
	span := r.e.Tree.Span
	if s.Form == expression.VariableForm && span.Start+s.Offset+len(s.Name) <= span.End {
		span.Start += s.Offset
		span.End = span.Start + len(s.Name)
	}
	return span
}

func (r *exprInference) mismatch(s *expression.Shape, message string) {
	r.inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s), Message: message})
}

// textual reports whether values of a type are text on the wire, so that they can
// be compared and concatenated as text.
func textual(t Type) bool {
	switch t.Kind {
	case String, Identity, Enum, Secret, Date, Unknown, Json:
		return true
	}
	return false
}

func numeric(t Type) bool {
	return t.Kind == Number || t.Kind == Unknown || t.Kind == Json || t.Kind == Secret
}

// require constrains a part to a type, or reports that it has another one.
func (r *exprInference) require(s *expression.Shape, t Type, as string) {
	if s.Form == expression.VariableForm && r.vars[s.Name] != nil {
		v := r.vars[s.Name]
		if v.Type.Kind == Unknown || v.Type.Kind == Json {
			r.inf.constrain(v, t, r.span(s), as)
			return
		}
		if t.Kind == String && textual(v.Type) || t.Kind == Number && numeric(v.Type) {
			return
		}
		r.inf.constrain(v, t, r.span(s), as)
		return
	}
	switch {
	case s.Form == expression.BinaryForm && s.Name == "??":
		r.require(s.Parts[0], t, as)
		r.require(s.Parts[1], t, as)
		return
	case s.Form == expression.ConditionalForm:
		r.branches(s, func(p *expression.Shape) { r.require(p, t, as) })
		return
	}
	got := r.typeOf(s)
	fits := false
	switch {
	case t.Kind == String:
		fits = textual(got)
	case t.Kind == Number:
		fits = numeric(got)
	default:
		_, fits = Join(got, t, true)
	}
	if !fits {
		r.mismatch(s, as+" must be "+Describe(t)+", and this is "+Describe(got))
	}
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
			r.require(s.Parts[0], Type{Kind: Flag}, "the operand of “"+s.Name+"”")
			r.requireNonNull(s.Parts[0], r.typeOf(s.Parts[0]), "“"+s.Name+"”")
			return Type{Kind: Flag}
		}
		r.require(s.Parts[0], Type{Kind: Number}, "the operand of “"+s.Name+"”")
		r.requireNonNull(s.Parts[0], r.typeOf(s.Parts[0]), "“"+s.Name+"”")
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
		t := r.typeOf(s.Parts[0])
		r.typeOf(s.Parts[1])
		if t.Kind == List {
			return *t.Elem // a missing item is a fault
		}
		return Type{}
	case expression.SliceForm:
		for _, p := range s.Parts[1:] {
			r.require(p, Type{Kind: Number}, "an index in a list or text")
		}
		return r.typeOf(s.Parts[0])
	case expression.PointerForm:
		if n := len(r.elements); n > 0 && s.Name == "" {
			return r.elements[n-1]
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
				r.require(p.Parts[0], Type{Kind: Record}, "what “...” spreads")
			case of.Kind == Record, of.Kind == Json, of.Kind == Secret:
				known = false
			default:
				r.mismatch(p.Parts[0], "“...” spreads a record, and this is "+Describe(of))
			}
		case expression.ComputedForm:
			known = false
			key := r.typeOf(p.Parts[0])
			r.require(p.Parts[0], Type{Kind: String}, "the name of a field")
			r.requireNonNull(p.Parts[0], key, "the name of a field")
			r.typeOf(p.Parts[1])
		default:
			set(RecordField{s.Names[i], r.typeOf(p)})
		}
	}
	if !known {
		t.Fields = nil
	}
	return t
}

// branches reads the condition of “a ? b : c”, and calls read for each side with
// what the condition implies.
func (r *exprInference) branches(s *expression.Shape, read func(*expression.Shape)) {
	r.require(s.Parts[0], Type{Kind: Flag}, "a condition")
	r.requireNonNull(s.Parts[0], r.typeOf(s.Parts[0]), "a condition")
	r.withNonNull(nonNullPaths(s.Parts[0], true), func() { read(s.Parts[1]) })
	r.withNonNull(nonNullPaths(s.Parts[0], false), func() { read(s.Parts[2]) })
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
	r.requireNonNull(s.Parts[0], t, "“."+s.Name+"”")
	switch t.Kind {
	case Record:
		if f := t.field(s.Name); f != nil {
			found := *f
			found.Null = found.Null && !r.nonNull[pathOf(s)]
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
	case String, Number, Flag, Identity, Enum, Date:
		r.mismatch(s.Parts[0], Describe(t)+" has no field “"+s.Name+"”")
	}
	return Type{}
}
