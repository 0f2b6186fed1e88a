package check

import (
	"cmp"
	"slices"
	"strings"

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
	Instance     *Instance
	Action       *Action
	// Patterns are the lines of when that name this route, or this action, in
	// the order of their syncs' names.
	Patterns []*Pattern
	// Syncs can fire in such a flow, by name.
	Syncs []*Sync
	// Answers are the lines that can be the answer of a request.
	Answers []*Answer
	// Refusals can be the answer of a request because no sync matches them.
	Refusals []*Unhandled
	// Fields are what the syncs name of a request, by name.
	Fields []*RequestField
	// Lookups are the lines that hold a credential of the request against
	// something, in the order in which they stand.
	Lookups []*Line
	// Opened is where the app says that nobody needs a credential here.
	Opened *syntax.Open
	// Cut is set where there were too many ways to follow all of them.
	Cut bool
}

// An Unhandled is a refusal that may be the answer of a request.
type Unhandled struct {
	Instance *Instance
	Action   *Action
	Refusal  *Refusal
}

// String names the entry as a person would: "POST /auth/login",
// "Sessioning.expire".
func (e *Entry) String() string {
	if e.Kind == Route {
		return strings.TrimSpace(e.Method + " " + e.Path)
	}
	return e.Instance.Name + "." + e.Action.Name
}

// route gives the method and path that a pattern over requests names: path is
// "" for one that takes any path, method for one that takes any method.
func (p *Pattern) route() (method, path string) {
	method = "POST"
	for _, a := range p.In {
		text, isText := a.Term.Literal.Text()
		switch a.Name {
		case "method":
			method = ""
			if isText && a.Term.Var == nil && !a.Term.Any {
				method = text
			}
		case "path":
			if isText && a.Term.Var == nil && !a.Term.Any {
				path = text
			}
		}
	}
	return method, path
}

// entries are the ways into the program, routes first.
func (c *checker) entries() []*Entry {
	type key struct{ method, path string }
	routes := map[key]*Entry{}
	others := map[*Instance]map[*Action]*Entry{}
	var list []*Entry
	other := func(kind EntryKind, i *Instance, a *Action) {
		if others[i] == nil {
			others[i] = map[*Action]*Entry{}
		}
		if others[i][a] == nil {
			others[i][a] = &Entry{Kind: kind, Instance: i, Action: a}
			list = append(list, others[i][a])
		}
	}
	for _, name := range c.instanceNames() {
		i := c.program.Instances[name]
		for _, a := range i.Concept.Actions {
			if a.Kind == syntax.System {
				other(Timer, i, a)
			}
		}
	}
	for _, e := range c.program.Exposed {
		if e.Action != nil {
			other(Open, e.Instance, e.Action)
		}
	}
	asked := c.askedActions()
	for _, s := range c.program.Syncs {
		for _, p := range s.When {
			if !p.isRequest() {
				if !asked[p.Action][p.Instance] {
					other(FromGo, p.Instance, p.Action)
				}
				continue
			}
			method, path := p.route()
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
	for _, s := range c.program.Syncs {
		for _, p := range s.When {
			if p.isRequest() {
				method, path := p.route()
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
func (c *checker) askedActions() map[*Action]map[*Instance]bool {
	asked := map[*Action]map[*Instance]bool{}
	note := func(list []*Ask) {
		for _, a := range list {
			if asked[a.Action] == nil {
				asked[a.Action] = map[*Instance]bool{}
			}
			asked[a.Action][a.Instance] = true
		}
	}
	for _, s := range c.program.Syncs {
		note(s.Then)
		for _, l := range s.Where {
			note(l.Else)
		}
	}
	return asked
}
