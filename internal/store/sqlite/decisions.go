package sqlite

import (
	"context"
	"fmt"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const (
	createDecisions = `CREATE TABLE IF NOT EXISTS _decision (flow BLOB PRIMARY KEY, name TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL) STRICT, WITHOUT ROWID`
	insertDecision  = `INSERT OR REPLACE INTO _decision (flow, name, code, reason) VALUES (?, ?, ?, ?)`
	selectDecisions = `SELECT d.flow, d.name, d.code, d.reason FROM _decision d WHERE d.flow IN (SELECT flow FROM _unfinished) ORDER BY d.flow`
	removeDecision  = `DELETE FROM _decision WHERE flow = ? AND name = ?`
)

// Decide stores a decision about a flow. It is the only write of a read-only store, while
// another process uses the file: in a transaction on a connection of its own, which
// SQLite runs between two groups of the other process.
func (s *Store) Decide(_ context.Context, d store.Decision) error {
	args := []any{d.Flow[:], d.Name, d.Code, d.Reason}
	var err error
	if s.options.ReadOnly {
		err = s.execReadOnly(insertDecision, args)
	} else {
		err = s.exec(insertDecision, args)
	}
	if err != nil && err != store.ErrClosed {
		return fmt.Errorf("storing a decision about a flow: %w", classed(err))
	}
	return err
}

// RemoveDecision removes a decision, in the open group.
func (s *Store) RemoveDecision(_ context.Context, d store.Decision) error {
	if s.options.ReadOnly {
		return store.ErrReadOnly
	}
	if err := s.exec(removeDecision, []any{d.Flow[:], d.Name}); err != nil && err != store.ErrClosed {
		return fmt.Errorf("removing a decision about a flow: %w", classed(err))
	}
	return nil
}

// Decisions returns the decisions about unfinished flows.
func (s *Store) Decisions(context.Context) ([]store.Decision, error) {
	var list []store.Decision
	err := s.readJournal("reading the decisions about flows", func() error {
		if s.options.ReadOnly {
			n, err := s.number("SELECT count(*) FROM sqlite_schema WHERE name = '_decision'")
			if n == 0 || err != nil {
				return err // the file is older than the table
			}
		}
		return s.conn.query(selectDecisions, func(q *stmt) error {
			list = append(list, store.Decision{Flow: value.ID(q.bytes(0)), Name: q.string(1), Code: q.string(2), Reason: q.string(3)})
			return nil
		})
	})
	return list, err
}

// exec runs a statement in the open group and makes it durable.
func (s *Store) exec(text string, args []any) error {
	if err := s.flush(); err != nil {
		return err
	}
	s.disk.Lock()
	defer s.disk.Unlock()
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.queue.Closed {
		return store.ErrClosed
	}
	if !s.begun {
		if err := s.beginTxLocked(); err != nil {
			return err
		}
	}
	if err := s.conn.query(text, nil, args...); err != nil {
		if s.conn.broken() {
			return s.loseTxLocked(err)
		}
		s.queue.Arm()
		return err
	}
	s.queue.Open.Dirty = true
	return s.commitTxLocked()
}

// execReadOnly runs a statement of a read-only store on a connection of its own. It does
// not checkpoint the log, which the other process does.
func (s *Store) execReadOnly(text string, args []any) error {
	c, err := openConn(s.path, false)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.exec("PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; BEGIN IMMEDIATE; " + createDecisions); err != nil {
		return err
	}
	if err := c.query(text, nil, args...); err != nil {
		return err
	}
	return c.exec("COMMIT")
}

// Owns reports whether a flow is unfinished.
func (s *Store) Owns(flow value.ID) bool {
	return s.queue.IsUnfinished(flow)
}
