package postgres

import "sync/atomic"

// A gauges is what an operator is told of the commits of this process.
type gauges struct {
	groups, flows atomic.Uint64
	waiting       atomic.Int64
}

// durable counts a group that has become durable, and the flows that came to
// rest in it.
func (g *gauges) durable(flows int) {
	g.groups.Add(1)
	g.flows.Add(uint64(flows))
}

// wait waits for a group.
func (g *gauges) wait(done <-chan struct{}) {
	g.waiting.Add(1)
	<-done
	g.waiting.Add(-1)
}

// Commits is how many groups this process has made durable, and how many flows
// came to rest in them.
func (s *Store) Commits() (groups, flows uint64) {
	return s.gauges.groups.Load(), s.gauges.flows.Load()
}

// Waiting is how many flows of this process wait for a commit now.
func (s *Store) Waiting() int { return int(s.gauges.waiting.Load()) }
