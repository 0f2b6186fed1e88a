package flows

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// A silence is a way on which nobody answers, with the lines on it that
// dropped a match without else.
type silence struct {
	drops  []*wiredLine
	events []event
}

// silences gives ways on which nobody answers: one on which nothing drops, or
// for each line that is to blame alone one, or one with as few drops as can be.
func (w *walk) silences() []silence {
	if !slices.ContainsFunc(w.nodes, func(n node) bool { return n.lost }) {
		return nil
	}
	before, after := w.routeCosts()
	best, at := 1<<30, -1
	for n := range w.nodes {
		if cost := before.cost[n] + after.cost[n]; cost < best {
			best, at = cost, n
		}
	}
	if best != 1 {
		return []silence{silenceOf(w.through(before, after, at))}
	}
	var list []silence
	add := func(here []event, all func() []event) {
		if drops(here) != 1 {
			return
		}
		if x := silenceOf(all()); !slices.ContainsFunc(list, func(y silence) bool { return y.drops[0] == x.drops[0] }) {
			list = append(list, x)
		}
	}
	for n := range w.nodes {
		if before.cost[n]+after.cost[n] == 1 {
			add(w.nodes[n].events, func() []event { return w.through(before, after, n) })
		}
	}
	for _, e := range w.edges {
		if before.cost[e.from]+drops(e.events)+drops(w.nodes[e.to].events)+after.cost[e.to] == 1 {
			add(e.events, func() []event {
				return slices.Concat(w.way(before, e.from), e.events, w.nodes[e.to].events, w.onward(after, e.to))
			})
		}
	}
	return list
}

func silenceOf(events []event) silence {
	s := silence{events: events}
	for _, e := range events {
		if e.kind == dropsEvent && !slices.Contains(s.drops, e.way) {
			s.drops = append(s.drops, e.way)
		}
	}
	return s
}

func drops(events []event) int {
	n := 0
	for _, e := range events {
		if e.kind == dropsEvent {
			n++
		}
	}
	return n
}

// costs say how many silent drops there are at least between a node and the
// beginning, or its end without an answer; by is the edge of that way.
type costs struct{ cost, by []int }

// routeCosts gives the costs of the way to each node, what happens in it
// included, and of the way from each node on.
func (w *walk) routeCosts() (before, after costs) {
	const far = 1 << 30
	fill := func() costs {
		c := costs{make([]int, len(w.nodes)), make([]int, len(w.nodes))}
		for i := range c.cost {
			c.cost[i], c.by[i] = far, -1
		}
		return c
	}
	before, after = fill(), fill()
	out := make([][]int, len(w.nodes))
	in := make([][]int, len(w.nodes))
	for i, e := range w.edges {
		out[e.from] = append(out[e.from], i)
		in[e.to] = append(in[e.to], i)
	}
	relax := func(queue []int, c costs, edges [][]int, next func(edge int) (node, cost int)) {
		for len(queue) > 0 {
			n := queue[0]
			queue = queue[1:]
			for _, e := range edges[n] {
				if to, cost := next(e); cost < c.cost[to] {
					c.cost[to], c.by[to] = cost, e
					queue = append(queue, to)
				}
			}
		}
	}
	before.cost[0] = drops(w.nodes[0].events)
	relax([]int{0}, before, out, func(i int) (int, int) {
		e := w.edges[i]
		return e.to, before.cost[e.from] + drops(e.events) + drops(w.nodes[e.to].events)
	})
	var ends []int
	for n := range w.nodes {
		if w.nodes[n].lost {
			after.cost[n] = 0
			ends = append(ends, n)
		}
	}
	relax(ends, after, in, func(i int) (int, int) {
		e := w.edges[i]
		return e.from, after.cost[e.to] + drops(e.events) + drops(w.nodes[e.to].events)
	})
	return before, after
}

// way is what happens on the cheapest way to a node, and in it.
func (w *walk) way(before costs, n int) []event {
	var parts [][]event
	for {
		parts = append(parts, w.nodes[n].events)
		if before.by[n] < 0 {
			break
		}
		e := w.edges[before.by[n]]
		parts = append(parts, e.events)
		n = e.from
	}
	slices.Reverse(parts)
	return slices.Concat(parts...)
}

// onward is what happens on the cheapest way from a node to an end without an
// answer.
func (w *walk) onward(after costs, n int) []event {
	var events []event
	for after.by[n] >= 0 {
		e := w.edges[after.by[n]]
		events = slices.Concat(events, e.events, w.nodes[e.to].events)
		n = e.to
	}
	return events
}

func (w *walk) through(before, after costs, n int) []event {
	return slices.Concat(w.way(before, n), w.onward(after, n))
}

// unansweredOf reports where an entry can be left without an answer.
func (f *findings) unansweredOf(w *walk) {
	e := w.entry
	left := w.silent
	if len(left) > 0 && len(e.Answers) == 0 && len(e.Refusals) == 0 {
		d := diag.Diagnostic{Code: diag.Unanswered, Severity: diag.Warning, Span: e.place(),
			Message: "nobody answers " + e.String(), Related: w.story(left[0].events), Notes: unansweredNotes()}
		f.silent = append(f.silent, silentRoute{e, d})
		return
	}
	for _, x := range left {
		if len(x.drops) != 1 {
			f.an.add(diag.Diagnostic{Code: diag.Unanswered, Severity: diag.Warning, Span: e.place(),
				Message: e.String() + " can be left without an answer", Related: w.story(x.events), Notes: unansweredNotes()})
			continue
		}
		last := x.drops[0]
		if f.lost[last.line] {
			continue
		}
		f.lost[last.line] = true
		d := diag.Diagnostic{Code: diag.Unanswered, Severity: diag.Warning, Span: last.line.Tree.Span,
			Message: "when " + dropped(last.line) + ", nobody answers " + e.String(), Notes: unansweredNotes()}
		var before []event
		for _, y := range x.events {
			if y.kind != dropsEvent || y.way != last {
				before = append(before, y)
			}
		}
		d.Related = w.story(before)
		f.orelse(w, &d, last)
		f.an.add(d)
	}
}

func unansweredNotes() []string {
	return []string{"the client is told 500, “No sync answered this request.”"}
}

// orelse offers the usual else of a line.
func (f *findings) orelse(w *walk, d *diag.Diagnostic, l *wiredLine) {
	var sync *check.Sync
	for _, s := range w.syncs {
		if slices.Contains(s.where, l) {
			sync = s.sync
		}
	}
	request, instance := "", ""
	for _, p := range sync.When {
		for _, a := range p.Out {
			if p.IsRequest() && a.Name == "request" && a.Term.Var != nil {
				request, instance = a.Term.Var.Name, p.Instance.Name
			}
		}
	}
	if request == "" {
		d.Notes = append(d.Notes, "an else below the line would answer, with the request's own output named in when")
		return
	}
	if request != "request" {
		request = "request: " + request
	}
	status, sentence := "404", "There is none."
	switch l.line.Body.(type) {
	case *check.FilterLine, *check.IsLine, *check.FoldLine:
		status, sentence = "422", "This cannot be done."
	}
	if l.line.Mode == syntax.NoLine {
		status, sentence = "409", "This is there already."
	}
	if slices.Contains(w.entry.Lookups, l.line) {
		status, sentence = "401", "Please log in."
	}
	text := "else " + instance + ".respond (" + request + ", status: " + status + ", error: " + strconv.Quote(sentence) + ")"
	span := l.line.Tree.Span
	indent := strings.Repeat(" ", span.Position().Column-1+4)
	rest, _, _ := strings.Cut(span.File.Text[span.End:], "\n")
	if strings.HasPrefix(strings.TrimSpace(rest), "#") { // the comment is about this line and stays with it
		span.End += len(strings.TrimRight(rest, " \t\r"))
	}
	span.Start = span.End
	d.Fix = &diag.Fix{Title: "add “" + text + "”", Edits: []diag.Edit{{Span: span, Text: "\n" + indent + text}}}
}

// A silentRoute is one that nobody answers on any way.
type silentRoute struct {
	entry *Entry
	said  diag.Diagnostic
}

// silentRoutes reports the routes that nobody answers, but for those that stand
// only in syncs that never fire: that was said of those.
func (f *findings) silentRoutes(w *wired, cut bool) {
	for _, x := range f.silent {
		idle := !cut
		for _, s := range w.syncs {
			if f.fired[s] && slices.ContainsFunc(s.sync.When, func(p *check.Pattern) bool { return slices.Contains(x.entry.Patterns, p) }) {
				idle = false
			}
		}
		if !idle {
			f.an.add(x.said)
		}
	}
}
