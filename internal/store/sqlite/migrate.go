package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A maker changes tables in the open transaction. It is a tables.Database.
type maker struct{ s *Store }

var _ tables.Database = maker{}

func (m maker) Exec(text string) error            { return m.s.conn.exec(text) }
func (m maker) Number(text string) (int64, error) { return m.s.number(text) }
func (m maker) Quote(name string) string          { return quote(name) }
func (m maker) Column(name string) string         { return quote(name) }
func (m maker) Type(c *store.Column) string       { return sqlType(c) }

func (m maker) CreateTable(t *store.Table) []string               { return createTable(t) }
func (m maker) CreateSide(t *store.Table, column string) []string { return createSide(t, column) }
func (m maker) CreateIndex(t *store.Table, columns []string) string {
	return createIndex(t, columns)
}

func (m maker) Texts(text string, each func(string)) error {
	return m.s.conn.query(text, func(q *stmt) error {
		each(string(q.bytes(0)))
		return nil
	})
}

func (m maker) HasTable(name string) (bool, error) {
	n := 0
	err := m.s.conn.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", func(*stmt) error { n++; return nil }, name)
	return n > 0, err
}

func (m maker) AddUnique(t *store.Table, columns []string) (shared bool, err error) {
	if isKeyed(t, tables.Places(t, columns)) {
		if err := m.putKeys(t, columns); err != nil {
			return false, err
		}
	}
	err = m.Exec(createUnique(t, columns))
	var e *Error
	if errors.As(err, &e) && e.Code&0xff == codeConstraint {
		return true, nil
	}
	return false, err
}

func (m maker) DropUnique(t *store.Table, columns []string) error {
	err := m.Exec("DROP INDEX " + quote(tables.IndexName(t, "unique", columns)))
	if err == nil && isKeyed(t, tables.Places(t, columns)) {
		err = m.Exec(fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", quote(t.Name()), quote(tables.KeyColumn(columns))))
	}
	return err
}

// putKeys adds the column for the key of a unique and fills it.
func (m maker) putKeys(t *store.Table, columns []string) error {
	name, key := quote(t.Name()), quote(tables.KeyColumn(columns))
	if err := m.Exec(fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s BLOB", name, key)); err != nil {
		return err
	}
	at := tables.Places(t, columns)
	type member struct {
		order int64
		key   []byte
	}
	var keys []member
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = quote(c.Name)
		if !slices.Contains(columns, c.Name) {
			names[i] = "NULL" // it may not exist yet
		}
	}
	err := m.s.conn.query(fmt.Sprintf("SELECT _order, %s FROM %s", strings.Join(names, ", "), name), func(q *stmt) error {
		row, err := q.row(1, t)
		if err != nil {
			return err
		}
		keys = append(keys, member{q.int(0), tables.UniqueKey(t, at, row)})
		return nil
	})
	if err != nil {
		return err
	}
	q, err := m.s.conn.prepareOnce(fmt.Sprintf("UPDATE %s SET %s = ? WHERE _order = ?", name, key))
	if err != nil {
		return err
	}
	defer q.finalize()
	for _, k := range keys {
		if k.key == nil {
			continue
		}
		q.bindBlob(k.key)
		q.bindInt(k.order)
		if err := q.run(); err != nil {
			return err
		}
	}
	return nil
}

func (m maker) RenameIndexes(from, to string, side bool) error {
	if !side {
		return nil // those of a table follow its name
	}
	for _, text := range []string{
		"DROP INDEX " + quote(from+" by member"),
		fmt.Sprintf("CREATE INDEX %s ON %s (member)", quote(to+" by member"), quote(to)),
	} {
		if err := m.Exec(text); err != nil {
			return err
		}
	}
	return nil
}

func (m maker) Without(t *store.Table, column string, after int64) ([]store.Member, error) {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = quote(c.Name)
	}
	var list []store.Member
	err := m.s.conn.query(fmt.Sprintf("SELECT _order, %s FROM %s WHERE %s IS NULL AND _order > ? ORDER BY _order LIMIT 1000",
		strings.Join(names, ", "), quote(t.Name()), quote(column)), func(q *stmt) error {
		row, err := q.row(1, t)
		list = append(list, store.Member{Order: q.int(0), Row: row})
		return err
	}, after)
	return list, err
}

func (m maker) Set(t *store.Table, c *store.Column, order int64, v value.Value) error {
	q, err := m.s.conn.prepareOnce(fmt.Sprintf("UPDATE %s SET %s = ? WHERE _order = ?", quote(t.Name()), quote(c.Name)))
	if err != nil {
		return err
	}
	defer q.finalize()
	m.s.bindColumn(q, c, v)
	q.bindInt(order)
	return q.run()
}
