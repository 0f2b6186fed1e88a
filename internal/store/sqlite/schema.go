package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const (
	// format is the version of the file format: the store's own tables and the encoding
	// of values. Every change of it needs a new number.
	format = 1
	// application identifies the file as a store of this package: "LEGI".
	application = 0x4c454749
	// leaseSize is the number of Orders that one write reserves, so that they are never
	// used twice.
	leaseSize = 1 << 16
)

const createMeta = `
CREATE TABLE _meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE _journal (flow BLOB, part INTEGER, data BLOB, PRIMARY KEY (flow, part)) STRICT, WITHOUT ROWID;
CREATE TABLE _unfinished (flow BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE _forgotten (flow BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
` + createDecisions + `;
INSERT INTO _meta (name, value) VALUES ('schema', '{}'), ('order', 0), ('part', 0)`

var _ store.Migrator = (*Store)(nil)

func (s *Store) number(text string) (n int64, err error) {
	err = s.conn.query(text, func(q *stmt) error { n = q.int(0); return nil })
	return n, err
}

// readMeta checks the format of the file.
func (s *Store) readMeta() error {
	tables, err := s.number("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	if tables == 0 {
		return nil // new
	}
	app, err := s.number("PRAGMA application_id")
	if err != nil {
		return err
	}
	if app != application {
		return errors.New("the file is a SQLite database of another program: name another file")
	}
	version, err := s.number("PRAGMA user_version")
	if err != nil {
		return err
	}
	if version > format {
		return fmt.Errorf("the file has format %d, but this program reads formats up to %d: use a newer version of the program, or name another file", version, format)
	}
	var text []byte
	err = s.conn.query("SELECT value FROM _meta WHERE name = 'schema'", func(q *stmt) error {
		text = bytes.Clone(q.bytes(0))
		return nil
	})
	if err != nil {
		return err
	}
	if s.schema, err = store.DecodeSchema(text); err != nil {
		return err
	}
	if !s.options.ReadOnly {
		// Tables that the first files of this format do not have.
		if err := s.conn.exec("CREATE TABLE IF NOT EXISTS _forgotten (flow BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;" + createDecisions); err != nil {
			return err
		}
	}
	return s.prepareFixed()
}

// prepareFixed prepares the statements for the journal and reads the unfinished flows.
func (s *Store) prepareFixed() error {
	f := &s.fixed
	begin := "BEGIN IMMEDIATE"
	if s.options.ReadOnly {
		begin = "BEGIN"
	}
	for _, x := range []struct {
		to   **stmt
		text string
	}{
		{&f.begin, begin},
		{&f.commit, "COMMIT"},
		{&f.rollback, "ROLLBACK"},
		{&f.savepoint, "SAVEPOINT turn"},
		{&f.release, "RELEASE turn"},
		{&f.undo, "ROLLBACK TO turn"},
		{&f.journal, "INSERT INTO _journal (flow, part, data) VALUES (?, ?, ?)"},
		{&f.mark, "INSERT OR IGNORE INTO _unfinished (flow) VALUES (?)"},
		{&f.unmark, "DELETE FROM _unfinished WHERE flow = ?"},
		{&f.lease, "UPDATE _meta SET value = ? WHERE name = 'order'"},
		{&f.flows, "SELECT DISTINCT flow FROM _journal WHERE flow > ? AND flow < ? AND flow NOT IN (SELECT flow FROM _unfinished) ORDER BY flow LIMIT ?"},
		{&f.forget, "DELETE FROM _journal WHERE flow = ?"},
		{&f.remember, "INSERT OR IGNORE INTO _forgotten (flow) VALUES (?)"},
		{&f.known, "SELECT 1 FROM _forgotten WHERE flow = ?"},
		{&f.read, "SELECT data FROM _journal WHERE flow = ? ORDER BY part"},
		{&f.list, "SELECT DISTINCT flow FROM _journal WHERE flow < ? ORDER BY flow DESC LIMIT ?"},
		{&f.listAll, "SELECT DISTINCT flow FROM _journal ORDER BY flow DESC LIMIT ?"},
	} {
		var err error
		if *x.to, err = s.conn.prepare(x.text); err != nil {
			return err
		}
	}
	err := s.conn.query("SELECT flow FROM _unfinished", func(q *stmt) error {
		s.queue.Unfinished[value.ID(q.bytes(0))] = true
		return nil
	})
	if err != nil {
		return err
	}
	if s.order, err = s.number("SELECT value FROM _meta WHERE name = 'order'"); err != nil {
		return err
	}
	s.leased = s.order
	if s.options.ReadOnly {
		return nil
	}
	if s.behind != nil {
		return nil
	}
	if err := s.reserve(); !full(err) {
		return err
	} else if err != nil {
		s.behind = err
	}
	return nil
}

// reserve reserves a range of part numbers for this opening of the file, so that the
// numbers need not be written.
func (s *Store) reserve() error {
	part, err := s.number("SELECT value FROM _meta WHERE name = 'part'")
	if err != nil {
		return err
	}
	s.part = (part + 1) << 32
	return s.conn.exec("UPDATE _meta SET value = value + 1 WHERE name = 'part'")
}

// lease makes sure that the next Order is never used again.
func (s *Store) lease() error {
	if s.order < s.leased {
		return nil
	}
	s.fixed.lease.bindInt(s.order + leaseSize)
	if err := s.fixed.lease.run(); err != nil {
		return err
	}
	s.leased = s.order + leaseSize
	return nil
}

// Prepare brings the tables up to the schema.
func (s *Store) Prepare(ctx context.Context, schema *store.Schema) error {
	return s.migrate(ctx, "preparing the store", schema, func(p *store.Plan) (bool, error) {
		if len(p.Losses) > 0 || len(p.Blocked) > 0 {
			return false, &store.SchemaError{Losses: p.Losses, Blocked: p.Blocked}
		}
		return true, nil
	})
}

// Plan returns what Prepare and Apply would do.
func (s *Store) Plan(ctx context.Context, schema *store.Schema) (*store.Plan, error) {
	var plan *store.Plan
	err := s.migrate(ctx, "planning the changes of the store", schema, func(p *store.Plan) (bool, error) {
		plan = p
		return false, nil
	})
	return plan, err
}

// Apply makes all changes, including those that lose data.
func (s *Store) Apply(ctx context.Context, schema *store.Schema) error {
	return s.migrate(ctx, "changing the store", schema, func(p *store.Plan) (bool, error) {
		if len(p.Blocked) > 0 {
			return false, &store.SchemaError{Blocked: p.Blocked}
		}
		return true, nil
	})
}

// migrate makes all changes in one transaction, and commits it or rolls it back.
func (s *Store) migrate(ctx context.Context, doing string, schema *store.Schema, keep func(*store.Plan) (bool, error)) (err error) {
	s.disk.Lock()
	defer s.disk.Unlock()
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
	if s.begun {
		if err := s.commitTxLocked(); err != nil {
			return err
		}
	}
	plan := &store.Plan{Unneeded: store.Unneeded(s.schema, schema)}
	text := store.EncodeSchema(schema)
	kept := s.schema != nil && bytes.Equal(text, store.EncodeSchema(s.schema))
	if !kept {
		if s.options.ReadOnly {
			return errors.New("the file has another schema, and the store is read-only: open it with the program that wrote it")
		}
		if err := s.conn.exec("BEGIN IMMEDIATE"); err != nil {
			return err
		}
		err := s.change(ctx, plan, schema, text)
		if err == nil {
			kept, err = keep(plan)
		}
		if err == nil && kept {
			err = s.conn.exec("COMMIT")
		}
		if err == nil && kept {
			err = s.flushLogDiskLocked()
		}
		if err != nil || !kept {
			if !s.conn.broken() {
				s.conn.exec("ROLLBACK")
			}
			return err
		}
	} else if kept, err := keep(plan); err != nil || !kept {
		return err
	}
	if s.schema == nil {
		if err := s.prepareFixed(); err != nil {
			return err
		}
	}
	s.schema = schema
	return s.use(schema)
}

// use prepares the statements for the tables of a schema.
func (s *Store) use(schema *store.Schema) error {
	s.tables, s.byName, s.versions = nil, map[string]*table{}, store.NewTableVersions(schema)
	for _, def := range schema.Tables {
		t, err := s.newTable(def)
		if err != nil {
			return err
		}
		s.tables = append(s.tables, t)
		s.byName[def.Name()] = t
		if def.Of != nil {
			t.of = s.byName[def.Of.Name()]
			if t.of == nil {
				return fmt.Errorf("the set %s is a subset of %s, which does not come before it", def.Name(), def.Of.Name())
			}
			t.of.subsets = append(t.of.subsets, t)
		}
	}
	return nil
}

// change makes the changes and adds them to the plan.
func (s *Store) change(ctx context.Context, plan *store.Plan, schema *store.Schema, text []byte) error {
	if s.schema == nil {
		if err := s.conn.exec(fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", application, format) + createMeta); err != nil {
			return err
		}
	}
	for _, c := range store.Diff(s.schema, schema) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !c.Part {
			plan.Changes = append(plan.Changes, c.String())
		}
		if err := tables.Change(maker{s}, plan, schema, c); err != nil {
			return fmt.Errorf("to %s: %w", c, err)
		}
	}
	return s.conn.query("UPDATE _meta SET value = ? WHERE name = 'schema'", nil, string(text))
}
