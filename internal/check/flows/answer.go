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

// An Answer is a line that can answer a request, and the shape of its answer.
type Answer struct {
	Sync *check.Sync
	Ask  *check.Ask
	// Status is 200 if the line does not set it, and 0 if it is computed.
	Status int
	// Fields are the fields of the JSON object, in the order of the line. They have
	// no meaning if Body is set.
	Fields []check.RecordField
	// Body is the type of the argument body, which replaces the object; nil if
	// there is none.
	Body *check.Type
	// Cookies and Headers report whether the line sets any.
	Cookies, Headers bool
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
			x.Fields = append(x.Fields, check.RecordField{Name: check.WireName(arg.Name), Type: t, Absent: arg.Term.Var != nil && arg.Term.Var.Nullable})
		}
	}
	return x
}

// A RequestField is a field of the requests of one route.
type RequestField struct {
	Name string
	Type check.Type
	// Optional is set if some sync that the request alone starts does not need the
	// field.
	Optional bool
	// Nullable is set if null differs from absence.
	Nullable bool
	// Secret is set if a sync passes the field to an input that is secret.
	Secret     bool
	Credential *check.Credential // set if the field carries a credential
	Param      bool              // a parameter of the path
	// Literals are the values that patterns compare the field with.
	Literals []value.Value
	span     source.Span
}

// requestFields collects the fields of each route's requests, and reports a field
// that two syncs give different types.
func (an *analyzer) requestFields() {
	for _, e := range an.entries {
		if e.Kind == Route {
			an.routeFields(e)
		}
	}
}

func (an *analyzer) routeFields(e *EntryPoint) {
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
				an.addRequestField(e, a)
			}
		}
	}
	an.wholeAndParts(e)
	for _, f := range e.Fields {
		for _, p := range starts {
			i := slices.IndexFunc(p.In, func(a *check.Arg) bool { return a.Name == f.Name })
			f.Optional = f.Optional || i < 0 || p.In[i].Optional
		}
		f.Optional = f.Optional && !f.Param
	}
	an.comparedTexts(e)
	slices.SortFunc(e.Fields, func(a, b *RequestField) int { return cmp.Compare(a.Name, b.Name) })
}

// wholeAndParts reports a field that one sync takes as a whole and another one
// divides by a record pattern. Then the record would have it twice, and the whole
// would show a part that is secret.
func (an *analyzer) wholeAndParts(e *EntryPoint) {
	patterns := slices.Clone(e.Patterns)
	for _, s := range an.program.Syncs {
		for _, p := range s.When {
			if _, path := p.Route(); p.IsRequest() && path == "" {
				patterns = append(patterns, p)
			}
		}
	}
	var args []*check.Arg
	for _, p := range patterns {
		args = append(args, p.In...)
	}
	reported := map[*check.Arg]bool{}
	for _, whole := range args {
		if whole.Term.Any || whole.Name == check.HTTPField || reported[whole] {
			continue
		}
		for _, part := range args {
			if !strings.HasPrefix(part.Name, whole.Name+".") || reported[part] {
				continue
			}
			reported[whole], reported[part] = true, true
			an.add(diag.Diagnostic{Code: diag.FieldClash, Span: whole.Tree.Span,
				Message: "the field “" + whole.Name + "” of " + e.String() + " is one value here, but another sync divides it by a record pattern",
				Related: []diag.Related{{Span: part.Tree.Span, Message: "here “" + part.Name + "” is a field of its own"}},
				Notes:   []string{"write a record pattern here too, with the parts that this sync needs"}})
			break
		}
	}
}

func (an *analyzer) addRequestField(e *EntryPoint, a *check.Arg) {
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
	f.Nullable = f.Nullable || a.Nullable()
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
			Notes:   []string{"a field of a request has one type"}})
		return
	}
	if f.Type.Kind == check.Unknown || f.Type.Kind == check.Json {
		f.span = a.Tree.Span
	}
	f.Type = joined
	if len(check.FieldSteps(f.Name)) > 1 && holdsBinary(joined) {
		an.add(diag.Diagnostic{Code: diag.MisplacedType, Span: a.Tree.Span,
			Message: "“" + f.Name + "” is binary data, which cannot be inside of a record",
			Notes:   []string{"a file is a field of the request itself: name it outside of the record pattern"}})
	}
}

func holdsBinary(t check.Type) bool {
	return t.Kind == check.Binary || t.Elem != nil && holdsBinary(*t.Elem)
}
