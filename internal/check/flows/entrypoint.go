package flows

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// An EntryPointKind says how a flow starts.
type EntryPointKind int

const (
	// Route is a request with a method and a path that some sync names.
	Route EntryPointKind = iota
	// Timer is a system action, which the runtime starts.
	Timer
	// Open is an action that the app exposes.
	Open
	// FromGo is an action that a sync matches and no sync asks, so that only Go
	// code can start it.
	FromGo
)

// An EntryPoint is a way in which flows of the program start, with the possible
// outcomes.
type EntryPoint struct {
	Kind EntryPointKind
	// Method and Path of a route. Method is "" if its syncs accept any method.
	Method, Path string
	Instance     *check.Instance
	Action       *check.Action
	// Patterns are the patterns that name this route or action, in the order of the
	// syncs' names.
	Patterns []*check.Pattern
	// Syncs can fire in such a flow. They are sorted by name.
	Syncs []*check.Sync
	// Answers are the lines that can answer the request.
	Answers []*Answer
	// Refusals can become the answer of the request because no sync matches them.
	Refusals []*Unhandled
	// Fields are the fields of the request, sorted by name.
	Fields []*RequestField
	// Lookups are the lines of where that use a credential of the request, in the
	// order in which the analysis reaches them.
	Lookups []*check.Line
	// Access says, for each field that decides whose data is changed or read, why the
	// caller may choose it.
	Access []*Access
	// Opened is the declaration in the app that anyone may call the route, or that
	// callers may choose some of its fields.
	Opened *syntax.Open
	// Truncated is set if the entry point has too many states to explore all of them.
	// Then Syncs, Answers and Refusals may lack some.
	Truncated bool
}

// An Unhandled is a refusal that can become the answer of a request.
type Unhandled struct {
	Instance *check.Instance
	Action   *check.Action
	Refusal  *check.Refusal
}

// String returns the name of the entry point: "POST /auth/login", "Sessioning.expire".
func (e *EntryPoint) String() string {
	if e.Kind == Route {
		return strings.TrimSpace(e.Method + " " + e.Path)
	}
	return e.Instance.Name + "." + e.Action.Name
}

// declaration returns the route as an app declares it.
func (e *EntryPoint) declaration() string {
	method := e.Method
	if method == "" {
		method = "POST"
	}
	path := e.Path
	if e.Kind == Open {
		path = "/" + e.Instance.Name + "/" + e.Action.Name
	}
	return method + " \"" + path + "\""
}

// span is where the text first names the entry point.
func (e *EntryPoint) span() source.Span {
	if len(e.Patterns) > 0 && e.Patterns[0].Tree != nil {
		return e.Patterns[0].Tree.Span
	}
	return e.Action.Tree.Name.Span
}

// findEntryPoints returns the entry points of the program, routes first.
func (an *analyzer) findEntryPoints() []*EntryPoint {
	type key struct{ method, path string }
	routes := map[key]*EntryPoint{}
	others := map[*check.Instance]map[*check.Action]*EntryPoint{}
	var list []*EntryPoint
	other := func(kind EntryPointKind, i *check.Instance, a *check.Action) {
		if others[i] == nil {
			others[i] = map[*check.Action]*EntryPoint{}
		}
		if others[i][a] == nil {
			others[i][a] = &EntryPoint{Kind: kind, Instance: i, Action: a}
			list = append(list, others[i][a])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(an.program.Instances)) {
		i := an.program.Instances[name]
		for _, a := range i.Concept.Actions {
			if a.Kind == syntax.System {
				other(Timer, i, a)
			}
		}
	}
	for _, e := range an.program.Exposed {
		if e.Action != nil {
			other(Open, e.Instance, e.Action)
		}
	}
	asked := an.askedActions()
	for _, s := range an.program.Syncs {
		for _, p := range s.When {
			if !p.IsRequest() {
				if !asked[p.Action][p.Instance] {
					other(FromGo, p.Instance, p.Action)
				}
				continue
			}
			method, path := p.Route()
			if path == "" {
				continue
			}
			k := key{method, path}
			if routes[k] == nil {
				routes[k] = &EntryPoint{Kind: Route, Method: method, Path: path, Instance: p.Instance, Action: p.Action}
				list = append(list, routes[k])
			}
		}
	}
	for _, s := range an.program.Syncs {
		for _, p := range s.When {
			if p.IsRequest() {
				method, path := p.Route()
				if e := routes[key{method, path}]; e != nil {
					e.Patterns = append(e.Patterns, p)
				}
			} else if e := others[p.Instance][p.Action]; e != nil {
				e.Patterns = append(e.Patterns, p)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *EntryPoint) int {
		return cmp.Or(int(a.Kind-b.Kind), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return list
}

// askedActions returns the actions that some line of then or else asks.
func (an *analyzer) askedActions() map[*check.Action]map[*check.Instance]bool {
	asked := map[*check.Action]map[*check.Instance]bool{}
	for _, s := range an.program.Syncs {
		for _, a := range s.Asks() {
			if asked[a.Action] == nil {
				asked[a.Action] = map[*check.Instance]bool{}
			}
			asked[a.Action][a.Instance] = true
		}
	}
	return asked
}
