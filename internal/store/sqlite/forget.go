package sqlite

import (
	"context"
	"fmt"
	"slices"

	"github.com/legible-lang/legible/internal/store/group"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// forgetStep is the number of flows removed in one step, which takes about a millisecond.
const forgetStep = 64

// Forget removes flows at rest from the journal. Each step is a part of the open group,
// so that it needs no flush of its own. The file does not shrink: its space is reused.
func (s *Store) Forget(ctx context.Context, r store.Retention) (int, error) {
	if s.options.ReadOnly {
		return 0, store.ErrReadOnly
	}
	n, err := s.forget(ctx, r)
	if err != nil && err != store.ErrClosed {
		return n, fmt.Errorf("forgetting flows: %w", explain(err))
	}
	return n, err
}

func (s *Store) forget(ctx context.Context, r store.Retention) (n int, err error) {
	if err := s.flush(); err != nil {
		return 0, err
	}
	first := value.Zero
	if !r.Before.IsZero() {
		first = value.FirstID(r.Before)
	}
	if r.Keep > 0 {
		oldest, err := s.newest(ctx, r.Keep)
		if err != nil {
			return 0, err
		}
		if slices.Compare(oldest[:], first[:]) > 0 {
			first = oldest
		}
	}
	var groups []*group.Group
	for last, more := value.Zero, true; more; {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		var gone int
		var g *group.Group
		gone, last, g, err = s.forgetSome(last, first)
		if err != nil {
			return n, err
		}
		n += gone
		more = gone == forgetStep
		if len(groups) == 0 || groups[len(groups)-1] != g {
			groups = append(groups, g)
		}
	}
	if err := s.flush(); err != nil {
		return n, err
	}
	for _, g := range groups {
		if err := g.Err(); err != nil {
			return n, err
		}
	}
	return n, nil
}

// flush makes the open group durable, so that other connections see it.
func (s *Store) flush() error {
	s.disk.Lock()
	defer s.disk.Unlock()
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.queue.Closed {
		return store.ErrClosed
	}
	if s.fixed.read == nil {
		return fmt.Errorf("the store has not been prepared")
	}
	return s.commitTxLocked()
}

// newest returns the oldest of the newest n flows at rest, or the zero id if there are
// fewer. It has a connection of its own, since it may read for long.
func (s *Store) newest(ctx context.Context, n int) (value.ID, error) {
	c, err := openConn(s.path, true)
	if err != nil {
		return value.Zero, err
	}
	defer c.close()
	if err := c.exec("PRAGMA busy_timeout = 2000"); err != nil {
		return value.Zero, err
	}
	last := value.Zero
	found := 0
	err = c.query("SELECT DISTINCT flow FROM _journal WHERE flow NOT IN (SELECT flow FROM _unfinished) ORDER BY flow DESC LIMIT ?", func(q *stmt) error {
		found++
		last = value.ID(q.bytes(0))
		return ctx.Err()
	}, int64(n))
	if found < n {
		return value.Zero, err
	}
	return last, err
}

// forgetSome removes some of the flows between two ids, in the open group.
func (s *Store) forgetSome(after, before value.ID) (n int, last value.ID, g *group.Group, err error) {
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.queue.Closed {
		return 0, after, nil, store.ErrClosed
	}
	if !s.begun {
		if err := s.beginTxLocked(); err != nil {
			return 0, after, nil, err
		}
	}
	s.queue.Arm()
	ids := make([]value.ID, 0, forgetStep)
	q := s.fixed.flows
	q.bindBlob(after[:])
	q.bindBlob(before[:])
	q.bindInt(forgetStep)
	for {
		more, err := q.step()
		if err != nil {
			return 0, after, nil, err
		}
		if !more {
			break
		}
		ids = append(ids, value.ID(q.bytes(0)))
	}
	if err := q.reset(); err != nil {
		return 0, after, nil, err
	}
	last = after
	for _, id := range ids {
		s.queue.Open.Dirty = true
		s.fixed.forget.bindBlob(id[:])
		err := s.fixed.forget.run()
		if err == nil && id.Derived() {
			s.fixed.remember.bindBlob(id[:])
			err = s.fixed.remember.run()
		}
		if err != nil {
			if s.conn.broken() {
				return n, last, nil, s.loseTxLocked(err)
			}
			return n, last, nil, err
		}
		n, last = n+1, id
	}
	return n, last, s.queue.Open, nil
}
