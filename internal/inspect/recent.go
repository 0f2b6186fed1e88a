package inspect

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

const (
	recentFlows = 512      // how many flows are at hand without asking the store
	recentBytes = 32 << 10 // of one flow's journal; a longer one is in the store
	recentReach = 64       // how far back an unfinished flow is looked for
)

// A recent holds the latest flows that the engine reported. It is a ring whose
// memory is reused, so that reporting costs little and allocates nothing.
type recent struct {
	mu   sync.Mutex
	ring [recentFlows]told
	next int
	n    atomic.Uint64 // how often anything was told, for those who wait
}

// A told is the reported part of one flow.
type told struct {
	id      value.ID
	entries []byte
	whole   bool // all entries so far are here
	rested  bool
	ended   time.Time // when it came to rest
}

// Record is an engine's recorder: the engine calls it with new journal entries
// of a flow, the last time with rested set. Record copies them.
func (in *Inspector) Record(flow value.ID, entries []byte, rested bool) {
	now := time.Time{}
	if rested {
		now = in.options.Clock()
	}
	r := &in.recent
	r.mu.Lock()
	in.counts.add(entries, rested)
	// A flow's journal begins with Begun, so this flow is new. Otherwise, if
	// the flow is not found, its beginning has left the ring.
	begins := len(entries) > 0 && journal.Kind(entries[0]) == journal.Begun
	var t *told
	if !begins {
		t = r.find(flow)
	}
	if t == nil {
		t = &r.ring[r.next]
		r.next = (r.next + 1) % recentFlows
		*t = told{id: flow, entries: t.entries[:0], whole: begins}
	}
	t.rested, t.ended = rested, now
	if len(t.entries)+len(entries) > recentBytes {
		t.whole = false
	}
	if t.whole {
		t.entries = append(t.entries, entries...)
	}
	r.mu.Unlock()
	r.n.Add(1)
	if rested {
		in.tails.tell(news{flow: flow})
	}
}

// find finds a running flow among the latest ones.
func (r *recent) find(id value.ID) *told {
	for i := 1; i <= recentReach; i++ {
		if t := &r.ring[(r.next-i+recentFlows)%recentFlows]; t.id == id && !t.rested {
			return t
		}
	}
	return nil
}

// get gives a copy of what was told of a flow last.
func (r *recent) get(id value.ID) (told, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := 1; i <= recentFlows; i++ {
		t := &r.ring[(r.next-i+recentFlows)%recentFlows]
		if t.id == value.Zero {
			break
		}
		if t.id == id {
			c := *t
			c.entries = slices.Clone(t.entries)
			return c, true
		}
	}
	return told{}, false
}

// before returns the ids of the flows that are older than one, newest first.
// The zero id means all.
func (r *recent) before(id value.ID) []value.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []value.ID
	for i := range r.ring {
		x := r.ring[i].id
		if x != value.Zero && (id == value.Zero || bytes.Compare(x[:], id[:]) < 0) {
			ids = append(ids, x)
		}
	}
	return newestFirst(ids)
}

func newestFirst(ids []value.ID) []value.ID {
	slices.SortFunc(ids, func(a, b value.ID) int { return bytes.Compare(b[:], a[:]) })
	return slices.Compact(ids)
}

// counts are the numbers since the inspector failed while made. The lock of recent
// protects them.
type counts struct {
	flows, refused, faulted int64
	bySync                  map[string]*syncCount
}

// A syncCount counts how often a sync fired, how often its where dropped a
// match, and the duration of the timed firings with everything that they
// triggered.
type syncCount struct {
	fired, dropped, timed int64
	took                  time.Duration
}

// each returns the mean duration of a firing, or "" if it is not known.
func (c *syncCount) each() string {
	if c.timed == 0 {
		return ""
	}
	switch mean := c.took / time.Duration(c.timed); {
	case mean < 100*time.Microsecond:
		return fmt.Sprintf("%.2f ms", float64(mean)/float64(time.Millisecond))
	case mean < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(mean)/float64(time.Millisecond))
	default:
		return lasted(mean)
	}
}

// Observe is an engine's observer: it records the duration of a flow's
// firings.
func (in *Inspector) Observe(t engine.Times) {
	in.recent.mu.Lock()
	defer in.recent.mu.Unlock()
	for _, f := range t.Firings {
		if s := in.counts.bySync[f.Sync]; s != nil {
			s.timed++
			s.took += f.End.Sub(f.Start)
		}
	}
}

func (c *counts) init(p *plan.Plan) {
	c.bySync = map[string]*syncCount{}
	for _, s := range p.Syncs {
		c.bySync[s.Name] = &syncCount{}
	}
}

func (c *counts) add(entries []byte, rested bool) {
	if rested {
		c.flows++
	}
	journal.Skim(entries, func(m journal.Mark) {
		switch m.Kind {
		case journal.Fired:
			if s := c.bySync[string(m.Name)]; s != nil {
				s.fired++
			}
		case journal.Dropped:
			if s := c.bySync[string(m.Name)]; s != nil {
				s.dropped++
			}
		case journal.Completed:
			switch m.Outcome {
			case journal.Refused:
				c.refused++
			case journal.Fault:
				c.faulted++
			}
		case journal.Faulted:
			c.faulted++
		}
	})
}

// counted returns the current counts.
func (in *Inspector) counted() counts {
	in.recent.mu.Lock()
	defer in.recent.mu.Unlock()
	c := counts{flows: in.counts.flows, refused: in.counts.refused, faulted: in.counts.faulted, bySync: map[string]*syncCount{}}
	for name, s := range in.counts.bySync {
		copied := *s
		c.bySync[name] = &copied
	}
	return c
}
