package openapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// An Operation is one method on one path.
type Operation struct {
	ID           string // one word that no other operation has: "createAccount"
	Method, Path string
	Tag          string // its group: the first word of its path
	Summary      string // a few words
	About        string // the description in the text, in paragraphs; may be empty
	At           string // its place in the text
	// Params are the parameters of the path, in order.
	Params []*Field
	// Fields are the other fields of the request, without its credentials: in
	// the body, or in the query string if the method has no body.
	Fields []*Field
	// Credentials are the credentials of the request.
	Credentials []*Field
	// File is the field that may be the whole body; nil if there is none.
	File *Field
	// Results are the possible answers of the program, by status; those with a computed
	// status first.
	Results []*Result
	// Changes means that a request may change state.
	Changes bool
	// Cut means that there are too many paths to follow all of them.
	Cut bool
}

// A Field is a named part of a request.
type Field struct {
	Name     string
	Type     check.Type
	Optional bool
	Nullable bool // null differs from leaving the field out
	// Only are the possible values; none means any value.
	Only       []value.Value
	Credential *check.Credential
	// Limit means that the field is the limit of a page, and Cursor that it is
	// the cursor of a page.
	Limit, Cursor bool
}

// Binary reports whether a value of the field is or holds binary data.
func (f *Field) Binary() bool { return holdsBinary(f.Type) }

func holdsBinary(t check.Type) bool {
	return t.Kind == check.Binary || t.Kind == check.List && t.Elem != nil && holdsBinary(*t.Elem)
}

// Bodied reports whether requests of the method have a body.
func (o *Operation) Bodied() bool {
	if o.Method != "GET" && o.Method != "HEAD" && o.Method != "DELETE" || o.Binary() {
		return true
	}
	return slices.ContainsFunc(o.Credentials, (*Field).inBodyOnly)
}

// inBodyOnly tells of a credential that has no other place.
func (f *Field) inBodyOnly() bool {
	c := f.Credential
	return c.Body && !c.Bearer && len(c.Schemes) == 0 && len(c.Cookies) == 0 && len(c.Headers) == 0
}

// Binary reports whether some field is or holds binary data.
func (o *Operation) Binary() bool {
	return slices.ContainsFunc(o.Fields, func(f *Field) bool { return f.Binary() })
}

// A gathering is an API under construction.
type gathering struct {
	api    *API
	places places
	taken  map[string]bool // methods and paths
}

// methods are those that a route without a method is described with.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

func (g *gathering) route(e *flows.EntryPoint, all []*flows.EntryPoint) {
	if e.Method != "" {
		g.add(g.operation(e, e.Method))
		return
	}
	for _, m := range methods {
		own := slices.ContainsFunc(all, func(x *flows.EntryPoint) bool { return x.Kind == flows.Route && x.Path == e.Path && x.Method == m })
		if !own {
			o := g.operation(e, m)
			o.ID += strings.ToUpper(m[:1]) + strings.ToLower(m[1:])
			g.add(o)
		}
	}
}

// add adds an operation unless a sync has its method and path already.
func (g *gathering) add(o *Operation) {
	key := o.Method + " " + o.Path
	if g.taken[key] {
		return
	}
	g.taken[key] = true
	g.api.Operations = append(g.api.Operations, o)
}

func (g *gathering) operation(e *flows.EntryPoint, method string) *Operation {
	o := &Operation{Method: method, Path: e.Path, Tag: tagOf(e.Path), Cut: e.Truncated, Changes: slices.ContainsFunc(e.Syncs, changes)}
	if s := teller(e); s != nil {
		o.ID, o.Summary = camel(s.Name), sentence(s.Name)
		if s.Tree != nil {
			o.About, o.At = commentAbove(s.Tree.Span), g.places.of(s.Tree.Span)
		}
	}
	o.About = paragraphs(o.About, g.effects(e))
	for _, segment := range strings.Split(e.Path, "/") {
		if name, ok := param(segment); ok {
			f := &Field{Name: name, Type: check.Type{Kind: check.String}}
			if x := fieldOf(e, name); x != nil {
				f.Type = x.Type
			}
			o.Params = append(o.Params, f)
		}
	}
	for _, x := range e.Fields {
		if x.Param {
			continue
		}
		f := &Field{Name: x.Name, Type: x.Type, Optional: x.Optional, Nullable: x.Nullable, Credential: x.Credential, Only: only(e, x)}
		if x.Credential != nil && f.Type.Kind == check.Unknown {
			f.Type.Kind = check.Secret
		}
		f.Limit, f.Cursor = pages(e, x.Name)
		if steps := check.FieldSteps(x.Name); len(steps) > 1 {
			o.Fields = addPart(o.Fields, f, steps)
		} else {
			f.Name = steps[0]
			o.field(f)
		}
	}
	o.mergeRecords()
	o.order(e)
	o.findFile()
	for _, a := range e.Answers {
		o.Results = append(o.Results, g.answer(a))
	}
	for _, u := range e.Refusals {
		o.refusal(g.refusal(u.Instance, u.Action, u.Refusal), plan.RefusalStatus(u.Refusal.Kind))
	}
	o.settle(g.api.Options)
	return o
}

func (o *Operation) field(f *Field) {
	if f.Credential != nil {
		o.Credentials = append(o.Credentials, f)
	} else {
		o.Fields = append(o.Fields, f)
	}
}

// order sorts the fields: required ones first, otherwise as in the text.
func (o *Operation) order(e *flows.EntryPoint) {
	var said []string
	for _, p := range e.Patterns {
		for _, a := range p.In {
			said = append(said, check.FieldSteps(a.Name)[0])
		}
	}
	slices.SortStableFunc(o.Fields, func(a, b *Field) int {
		if a.Optional != b.Optional {
			if a.Optional {
				return 1
			}
			return -1
		}
		return cmp.Compare(slices.Index(said, a.Name), slices.Index(said, b.Name))
	})
}

// findFile notes the field that the whole body may be.
func (o *Operation) findFile() {
	n := 0
	for _, f := range o.Fields {
		if f.Binary() {
			if n++; n == 1 && f.Type.Kind == check.Binary {
				o.File = f
			} else {
				o.File = nil
			}
		}
	}
}

// only returns the values of a field if each line of when on the route
// compares it with a literal.
func only(e *flows.EntryPoint, f *flows.RequestField) []value.Value {
	for _, p := range e.Patterns {
		for _, a := range p.In {
			if a.Name == f.Name && (a.Term.Var != nil || a.Term.Any) {
				return nil
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(f.Literals), value.Value.IsNull)
}

func fieldOf(e *flows.EntryPoint, name string) *flows.RequestField {
	for _, f := range e.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// teller returns the sync that best describes a route: the first that the
// request alone triggers and that answers with success, otherwise the first.
func teller(e *flows.EntryPoint) *check.Sync {
	var starts []*check.Sync
	for _, s := range e.Syncs {
		if len(s.When) == 1 && slices.Contains(e.Patterns, s.When[0]) {
			starts = append(starts, s)
		}
	}
	for _, s := range starts {
		for _, a := range e.Answers {
			if a.Sync == s && a.Status < 300 {
				return s
			}
		}
	}
	switch {
	case len(starts) > 0:
		return starts[0]
	case len(e.Syncs) > 0:
		return e.Syncs[0]
	}
	return nil
}

// effects describes what the syncs that the request alone triggers ask, in the
// words of the concepts.
func (g *gathering) effects(e *flows.EntryPoint) string {
	var list []string
	for _, s := range e.Syncs {
		if len(s.When) != 1 || !slices.Contains(e.Patterns, s.When[0]) {
			continue
		}
		for _, a := range s.Then() {
			if t := a.Action.Tree; t != nil && t.Effects != nil && a.Instance.Concept.Name != plan.RequestingConcept {
				line := "- " + a.Instance.Name + "." + a.Action.Name + " " + prose(t.Effects)
				if !slices.Contains(list, line) {
					list = append(list, line)
				}
			}
		}
	}
	return strings.Join(list, "\n")
}

// changes reports whether a firing of the sync may change something.
func changes(s *check.Sync) bool {
	return slices.ContainsFunc(s.Then(), func(a *check.Ask) bool {
		return a.Instance.Concept.Name != plan.RequestingConcept || slices.ContainsFunc(a.In, func(x *check.Arg) bool { return x.Name == "cookies" })
	})
}

// exposed adds an action or query that the app exposes.
func (g *gathering) exposed(x *check.Exposed) {
	o := &Operation{Method: "POST", Tag: x.Instance.Name}
	var inputs, outputs []*check.Param
	if x.Action != nil {
		o.Path, o.ID, inputs, outputs = "/"+x.Instance.Name+"/"+x.Action.Name, camel(x.Action.Name), x.Action.Inputs, x.Action.Outputs
		if x.Action.Tree != nil && x.Action.Tree.Effects != nil {
			o.About = x.Instance.Name + "." + x.Action.Name + " " + prose(x.Action.Tree.Effects)
		}
	} else {
		o.Path, o.ID, inputs, outputs = "/"+x.Instance.Name+"/"+x.Query.Name, camel(x.Query.Name), x.Query.Inputs, x.Query.Outputs
	}
	o.Summary = sentence(o.ID)
	if x.Tree != nil {
		o.At, o.About = g.places.of(x.Tree.Span), paragraphs(x.Tree.Why, o.About)
	}
	for _, p := range inputs {
		f := &Field{Name: p.Name, Type: whole(x.Instance, p, false), Optional: p.Optional, Nullable: p.Null}
		for _, c := range g.api.Credentials {
			if c.Field == p.Name {
				f.Credential = c
			}
		}
		o.field(f)
	}
	paged := x.Query != nil && x.Query.Rows == syntax.ManyRows && !slices.ContainsFunc(inputs, func(p *check.Param) bool {
		return p.Name == "limit" || p.Name == "cursor"
	})
	if paged {
		o.field(&Field{Name: "limit", Type: check.Type{Kind: check.Number}, Optional: true, Limit: true})
		o.field(&Field{Name: "cursor", Type: check.Type{Kind: check.String}, Optional: true, Cursor: true})
	}
	o.findFile()
	r := &Result{Status: 200, Fields: []check.RecordField{}, Pages: paged}
	for _, p := range outputs {
		r.Fields = append(r.Fields, check.RecordField{Name: p.Name, Type: whole(x.Instance, p, true)})
	}
	if x.Query != nil {
		r.Body = &check.Type{Kind: check.List, Elem: &check.Type{Kind: check.Record, Fields: r.Fields}}
	}
	o.Results = append(o.Results, r)
	if x.Action != nil {
		for _, u := range x.Action.Refusals {
			o.refusal(g.refusal(x.Instance, x.Action, u), plan.RefusalStatus(u.Kind))
		}
	}
	o.settle(g.api.Options)
	g.add(o)
}

// whole is the type of an input or output with the app's names for identities.
func whole(in *check.Instance, p *check.Param, null bool) check.Type {
	t := p.Type
	if t.Kind == check.Identity {
		for _, s := range in.Concept.Sets {
			if s.Name == t.Name {
				t.Name = s.Member.Name
			}
		}
		if bound, ok := in.Bindings[t.Name]; ok {
			t = bound
		} else {
			t.Name = in.Name + "." + t.Name
		}
	}
	if p.Many != syntax.One {
		elem := t
		t = check.Type{Kind: check.List, Elem: &elem}
	}
	t.Null = null && p.Optional
	return t
}
