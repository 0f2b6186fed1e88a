// Package group commits the changes of many flows together.
//
// Its three main types are [Line], in which the flows of one store wait;
// [Part], one flow's part in it, which the flow of a store embeds; and [Group],
// the changes and entries that become durable together, or are lost together.
// It promises that the answer of a flow waits for all that it rests on, its own
// writes and those of others that it has read; that every flow with a part in a
// lost group gets the error at least once; and that a lost flow whose beginning
// is in the database is noted as an orphan, so that it is resumed. It refuses
// to know a database: what a turn is, what a commit is, and what is left of a
// failed one, the store decides.
//
// Two locks order everything. The turn is the store's: its holder may write.
// The line's mutex is taken after it, and held briefly. Both are held to open
// and close a group.
package group

import (
	"runtime"
	"sync"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// keepPending bounds, in bytes, the entries that are retried after a lost
// group.
const keepPending = 16 << 20

// patience is how often a leader looks for others and finds none.
const patience = 2

// Options are set by the store.
type Options struct {
	// Durability says when Rest returns.
	Durability store.Durability
	// ReadOnly takes no entries.
	ReadOnly bool
	// Every bounds how long entries without a waiter stay undurable.
	Every time.Duration
	// Lead makes a group durable that flows wait for, or loses it, unless that
	// has already happened. It is called without locks.
	Lead func(*Group)
	// Late commits what no flow waits for. It is called without locks.
	Late func()
}

// A Line is where the flows of a store wait to become durable.
type Line struct {
	sync.Mutex // comes after the turn
	options    Options
	gauges     *Gauges

	Open    *Group            // takes entries; changed only with the turn and the mutex
	Closed  bool              // changed only with the turn and the mutex
	Marked  map[value.ID]bool // the flows that the database has as unfinished
	Orphans map[value.ID]bool // flows given up that may continue

	running int  // flows begun that neither came to rest nor were left
	leading bool // a flow is about to commit the open group
	armed   bool // timer is set
	timer   *time.Timer
	rooms   [][]byte // buffers for entries, to be reused
}

// NewLine makes a line that counts in gauges.
func NewLine(options Options, gauges *Gauges) *Line {
	l := &Line{options: options, gauges: gauges, Open: newGroup(), Marked: map[value.ID]bool{}, Orphans: map[value.ID]bool{}}
	l.timer = time.AfterFunc(time.Hour, options.Late)
	l.timer.Stop()
	return l
}

// A Group becomes durable together: the changes in the open transaction, and
// the entries of flows.
type Group struct {
	Dirty bool // state was written; under the turn

	rests   int     // flows at rest in it; set as it is committed
	parts   []*Part // with entries; under the mutex
	waiting int     // flows waiting for it; under the mutex
	done    chan struct{}
	err     error // why it was lost; set before done, read after it
}

func newGroup() *Group { return &Group{done: make(chan struct{})} }

// Done reports whether g is durable or lost.
func (g *Group) Done() bool {
	select {
	case <-g.done:
		return true
	default:
		return false
	}
}

// Err returns why the group was lost; nil until that is known.
func (g *Group) Err() error {
	if g.Done() {
		return g.err
	}
	return nil
}

// A Chunk is what one flow adds to the journal in a group.
type Chunk struct {
	*Part
	Entries []byte
	Rested  bool
	// Replaces says that the entries replace all entries of the flow in the
	// database.
	Replaces bool
}

// Take closes the open group and opens the next one. It returns the entries,
// appended to chunks, or no group if it is empty and no flow waits. It must be
// called with the turn.
func (l *Line) Take(chunks []Chunk) (*Group, []Chunk) {
	l.Lock()
	defer l.Unlock()
	if g := l.Open; !g.Dirty && len(g.parts) == 0 && g.waiting == 0 {
		return nil, chunks
	}
	return l.take(chunks)
}

// TakeAny is Take for a group that may be empty.
func (l *Line) TakeAny(chunks []Chunk) (*Group, []Chunk) {
	l.Lock()
	defer l.Unlock()
	return l.take(chunks)
}

func (l *Line) take(chunks []Chunk) (*Group, []Chunk) {
	g := l.Open
	l.Open, l.leading = newGroup(), false
	for _, p := range g.parts {
		chunks = append(chunks, Chunk{p, p.entries, p.rested, p.replaces})
		p.entries, p.queued = nil, false
	}
	return g, chunks
}

// Committed updates which flows the database has as unfinished after a commit.
// It takes over the entries. It must be called with the turn and the mutex.
func (l *Line) Committed(g *Group, chunks []Chunk) {
	for _, c := range chunks {
		switch {
		case c.Dead != nil:
		case c.Rested:
			g.rests++
			c.stays = true
			delete(l.Marked, c.ID)
		default:
			c.stays = true
			l.Marked[c.ID] = true
			if c.orphaned {
				l.Orphans[c.ID] = true // it was given up during the commit
			}
		}
		c.at--
		if room := c.Entries; cap(room) > 0 && cap(room) <= 64<<10 && len(l.rooms) < 1024 {
			l.rooms = append(l.rooms, room[:0])
		}
	}
}

// Settle tells all waiters that groups are durable, or why they are lost
// although committed.
func (l *Line) Settle(err error, groups ...*Group) {
	l.Lock()
	defer l.Unlock()
	for _, g := range groups {
		if g.err = err; err == nil {
			l.gauges.count(g.rests)
		}
		close(g.done)
	}
}

// Drop reports to every flow in a group why it was lost. Entries of flows that
// are already at rest, and rest on nothing that is lost, go into the next
// group, since their answers have been given; unless again forbids it. It must
// be called with the turn, after the writes are undone.
func (l *Line) Drop(g *Group, chunks []Chunk, err error, again func(*Part) bool) {
	l.Lock()
	defer l.Unlock()
	room := keepPending
	for _, c := range chunks {
		p := c.Part
		p.at--
		if p.rested && p.Rests != g && p.waits != g && room > len(c.Entries) && again(p) {
			room -= len(c.Entries)
			if c.Replaces || !p.replaces { // else later entries are all there is to be
				p.entries = append(c.Entries, p.entries...)
			}
			l.queue(p, nil)
			continue
		}
		if p.entries = nil; p.Dead == nil {
			p.Dead = err
		}
		if p.rested && p.waits != g {
			p.orphan() // perhaps nothing else reports it
		}
	}
	g.err = err
	close(g.done)
}

// queue adds a flow to the open group. It must be called with the mutex.
func (l *Line) queue(p *Part, entries []byte) {
	if !p.queued {
		p.queued = true
		p.at++
		l.Open.parts = append(l.Open.parts, p)
		l.arm()
	}
	if n := len(l.rooms); p.entries == nil && len(entries) > 0 && n > 0 {
		p.entries = l.rooms[n-1]
		l.rooms = l.rooms[:n-1]
	} else if p.entries == nil && len(entries) > 0 {
		p.entries = make([]byte, 0, max(512, len(entries)))
	}
	p.entries = append(p.entries, entries...)
	p.Kept = true
}

// Arm makes sure that the open group is committed soon.
func (l *Line) Arm() {
	l.Lock()
	defer l.Unlock()
	l.arm()
}

func (l *Line) arm() {
	if !l.armed {
		l.ArmWithin(l.options.Every)
	}
}

// ArmWithin makes sure that the open group is committed within d. It must be
// called with the mutex.
func (l *Line) ArmWithin(d time.Duration) {
	l.armed = true
	l.timer.Reset(d)
}

// Disarm notes that the timer fired, and reports whether a flow waits for the
// open group. It must be called with the turn.
func (l *Line) Disarm() (waited bool) {
	l.Lock()
	defer l.Unlock()
	l.armed = false
	return l.Open.waiting > 0
}

// IsClosed reports whether the line is closed.
func (l *Line) IsClosed() bool {
	l.Lock()
	defer l.Unlock()
	return l.Closed
}

// Pending reports whether the open group has entries. It must be called with
// the mutex.
func (l *Line) Pending() bool { return len(l.Open.parts) > 0 }

// Close closes the line. It must be called with the turn.
func (l *Line) Close() {
	l.Lock()
	defer l.Unlock()
	l.Closed = true
	l.timer.Stop()
}

// Gather lets other goroutines run: each flow that comes to rest meanwhile
// saves its own commit. It does not wait for flows that are busy elsewhere.
func (l *Line) Gather(g *Group) {
	for last, idle := 0, 0; idle < patience; {
		l.Lock()
		n, alone := g.waiting, l.running == 0
		l.Unlock()
		if alone && n > 1 {
			return
		}
		if n == last {
			idle++
		} else {
			last, idle = n, 0
		}
		runtime.Gosched()
	}
}

// Has reports whether a flow is marked unfinished.
func (l *Line) Has(flow value.ID) bool {
	l.Lock()
	defer l.Unlock()
	return l.Marked[flow] && !l.Closed
}
