package flows

import (
	"cmp"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/value"
)

// An Answer is a line that may answer a request, and the shape of its answer.
type Answer struct {
	Sync *check.Sync
	Ask  *check.Ask
	// Status is 200 where the line says nothing, 0 where it is computed.
	Status int
	// Fields are those of the JSON object, in the order of the line. They say
	// nothing where Body is set.
	Fields []check.RecordField
	// Body is what is sent as it is; nil when the fields are the answer.
	Body *check.Type
	// Cookies and Headers tell that the line sets some.
	Cookies, Headers bool
}

// A RequestField is a field that the syncs of a route name.
type RequestField struct {
	Name string
	Type check.Type
	// Optional is set where some sync does without it.
	Optional bool
	// Secret is set where a sync gives it to an input that is secret.
	Secret     bool
	Credential *check.Credential // set when it says who is asking
	Param      bool              // part of the path
	// Literals are the values that syncs compare it with in when.
	Literals []value.Value
	span     source.Span
}

func answerOf(s *check.Sync, a *check.Ask) *Answer {
	x := &Answer{Sync: s, Ask: a, Status: 200}
	for _, arg := range a.In {
		t := arg.Term.ValueType()
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
			x.Fields = append(x.Fields, check.RecordField{Name: arg.Name, Type: t})
		}
	}
	return x
}

// fields gathers what the syncs of each route say of a request's fields, and
// reports one that would have to be two kinds of thing.
func (an *analyzer) fields() {
	for _, e := range an.entries {
		if e.Kind == Route {
			an.fieldsOf(e)
		}
	}
}

func (an *analyzer) fieldsOf(e *Entry) {
	var starts []*check.Pattern
	for _, s := range an.program.Syncs {
		if len(s.When) == 1 && slices.Contains(e.Patterns, s.When[0]) {
			starts = append(starts, s.When[0])
		}
	}
	if len(starts) == 0 {
		starts = e.Patterns
	}
	for _, p := range e.Patterns {
		for _, a := range p.In {
			if !check.IsRuntimeField(a.Name) {
				an.requestField(e, a)
			}
		}
	}
	for _, f := range e.Fields {
		for _, p := range starts {
			i := slices.IndexFunc(p.In, func(a *check.Arg) bool { return a.Name == f.Name })
			f.Optional = f.Optional || i < 0 || p.In[i].Optional
		}
		f.Optional = f.Optional && !f.Param
	}
	slices.SortFunc(e.Fields, func(a, b *RequestField) int { return cmp.Compare(a.Name, b.Name) })
}

func (an *analyzer) requestField(e *Entry, a *check.Arg) {
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
	f.Secret = f.Secret || t.Kind == check.Secret || a.Term.Var.Secret
	joined, ok := check.Join(f.Type, t, true)
	if !ok {
		an.add(diag.Diagnostic{Code: diag.FieldClash, Span: a.Tree.Span,
			Message: "the field “" + f.Name + "” of " + e.String() + " is " + check.Describe(t) + " here, but " + check.Describe(f.Type) + " in another sync",
			Related: []diag.Related{{Span: f.span, Message: "here it is " + check.Describe(f.Type)}},
			Notes:   []string{"one request cannot have both"}})
		return
	}
	if f.Type.Kind == check.Unknown || f.Type.Kind == check.Json {
		f.span = a.Tree.Span
	}
	f.Type = joined
}
