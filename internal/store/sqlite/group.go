package sqlite

import (
	"fmt"

	"github.com/legible-lang/legible/internal/store/group"
	"github.com/legible-lang/legible/store"
)

// A group is written to the log by one commit; one flush makes all committed
// groups durable (see log.go).

// lead makes the group durable for all that wait for it. It waits until the
// disk is free: a flow that comes to rest meanwhile saves a flush. While the
// disk is busy with the group, the next one gathers.
func (s *Store) lead(g *group.Group) {
	s.disk.Lock()
	defer s.disk.Unlock()
	s.line.Gather(g)
	s.turn.Lock()
	if s.line.Open == g {
		_ = s.land() // waiters get the error
	}
	s.turn.Unlock()
	_ = s.flush()
}

// flushLate makes durable what no flow waited for.
func (s *Store) flushLate() {
	s.disk.Lock()
	defer s.disk.Unlock()
	s.turn.Lock()
	waited := s.line.Disarm()
	if s.line.Closed {
		s.turn.Unlock()
		return
	}
	err := s.land()
	s.turn.Unlock()
	if err == nil {
		err = s.flush()
	}
	if err != nil && !waited && s.options.Lost != nil {
		s.options.Lost(err)
	}
}

// land commits the group, so that all see it, or loses it. It must be called
// with the turn.
func (s *Store) land() error {
	if s.line.Closed {
		return store.ErrClosed
	}
	g, batch := s.line.Take(s.batch[:0])
	s.batch = batch
	if g == nil {
		if !s.begun {
			return nil
		}
		s.begun = false
		return s.fixed.rollback.run() // only reads
	}
	if x := s.failure.Load(); x != nil {
		return s.drop(g, x.cause)
	}
	if s.behind != nil {
		return s.drop(g, s.behind)
	}
	err := s.write()
	if err == nil {
		err = s.fixed.commit.run()
	}
	if err != nil {
		return s.drop(g, err)
	}
	s.begun = false
	if g.Dirty {
		s.wet = g
	}
	s.line.Lock()
	s.landed = append(s.landed, g)
	s.line.Committed(g, s.batch)
	s.line.Unlock()
	clear(s.batch)
	return nil
}

// write writes the entries of the batch in the transaction. A flow that begins
// and comes to rest within one group is never marked unfinished.
func (s *Store) write() error {
	if !s.begun {
		if err := s.begin(); err != nil {
			return err
		}
	}
	s.part++
	for _, c := range s.batch {
		if c.Dead != nil {
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
		if s.line.Marked[c.ID] == !c.Rested {
			continue
		}
		if c.Rested {
			q = s.fixed.unmark
		}
		q.bindBlob(c.ID[:])
		if err := q.run(); err != nil {
			return err
		}
	}
	return nil
}

// lose gives up the open group: its transaction is gone. It must be called with
// the turn.
func (s *Store) lose(cause error) error {
	g, batch := s.line.TakeAny(s.batch[:0])
	s.batch = batch
	return s.drop(g, cause)
}

// drop undoes a group that could not be made durable and reports it to all its
// flows.
func (s *Store) drop(g *group.Group, cause error) error {
	if s.begun && !s.conn.broken() {
		s.fixed.rollback.run()
	}
	s.begun = false
	s.leased = s.order // the raise may be lost
	err := fmt.Errorf("%w: %w", store.ErrLost, explain(cause))
	if e := s.failed(); e != nil {
		err = e
	}
	s.line.Drop(g, s.batch, err, func(*group.Part) bool { return true })
	clear(s.batch)
	return err
}
