package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
)

// format is the version of the store's own tables and of the encoding of values. Every
// change of it needs a new number.
const format = 1

var createFixed = []string{
	`CREATE TABLE IF NOT EXISTS _meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS _turn (one BIGINT PRIMARY KEY, version BIGINT NOT NULL, ord BIGINT NOT NULL, nodes BIGINT NOT NULL, shape BIGINT NOT NULL, sweep BIGINT NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS _node (node BIGINT PRIMARY KEY, name TEXT NOT NULL, until TIMESTAMPTZ NOT NULL, last BIGINT NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS _journal (flow BYTEA NOT NULL, part BIGINT NOT NULL, data BYTEA NOT NULL, PRIMARY KEY (flow, part))`,
	`CREATE TABLE IF NOT EXISTS _unfinished (flow BYTEA PRIMARY KEY, node BIGINT NOT NULL)`,
	`CREATE INDEX IF NOT EXISTS _unfinished_by_node ON _unfinished (node)`,
	`CREATE TABLE IF NOT EXISTS _forgotten (flow BYTEA PRIMARY KEY)`,
	createDecisions,
	`CREATE TABLE IF NOT EXISTS _blob (hash BYTEA PRIMARY KEY, upload BYTEA NOT NULL, size BIGINT NOT NULL, put TIMESTAMPTZ NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS _chunk (upload BYTEA NOT NULL, item BIGINT NOT NULL, data BYTEA NOT NULL, PRIMARY KEY (upload, item))`,
	`CREATE TABLE IF NOT EXISTS _spared (hash BYTEA PRIMARY KEY)`,
	`INSERT INTO _turn (one, version, ord, nodes, shape, sweep) VALUES (1, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING`,
	// Last: a database with this table has all of them.
	fmt.Sprintf(`INSERT INTO _meta (name, value) VALUES ('format', '%d') ON CONFLICT DO NOTHING`, format),
}

var _ store.Migrator = (*Store)(nil)

// makeFixed creates the store's own tables. If several processes do so at once, all but
// one fail.
func (s *Store) makeFixed(ctx context.Context) error {
	var err error
	for range 20 {
		if s.hasFixed(ctx) {
			// Tables that the first databases of this format do not have.
			if s.hasDecisions(ctx) {
				return nil
			}
		}
		for _, text := range createFixed {
			if _, err = s.conn.Exec(ctx, text); err != nil {
				break
			}
		}
		if err == nil {
			return nil
		}
		switch code(err) {
		case uniqueViolation, duplicateTable, duplicateObject, serialization, deadlock, "XX000":
			time.Sleep(50 * time.Millisecond)
		default:
			return err
		}
	}
	return err
}

func (s *Store) hasFixed(ctx context.Context) bool {
	var n int
	return s.conn.QueryRow(ctx, "SELECT count(*) FROM _meta WHERE name = 'format'").Scan(&n) == nil && n > 0
}

type rowQueryer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// readMeta checks the format of the database.
func (s *Store) readMeta(ctx context.Context, c rowQueryer) error {
	var version int64
	err := c.QueryRow(ctx, "SELECT CAST(value AS BIGINT) FROM _meta WHERE name = 'format'").Scan(&version)
	switch {
	case code(err) == undefinedTable, errors.Is(err, pgx.ErrNoRows):
		return errors.New("the database is empty: nothing has been stored in it yet")
	case err != nil:
		return err
	case version > format:
		return fmt.Errorf("the database has format %d, but this program reads formats up to %d: use a newer version of the program, or name another database", version, format)
	}
	var text string
	err = c.QueryRow(ctx, "SELECT value FROM _meta WHERE name = 'schema'").Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		s.schema = nil
		return nil
	}
	if err != nil {
		return err
	}
	s.schema, err = store.DecodeSchema([]byte(text))
	return err
}

// Prepare brings the tables up to the schema, and takes over the flows of processes that
// are gone.
func (s *Store) Prepare(ctx context.Context, schema *store.Schema) error {
	err := s.migrate(ctx, "preparing the store", schema, true, func(p *store.Plan) (bool, error) {
		if len(p.Losses) > 0 || len(p.Blocked) > 0 {
			return false, &store.SchemaError{Losses: p.Losses, Blocked: p.Blocked}
		}
		return true, nil
	})
	if err != nil || s.options.ReadOnly {
		return err
	}
	s.tx.Lock()
	defer s.tx.Unlock()
	if err := s.takeOver(ctx, s.conn, false); err != nil {
		return fmt.Errorf("taking over flows: %w", explain(err))
	}
	s.prepared.Store(true)
	return nil
}

// Plan returns what Prepare and Apply would do.
func (s *Store) Plan(ctx context.Context, schema *store.Schema) (*store.Plan, error) {
	var plan *store.Plan
	err := s.migrate(ctx, "planning the changes of the store", schema, false, func(p *store.Plan) (bool, error) {
		plan = p
		return false, nil
	})
	return plan, err
}

// Apply makes all changes, including those that lose data. Other processes that use the
// database then fail with an error that says that they must be restarted.
func (s *Store) Apply(ctx context.Context, schema *store.Schema) error {
	return s.migrate(ctx, "changing the store", schema, false, func(p *store.Plan) (bool, error) {
		if len(p.Blocked) > 0 {
			return false, &store.SchemaError{Blocked: p.Blocked}
		}
		return true, nil
	})
}

// migrate makes all changes in one transaction with the cluster's write lock, and commits
// it or rolls it back.
func (s *Store) migrate(ctx context.Context, doing string, schema *store.Schema, use bool, keep func(*store.Plan) (bool, error)) (err error) {
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.queue.Closed {
		return store.ErrClosed
	}
	defer func() {
		var known *store.SchemaError
		if err != nil && !errors.As(err, &known) {
			err = fmt.Errorf("%s: %w", doing, explain(err))
		}
	}()
	if err := checkNames(schema); err != nil {
		return err
	}
	text := string(store.EncodeSchema(schema))
	if s.options.ReadOnly {
		if err := s.readMeta(ctx, s.pool); err != nil {
			return err
		}
		if s.schema == nil || string(store.EncodeSchema(s.schema)) != text {
			return errors.New("the database has another schema, and the store is read-only: open it with the program that wrote it")
		}
		s.prepared.Store(true)
		return s.useTxLocked(schema)
	}
	if s.begun {
		if err := s.commitTxLocked(); err != nil {
			return err
		}
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	tx, err := s.conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	// Changing many rows may take longer than the limit of a transaction.
	if _, err := tx.Exec(ctx, "SET LOCAL idle_in_transaction_session_timeout = 60000"); err != nil {
		return err
	}
	var shape int64
	if err := tx.QueryRow(ctx, "SELECT shape FROM _turn WHERE one = 1 FOR UPDATE").Scan(&shape); err != nil {
		return err
	}
	if err := s.readMeta(ctx, tx); err != nil {
		return err
	}
	plan := &store.Plan{Unneeded: store.Unneeded(s.schema, schema)}
	if s.schema == nil || string(store.EncodeSchema(s.schema)) != text {
		for _, c := range store.Diff(s.schema, schema) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !c.Part {
				plan.Changes = append(plan.Changes, c.String())
			}
			if err := tables.Change(maker{ctx, tx}, plan, schema, c); err != nil {
				return fmt.Errorf("to %s: %w", c, err)
			}
		}
		if _, err := tx.Exec(ctx, "DELETE FROM _meta WHERE name = 'schema'"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO _meta (name, value) VALUES ('schema', $1)", text); err != nil {
			return err
		}
		if len(plan.Changes) > 0 {
			shape++
		}
		if _, err := tx.Exec(ctx, "UPDATE _turn SET shape = $1 WHERE one = 1", shape); err != nil {
			return err
		}
	}
	kept, err := keep(plan)
	if err != nil || !kept {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	s.schema, s.shape = schema, shape
	// Statements that were prepared for the old tables are invalid.
	if err := s.conn.DeallocateAll(ctx); err != nil {
		return err
	}
	s.pool.Reset()
	if use || s.prepared.Load() {
		return s.useTxLocked(schema)
	}
	return nil
}

// code returns the SQLSTATE of an error of the database, or "".
func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

const (
	uniqueViolation  = "23505"
	duplicateTable   = "42P07"
	duplicateObject  = "42710"
	undefinedTable   = "42P01"
	serialization    = "40001"
	deadlock         = "40P01"
	lockNotAvailable = "55P03"
)
