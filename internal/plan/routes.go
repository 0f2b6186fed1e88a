package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/value"
)

// Routes are the methods and paths that the patterns of all syncs name.
type Routes struct {
	All    []*Route // by path, then method
	byPath map[string][]*Route
	static map[string][]*Route
	// templates are the routes with parameters, the more specific first.
	templates []*Route
	// Request and Respond are the actions that stand for HTTP; nil in a
	// program without Requesting.
	Request, Respond *Action
	Credentials      []*check.Credential
	// Pathless are the patterns of requests that name no path: they may match
	// requests of every route.
	Pathless []Ref
	secret   []int // columns that are secret on every route
}

// A Route is one method and path with its syncs. Method is "" if the patterns match any
// method.
type Route struct {
	Method, Path string
	// Patterns are all patterns that requests of this route may match.
	Patterns []Ref
	// Starters are the syncs that a request of this route can start alone, with the
	// fields that each needs.
	Starters []*Starter
	// Fields are the fields that the syncs of the route name.
	Fields []*Field
	// Changes says that a request may change something: a sync of the route asks an
	// action other than Requesting.respond, or sets cookies in the answer, or a sync
	// does so after any answer.
	Changes  bool
	segments []string // "{name}" for a parameter
	secret   []int    // columns of Requesting.request
}

// A Starter is a sync that a request of the route can start alone.
type Starter struct {
	Sync    *Sync
	Pattern *Pattern
	Needs   []*Field
}

// A Field is a field of the requests of a route, as its syncs use it.
type Field struct {
	Name       string
	Type       check.Type
	Optional   bool // no sync on the route needs it
	Secret     bool
	Parts      bool              // it is secret because a field or an item of it is
	Credential *check.Credential // set if it is a credential
	Param      bool              // part of the path
	Paging     *Paging           // set if a page of the route uses it
}

// routes collects the routes of a program.
func routes(p *Plan, program *check.Program) *Routes {
	r := &Routes{static: map[string][]*Route{}, byPath: map[string][]*Route{}}
	for _, in := range p.Instances {
		for _, a := range in.Actions {
			switch a.Role {
			case Request:
				r.Request, r.Credentials = a, in.Use.Credentials
			case Respond:
				r.Respond = a
			}
		}
	}
	byKey := map[string]*Route{}
	for _, s := range p.Syncs {
		for n, w := range s.When {
			method, path := w.request()
			if path == "" {
				if w.Action.Role == Request {
					r.Pathless = append(r.Pathless, Ref{s, n})
				}
				continue
			}
			key := path + " " + method
			if byKey[key] == nil {
				byKey[key] = &Route{Method: method, Path: path, segments: strings.Split(path, "/")}
			}
			byKey[key].Patterns = append(byKey[key].Patterns, Ref{s, n})
		}
	}
	for _, route := range byKey {
		// Patterns for any method belong to every route of their path.
		if every := byKey[route.Path+" "]; every != nil && every != route {
			route.Patterns = append(route.Patterns, every.Patterns...)
			slices.SortFunc(route.Patterns, func(a, b Ref) int {
				return cmp.Or(a.Sync.Index-b.Sync.Index, a.Pattern-b.Pattern)
			})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		route := byKey[key]
		r.All = append(r.All, route)
		r.byPath[route.Path] = append(r.byPath[route.Path], route)
		if strings.Contains(route.Path, "{") {
			r.templates = append(r.templates, route)
		} else {
			r.static[route.Path] = append(r.static[route.Path], route)
		}
		r.fields(route)
		route.secret = secretInputs(append(slices.Clone(route.Patterns), r.Pathless...))
	}
	follows := slices.ContainsFunc(p.Syncs, (*Sync).followsAnswers)
	for _, route := range r.All {
		route.Changes = follows || slices.ContainsFunc(slices.Concat(route.Patterns, r.Pathless), func(ref Ref) bool { return ref.Sync.changes() })
	}
	r.secret = secretInputs(r.Pathless)
	slices.SortStableFunc(r.templates, func(a, b *Route) int {
		return cmp.Or(len(a.segments)-len(b.segments), specific(a.segments, b.segments))
	})
	return r
}

// changes reports whether a firing of the sync may change something.
func (s *Sync) changes() bool {
	return slices.ContainsFunc(s.Asks, func(a *Ask) bool {
		return a.Action.Role != Respond || slices.ContainsFunc(a.In, func(in Input) bool { return in.Name == "cookies" })
	})
}

// followsAnswers reports whether the sync may change something after an answer to any
// route.
func (s *Sync) followsAnswers() bool {
	of := func(role Role) bool {
		return slices.ContainsFunc(s.When, func(w *Pattern) bool { return w.Action.Role == role })
	}
	return s.changes() && of(Respond) && !of(Request)
}

// request returns the method and path that a pattern of requests names.
func (w *Pattern) request() (method, path string) {
	if w.Action.Role != Request {
		return "", ""
	}
	for _, t := range w.Tests {
		switch t.Name {
		case "method":
			method, _ = t.Literal.Text()
		case "path":
			path, _ = t.Literal.Text()
		}
	}
	return method, path
}

// specific orders paths so that a literal segment comes before a parameter, from left
// to right.
func specific(a, b []string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		pa, pb := isParam(a[i]), isParam(b[i])
		switch {
		case pa && !pb:
			return 1
		case !pa && pb:
			return -1
		}
	}
	return 0
}

func isParam(segment string) bool {
	return len(segment) > 2 && segment[0] == '{' && segment[len(segment)-1] == '}'
}

// secretInputs returns the columns of requests that are secret in the patterns.
func secretInputs(refs []Ref) []int {
	var columns []int
	for _, ref := range refs {
		for _, v := range ref.Sync.When[ref.Pattern].Vars {
			if ref.Sync.Secret[v.Slot] && !v.Column.Out && !slices.Contains(columns, v.Column.Index) {
				columns = append(columns, v.Column.Index)
			}
		}
	}
	return columns
}

// Hide marks the secret inputs of an action.
func (p *Plan) Hide(a *Action, in []value.Value) {
	for i, secret := range a.Secret {
		if secret {
			in[i] = value.Secret(in[i])
		}
	}
	if a.Role != Request {
		return
	}
	for _, i := range p.Routes.secretOf(in[a.Input("method")], in[a.Input("path")]) {
		in[i] = value.Secret(in[i])
	}
}

// PartsHidden explains why the record omits a field with Parts.
const PartsHidden = "a part of it is secret, so the whole field is hidden; send the secret part in a field of its own"

// Field returns a field of the route with a method and a path as the program writes it,
// or nil if the route has no such field. It reports whether there is such a route.
func (r *Routes) Field(method, path, name string) (f *Field, known bool) {
	for _, route := range r.byPath[path] {
		if route.Method != "" && route.Method != method {
			continue
		}
		known = true
		for _, f := range route.Fields {
			if f.Name == name {
				return f, true
			}
		}
	}
	return nil, known
}

// secretOf returns the columns that are secret in a request with a method and a path as
// the program writes it.
func (r *Routes) secretOf(method, path value.Value) []int {
	m, _ := method.Text()
	p, _ := path.Text()
	secret := r.secret
	for _, route := range r.byPath[p] {
		switch route.Method {
		case m:
			return route.secret
		case "":
			secret = route.secret
		}
	}
	return secret
}

// fields collects the fields of a route from its patterns.
func (r *Routes) fields(route *Route) {
	field := func(name string) *Field {
		for _, f := range route.Fields {
			if f.Name == name {
				return f
			}
		}
		f := &Field{Name: name, Optional: true, Param: slices.Contains(route.segments, "{"+name+"}")}
		for _, c := range r.Credentials {
			if c.Field == name {
				f.Credential, f.Secret = c, true
			}
		}
		route.Fields = append(route.Fields, f)
		return f
	}
	for _, ref := range route.Patterns {
		w := ref.Sync.When[ref.Pattern]
		entry := &Starter{Sync: ref.Sync, Pattern: w}
		named := func(name string, t check.Type, optional, secret, parts bool) {
			if check.IsRuntimeField(name) {
				return
			}
			f := field(name)
			if joined, ok := check.Join(f.Type, t, true); ok {
				f.Type = joined
			}
			f.Secret, f.Parts = f.Secret || secret, f.Parts || parts
			if !optional {
				f.Optional = false
				entry.Needs = append(entry.Needs, f)
			}
		}
		for _, v := range w.Vars {
			if !v.Column.Out {
				named(v.Name, ref.Sync.Types[v.Slot], v.Optional, ref.Sync.Secret[v.Slot], ref.Sync.Parts[v.Slot])
			}
		}
		for _, t := range w.Tests {
			if !t.Column.Out {
				// A literal is one value that a field may have; it does not make the field required.
				named(t.Name, check.Type{}, true, false, false)
			}
		}
		route.paging(w, ref.Sync)
		if len(ref.Sync.When) == 1 {
			route.Starters = append(route.Starters, entry)
		}
	}
}

// Find returns the route of a request and the parameters in its path. If there is none,
// allowed has the methods of the path; it is empty if no sync names the path. A literal
// path precedes one with parameters if it has the method. A route without a method
// matches any.
func (r *Routes) Find(method, path string) (route *Route, params []value.Field, allowed []string) {
	return r.find(method, path, nil)
}

// FindSegments is Find for a path whose segments were unescaped one by one, so that they
// may contain slashes. The first one is empty, since every path begins with a slash.
func (r *Routes) FindSegments(method string, segments []string) (route *Route, params []value.Field, allowed []string) {
	path := ""
	if !slices.ContainsFunc(segments, func(s string) bool { return strings.Contains(s, "/") }) {
		path = strings.Join(segments, "/")
	}
	return r.find(method, path, segments)
}

func (r *Routes) find(method, path string, segments []string) (*Route, []value.Field, []string) {
	var every *Route // matches any method
	var allowed []string
	for _, t := range r.static[path] {
		switch t.Method {
		case method:
			return t, nil, nil
		case "":
			every = t
		default:
			allowed = append(allowed, t.Method)
		}
	}
	if every != nil {
		return every, nil, nil
	}
	if len(r.templates) == 0 {
		return nil, nil, allowed
	}
	if segments == nil {
		segments = strings.Split(path, "/")
	}
	for _, t := range r.templates {
		if every != nil && every.Path != t.Path {
			break
		}
		if !fits(t.segments, segments) {
			continue
		}
		switch t.Method {
		case method:
			return t, t.params(segments), nil
		case "":
			every = t
		default:
			if !slices.Contains(allowed, t.Method) {
				allowed = append(allowed, t.Method)
			}
		}
	}
	if every != nil {
		return every, every.params(segments), nil
	}
	return nil, nil, allowed
}

// params returns the parameters in a matching path.
func (t *Route) params(segments []string) []value.Field {
	var params []value.Field
	for i, s := range t.segments {
		if isParam(s) {
			params = append(params, value.Field{Name: s[1 : len(s)-1], Value: value.String(segments[i])})
		}
	}
	return params
}

func fits(template, segments []string) bool {
	if len(template) != len(segments) {
		return false
	}
	for i, t := range template {
		if t != segments[i] && (!isParam(t) || segments[i] == "") {
			return false
		}
	}
	return true
}

// Nearest returns the path of a route that is similar to path.
func (r *Routes) Nearest(path string) (string, bool) {
	var paths []string
	for _, route := range r.All {
		paths = append(paths, route.Path)
	}
	return diag.Nearest(path, paths)
}
