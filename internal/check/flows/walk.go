package flows

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// A walk explores the states of one entry point.
type walk struct {
	*model
	an         *analyzer
	entry      *EntryPoint
	opening    *askList // asks the action of an entry point that is no route
	nodes      []node
	edges      []edge
	seen       map[string]int // the nodes, by the keys of their states
	needsStart bool           // the front turns away a request that starts no sync
	fired      map[*syncInfo]bool
	// literals continue those of the program.
	literals   literalTable
	observed   observations
	unanswered []unansweredPath
	clientFlow
}

// observations are what a walk has found for the [reporter].
type observations struct {
	asks          map[*check.Ask]bool
	triggers      map[trigger]bool
	answers       []answerLine
	secondAnswers []secondAnswer
	falseSuccess  []falseSuccess
	unguarded     *askInfo
	lateDrops     []*check.Line // of a later stage, that may drop a frame
	uses          []use
}

// An answerLine is a line that can answer the request.
type answerLine struct {
	list *askList
	ask  *askInfo
}

// A secondAnswer is a line that answers an answered request, with the path to it.
type secondAnswer struct {
	answerLine
	events []event
}

// A node is a state, with the events from it to the next branch.
type node struct {
	edge       int // the first edge that leads here, -1 for the first node
	events     []event
	state      *state // nil when it is explored
	unanswered bool   // the flow is at rest without an answer
}

// An edge leads from a node to a successor.
type edge struct {
	from, to int
	events   []event
}

// A successor is a following state, with the events before it.
type successor struct {
	state  *state
	events []event
}

// walkLimit is the greatest number of states of one entry point. When all entry points
// together have walkTotal states, the limit becomes much smaller.
const (
	walkLimit = 10_000
	walkTotal = 150_000
)

// run explores the entry point.
func (w *walk) run(limit int) {
	w.seen = map[string]int{}
	w.nodes = append(w.nodes, node{edge: -1, state: w.initial()})
	for at := 0; at < len(w.nodes); at++ {
		if len(w.nodes) > limit {
			w.entry.Truncated = true
			break
		}
		st := w.nodes[at].state
		w.nodes[at].state = nil
		for {
			if len(st.stack) == 0 {
				w.atRest(at, st)
				break
			}
			list := w.step(at, st)
			if len(list) == 1 {
				w.nodes[at].events = append(w.nodes[at].events, list[0].events...)
				st = list[0].state
				continue
			}
			for _, n := range list {
				key := n.state.canonicalize(w.model)
				to, known := w.seen[key]
				known = known && !w.an.opt.noJoin
				if !known {
					to = len(w.nodes)
					w.seen[key] = to
					w.nodes = append(w.nodes, node{edge: len(w.edges), state: n.state})
				}
				w.edges = append(w.edges, edge{at, to, n.events})
			}
			break
		}
	}
}

// initial returns the state in which the action of the entry point is complete. For an
// entry point that is no route it is a state in which the action is asked, so that all
// outcomes are explored.
func (w *walk) initial() *state {
	st := &state{}
	st.fresh(abstractValue{null: yes})
	a := w.action(w.entry.Instance, w.entry.Action)
	if w.entry.Kind != Route {
		// A line that asks the action with unknown values.
		ask := &check.Ask{Instance: w.entry.Instance, Action: w.entry.Action}
		w.opening = &askList{sync: &syncInfo{index: -1, sync: &check.Sync{}}, asks: []*askInfo{{ask: ask, action: a}}, live: [][]int{nil, nil}}
		st.stack = []task{{list: w.opening}}
		return st
	}
	for _, p := range w.entry.Patterns {
		for _, s := range w.syncs {
			if len(s.sync.When) == 1 && s.sync.When[0] == p {
				w.needsStart = true
			}
		}
	}
	d := completion{action: a}
	looked := w.usedColumns(a)
	for i, c := range a.columns {
		if !looked[i] {
			d.values = append(d.values, 0)
			continue
		}
		s := abstractValue{label: "“" + c.name + "” of the request", fromRequest: true}
		switch {
		case c.kind == outputColumn:
			s.null = no
			s.label = "the request"
		case c.name == "path":
			s.literal, s.null = w.literals.intern(value.String(w.entry.Path)), no
		case c.name == "method" && w.entry.Method != "":
			s.literal, s.null = w.literals.intern(value.String(w.entry.Method)), no
		case c.name == "method":
			s.null = no
			for _, other := range w.an.entries {
				if other.Path == w.entry.Path && other.Method != "" {
					s.excluded = append(s.excluded, w.literals.intern(value.String(other.Method)))
				}
			}
			slices.Sort(s.excluded)
		case c.name == "headers":
			s.null, s.credential = no, true
		case c.name == check.HTTPField, strings.HasPrefix(c.name, check.HTTPField+".") && c.name != check.HTTPField+"."+check.FilesField:
			s.null = no
		case strings.Contains(w.entry.Path, "{"+c.name+"}"):
			s.null = no
		}
		for _, k := range w.entry.Instance.Credentials {
			s.credential = s.credential || k.Field == c.name && c.kind == inputColumn
		}
		v := st.fresh(s)
		if c.kind == outputColumn {
			st.request = v
		}
		d.values = append(d.values, v)
	}
	w.followClient(st, a, d.values)
	if st.request == 0 {
		st.request = st.fresh(abstractValue{null: no})
	}
	w.complete(st, d)
	return st
}

// usedColumns reports which columns of a request the syncs of its route name.
func (w *walk) usedColumns(a *actionInfo) []bool {
	looked := make([]bool, len(a.columns))
	for _, ref := range a.returned {
		p := ref.sync.when[ref.pattern]
		if p.path == "" || p.path == w.entry.Path {
			for _, c := range p.tests {
				looked[c.column] = true
			}
		}
	}
	return looked
}

// atRest notes the outcome of a flow at rest.
func (w *walk) atRest(at int, st *state) {
	if w.entry.Kind != Route || st.answered > 0 || w.needsStart && !st.started {
		return
	}
	for i := range st.completed {
		if d := &st.completed[i]; d.refusal != nil && !d.matched {
			w.noteFallback(st, d)
		}
	}
	if st.fallback == nil {
		w.nodes[at].unanswered = true
		return
	}
	if !slices.ContainsFunc(w.entry.Refusals, func(u *Unhandled) bool { return *u == *st.fallback }) {
		w.entry.Refusals = append(w.entry.Refusals, st.fallback)
	}
}
