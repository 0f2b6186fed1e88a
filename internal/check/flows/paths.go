package flows

import "slices"

// An unansweredPath is a path to a flow at rest without an answer, with the lines
// on it that drop a frame and have no else.
type unansweredPath struct {
	drops  []*lineInfo
	events []event
}

// unansweredPaths returns paths without an answer: one without drops if there is
// one; otherwise one for each line whose drop alone leaves the request unanswered;
// otherwise one with as few drops as possible.
func (w *walk) unansweredPaths() []unansweredPath {
	if !slices.ContainsFunc(w.nodes, func(n node) bool { return n.unanswered }) {
		return nil
	}
	before, after := w.dropCosts()
	best, at := 1<<30, -1
	for n := range w.nodes {
		if cost := before.cost[n] + after.cost[n]; cost < best {
			best, at = cost, n
		}
	}
	if best != 1 {
		return []unansweredPath{pathOfEvents(w.eventsThrough(before, after, at))}
	}
	var list []unansweredPath
	add := func(here []event, all func() []event) {
		if countDrops(here) != 1 {
			return
		}
		if x := pathOfEvents(all()); !slices.ContainsFunc(list, func(y unansweredPath) bool { return y.drops[0] == x.drops[0] }) {
			list = append(list, x)
		}
	}
	for n := range w.nodes {
		if before.cost[n]+after.cost[n] == 1 {
			add(w.nodes[n].events, func() []event { return w.eventsThrough(before, after, n) })
		}
	}
	for _, e := range w.edges {
		if before.cost[e.from]+countDrops(e.events)+countDrops(w.nodes[e.to].events)+after.cost[e.to] == 1 {
			add(e.events, func() []event {
				return slices.Concat(w.eventsBefore(before, e.from), e.events, w.nodes[e.to].events, w.eventsAfter(after, e.to))
			})
		}
	}
	return list
}

func pathOfEvents(events []event) unansweredPath {
	s := unansweredPath{events: events}
	for _, e := range events {
		if e.kind == dropsEvent && !slices.Contains(s.drops, e.line) {
			s.drops = append(s.drops, e.line)
		}
	}
	return s
}

func countDrops(events []event) int {
	n := 0
	for _, e := range events {
		if e.kind == dropsEvent {
			n++
		}
	}
	return n
}

// costs hold for each node the least number of drops on a path from the start, or
// on a path to an end without an answer, and the edge on that path.
type costs struct{ cost, by []int }

// dropCosts returns the costs of the paths to each node, including the node, and of
// the paths from each node.
func (w *walk) dropCosts() (before, after costs) {
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
	before.cost[0] = countDrops(w.nodes[0].events)
	relax([]int{0}, before, out, func(i int) (int, int) {
		e := w.edges[i]
		return e.to, before.cost[e.from] + countDrops(e.events) + countDrops(w.nodes[e.to].events)
	})
	var ends []int
	for n := range w.nodes {
		if w.nodes[n].unanswered {
			after.cost[n] = 0
			ends = append(ends, n)
		}
	}
	relax(ends, after, in, func(i int) (int, int) {
		e := w.edges[i]
		return e.from, after.cost[e.to] + countDrops(e.events) + countDrops(w.nodes[e.to].events)
	})
	return before, after
}

// eventsBefore returns the events on the cheapest path to a node, including the
// node.
func (w *walk) eventsBefore(before costs, n int) []event {
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

// eventsAfter returns the events on the cheapest path from a node to an end without
// an answer.
func (w *walk) eventsAfter(after costs, n int) []event {
	var events []event
	for after.by[n] >= 0 {
		e := w.edges[after.by[n]]
		events = slices.Concat(events, e.events, w.nodes[e.to].events)
		n = e.to
	}
	return events
}

func (w *walk) eventsThrough(before, after costs, n int) []event {
	return slices.Concat(w.eventsBefore(before, n), w.eventsAfter(after, n))
}
