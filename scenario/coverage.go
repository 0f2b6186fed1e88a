package scenario

import (
	"fmt"
	"strings"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/scenario/event"
	"github.com/legible-lang/legible/value"
)

// A Coverage says which lines of an app's syncs were reached. A line of when is
// reached by an action that matches it, whether or not the others are matched
// too; a line of where by a frame that comes to it; a line of then or else when
// its action is asked. What stands inside a view, a fold or "no" is part of its
// line, as the record does not tell more.
type Coverage struct {
	Clauses []Clause // sync by sync, each from top to bottom
}

// A Clause is a line of a sync.
type Clause struct {
	event.Clause
	Reached bool

	pattern *plan.Pattern
	sync    *plan.Sync
	where   int // place among the lines of where, else -1
	ask     int // place in Sync.Asks, else -1
}

func newCoverage(p *plan.Plan) *Coverage {
	c := &Coverage{}
	for _, s := range p.Syncs {
		add := func(part, place, text string) *Clause {
			c.Clauses = append(c.Clauses, Clause{Clause: event.Clause{Sync: s.Name, Part: part, Place: place, Text: text},
				sync: s, where: -1, ask: -1})
			return &c.Clauses[len(c.Clauses)-1]
		}
		for _, w := range s.When {
			add("when", w.Span.String(), w.Text).pattern = w
		}
		for i, l := range s.Where {
			add("where", l.Span.String(), l.Text).where = i
			for _, a := range l.Else {
				add("else", a.Span.String(), a.Text).ask = a.Line
			}
		}
		for _, a := range s.Then {
			add("then", a.Span.String(), a.Text).ask = a.Line
		}
	}
	return c
}

// add notes what a flow reached.
func (c *Coverage) add(entries []journal.Entry) {
	acts := happenings(entries)
	where := map[string]int{}      // how many lines of where were reached, by sync
	firings := map[uint32]string{} // syncs by the number of the firing
	asked := map[string]map[int]bool{}
	for _, e := range entries {
		switch e.Kind {
		case journal.Fired, journal.Dropped:
			if e.Kind == journal.Fired {
				firings[e.Number] = e.Sync
			}
			reached := 1
			for _, f := range e.Frames {
				if f.Line < 0 {
					reached = 1 << 30 // a frame that was kept came to all lines
				}
				reached = max(reached, f.Line+1)
			}
			where[e.Sync] = max(where[e.Sync], reached)
		case journal.Asked:
			if s, ok := firings[e.ID.Firing]; ok && e.ID.Firing > 0 {
				if asked[s] == nil {
					asked[s] = map[int]bool{}
				}
				asked[s][int(e.ID.Line)] = true
			}
		}
	}
	for i := range c.Clauses {
		x := &c.Clauses[i]
		switch {
		case x.Reached:
		case x.pattern != nil:
			for _, a := range acts {
				if a.meets(x.pattern) {
					x.Reached = true
					break
				}
			}
		case x.ask >= 0:
			x.Reached = asked[x.sync.Name][x.ask]
		default:
			x.Reached = x.where < where[x.sync.Name]
		}
	}
}

// merge adds what another run of the same app reached.
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

// String says how much was reached, and what was not.
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

// A happening is one completed action as the journal has it.
type happening struct {
	asked, completed *journal.Entry
}

func happenings(entries []journal.Entry) []happening {
	asked := map[journal.ActionID]*journal.Entry{}
	var list []happening
	for i := range entries {
		e := &entries[i]
		switch e.Kind {
		case journal.Asked:
			asked[e.ID] = e
		case journal.Completed:
			if a := asked[e.ID]; a != nil {
				list = append(list, happening{a, e})
			}
		}
	}
	return list
}

// meets tells whether the action alone matches a line of when.
func (h happening) meets(p *plan.Pattern) bool {
	outcome := journal.Returned
	if p.Refused {
		outcome = journal.Refused
	}
	if h.asked.Action != p.Action.FullName() || h.completed.Outcome != outcome {
		return false
	}
	for _, t := range p.Tests {
		v := h.column(p.Action, t.Column)
		switch {
		case t.Any && v.IsNull(), t.Literal.IsNull() && !t.Any && !v.IsNull():
			return false
		case !t.Any && !t.Literal.IsNull() && !value.Equal(v, t.Literal):
			return false
		}
	}
	slots := map[int]value.Value{}
	for _, x := range p.Vars {
		v := h.column(p.Action, x.Column)
		if v.IsNull() && !x.Optional {
			return false
		}
		if before, bound := slots[x.Slot]; bound && !value.Equal(before, v) {
			return false
		}
		slots[x.Slot] = v
	}
	return true
}

// column reads a column of the action: the journal has them by name.
func (h happening) column(a *plan.Action, c plan.Column) value.Value {
	fields, names := h.asked.In, a.Inputs
	switch {
	case c.Out && h.completed.Outcome == journal.Refused:
		if c.Index == plan.RefusedCode {
			return value.String(h.completed.Code)
		}
		return value.String(h.completed.Text)
	case c.Out:
		fields, names = h.completed.Out, a.Outputs
	}
	for _, f := range fields {
		if f.Name == names[c.Index] {
			return f.Value
		}
	}
	return value.Value{}
}
