package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/value"
)

// expr gives the type of an expression, as far as it can be known, learns from
// its operators what its variables are, and reports what cannot be computed.
func (k *kinds) expr(e *Expr) Type {
	e.Type = k.reading(e).of(e.Node.Shape())
	return e.Type
}

// condition is expr for a line that must be true or false.
func (k *kinds) condition(e *Expr) {
	r := k.reading(e)
	t := r.of(e.Node.Shape())
	r.has(e.Node.Shape(), t, "a line that keeps or drops")
	if t.Kind == Unknown {
		r.want(e.Node.Shape(), Type{Kind: Flag}, "what keeps or drops")
	} else if t.Kind != Flag && t.Kind != Json && t.Kind != Secret {
		k.fault(diag.Diagnostic{Code: diag.WrongValue, Span: e.Tree.Span,
			Message: "a line that keeps or drops is true or false, and this is " + Describe(t)})
	}
}

// A reading is an expression whose type is being inferred.
type reading struct {
	k    *kinds
	e    *Expr
	vars map[string]*Var
	lets map[string]Type
	item []Type // of the predicates around
	// present are the paths that have a value where the reading is.
	present map[string]bool
	said    map[string]bool // paths of which was said that they may be null
	// known is what was found of parts since something was last learnt: without
	// it, what stands deep would be read again for each operator around it.
	known map[*expression.Shape]Type
	epoch int
}

func (k *kinds) reading(e *Expr) *reading {
	r := &reading{k: k, e: e, vars: map[string]*Var{}, lets: map[string]Type{}, said: map[string]bool{},
		known: map[*expression.Shape]Type{}, epoch: k.epoch}
	for i, name := range e.Node.Variables() {
		r.vars[name] = e.Vars[i]
	}
	return r
}

// span is where a part of the expression stands; only words have their length.
func (r *reading) span(s *expression.Shape) source.Span {
	span := r.e.Tree.Span
	if s.Form == expression.VariableForm && span.Start+s.Offset+len(s.Name) <= span.End {
		span.Start += s.Offset
		span.End = span.Start + len(s.Name)
	}
	return span
}

func (r *reading) wrong(s *expression.Shape, message string) {
	r.k.fault(diag.Diagnostic{Code: diag.WrongValue, Span: r.span(s), Message: message})
}

// textual tells whether values of a type travel as text, so that they can be
// compared and joined as such.
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

// want says that a part must be of a type: its variable is, or something is
// wrong.
func (r *reading) want(s *expression.Shape, t Type, as string) {
	if s.Form == expression.VariableForm && r.vars[s.Name] != nil {
		v := r.vars[s.Name]
		if v.Type.Kind == Unknown || v.Type.Kind == Json {
			r.k.learn(v, t, r.span(s), as)
			return
		}
		if t.Kind == String && textual(v.Type) || t.Kind == Number && numeric(v.Type) {
			return
		}
		r.k.learn(v, t, r.span(s), as)
		return
	}
	switch {
	case s.Form == expression.BinaryForm && s.Name == "??":
		r.want(s.Parts[0], t, as)
		r.want(s.Parts[1], t, as)
		return
	case s.Form == expression.ConditionalForm:
		r.branches(s, func(p *expression.Shape) { r.want(p, t, as) })
		return
	}
	got := r.of(s)
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
		r.wrong(s, as+" is "+Describe(t)+", and this is "+Describe(got))
	}
}

// of gives the type of a part.
func (r *reading) of(s *expression.Shape) Type {
	if r.epoch != r.k.epoch {
		clear(r.known)
		r.epoch = r.k.epoch
	}
	if t, ok := r.known[s]; ok {
		return t
	}
	t := r.plain(s)
	if t.Kind != Flag && t.Kind != Secret && t.Kind != Record && t.Kind != List && t.Kind != Unknown && r.secret(s) {
		t = Type{Kind: Secret, Null: t.Null}
	}
	if r.epoch == r.k.epoch {
		r.known[s] = t
	}
	return t
}

// secret tells whether a part is made of a secret.
func (r *reading) secret(s *expression.Shape) bool {
	if s.Form == expression.VariableForm {
		v := r.vars[s.Name]
		return v != nil && v.Type.Kind == Secret || r.lets[s.Name].Kind == Secret
	}
	return slices.ContainsFunc(s.Parts, r.secret)
}

func (r *reading) plain(s *expression.Shape) Type {
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
			t, ok := Join(elem, r.of(p), true)
			elem, all = t, all && ok
		}
		if !all {
			elem = Type{Null: elem.Null}
		}
		return Type{Kind: List, Elem: &elem}
	case expression.RecordForm:
		t := Type{Kind: Record}
		for i, p := range s.Parts {
			t.Fields = append(t.Fields, RecordField{s.Names[i], r.of(p)})
		}
		return t
	case expression.UnaryForm:
		if s.Name == "not" || s.Name == "!" {
			r.want(s.Parts[0], Type{Kind: Flag}, "what “"+s.Name+"” turns round")
			r.has(s.Parts[0], r.of(s.Parts[0]), "“"+s.Name+"”")
			return Type{Kind: Flag}
		}
		r.want(s.Parts[0], Type{Kind: Number}, "what “"+s.Name+"” stands before")
		r.has(s.Parts[0], r.of(s.Parts[0]), "“"+s.Name+"”")
		return Type{Kind: Number}
	case expression.BinaryForm:
		return r.binary(s)
	case expression.ConditionalForm:
		var t Type
		ok := true
		r.branches(s, func(p *expression.Shape) {
			joined, fits := Join(t, r.of(p), true)
			t, ok = joined, ok && fits
		})
		if !ok {
			return Type{Null: t.Null}
		}
		return t
	case expression.FieldForm:
		return r.field(s)
	case expression.ItemForm:
		t := r.of(s.Parts[0])
		r.of(s.Parts[1])
		if t.Kind == List {
			return *t.Elem // where there is no such item, it faults
		}
		return Type{}
	case expression.SliceForm:
		for _, p := range s.Parts[1:] {
			r.want(p, Type{Kind: Number}, "the place in a list or text")
		}
		return r.of(s.Parts[0])
	case expression.LetForm:
		r.lets[s.Name] = r.of(s.Parts[0])
		return r.of(s.Parts[1])
	case expression.PointerForm:
		if n := len(r.item); n > 0 && s.Name == "" {
			return r.item[n-1]
		}
		if s.Name == "index" {
			return Type{Kind: Number}
		}
		return Type{}
	case expression.CallForm:
		return r.call(s)
	}
	for _, p := range s.Parts {
		r.of(p)
	}
	return Type{}
}

// branches reads the condition of “a ? b : c”, and each side with what is known
// there.
func (r *reading) branches(s *expression.Shape, read func(*expression.Shape)) {
	r.want(s.Parts[0], Type{Kind: Flag}, "a condition")
	r.has(s.Parts[0], r.of(s.Parts[0]), "a condition")
	r.knowing(present(s.Parts[0], true), func() { read(s.Parts[1]) })
	r.knowing(present(s.Parts[0], false), func() { read(s.Parts[2]) })
}

func (r *reading) variable(s *expression.Shape) Type {
	if t, ok := r.lets[s.Name]; ok {
		return t
	}
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
	t.Null = r.k.null[v] && !r.k.sure[v] && !r.present[s.Name]
	return t
}

func (r *reading) field(s *expression.Shape) Type {
	t := r.of(s.Parts[0])
	r.has(s.Parts[0], t, "“."+s.Name+"”")
	switch t.Kind {
	case Record:
		if f := t.field(s.Name); f != nil {
			found := *f
			found.Null = found.Null && !r.present[path(s)]
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
			r.wrong(s, message)
		}
	case List:
		r.wrong(s.Parts[0], "a list has no field “"+s.Name+"”: its items may, as in “first(…)."+s.Name+"” or “map(…, ."+s.Name+")”")
	case String, Number, Flag, Identity, Enum, Date:
		r.wrong(s.Parts[0], Describe(t)+" has no field “"+s.Name+"”")
	}
	return Type{}
}
