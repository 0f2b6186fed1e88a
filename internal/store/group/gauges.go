package group

import "sync/atomic"

// Gauges are the counts of this process's commits that an operator sees. A
// store that commits flows in groups embeds it.
type Gauges struct {
	groups, flows atomic.Uint64
	waiting       atomic.Int64
}

// Commits counts the groups that this process made durable, and the flows at
// rest in them.
func (g *Gauges) Commits() (groups, flows uint64) { return g.groups.Load(), g.flows.Load() }

// Waiting is how many flows of this process wait for a commit.
func (g *Gauges) Waiting() int { return int(g.waiting.Load()) }

// count counts a durable group and the flows that came to rest in it.
func (g *Gauges) count(flows int) {
	g.groups.Add(1)
	g.flows.Add(uint64(flows))
}
