// Package graph draws a program: its endpoints, the syncs that answer them, and
// the concepts that they connect.
//
// Its three main types are [Graph], boxes and arrows of a whole program;
// [Story], one endpoint with everything that follows, in order; and [Node], a
// box of either. The same program always gives the same bytes, as Mermaid,
// Graphviz or SVG text, and names of the program cannot break the syntax of
// these formats. A drawing depends only on the plan: it shows what may happen,
// and why and trace show what has happened.
package graph

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
)

// A Kind is the kind of a box.
type Kind int

const (
	// Endpoint is a route or an exposed action or query.
	Endpoint Kind = iota
	// Sync is a sync.
	Sync
	// Concept is an instance of a concept; it contains its actions.
	Concept
	// Action is an action of a concept.
	Action
	// Where is a line of where that can drop.
	Where
	// Answer is an answer to a client, by a line or by a refusal.
	Answer
)

func (k Kind) String() string {
	return [...]string{"endpoint", "sync", "concept", "action", "where", "answer"}[k]
}

// A Node is a box.
type Node struct {
	ID    string // a name that every format takes
	Kind  Kind
	Label string
	Note  string // smaller, behind or below the label
	// In is the concept that an action belongs to.
	In   *Node
	Span source.Span
}

// A Link is the kind of an arrow.
type Link int

const (
	// Starts leads from an endpoint to a sync.
	Starts Link = iota
	// Asks leads from a sync to an action.
	Asks
	// Follows leads from an action that returned to a sync that waits for it.
	Follows
	// Refused leads from an action that was refused to a sync that waits for
	// that, or to the answer that this is.
	Refused
	// Reads leads from a sync to a concept that its where looks at.
	Reads
	// Then leads from what happens to what happens next.
	Then
	// Else leads from a line of where that dropped to what comes instead.
	Else
)

// String is the word on the arrow; "" where the boxes say enough.
func (l Link) String() string {
	return [...]string{"", "asks", "returned", "refused", "reads", "", "else"}[l]
}

// An Edge is an arrow.
type Edge struct {
	From, To *Node
	Link     Link
}

// A Graph is boxes and arrows. Endpoints come first, then syncs in the order of the
// text, then concepts by name, each before its actions.
type Graph struct {
	Name  string
	Nodes []*Node
	Edges []Edge
	ids   map[string]bool
}

// add makes a box with an id made of some words.
func (g *Graph) add(kind Kind, id, label, note string, span source.Span) *Node {
	if g.ids == nil {
		g.ids = map[string]bool{}
	}
	n := &Node{ID: identifier(id, g.ids), Kind: kind, Label: label, Note: note, Span: span}
	g.Nodes = append(g.Nodes, n)
	return n
}

// join draws an arrow, once.
func (g *Graph) join(from, to *Node, link Link) {
	if from == nil || to == nil {
		return
	}
	if e := (Edge{from, to, link}); !slices.Contains(g.Edges, e) {
		g.Edges = append(g.Edges, e)
	}
}

// identifier makes a name of letters, digits and "_" that is not taken.
func identifier(words string, taken map[string]bool) string {
	var b strings.Builder
	for _, r := range words {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	name := strings.TrimSuffix(b.String(), "_")
	for taken[name] {
		name += "x"
	}
	taken[name] = true
	return name
}

// Of draws a whole program. The entry points are those that flows.Analyze returns.
func Of(p *plan.Plan, entries []*flows.EntryPoint) *Graph {
	g := &Graph{Name: p.Name}
	w := &whole{Graph: g, syncs: map[*plan.Sync]*Node{}, actions: map[*plan.Action]*Node{}, concepts: map[*plan.Instance]*Node{}}
	endpoints := p.Endpoints(entries)
	at := make([]*Node, len(endpoints))
	for i, d := range endpoints {
		at[i] = g.add(Endpoint, "route "+d.String(), title(d), "", d.Span)
	}
	inText := slices.Clone(p.Syncs)
	slices.SortStableFunc(inText, func(a, b *plan.Sync) int { return byPlace(a.Span, b.Span) })
	for _, s := range inText {
		w.syncs[s] = g.add(Sync, "sync "+s.Name, s.Name, "", s.Span)
	}
	for _, in := range p.Instances {
		w.concept(in, endpoints, inText)
	}
	for i, d := range endpoints {
		for _, s := range inText {
			if slices.ContainsFunc(s.When, d.Admits) {
				g.join(at[i], w.syncs[s], Starts)
			}
		}
		if d.Action != nil {
			g.join(at[i], w.actions[d.Action], Starts)
		}
		if d.Query != nil {
			g.join(at[i], w.concepts[d.Query.Instance], Reads)
		}
	}
	for _, s := range inText {
		w.sync(s)
	}
	return g
}

// title names an endpoint; what the app exposes is marked as such.
func title(d *plan.Endpoint) string {
	method := d.Method
	if method == "" {
		method = "any"
	}
	return method + " " + d.Path
}

func byPlace(a, b source.Span) int {
	if a.File == nil || b.File == nil {
		return 0
	}
	if c := strings.Compare(a.File.Name, b.File.Name); c != 0 {
		return c
	}
	return a.Start - b.Start
}

// whole finds the boxes of a program's parts.
type whole struct {
	*Graph
	syncs    map[*plan.Sync]*Node
	actions  map[*plan.Action]*Node
	concepts map[*plan.Instance]*Node
}

// concept draws a concept with those of its actions that the program speaks of.
// One that nobody speaks of is left out, as is the one that stands for HTTP:
// its requests are the endpoints.
func (w *whole) concept(in *plan.Instance, endpoints []*plan.Endpoint, syncs []*plan.Sync) {
	if in.Concept.Name == plan.RequestingConcept {
		return
	}
	var spoken []*plan.Action
	note := func(a *plan.Action) {
		if a.Instance == in && !slices.Contains(spoken, a) {
			spoken = append(spoken, a)
		}
	}
	read := false
	for _, d := range endpoints {
		if d.Action != nil {
			note(d.Action)
		}
		read = read || d.Query != nil && d.Query.Instance == in
	}
	for _, s := range syncs {
		for _, x := range s.When {
			note(x.Action)
		}
		for _, a := range s.Asks {
			note(a.Action)
		}
		read = read || slices.Contains(reads(s.AllLines(), nil), in)
	}
	for _, a := range in.Actions {
		if schedule(a) != "" {
			note(a)
		}
	}
	if len(spoken) == 0 && !read {
		return
	}
	kind := ""
	if in.Concept.Name != in.Name {
		kind = in.Concept.Name
	}
	var span source.Span
	if in.Concept.Tree != nil {
		span = in.Concept.Tree.Name.Span
	}
	c := w.add(Concept, "concept "+in.Name, in.Name, kind, span)
	w.concepts[in] = c
	for _, a := range in.Actions { // in the order of the specification
		if slices.Contains(spoken, a) {
			n := w.add(Action, a.FullName(), a.Name, schedule(a), a.Spec.Tree.Name.Span)
			n.In = c
			w.actions[a] = n
		}
	}
}

// schedule says when the runtime starts an action, "" for those that it does
// not.
func schedule(a *plan.Action) string {
	switch {
	case a.Spec.AtField != nil:
		return "at " + a.Spec.AtField.Name
	case a.Spec.Every != "":
		return "every " + a.Spec.Every
	case a.Spec.Daily != nil:
		return a.Spec.Daily.String()
	}
	return ""
}

// sync draws the arrows of a sync.
func (w *whole) sync(s *plan.Sync) {
	n := w.syncs[s]
	for _, x := range s.When {
		link := Follows
		if x.Refused {
			link = Refused
		}
		w.join(w.actions[x.Action], n, link)
	}
	for _, in := range reads(s.AllLines(), nil) {
		w.join(n, w.concepts[in], Reads)
	}
	for _, a := range s.Asks {
		w.join(n, w.actions[a.Action], Asks)
	}
}

// reads adds the concepts that lines look at, each once.
func reads(lines []*plan.Line, list []*plan.Instance) []*plan.Instance {
	add := func(in *plan.Instance) {
		if !slices.Contains(list, in) {
			list = append(list, in)
		}
	}
	for _, l := range lines {
		switch {
		case l.Query != nil:
			add(l.Query.Query.Instance)
		case l.Read != nil:
			add(l.Read.Table.Instance)
		case l.Member != nil:
			add(l.Member.Table.Instance)
		}
		list = reads(l.Inner(), list)
	}
	return list
}
