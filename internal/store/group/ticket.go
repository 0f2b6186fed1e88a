package group

import (
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Session is the session of a store that embeds a Ticket.
type Session interface {
	// InTx reports whether the session is in a transaction.
	InTx() bool
	// Commit and Rollback end the transaction.
	Commit(entries []byte) error
	Rollback()
	// Unusable returns why the store accepts nothing more from the session,
	// independently of groups, or nil. It is called under either lock.
	Unusable() error
	// Recoverable reports whether the database has the flow's beginning, or will, so
	// that this process can resume it. It is called under the mutex.
	Recoverable() bool
}

// A Ticket is one flow's place in a commit queue.
type Ticket struct {
	ID      value.ID
	session Session
	queue   *Queue

	// DependsOn is the last group with writes of the flow or of others that it has
	// read, nil if there are none. Set under the transaction lock.
	DependsOn *Group
	Wrote     bool  // a transaction of the flow has written and was committed; under the transaction lock
	Failed    error // why its group was lost, so that the flow cannot continue; set under both locks
	Journaled bool  // the journal has its entries, or will; under the mutex

	// Under the mutex.
	gaveUp   error  // why the flow cannot continue, though its committed writes stay
	stored   bool   // the database has its entries, or may
	inFlight int    // groups with its entries that are neither committed nor lost
	awaited  *Group // Finish waits for it
	entries  []byte // entries for the open group
	queued   bool   // the flow is in the open group
	finished bool
	ended    bool
	orphaned bool // it was abandoned and is to be resumed
	replaces bool // its entries replace those that the database has

	condensed []byte // replaces all earlier entries in Finish; nil for none
}

// JoinLocked adds a flow to a queue.
func (t *Ticket) JoinLocked(q *Queue, id value.ID, session Session) {
	t.queue, t.ID, t.session = q, id, session
	t.Journaled = q.Unfinished[id]
	q.running++
}

// Session returns the session of the ticket.
func (t *Ticket) Session() Session { return t.session }

// LostLocked returns why the flow cannot continue: a group of it was lost, or the
// store accepts nothing more from it. Either lock suffices.
func (t *Ticket) LostLocked() error {
	if err := t.session.Unusable(); err != nil {
		return err
	}
	return t.groupErrLocked()
}

// groupErrLocked returns why a group was lost that has entries of the flow, or that
// the flow has read from. Either lock suffices.
func (t *Ticket) groupErrLocked() error {
	if g := t.DependsOn; g != nil && g.Err() != nil {
		return g.Err()
	}
	if t.Failed != nil {
		return t.Failed
	}
	return t.gaveUp
}

// GiveUp notes that the flow cannot continue, since the store could not do what it
// asked. Its committed writes stay. When the session is abandoned, the flow is
// resumed. The returned error is the one to report to the flow.
func (t *Ticket) GiveUp(cause error) error {
	t.queue.Lock()
	defer t.queue.Unlock()
	if t.gaveUp == nil {
		t.gaveUp = store.Lost(cause)
	}
	return t.gaveUp
}

// Undone reports whether no group has, or may get, entries of the flow.
func (t *Ticket) Undone() bool {
	t.queue.Lock()
	defer t.queue.Unlock()
	return !t.stored && t.inFlight == 0
}

// MarkUncertainLocked notes that a group with entries of the flow may or may not be
// committed.
func (t *Ticket) MarkUncertainLocked() { t.stored = true }

// Append adds entries to the open group.
func (t *Ticket) Append(entries []byte) error {
	q := t.queue
	q.Lock()
	defer q.Unlock()
	return t.appendLocked(entries)
}

func (t *Ticket) appendLocked(entries []byte) error {
	q := t.queue
	if q.Closed {
		return store.ErrClosed
	}
	if err := t.LostLocked(); err != nil {
		return err
	}
	if len(entries) > 0 {
		if q.options.ReadOnly {
			return store.ErrReadOnly
		}
		q.addLocked(t, entries)
	}
	return nil
}

// Condense sets the entries with which Finish replaces all earlier ones.
func (t *Ticket) Condense(entries []byte) { t.condensed = append([]byte{}, entries...) }

// Finish ends the flow and waits for the group that it depends on.
func (t *Ticket) Finish(entries []byte) error {
	if t.session.InTx() {
		t.condensed = nil // it lacks the entries of the transaction
		if err := t.session.Commit(entries); err != nil {
			t.Abandon()
			return err
		}
		entries = nil
	}
	q := t.queue
	q.Lock()
	if t.condensed != nil && t.LostLocked() == nil && !q.options.ReadOnly {
		t.replaces = true
		t.entries = t.entries[:0]
		entries = append(t.condensed, entries...)
	}
	if err := t.appendLocked(entries); err != nil || q.options.ReadOnly {
		t.endLocked()
		q.Unlock()
		return err
	}
	t.finished = true
	if t.Journaled {
		q.addLocked(t, nil) // the database still has it as unfinished
	}
	t.endLocked()
	g := t.DependsOn
	if t.Wrote && len(entries) > 0 {
		g = q.Open
	}
	if g == nil || q.options.Durability != store.Full || g != q.Open && g.Done() {
		q.Unlock()
		return nil
	}
	leader := false
	t.awaited = g
	if g == q.Open {
		leader = q.joinLocked(g)
	}
	q.Unlock()
	err := q.await(g, leader)
	q.Lock()
	defer q.Unlock()
	if err == nil {
		err = t.groupErrLocked() // of a group that was being committed when this one was opened
	}
	if err != nil {
		t.orphanLocked()
	}
	return err
}

// Flush waits for the open group and all earlier ones.
func (t *Ticket) Flush(entries []byte) error {
	if t.session.InTx() {
		return store.ErrInTx
	}
	q := t.queue
	q.Lock()
	err := t.appendLocked(entries)
	if err == nil && q.options.ReadOnly {
		err = store.ErrReadOnly
	}
	if err != nil {
		q.Unlock()
		return err
	}
	q.addLocked(t, nil)
	g := q.Open
	leader := q.joinLocked(g)
	q.Unlock()
	err = q.await(g, leader)
	q.Lock()
	defer q.Unlock()
	if err == nil {
		err = t.LostLocked()
	}
	return err
}

// joinLocked adds a waiter to the open group, and reports whether it is the leader.
func (q *Queue) joinLocked(g *Group) (leader bool) {
	g.waiting++
	leader = !q.leading
	q.leading = true
	return leader
}

// await waits for a group, which the leader commits first.
func (q *Queue) await(g *Group, leader bool) error {
	q.gauges.waiting.Add(1)
	defer q.gauges.waiting.Add(-1)
	if leader {
		q.options.Commit(g)
	}
	<-g.done
	return g.err
}

// Abandon ends the session before the flow is at rest.
func (t *Ticket) Abandon() {
	t.session.Rollback()
	t.queue.Lock()
	defer t.queue.Unlock()
	t.endLocked()
}

// endLocked counts the session as ended. A flow that cannot continue because of a
// loss becomes an orphan.
func (t *Ticket) endLocked() {
	if t.ended {
		return
	}
	t.ended = true
	t.queue.running--
	if t.LostLocked() != nil {
		t.orphanLocked()
	}
}

// orphanLocked notes an orphan, now or once a group with its beginning is committed.
func (t *Ticket) orphanLocked() {
	t.orphaned = true
	if t.session.Recoverable() {
		t.queue.Orphans[t.ID] = true
	}
}
