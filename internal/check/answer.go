package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/value"
)

// An Answer is a line that may answer a request, and the shape of its answer.
type Answer struct {
	Sync *Sync
	Ask  *Ask
	// Status is 200 where the line says nothing, 0 where it is computed.
	Status int
	// Fields are those of the JSON object, in the order of the line. They say
	// nothing where Body is set.
	Fields []RecordField
	// Body is what is sent as it is; nil when the fields are the answer.
	Body *Type
	// Cookies and Headers tell that the line sets some.
	Cookies, Headers bool
}

// A RequestField is a field that the syncs of a route name.
type RequestField struct {
	Name string
	Type Type
	// Optional is set where some sync does without it.
	Optional bool
	// Secret is set where a sync gives it to an input that is secret.
	Secret     bool
	Credential *Credential // set when it says who is asking
	Param      bool        // part of the path
	// Literals are the values that syncs compare it with in when.
	Literals []value.Value
	span     source.Span
}

func answerOf(s *Sync, a *Ask) *Answer {
	x := &Answer{Sync: s, Ask: a, Status: 200}
	for _, arg := range a.In {
		t := arg.Term.typ()
		switch arg.Name {
		case "request":
		case "status":
			x.Status = 0
			if n, ok := arg.Term.Literal.Num(); ok && arg.Term.Var == nil && arg.Term.Expr == nil {
				x.Status = int(n)
			}
		case "body":
			x.Body = &t
		case "cookies":
			x.Cookies = true
		case "headers":
			x.Headers = true
		default:
			x.Fields = append(x.Fields, RecordField{arg.Name, t})
		}
	}
	return x
}

// typ is the type of a term, as far as it is known.
func (t Term) typ() Type {
	switch {
	case t.Var != nil:
		return t.Var.Type
	case t.Expr != nil:
		if v := t.Expr.single(); v != nil {
			return v.Type
		}
		return t.Expr.Type
	}
	switch t.Literal.Kind() {
	case value.StringKind:
		return Type{Kind: String}
	case value.NumberKind:
		return Type{Kind: Number}
	case value.FlagKind:
		return Type{Kind: Flag}
	case value.NullKind:
		return Type{Null: true}
	}
	return Type{}
}

// fields gathers what the syncs of each route say of a request's fields, and
// reports one that would have to be two kinds of thing.
func (c *checker) fields() {
	for _, e := range c.program.Entries {
		if e.Kind == Route {
			c.fieldsOf(e)
		}
	}
}

func (c *checker) fieldsOf(e *Entry) {
	var starts []*Pattern
	for _, s := range c.program.Syncs {
		if len(s.When) == 1 && slices.Contains(e.Patterns, s.When[0]) {
			starts = append(starts, s.When[0])
		}
	}
	if len(starts) == 0 {
		starts = e.Patterns
	}
	for _, p := range e.Patterns {
		for _, a := range p.In {
			if !IsRuntimeField(a.Name) {
				c.requestField(e, a)
			}
		}
	}
	for _, f := range e.Fields {
		for _, p := range starts {
			i := slices.IndexFunc(p.In, func(a *Arg) bool { return a.Name == f.Name })
			f.Optional = f.Optional || i < 0 || p.In[i].Optional
		}
		f.Optional = f.Optional && !f.Param
	}
	slices.SortFunc(e.Fields, func(a, b *RequestField) int { return cmp.Compare(a.Name, b.Name) })
}

func (c *checker) requestField(e *Entry, a *Arg) {
	i := slices.IndexFunc(e.Fields, func(f *RequestField) bool { return f.Name == a.Name })
	if i < 0 {
		f := &RequestField{Name: a.Name, Param: slices.Contains(strings.Split(e.Path, "/"), "{"+a.Name+"}")}
		for _, k := range e.Instance.Credentials {
			if k.Field == a.Name {
				f.Credential = k
			}
		}
		i = len(e.Fields)
		e.Fields = append(e.Fields, f)
	}
	f := e.Fields[i]
	if a.Term.Var == nil {
		if !a.Term.Any && !slices.ContainsFunc(f.Literals, func(v value.Value) bool { return value.Equal(v, a.Term.Literal) }) {
			f.Literals = append(f.Literals, a.Term.Literal)
		}
		return
	}
	t := a.Term.Var.Type
	t.Null = false
	f.Secret = f.Secret || t.Kind == Secret || a.Term.Var.Secret
	joined, ok := join(f.Type, t, true)
	if !ok {
		c.add(diag.Diagnostic{Code: diag.FieldClash, Span: a.Tree.Span,
			Message: "the field “" + f.Name + "” of " + e.String() + " is " + typeWord(t) + " here, but " + typeWord(f.Type) + " in another sync",
			Related: []diag.Related{{Span: f.span, Message: "here it is " + typeWord(f.Type)}},
			Notes:   []string{"one request cannot have both"}})
		return
	}
	if f.Type.Kind == Unknown || f.Type.Kind == Json {
		f.span = a.Tree.Span
	}
	f.Type = joined
}
