package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/event"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
)

// A Coverage says which lines of an app's syncs were reached. A line of when is
// reached by an action that matches it, whether or not the other lines match; a line
// of where by a frame that arrives at it, below a line of then by one that is kept; a line of then or else when its action is
// asked. The lines inside a view, a fold or "no" are part of their line, because the
// record has no more detail.
type Coverage struct {
	Clauses []Clause // sync by sync, each from top to bottom
	plan    *plan.Plan
}

// A Clause is a line of a sync.
type Clause struct {
	event.Clause
	Reached bool

	pattern *plan.Pattern
	uses    []clauseUse // several for a line of a view that answers
}

// A clauseUse is a line of a sync.
type clauseUse struct {
	sync  *plan.Sync
	where int       // place among the lines of where of the sync, or below ask
	ask   *plan.Ask // nil for a line of where of the sync
	below bool      // a line of the where below ask
}

func newCoverage(p *plan.Plan) *Coverage {
	c := &Coverage{plan: p}
	places := map[string]int{} // of the lines of where and else
	for _, s := range p.Syncs {
		add := func(part, place, text string) *Clause {
			c.Clauses = append(c.Clauses, Clause{Clause: event.Clause{Sync: s.Name, Part: part, Place: place, Text: text}})
			return &c.Clauses[len(c.Clauses)-1]
		}
		use := func(part, place, text string, where int, ask *plan.Ask, below bool) {
			i, known := places[part+" "+place]
			if !known {
				i = len(c.Clauses)
				places[part+" "+place] = i
				add(part, place, text)
			}
			c.Clauses[i].uses = append(c.Clauses[i].uses, clauseUse{s, where, ask, below})
		}
		for _, w := range s.When {
			add("when", w.Span.String(), w.Text).pattern = w
		}
		for _, stage := range s.Stages {
			for _, l := range stage.Where {
				use("where", l.Span.String(), l.Text, l.Place, nil, false)
				for _, a := range l.Else {
					use("else", a.Span.String(), a.Text, 0, a, false)
				}
			}
			for _, a := range stage.Then {
				use("then", a.Span.String(), a.Text, 0, a, false)
				for i, l := range a.Where {
					use("where", l.Span.String(), l.Text, i, a, true)
				}
				for _, h := range a.Handlers {
					for _, inner := range h.Asks {
						use("else", inner.Span.String(), inner.Text, 0, inner, false)
					}
				}
			}
		}
	}
	return c
}

// add marks the lines that a flow reached.
func (c *Coverage) add(entries []journal.Entry) {
	flow := history.Read(c.plan, entries, true)
	where := map[string]int{} // how many lines of where were reached, by sync
	asked := map[*plan.Ask]bool{}
	below := map[*plan.Ask]int{} // how many lines of the where below a line were reached
	for _, m := range slices.Concat(flow.Matches, flow.Stages) {
		if lines := m.Lines(0); m.Line > 0 && len(lines) == 1 {
			reached := 1
			if len(m.Frames) > 0 {
				reached = len(lines[0].Where)
			}
			below[lines[0]] = max(below[lines[0]], reached)
			continue
		}
		first, last := 0, 0 // lines of where before the stage, and with it
		if m.Spec != nil {
			for _, stage := range m.Spec.Stages[:min(m.Stage+1, len(m.Spec.Stages))] {
				first, last = last, last+len(stage.Where)
			}
		}
		reached := first + 1
		for _, f := range m.Frames {
			if f.Line < 0 {
				reached = last // a frame that was kept arrived at all lines
			}
			reached = max(reached, f.Line+1)
		}
		where[m.Sync] = max(where[m.Sync], min(reached, last))
	}
	for _, a := range flow.Actions {
		if a.Line != nil {
			asked[a.Line] = true
		}
	}
	for i := range c.Clauses {
		x := &c.Clauses[i]
		switch {
		case x.Reached:
		case x.pattern != nil:
			for _, a := range flow.Actions {
				if a.Fits(x.pattern) {
					x.Reached = true
					break
				}
			}
		default:
			for _, use := range x.uses {
				if use.below {
					x.Reached = x.Reached || use.where < below[use.ask]
				} else if use.ask != nil {
					x.Reached = x.Reached || asked[use.ask]
				} else {
					x.Reached = x.Reached || use.where < where[use.sync.Name]
				}
			}
		}
	}
}

// merge adds the lines that another run of the same app reached.
func (c *Coverage) merge(other *Coverage) {
	if other == nil {
		return
	}
	if len(c.Clauses) == 0 {
		c.Clauses = other.Clauses
		return
	}
	for i := range other.Clauses {
		if i < len(c.Clauses) {
			c.Clauses[i].Reached = c.Clauses[i].Reached || other.Clauses[i].Reached
		}
	}
}

func (c *Coverage) unreached() []event.Clause {
	var list []event.Clause
	for _, x := range c.Clauses {
		if !x.Reached {
			list = append(list, x.Clause)
		}
	}
	return list
}

// String says how many lines were reached, and lists the others.
func (c *Coverage) String() string {
	missing := c.unreached()
	var b strings.Builder
	fmt.Fprintf(&b, "the scenarios reach %d of %d lines of the syncs", len(c.Clauses)-len(missing), len(c.Clauses))
	if len(missing) > 0 {
		b.WriteString("; they never reach")
	}
	for _, x := range missing {
		fmt.Fprintf(&b, "\n%s: %s of %s: %s", x.Place, x.Part, x.Sync, x.Text)
	}
	return b.String()
}
