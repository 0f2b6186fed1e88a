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

// A recent is the latest flows as the engine told of them. It is a ring whose
// room is used again, so that telling costs little and makes nothing new.
type recent struct {
	mu   sync.Mutex
	ring [recentFlows]told
	next int
	n    atomic.Uint64 // how often anything was told, for those who wait
}

// A told is what was told of one flow.
type told struct {
	id      value.ID
	entries []byte
	whole   bool // all entries so far are here
	rested  bool
	ended   time.Time // when it came to rest
}

// Record is to be an engine's recorder: it is called with the journal entries
// of a flow as they come, the last time with rested. It keeps a copy.
func (in *Inspector) Record(flow value.ID, entries []byte, rested bool) {
	now := time.Time{}
	if rested {
		now = in.options.Clock()
	}
	r := &in.recent
	r.mu.Lock()
	in.counts.add(entries, rested)
	// A flow's journal begins with Begun, so that this one is new. Where it does
	// not and the flow is not found, what came before has left the ring.
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

// find looks for a flow that is still running among the last ones.
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

// before gives the ids of the flows that are older than one, or of all for the
// zero id, newest first.
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

// counts are what has happened since the inspector was made. They are kept by
// the lock of recent.
type counts struct {
	flows, refused, faulted int64
	bySync                  map[string]*syncCount
}

// A syncCount is how often a sync fired, and how often it matched but its
// where lost every frame; and how long the firings took whose time was told,
// with all that they set off.
type syncCount struct {
	fired, dropped, timed int64
	took                  time.Duration
}

// each is how long a firing took in the mean, "" when that is not known.
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

// Observe is to be an engine's observer: it takes how long the firings of a flow
// took.
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

// counted gives the counts of a moment.
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
