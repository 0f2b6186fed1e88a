package group

import "sync/atomic"

// Gauges is what an operator is told of the commits of this process. A store
// that makes flows durable in groups embeds it.
type Gauges struct {
	groups, flows atomic.Uint64
	waiting       atomic.Int64
}

// Commits is how many groups this process has made durable, and how many flows
// came to rest in them.
func (g *Gauges) Commits() (groups, flows uint64) { return g.groups.Load(), g.flows.Load() }

// Waiting is how many flows of this process wait for a commit now.
func (g *Gauges) Waiting() int { return int(g.waiting.Load()) }

// count counts a group that has become durable, and the flows that came to rest
// in it.
func (g *Gauges) count(flows int) {
	g.groups.Add(1)
	g.flows.Add(uint64(flows))
}
