package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// leftover is the age at which the pieces of an incomplete upload are removed; a younger
// one may still be running.
const leftover = time.Hour

// SweepBlobs removes the blobs that nothing refers to. While it reads one
// snapshot, all nodes record which blobs they begin to refer to; their groups find out at
// their beginning that they must. If another node sweeps, it does nothing.
func (s *Store) SweepBlobs(ctx context.Context, age time.Duration) (n int, err error) {
	if s.options.ReadOnly {
		return 0, store.ErrReadOnly
	}
	if err := s.flush("sweeping the large values"); err != nil {
		return 0, err
	}
	if n, err = s.sweep(ctx, age); err != nil {
		return n, fmt.Errorf("sweeping the large values: %w", explain(err))
	}
	return n, nil
}

func (s *Store) sweep(ctx context.Context, age time.Duration) (n int, err error) {
	var until time.Time // by the database's clock
	if err := s.pool.QueryRow(ctx, "SELECT clock_timestamp() - $1 * INTERVAL '1 millisecond'", age.Milliseconds()).Scan(&until); err != nil {
		return 0, err
	}
	w := store.NewSweep()
	rows, err := s.pool.Query(ctx, "SELECT hash FROM _blob WHERE put <= $1", until)
	if err == nil {
		err = walk(rows, func(rows pgx.Rows) error { w.Add([32]byte(rows.RawValues()[0])); return nil })
	}
	if err != nil {
		return 0, err
	}
	first := value.FirstID(time.Now().Add(-max(age, leftover)))
	if _, err := s.pool.Exec(ctx, "DELETE FROM _chunk WHERE upload < $1 AND upload NOT IN (SELECT upload FROM _blob)", first[:]); err != nil {
		return 0, err
	}
	begun, err := s.beginSweep(ctx)
	if err != nil || !begun {
		return 0, err
	}
	defer func() {
		done := context.WithoutCancel(ctx)
		_, e := s.pool.Exec(done, "UPDATE _turn SET sweep = 0 WHERE one = 1")
		if err == nil {
			err = e
		}
	}()
	if err := s.mark(ctx, w); err != nil {
		return 0, err
	}
	left := w.Unmarked()
	for len(left) > 0 {
		some := left[:min(len(left), 64)]
		left = left[len(some):]
		gone, err := s.dropBlobs(ctx, some, until)
		if n += gone; err != nil {
			return n, err
		}
	}
	return n, nil
}

// beginSweep makes all nodes record what they write, unless a live node sweeps already.
// It waits for the groups that have begun before.
func (s *Store) beginSweep(ctx context.Context) (bool, error) {
	s.queue.Lock()
	me := s.node
	schema := s.schema
	s.queue.Unlock()
	if schema == nil {
		return false, errors.New("the store has not been prepared")
	}
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	var other int64
	if err := tx.QueryRow(ctx, "SELECT sweep FROM _turn WHERE one = 1 FOR UPDATE").Scan(&other); err != nil {
		return false, err
	}
	if other != 0 && other != me {
		if alive, err := numbers(ctx, tx, "SELECT node FROM _node WHERE node = $1", other); err != nil || len(alive) > 0 {
			return false, err
		}
	}
	if other == me {
		return false, errors.New("another sweep is running")
	}
	if _, err := tx.Exec(ctx, "DELETE FROM _spared"); err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, "UPDATE _turn SET sweep = $1 WHERE one = 1", me); err != nil {
		return false, err
	}
	return true, tx.Commit(ctx)
}

// mark shows the sweep all rows and the journals of unfinished flows.
func (s *Store) mark(ctx context.Context, w *store.Sweep) error {
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	for _, t := range s.schema.Tables {
		for i := range t.Columns {
			column := &t.Columns[i]
			if column.Type != store.Blob && column.Type != store.Json {
				continue
			}
			rows, err := tx.Query(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %[1]s IS NOT NULL", columnName(column.Name), quote(t.Name())))
			if err != nil {
				return err
			}
			err = walk(rows, func(rows pgx.Rows) error {
				values, err := rows.Values()
				if err != nil {
					return err
				}
				v, err := decode(column, values[0])
				if err != nil {
					return err
				}
				return store.EachBlob(v, func(hash [32]byte) error { w.Mark(hash); return nil })
			})
			if err != nil {
				return err
			}
		}
	}
	rows, err := tx.Query(ctx, "SELECT data FROM _unfinished JOIN _journal USING (flow)")
	if err != nil {
		return err
	}
	return walk(rows, func(rows pgx.Rows) error { w.MarkIn(rows.RawValues()[0]); return nil })
}

// dropBlobs removes blobs, except those that something has begun to refer to or that were
// stored again. The cluster's write lock excludes that in the meantime.
func (s *Store) dropBlobs(ctx context.Context, some [][32]byte, until time.Time) (int, error) {
	hashes := make([][]byte, len(some))
	for i := range some {
		hashes[i] = some[i][:]
	}
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if _, err := tx.Exec(ctx, "SELECT one FROM _turn WHERE one = 1 FOR UPDATE"); err != nil {
		return 0, err
	}
	rows, err := tx.Query(ctx, "DELETE FROM _blob WHERE hash = ANY($1) AND put <= $2 AND hash NOT IN (SELECT hash FROM _spared) RETURNING upload", hashes, until)
	if err != nil {
		return 0, err
	}
	uploads, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM _chunk WHERE upload = ANY($1)", uploads); err != nil {
		return 0, err
	}
	return len(uploads), tx.Commit(ctx)
}
