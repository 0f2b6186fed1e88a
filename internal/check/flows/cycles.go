package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/words"
)

// markCycles marks the syncs whose actions may make them fire again.
func (m *model) markCycles() {
	var edges [][]int
	seen := make([]int, len(m.syncs)) // by target, 1 + the last sync with an edge to it
	for i, s := range m.syncs {
		var to []int
		for _, list := range s.lists {
			for _, a := range list.asks {
				for _, refs := range [][]patternRef{a.action.returned, a.action.refused} {
					for _, ref := range refs {
						n := ref.sync.index
						if seen[n] != i+1 && ref.sync.when[ref.pattern].mayMatch(m, a.ask) {
							seen[n] = i + 1
							to = append(to, n)
						}
					}
				}
			}
		}
		edges = append(edges, to)
	}
	for _, group := range components(edges) {
		for _, n := range group {
			if m.syncs[n].cyclic = len(group) > 1 || slices.Contains(edges[n], n); m.syncs[n].cyclic {
				// Each line is executed again in the next round.
				for _, l := range m.syncs[n].sync.Lines() {
					m.countUses(l)
				}
			}
		}
	}
}

// components returns the strongly connected components of a graph, each sorted.
func components(edges [][]int) [][]int {
	index := make([]int, len(edges))
	low := make([]int, len(edges))
	on := make([]bool, len(edges))
	var stack []int
	var all [][]int
	next := 1
	var visit func(n int)
	visit = func(n int) {
		index[n], low[n] = next, next
		next++
		stack, on[n] = append(stack, n), true
		for _, to := range edges[n] {
			if index[to] == 0 {
				visit(to)
				low[n] = min(low[n], low[to])
			} else if on[to] {
				low[n] = min(low[n], index[to])
			}
		}
		if low[n] != index[n] {
			return
		}
		var group []int
		for {
			last := stack[len(stack)-1]
			stack, on[last] = stack[:len(stack)-1], false
			group = append(group, last)
			if last == n {
				break
			}
		}
		slices.Sort(group)
		all = append(all, group)
	}
	for n := range edges {
		if index[n] == 0 {
			visit(n)
		}
	}
	return all
}

// cycles reports syncs that make themselves fire again, if in a second round nothing
// that the analysis does not know decides whether a sync fires.
func (r *reporter) cycles(m *model) {
	to := make([][]int, len(m.syncs))
	by := map[[2]int]trigger{}
	for e, free := range r.triggers {
		from := e.list.sync
		if !free || e.list.line != nil || e.list.handler != nil || mayEnd(from, e) {
			continue
		}
		k := [2]int{from.index, e.to.index}
		if old, ok := by[k]; !ok {
			to[from.index] = append(to[from.index], e.to.index)
			by[k] = e
		} else if e.ask.ask.Tree.Span.Start < old.ask.ask.Tree.Span.Start {
			by[k] = e
		}
	}
	for i := range to {
		slices.Sort(to[i])
	}
	for _, group := range components(to) {
		if path := shortestCycle(to, group); path != nil {
			r.cycle(m, path, by)
		}
	}
}

// mayEnd reports whether a line of a later stage, or of the where below the line that
// makes the next sync fire, may drop a frame.
func mayEnd(from *syncInfo, e trigger) bool {
	lines := []*lineInfo{}
	for _, stage := range from.stages[1:] {
		lines = append(lines, stage.where...)
		if stage.then == e.list {
			break
		}
	}
	if from.stages[0].then == e.list {
		lines = nil
	}
	if e.ask.where != nil {
		lines = append(lines, e.ask.where.where...)
	}
	return slices.ContainsFunc(lines, func(l *lineInfo) bool { return l.mayDrop })
}

// shortestCycle returns the shortest path from the first node of a component back
// to it.
func shortestCycle(to [][]int, group []int) []int {
	start := group[0]
	from := map[int]int{}
	queue := []int{start}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, next := range to[n] {
			if next == start {
				path := []int{n}
				for n != start {
					n = from[n]
					path = append(path, n)
				}
				slices.Reverse(path)
				return path
			}
			if _, seen := from[next]; !seen && slices.Contains(group, next) {
				from[next] = n
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func (r *reporter) cycle(m *model, path []int, by map[[2]int]trigger) {
	first := m.syncs[path[0]].sync
	d := diag.Diagnostic{Code: diag.Endless, Severity: diag.Warning, Span: first.Tree.Name.Span}
	var names, refused []string
	for i, n := range path {
		next := path[(i+1)%len(path)]
		e := by[[2]int{n, next}]
		names = append(names, "“"+m.syncs[n].sync.Name+"”")
		d.Related = append(d.Related, diag.Related{Span: e.ask.ask.Tree.Span,
			Message: m.syncs[n].sync.Name + " asks “" + e.ask.action.name() + "”, which makes " + m.syncs[next].sync.Name + " fire"})
		if len(e.ask.action.spec.Refusals) > 0 && !slices.Contains(refused, e.ask.action.name()) {
			refused = append(refused, e.ask.action.name())
		}
	}
	d.Message = names[0] + " makes itself fire without end: no line of where ends it"
	if len(path) > 1 {
		d.Message = "the syncs " + words.Enumerate(names, "and") + " make each other fire without end: no line of where ends it"
	}
	if len(refused) > 0 {
		d.Notes = append(d.Notes, "only a refusal of “"+words.Enumerate(refused, "” or “")+"” ends the cycle, and it may become the answer")
	} else {
		d.Notes = append(d.Notes, "a flow faults when it has asked 50,000 actions")
	}
	d.Notes = append(d.Notes, "to end the cycle, add a line of where that drops frames to one of the syncs")
	r.an.add(d)
}
