package sqlite

import (
	"fmt"

	"github.com/legible-lang/legible/internal/store/group"
	"github.com/legible-lang/legible/store"
)

// A group is written to the log by one commit; one flush makes all committed
// groups durable (see log.go).

// commitGroup makes a group durable for the flows that wait for it. It waits until the
// disk is free: each flow that finishes meanwhile saves a flush. While the disk writes
// the group, the next one fills.
func (s *Store) commitGroup(g *group.Group) {
	s.disk.Lock()
	defer s.disk.Unlock()
	s.queue.Gather(g)
	s.tx.Lock()
	if s.queue.Open == g {
		_ = s.commitGroupTxLocked() // waiters get the error
	}
	s.tx.Unlock()
	_ = s.flushDiskLocked()
}

// commitIdle makes the open group durable if no flow waits for it.
func (s *Store) commitIdle() {
	s.disk.Lock()
	defer s.disk.Unlock()
	s.tx.Lock()
	waited := s.queue.DisarmTxLocked()
	if s.queue.Closed {
		s.tx.Unlock()
		return
	}
	err := s.commitGroupTxLocked()
	s.tx.Unlock()
	if err == nil {
		err = s.flushDiskLocked()
	}
	if err != nil && !waited && s.options.Lost != nil {
		s.options.Lost(err)
	}
}

// commitGroupTxLocked commits the open group, or fails it.
func (s *Store) commitGroupTxLocked() error {
	if s.queue.Closed {
		return store.ErrClosed
	}
	g, batch := s.queue.SealTxLocked(s.batch[:0])
	s.batch = batch
	if g == nil {
		if !s.begun {
			return nil
		}
		s.begun = false
		return s.fixed.rollback.run() // it has only read
	}
	if x := s.failure.Load(); x != nil {
		return s.failGroup(g, x.cause)
	}
	if s.behind != nil {
		return s.failGroup(g, s.behind)
	}
	err := s.write()
	if err == nil {
		err = s.fixed.commit.run()
	}
	if err != nil {
		return s.failGroup(g, err)
	}
	s.begun = false
	if g.Dirty {
		s.lastDirty = g
	}
	s.queue.Lock()
	s.unflushed = append(s.unflushed, g)
	s.queue.CommittedLocked(g, s.batch)
	s.queue.Unlock()
	clear(s.batch)
	return nil
}

// write writes the entries of the batch in the transaction. A flow that begins and
// finishes within one group is never marked as unfinished.
func (s *Store) write() error {
	if !s.begun {
		if err := s.beginTxLocked(); err != nil {
			return err
		}
	}
	s.part++
	for _, c := range s.batch {
		if c.Failed != nil {
			continue
		}
		if c.Replaces {
			q := s.fixed.forget
			q.bindBlob(c.ID[:])
			if err := q.run(); err != nil {
				return err
			}
		}
		if len(c.Entries) > 0 {
			q := s.fixed.journal
			q.bindBlob(c.ID[:])
			q.bindInt(s.part)
			q.bindBlob(c.Entries)
			if err := q.run(); err != nil {
				return err
			}
		}
		q := s.fixed.mark
		if s.queue.Unfinished[c.ID] == !c.Finished {
			continue
		}
		if c.Finished {
			q = s.fixed.unmark
		}
		q.bindBlob(c.ID[:])
		if err := q.run(); err != nil {
			return err
		}
	}
	return nil
}

// loseTxLocked fails the open group, whose transaction is gone.
func (s *Store) loseTxLocked(cause error) error {
	g, batch := s.queue.SealAnyTxLocked(s.batch[:0])
	s.batch = batch
	return s.failGroup(g, cause)
}

// failGroup rolls back a group that could not be committed, and reports it to its flows.
func (s *Store) failGroup(g *group.Group, cause error) error {
	if s.begun && !s.conn.broken() {
		s.fixed.rollback.run()
	}
	s.begun = false
	s.leased = s.order // the new limit may be lost
	err := fmt.Errorf("%w: %w", store.ErrLost, explain(cause))
	if e := s.failed(); e != nil {
		err = e
	}
	s.queue.FailTxLocked(g, s.batch, err, func(*group.Ticket) bool { return true })
	clear(s.batch)
	return err
}
