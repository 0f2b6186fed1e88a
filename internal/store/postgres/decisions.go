package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const createDecisions = `CREATE TABLE IF NOT EXISTS _decision (flow BYTEA PRIMARY KEY, name TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL)`

func (s *Store) hasDecisions(ctx context.Context) bool {
	var n int
	return s.conn.QueryRow(ctx, "SELECT count(*) FROM _decision").Scan(&n) == nil
}

// Decide stores a decision about a flow of any node, without the cluster's write lock. It
// is the only write of a read-only store.
func (s *Store) Decide(ctx context.Context, d store.Decision) error {
	if err := s.flush("storing a decision about a flow"); err != nil {
		return err
	}
	_, err := s.pool.Exec(ctx, "INSERT INTO _decision (flow, name, code, reason) VALUES ($1, $2, $3, $4) ON CONFLICT (flow) DO UPDATE SET name = $2, code = $3, reason = $4",
		d.Flow[:], d.Name, d.Code, d.Reason)
	if code(err) == undefinedTable {
		return fmt.Errorf("storing a decision about a flow: the database has no table for decisions yet: start the app with this version once")
	}
	if err != nil {
		return fmt.Errorf("storing a decision about a flow: %w", classed(err))
	}
	return nil
}

// Decisions returns the decisions about the unfinished flows of this node.
func (s *Store) Decisions(ctx context.Context) ([]store.Decision, error) {
	if err := s.flush("reading the decisions about flows"); err != nil {
		return nil, err
	}
	s.queue.Lock()
	node := s.node
	s.queue.Unlock()
	rows, err := s.pool.Query(ctx, "SELECT d.flow, d.name, d.code, d.reason FROM _decision d JOIN _unfinished u ON u.flow = d.flow WHERE u.node = $1 OR $2 ORDER BY d.flow",
		node, s.options.ReadOnly)
	var list []store.Decision
	if err == nil {
		err = walk(rows, func(rows pgx.Rows) error {
			var flow []byte
			var d store.Decision
			if err := rows.Scan(&flow, &d.Name, &d.Code, &d.Reason); err != nil {
				return err
			}
			d.Flow = value.ID(flow)
			list = append(list, d)
			return nil
		})
	}
	if code(err) == undefinedTable {
		return nil, nil // the database is older than the table
	}
	if err != nil {
		return nil, fmt.Errorf("reading the decisions about flows: %w", classed(err))
	}
	return list, nil
}

// RemoveDecision removes a decision.
func (s *Store) RemoveDecision(ctx context.Context, d store.Decision) error {
	if s.options.ReadOnly {
		return store.ErrReadOnly
	}
	if _, err := s.pool.Exec(ctx, "DELETE FROM _decision WHERE flow = $1 AND name = $2", d.Flow[:], d.Name); err != nil {
		return fmt.Errorf("removing a decision about a flow: %w", classed(err))
	}
	return nil
}

// Owns reports whether a flow is an unfinished one of this node.
func (s *Store) Owns(flow value.ID) bool {
	s.queue.Lock()
	defer s.queue.Unlock()
	return s.queue.Unfinished[flow] && s.node != 0 && !s.queue.Closed
}
