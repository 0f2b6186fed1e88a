package plan

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// An Endpoint is a route that syncs answer, or an action or query that the app
// exposes, with what its requests may cause.
type Endpoint struct {
	Method string // "" for any
	Path   string
	// Action or Query is what the app exposes here, and Why the comment in the app
	// that says why; both are nil for a route.
	Action *Action
	Query  *Query
	Why    string
	Span   source.Span // the first line of text that makes it
	Fields []*Field
	// Syncs may fire in such a flow, by name.
	Syncs []*Sync
	// Answers are the lines that may be the answer, in the order of their syncs
	// and lines.
	Answers []Answer
	// Refusals may be the answer because no sync matches them, by status.
	Refusals []Refusal
	// Changes are the actions that syncs may ask, without the answer, by name.
	Changes []*Action
	// Lookups are the lines and actions that check a credential.
	Lookups []Lookup
	// Access says why a caller may choose the fields that decide whose data is changed
	// or shown.
	Access []*flows.Access
}

// An Answer is a line of then or else that may answer a request.
type Answer struct {
	Sync *Sync
	Ask  *Ask
	// Status is the status in the line, or 0 if it is not a literal.
	Status int
}

// A Refusal is a refusal that may be the answer.
type Refusal struct {
	Action   *Action
	Code     string
	Sentence string
	Status   int
}

// A Lookup is a check of a credential: a line of where, or an action with the
// credential as an input.
type Lookup struct {
	By    string // a view's name, a query's or an action's full name, or the line
	Field string // the field of the credential, "" if the line does not name it
	Span  source.Span
}

// Credential returns the field of the endpoint that is a credential, or nil.
func (d *Endpoint) Credential() *Field {
	for _, f := range d.Fields {
		if f.Credential != nil {
			return f
		}
	}
	return nil
}

// String returns the method and path: "POST /auth/login".
func (d *Endpoint) String() string { return strings.TrimSpace(d.Method + " " + d.Path) }

// Endpoints returns the routes by path and method, then what the app exposes, in
// the order of the text. The entry points are those of flows.Analyze, which say
// what may follow from a request.
func (p *Plan) Endpoints(entries []*flows.EntryPoint) []*Endpoint {
	var endpoints []*Endpoint
	if p.Routes != nil {
		for _, r := range p.Routes.All {
			d := &Endpoint{Method: r.Method, Path: r.Path, Fields: r.Fields}
			if len(r.Patterns) > 0 {
				d.Span = r.Patterns[0].Sync.When[r.Patterns[0].Pattern].Span
			}
			d.fill(p, entryPointOf(d, entries), r.Patterns)
			endpoints = append(endpoints, d)
		}
	}
	for _, e := range p.Program.Exposed {
		endpoints = append(endpoints, p.exposedEndpoint(e, entries))
	}
	return endpoints
}

// entryPointOf returns the entry point of an endpoint, nil if there is none.
func entryPointOf(d *Endpoint, entries []*flows.EntryPoint) *flows.EntryPoint {
	for _, e := range entries {
		switch {
		case d.Action != nil && e.Kind == flows.Open && e.Instance == d.Action.Instance.Use && e.Action == d.Action.Spec,
			d.Action == nil && e.Kind == flows.Route && e.Method == d.Method && e.Path == d.Path:
			return e
		}
	}
	return nil
}

func (p *Plan) exposedEndpoint(e *check.Exposed, entries []*flows.EntryPoint) *Endpoint {
	d := &Endpoint{Method: "POST"}
	if e.Tree != nil {
		d.Why, d.Span = e.Tree.Why, e.Tree.Span
	}
	var inputs []*check.Param
	for _, in := range p.Instances {
		if in.Use != e.Instance {
			continue
		}
		for _, a := range in.Actions {
			if a.Spec == e.Action {
				d.Action, d.Path, inputs = a, "/"+in.Name+"/"+a.Name, a.Spec.Inputs
			}
		}
		for _, q := range in.Queries {
			if q.Spec == e.Query {
				d.Query, d.Path, inputs = q, "/"+in.Name+"/"+q.Name, q.Spec.Inputs
			}
		}
	}
	for _, in := range inputs {
		t := in.Type
		if in.Many != syntax.One {
			t = check.Type{Kind: check.List, Elem: &in.Type}
		}
		f := &Field{Name: in.Name, Type: t, Optional: in.Optional, Secret: t.Kind == check.Secret || d.Action != nil && d.Action.Secret[d.Action.Input(in.Name)]}
		for _, c := range p.Routes.Credentials {
			if c.Field == in.Name {
				f.Credential, f.Secret = c, true
			}
		}
		d.Fields = append(d.Fields, f)
	}
	if d.Action != nil {
		d.Changes = []*Action{d.Action}
		for _, r := range d.Action.Spec.Refusals {
			d.Refusals = append(d.Refusals, Refusal{d.Action, r.Code, r.Sentence, RefusalStatus(r.Kind)})
		}
		d.fill(p, entryPointOf(d, entries), nil)
	}
	return d
}

// fill adds what may follow from a request.
func (d *Endpoint) fill(p *Plan, e *flows.EntryPoint, patterns []Ref) {
	if e == nil {
		for _, ref := range patterns {
			d.Syncs = append(d.Syncs, ref.Sync)
		}
		return
	}
	answers := map[source.Span]bool{}
	for _, a := range e.Answers {
		answers[a.Ask.Tree.Span] = true
	}
	for _, s := range p.Syncs {
		if !slices.ContainsFunc(e.Syncs, func(c *check.Sync) bool { return c.Name == s.Name }) {
			continue
		}
		d.Syncs = append(d.Syncs, s)
		for _, a := range s.Asks {
			switch {
			case answers[a.Span]:
				d.Answers = append(d.Answers, Answer{s, a, a.status()})
			case a.Action.Role == Ordinary && !slices.Contains(d.Changes, a.Action):
				d.Changes = append(d.Changes, a.Action)
			}
		}
	}
	slices.SortFunc(d.Changes, func(a, b *Action) int { return cmp.Compare(a.full, b.full) })
	for _, u := range e.Refusals {
		for _, a := range p.Actions {
			if a.Instance.Use == u.Instance && a.Spec == u.Action {
				d.Refusals = append(d.Refusals, Refusal{a, u.Refusal.Code, u.Refusal.Sentence, RefusalStatus(u.Refusal.Kind)})
			}
		}
	}
	slices.SortFunc(d.Refusals, func(a, b Refusal) int {
		return cmp.Or(a.Status-b.Status, cmp.Compare(a.Code, b.Code), cmp.Compare(a.Action.full, b.Action.full))
	})
	d.Refusals = slices.CompactFunc(d.Refusals, func(a, b Refusal) bool { return a.Code == b.Code && a.Action == b.Action })
	d.lookups(e)
	d.Access = e.Access
}

// status returns the status of an answer, 200 for a line without one, or 0 if it is
// not a literal.
func (a *Ask) status() int {
	for _, in := range a.In {
		if in.Name != "status" {
			continue
		}
		if n, ok := in.Term.Literal.Num(); ok && in.Term.Expr == nil && in.Term.Slot < 0 {
			return int(n)
		}
		return 0
	}
	return 200
}

// lookups collects the lines of where that check a credential, as the analysis found
// them, then the actions that get it unchanged.
func (d *Endpoint) lookups(e *flows.EntryPoint) {
	for _, l := range e.Lookups {
		d.Lookups = append(d.Lookups, Lookup{lookedUpBy(l), d.named(lineArgs(l)), l.Tree.Span})
	}
	for _, s := range e.Syncs {
		var came []*check.Arg // inputs of the request
		for _, w := range s.When {
			if w.Instance.Concept.Name == RequestingConcept {
				came = append(came, w.In...)
			}
		}
		for _, a := range s.Then() {
			field := d.named(a.In)
			if field != "" && a.Instance.Concept.Name != RequestingConcept && d.named(came) == field {
				d.Lookups = append(d.Lookups, Lookup{a.Instance.Name + "." + a.Action.Name, field, a.Tree.Span})
			}
		}
	}
	slices.SortStableFunc(d.Lookups, func(a, b Lookup) int { return cmp.Compare(a.By, b.By) })
	d.Lookups = slices.CompactFunc(d.Lookups, func(a, b Lookup) bool { return a.By == b.By })
}

// named returns the credential that the arguments contain under its own name.
func (d *Endpoint) named(args []*check.Arg) string {
	for _, f := range d.Fields {
		if f.Credential == nil {
			continue
		}
		for _, a := range args {
			if v := a.Term.Var; v != nil && v.Name == f.Name {
				return f.Name
			}
		}
	}
	return ""
}

func lineArgs(l *check.Line) []*check.Arg {
	switch b := l.Body.(type) {
	case *check.ViewLine:
		return b.In
	case *check.QueryLine:
		return b.In
	case *check.FieldLine, *check.MemberLine, *check.IsLine, *check.FilterLine, *check.FoldLine, *check.BlockLine, *check.HasLine:
	default:
		panic("plan: unknown line")
	}
	return nil
}

// lookedUpBy names what a line reads.
func lookedUpBy(l *check.Line) string {
	switch b := l.Body.(type) {
	case *check.ViewLine:
		return b.View.Name
	case *check.QueryLine:
		return b.Instance.Name + "." + b.Query.Name
	case *check.FieldLine:
		return b.Instance.Name + "." + b.Set.Name + "." + b.Field.Name
	case *check.MemberLine:
		return b.Instance.Name + "." + b.Set.Name
	case *check.IsLine, *check.FilterLine, *check.FoldLine, *check.BlockLine, *check.HasLine:
	default:
		panic("plan: unknown line")
	}
	return strings.Join(strings.Fields(l.Tree.Span.Text()), " ")
}

// TypeText returns the field's type in one or two words, as Print writes it.
func (f *Field) TypeText() string { return typeText(f.Type) }

// CredentialPlaces returns where requests carry a credential, in the words of the app:
// "body", "bearer", `cookie "session"`.
func CredentialPlaces(c *check.Credential) []string {
	var from []string
	if c.Body {
		from = append(from, "body")
	}
	if c.Bearer {
		from = append(from, "bearer")
	}
	for _, name := range c.Schemes {
		from = append(from, "authorization "+strconv.Quote(name))
	}
	for _, name := range c.Cookies {
		from = append(from, "cookie "+strconv.Quote(name))
	}
	for _, name := range c.Headers {
		from = append(from, "header "+strconv.Quote(name))
	}
	return from
}

// Admits reports whether a request to the endpoint may match a line of when.
func (d *Endpoint) Admits(w *Pattern) bool {
	if w.Action.Role != Request || d.Action != nil || d.Query != nil {
		return false
	}
	method, path := w.request()
	return (path == "" || path == d.Path) && (method == "" || d.Method == "" || method == d.Method)
}
