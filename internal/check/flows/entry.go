package flows

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// An EntryKind says how a flow begins.
type EntryKind int

const (
	// Route is a request: a method and a path that some sync names.
	Route EntryKind = iota
	// Timer is a system action, which the runtime starts.
	Timer
	// Open is an action that the app exposes.
	Open
	// FromGo is an action that some sync matches and no text asks: only Go can.
	FromGo
)

// An Entry is a way in which flows of the program begin, and what can become
// of them.
type Entry struct {
	Kind EntryKind
	// Method and Path of a route; Method is "" where the syncs take any.
	Method, Path string
	Instance     *check.Instance
	Action       *check.Action
	// Patterns are the lines of when that name this route, or this action, in
	// the order of their syncs' names.
	Patterns []*check.Pattern
	// Syncs can fire in such a flow, by name.
	Syncs []*check.Sync
	// Answers are the lines that can be the answer of a request.
	Answers []*Answer
	// Refusals can be the answer of a request because no sync matches them.
	Refusals []*Unhandled
	// Fields are what the syncs name of a request, by name.
	Fields []*RequestField
	// Lookups are the lines that hold a credential of the request against
	// something, in the order in which they stand.
	Lookups []*check.Line
	// Opened is where the app says that nobody needs a credential here.
	Opened *syntax.Open
	// Cut is set where there were too many ways to follow all of them.
	Cut bool
}

// An Unhandled is a refusal that may be the answer of a request.
type Unhandled struct {
	Instance *check.Instance
	Action   *check.Action
	Refusal  *check.Refusal
}

// String names the entry as a person would: "POST /auth/login",
// "Sessioning.expire".
func (e *Entry) String() string {
	if e.Kind == Route {
		return strings.TrimSpace(e.Method + " " + e.Path)
	}
	return e.Instance.Name + "." + e.Action.Name
}

// entries are the ways into the program, routes first.
func (an *analyzer) entrances() []*Entry {
	type key struct{ method, path string }
	routes := map[key]*Entry{}
	others := map[*check.Instance]map[*check.Action]*Entry{}
	var list []*Entry
	other := func(kind EntryKind, i *check.Instance, a *check.Action) {
		if others[i] == nil {
			others[i] = map[*check.Action]*Entry{}
		}
		if others[i][a] == nil {
			others[i][a] = &Entry{Kind: kind, Instance: i, Action: a}
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
				routes[k] = &Entry{Kind: Route, Method: method, Path: path, Instance: p.Instance, Action: p.Action}
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
	slices.SortStableFunc(list, func(a, b *Entry) int {
		return cmp.Or(int(a.Kind-b.Kind), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return list
}

// askedActions are the actions that some line of then or else asks.
func (an *analyzer) askedActions() map[*check.Action]map[*check.Instance]bool {
	asked := map[*check.Action]map[*check.Instance]bool{}
	note := func(list []*check.Ask) {
		for _, a := range list {
			if asked[a.Action] == nil {
				asked[a.Action] = map[*check.Instance]bool{}
			}
			asked[a.Action][a.Instance] = true
		}
	}
	for _, s := range an.program.Syncs {
		note(s.Then)
		for _, l := range s.Where {
			note(l.Else)
		}
	}
	return asked
}
