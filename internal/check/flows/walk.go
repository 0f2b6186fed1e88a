package flows

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// A walk follows every way in which the flows of one entry can go, as the
// engine would run them, but with values of which only some things are known:
// each action returned, or refused with each of its codes; each line of where
// passing or dropping. Ways that come to the same moment go on as one, so the
// cost grows with the moments that can be reached, not with the ways to them.
// The shortest way to a moment is remembered, to tell it as a story.
//
// What is approximated: a fault is no outcome; a where gives none, one or two
// frames, alike in which line dropped them; a sync stands at most twice above
// itself.
type walk struct {
	*wired
	an      *analyzer
	entry   *Entry
	opening *asking // asks the entry's action, where that is no request
	nodes   []node
	edges   []walkEdge
	seen    map[string]int // the node of a moment
	needs   bool           // some sync must start, or the request is turned away
	fired   map[*wiredSync]bool
	// literals are those of the program, then those that this walk has met.
	literals literals
	shown    shownWays
	silent   []silence
}

// shownWays is what one walk has to tell of the program, for [findings].
type shownWays struct {
	asks    map[*check.Ask]bool
	edges   map[edge]bool
	answers []answering
	seconds []second
	open    *wiredAsk
}

// An answering is a line that can be the answer.
type answering struct {
	by  *asking
	ask *wiredAsk
}

// A second is a line that answers what was answered before, with the way to it.
type second struct {
	answering
	trail []event
}

// A node is a moment with the way to it, and what happened from there on until
// it could go several ways.
type node struct {
	edge   int // the first that led here; -1 for the beginning
	events []event
	moment *moment // nil when it was gone on from
	lost   bool    // it came to rest and nobody had answered
}

// A walkEdge leads from one node to another.
type walkEdge struct {
	from, to int
	events   []event
}

// walkLimit is how many moments of one entry are looked at, walkTotal of all
// entries together.
const (
	walkLimit = 10_000
	walkTotal = 150_000
)

// run walks the entry.
func (w *walk) run(limit int) {
	w.seen = map[string]int{}
	w.nodes = append(w.nodes, node{edge: -1, moment: w.begin()})
	for at := 0; at < len(w.nodes); at++ {
		if len(w.nodes) > limit {
			w.entry.Cut = true
			break
		}
		m := w.nodes[at].moment
		w.nodes[at].moment = nil
		for {
			if len(m.stack) == 0 {
				w.rest(at, m)
				break
			}
			list := w.step(at, m)
			if len(list) == 1 {
				w.nodes[at].events = append(w.nodes[at].events, list[0].events...)
				m = list[0].moment
				continue
			}
			for _, n := range list {
				key := n.moment.settle(w.wired)
				to, known := w.seen[key]
				known = known && !w.an.opt.apart
				if !known {
					to = len(w.nodes)
					w.seen[key] = to
					w.nodes = append(w.nodes, node{edge: len(w.edges), moment: n.moment})
				}
				w.edges = append(w.edges, walkEdge{at, to, n.events})
			}
			break
		}
	}
}

// A next is a moment that follows, with what happened until then.
type next struct {
	moment *moment
	events []event
}

// begin makes the moment in which the entry's action has returned or was
// refused. For a system action, and one that is exposed, every outcome is
// walked.
func (w *walk) begin() *moment {
	m := &moment{}
	m.fresh(symbol{null: yes})
	a := w.act(w.entry.Instance, w.entry.Action)
	if w.entry.Kind != Route {
		// A line that asks the action, with values of which nothing is known.
		ask := &check.Ask{Instance: w.entry.Instance, Action: w.entry.Action}
		w.opening = &asking{sync: &wiredSync{index: -1, sync: &check.Sync{}}, asks: []*wiredAsk{{ask, a}}, live: [][]int{nil, nil}}
		m.stack = []work{{asking: w.opening}}
		return m
	}
	for _, p := range w.entry.Patterns {
		for _, s := range w.syncs {
			if len(s.sync.When) == 1 && s.sync.When[0] == p {
				w.needs = true
			}
		}
	}
	d := done{act: a}
	looked := w.lookedAt(a)
	for i, c := range a.cols {
		if !looked[i] {
			d.cols = append(d.cols, 0)
			continue
		}
		s := symbol{label: "“" + c.name + "” of the request", request: true}
		switch {
		case c.kind == outCol:
			s.null = no
			s.label = "the request"
		case c.name == "path":
			s.literal, s.null = w.literals.place(value.String(w.entry.Path)), no
		case c.name == "method" && w.entry.Method != "":
			s.literal, s.null = w.literals.place(value.String(w.entry.Method)), no
		case c.name == "method":
			s.null = no
			for _, other := range w.an.entries {
				if other.Path == w.entry.Path && other.Method != "" {
					s.not = append(s.not, w.literals.place(value.String(other.Method)))
				}
			}
			slices.Sort(s.not)
		case c.name == "headers":
			s.null, s.credential = no, true
		case c.name == check.HTTPField:
			s.null = no
		case strings.Contains(w.entry.Path, "{"+c.name+"}"):
			s.null = no
		}
		for _, k := range w.entry.Instance.Credentials {
			s.credential = s.credential || k.Field == c.name && c.kind == inCol
		}
		v := m.fresh(s)
		if c.kind == outCol {
			m.request = v
		}
		d.cols = append(d.cols, v)
	}
	if m.request == 0 {
		m.request = m.fresh(symbol{null: no})
	}
	w.consider(m, d)
	return m
}

// lookedAt tells which columns of a request the syncs of its path name.
func (w *walk) lookedAt(a *act) []bool {
	looked := make([]bool, len(a.cols))
	for _, ref := range a.returned {
		p := ref.sync.when[ref.pattern]
		if p.path == "" || p.path == w.entry.Path {
			for _, c := range p.cells {
				looked[c.col] = true
			}
		}
	}
	return looked
}

// rest is told of a flow that came to rest.
func (w *walk) rest(at int, m *moment) {
	if w.entry.Kind != Route || m.answered > 0 || w.needs && !m.started {
		return
	}
	for i := range m.done {
		if d := &m.done[i]; d.refusal != nil && !d.taken {
			w.fallsBack(m, d)
		}
	}
	if m.fallback == nil {
		w.nodes[at].lost = true
		return
	}
	if !slices.ContainsFunc(w.entry.Refusals, func(u *Unhandled) bool { return *u == *m.fallback }) {
		w.entry.Refusals = append(w.entry.Refusals, m.fallback)
	}
}
