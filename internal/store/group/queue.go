// Package group commits the changes of many flows together, which databases call
// group commit.
//
// Its three main types are [Queue], the commit queue of one store; [Ticket], one
// flow's place in it, which the session of a store embeds; and [Group], the changes
// and entries that become durable together, or are lost together. The first flow
// that waits for a group is its leader: it commits the group for all of them.
//
// The package promises that the answer of a flow waits for everything that it
// depends on, its own writes and those of others that it has read; that every flow
// with entries in a lost group gets the error at least once; and that a lost flow
// whose beginning is in the database is noted as an orphan, so that it is resumed.
// It does not know a database: the store decides what a transaction is, what a
// commit is, and what is left of a failed one.
//
// There are two locks. The transaction lock is the store's: its holder may write.
// The queue's mutex is locked after it, and held briefly. Both are held to open and
// close a group. A function whose name ends in TxLocked requires the transaction
// lock, one whose name ends in Locked the mutex.
package group

import (
	"runtime"
	"sync"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// maxRetry bounds, in bytes, the entries that are retried after a lost
// group.
const maxRetry = 16 << 20

// idleRounds is how often a leader looks for others and finds none.
const idleRounds = 2

// Options are set by the store.
type Options struct {
	// Durability says when Finish and Flush return.
	Durability store.Durability
	// ReadOnly rejects entries.
	ReadOnly bool
	// Every bounds how long entries without a waiter stay undurable.
	Every time.Duration
	// Commit makes a group durable for which flows wait, or fails it, unless that
	// has already happened. The leader calls it, without locks.
	Commit func(*Group)
	// CommitIdle commits the open group if no flow has waited for it within Every.
	// It is called without locks.
	CommitIdle func()
}

// A Queue is the commit queue of a store: it collects the entries of flows in the
// open group, and the flows that wait for a group to become durable.
type Queue struct {
	sync.Mutex // locked after the transaction lock
	options    Options
	gauges     *Gauges

	Open       *Group            // takes entries; changed under both locks
	Closed     bool              // changed under both locks
	Unfinished map[value.ID]bool // the flows that the database has as unfinished
	Orphans    map[value.ID]bool // abandoned flows that may be resumed

	running int  // sessions neither finished nor abandoned
	leading bool // the open group has a leader
	armed   bool // timer is set
	timer   *time.Timer
	buffers [][]byte // for entries, to be reused
}

// NewQueue makes a queue that counts in gauges.
func NewQueue(options Options, gauges *Gauges) *Queue {
	q := &Queue{options: options, gauges: gauges, Open: newGroup(), Unfinished: map[value.ID]bool{}, Orphans: map[value.ID]bool{}}
	q.timer = time.AfterFunc(time.Hour, options.CommitIdle)
	q.timer.Stop()
	return q
}

// A Group becomes durable together: the changes in the open transaction, and
// the entries of flows.
type Group struct {
	Dirty bool // state was written; under the transaction lock

	finished int       // flows at rest in it; set as it is committed
	tickets  []*Ticket // with entries; under the mutex
	waiting  int       // flows waiting for it; under the mutex
	done     chan struct{}
	err      error // why it was lost; set before done, read after it
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

// Err returns why the group was lost, or nil if it is not lost or not done.
func (g *Group) Err() error {
	if g.Done() {
		return g.err
	}
	return nil
}

// A Chunk is what one flow adds to the journal in a group. Finished says that the
// flow is at rest.
type Chunk struct {
	*Ticket
	Entries  []byte
	Finished bool
	// Replaces says that the entries replace all entries of the flow in the
	// database.
	Replaces bool
}

// SealTxLocked closes the open group and opens the next one. It returns the entries,
// appended to chunks, or a nil group if the group is empty and no flow waits.
func (q *Queue) SealTxLocked(chunks []Chunk) (*Group, []Chunk) {
	q.Lock()
	defer q.Unlock()
	if g := q.Open; !g.Dirty && len(g.tickets) == 0 && g.waiting == 0 {
		return nil, chunks
	}
	return q.sealLocked(chunks)
}

// SealAnyTxLocked is SealTxLocked for a group that may be empty.
func (q *Queue) SealAnyTxLocked(chunks []Chunk) (*Group, []Chunk) {
	q.Lock()
	defer q.Unlock()
	return q.sealLocked(chunks)
}

func (q *Queue) sealLocked(chunks []Chunk) (*Group, []Chunk) {
	g := q.Open
	q.Open, q.leading = newGroup(), false
	for _, t := range g.tickets {
		chunks = append(chunks, Chunk{t, t.entries, t.finished, t.replaces})
		t.entries, t.queued = nil, false
	}
	return g, chunks
}

// CommittedLocked updates which flows the database has as unfinished after a commit.
// It takes over the entries.
func (q *Queue) CommittedLocked(g *Group, chunks []Chunk) {
	for _, c := range chunks {
		switch {
		case c.Failed != nil:
		case c.Finished:
			g.finished++
			c.stored = true
			delete(q.Unfinished, c.ID)
		default:
			c.stored = true
			q.Unfinished[c.ID] = true
			if c.orphaned {
				q.Orphans[c.ID] = true // it was abandoned during the commit
			}
		}
		c.inFlight--
		if room := c.Entries; cap(room) > 0 && cap(room) <= 64<<10 && len(q.buffers) < 1024 {
			q.buffers = append(q.buffers, room[:0])
		}
	}
}

// Resolve wakes the waiters of committed groups: the groups are durable, or lost
// with the error.
func (q *Queue) Resolve(err error, groups ...*Group) {
	q.Lock()
	defer q.Unlock()
	for _, g := range groups {
		if g.err = err; err == nil {
			q.gauges.count(g.finished)
		}
		close(g.done)
	}
}

// FailTxLocked reports to every flow in a group why it was lost. The writes must be
// undone already. Entries of flows that are already at rest, and depend on nothing
// that is lost, move to the next group, since their answers have been given, unless
// again returns false.
func (q *Queue) FailTxLocked(g *Group, chunks []Chunk, err error, again func(*Ticket) bool) {
	q.Lock()
	defer q.Unlock()
	room := maxRetry
	for _, c := range chunks {
		t := c.Ticket
		t.inFlight--
		if t.finished && t.DependsOn != g && t.awaited != g && room > len(c.Entries) && again(t) {
			room -= len(c.Entries)
			if c.Replaces || !t.replaces { // else the later entries replace these
				t.entries = append(c.Entries, t.entries...)
			}
			q.addLocked(t, nil)
			continue
		}
		if t.entries = nil; t.Failed == nil {
			t.Failed = err
		}
		if t.finished && t.awaited != g {
			t.orphanLocked() // nothing else may report it
		}
	}
	g.err = err
	close(g.done)
}

// addLocked adds a flow to the open group.
func (q *Queue) addLocked(t *Ticket, entries []byte) {
	if !t.queued {
		t.queued = true
		t.inFlight++
		q.Open.tickets = append(q.Open.tickets, t)
		q.armLocked()
	}
	if n := len(q.buffers); t.entries == nil && len(entries) > 0 && n > 0 {
		t.entries = q.buffers[n-1]
		q.buffers = q.buffers[:n-1]
	} else if t.entries == nil && len(entries) > 0 {
		t.entries = make([]byte, 0, max(512, len(entries)))
	}
	t.entries = append(t.entries, entries...)
	t.Journaled = true
}

// Arm makes sure that the open group is committed soon.
func (q *Queue) Arm() {
	q.Lock()
	defer q.Unlock()
	q.armLocked()
}

func (q *Queue) armLocked() {
	if !q.armed {
		q.ArmWithinLocked(q.options.Every)
	}
}

// ArmWithinLocked makes sure that the open group is committed within d.
func (q *Queue) ArmWithinLocked(d time.Duration) {
	q.armed = true
	q.timer.Reset(d)
}

// DisarmTxLocked notes that the timer fired, and reports whether a flow waits for the
// open group.
func (q *Queue) DisarmTxLocked() (waited bool) {
	q.Lock()
	defer q.Unlock()
	q.armed = false
	return q.Open.waiting > 0
}

// IsClosed reports whether the queue is closed.
func (q *Queue) IsClosed() bool {
	q.Lock()
	defer q.Unlock()
	return q.Closed
}

// PendingLocked reports whether the open group has entries.
func (q *Queue) PendingLocked() bool { return len(q.Open.tickets) > 0 }

// CloseTxLocked closes the queue.
func (q *Queue) CloseTxLocked() {
	q.Lock()
	defer q.Unlock()
	q.Closed = true
	q.timer.Stop()
}

// Gather lets other goroutines run: each flow that finishes meanwhile saves its own
// commit. It does not wait for flows that are busy elsewhere.
func (q *Queue) Gather(g *Group) {
	for last, idle := 0, 0; idle < idleRounds; {
		q.Lock()
		n, alone := g.waiting, q.running == 0
		q.Unlock()
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

// IsUnfinished reports whether a flow is marked unfinished.
func (q *Queue) IsUnfinished(flow value.ID) bool {
	q.Lock()
	defer q.Unlock()
	return q.Unfinished[flow] && !q.Closed
}
