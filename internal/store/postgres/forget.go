package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// forgetStep is the number of flows removed in one step.
const forgetStep = 256

// Forget removes flows at rest of all nodes from the journal. It does not need the
// cluster's write lock, since no node adds to a flow at rest.
func (s *Store) Forget(ctx context.Context, r store.Retention) (int, error) {
	if s.options.ReadOnly {
		return 0, store.ErrReadOnly
	}
	if err := s.flush("forgetting flows"); err != nil {
		return 0, err
	}
	n, err := s.forget(ctx, r)
	if err != nil {
		return n, fmt.Errorf("forgetting flows: %w", explain(err))
	}
	return n, nil
}

func (s *Store) forget(ctx context.Context, r store.Retention) (n int, err error) {
	first := value.Zero
	if !r.Before.IsZero() {
		first = value.FirstID(r.Before)
	}
	if r.Keep > 0 {
		var oldest []byte
		rows, err := s.pool.Query(ctx, "SELECT DISTINCT flow FROM _journal WHERE flow NOT IN (SELECT flow FROM _unfinished) ORDER BY flow DESC OFFSET $1 LIMIT 1", int64(r.Keep-1))
		if err == nil {
			err = walk(rows, func(rows pgx.Rows) error { return rows.Scan(&oldest) })
		}
		if err != nil {
			return 0, err
		}
		if slices.Compare(oldest, first[:]) > 0 {
			first = value.ID(oldest)
		}
	}
	for last := value.Zero; ; {
		ids, derived, err := s.forgetSome(ctx, last, first)
		n += ids
		if err != nil || ids < forgetStep {
			return n, err
		}
		last = derived
	}
}

// forgetSome removes some of the flows between two ids, and returns the last of them.
func (s *Store) forgetSome(ctx context.Context, after, before value.ID) (n int, last value.ID, err error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return 0, after, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	rows, err := tx.Query(ctx, "SELECT DISTINCT flow FROM _journal WHERE flow > $1 AND flow < $2 AND flow NOT IN (SELECT flow FROM _unfinished) ORDER BY flow LIMIT $3",
		after[:], before[:], int64(forgetStep))
	if err != nil {
		return 0, after, err
	}
	var ids, derived [][]byte
	err = walk(rows, func(rows pgx.Rows) error {
		id := slices.Clone(rows.RawValues()[0])
		if ids = append(ids, id); value.ID(id).Derived() {
			derived = append(derived, id)
		}
		return nil
	})
	if err != nil || len(ids) == 0 {
		return 0, after, err
	}
	if len(derived) > 0 {
		if _, err := tx.Exec(ctx, "INSERT INTO _forgotten (flow) SELECT x.flow FROM unnest($1::bytea[]) AS x(flow) ON CONFLICT DO NOTHING", derived); err != nil {
			return 0, after, err
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM _journal WHERE flow = ANY($1)", ids); err != nil {
		return 0, after, err
	}
	if err := tx.Commit(ctx); err != nil {
		return 0, after, err
	}
	return len(ids), value.ID(ids[len(ids)-1]), nil
}
