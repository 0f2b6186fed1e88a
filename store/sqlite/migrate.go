package sqlite

import (
	"errors"
	"fmt"
	"slices"

	"github.com/legible-lang/legible/store"
)

// A migration makes one change of the schema, in the open transaction, and
// notes what it loses.
type migration struct {
	s      *Store
	plan   *store.Plan
	c      store.Change
	t      *store.Table
	schema *store.Schema
}

func (m *migration) exec(format string, args ...any) error {
	return m.s.conn.exec(fmt.Sprintf(format, args...))
}

// count counts the members of the table for which a condition holds.
func (m *migration) count(where string) (int64, error) {
	return m.s.number(fmt.Sprintf("SELECT count(*) FROM %s WHERE %s", quote(m.t.Name()), where))
}

// loses notes a loss, if there are members that have it.
func (m *migration) loses(n int64, format string, args ...any) {
	if n > 0 {
		m.plan.Losses = append(m.plan.Losses, fmt.Sprintf(format, args...))
	}
}

func members(n int64) string {
	if n == 1 {
		return "1 member"
	}
	return fmt.Sprintf("%d members", n)
}

func have(n int64) string {
	if n == 1 {
		return "1 member has"
	}
	return fmt.Sprintf("%d members have", n)
}

func (m *migration) do() error {
	name := quote(m.t.Name())
	switch c := m.c; c.Kind {
	case store.AddTable:
		return m.addTable()
	case store.DropTable:
		n, err := m.count("true")
		if err != nil {
			return err
		}
		m.loses(n, "table %s with %s", m.t.Name(), members(n))
		for _, column := range c.Old.Columns {
			if err := m.dropSide(c.Old, &column); err != nil {
				return err
			}
		}
		return m.exec("DROP TABLE %s", name)
	case store.DropUnique:
		if err := m.exec("DROP INDEX %s", quote(indexName(m.t, "unique", c.Columns))); err != nil {
			return err
		}
		if isKeyed(c.Old, places(c.Old, c.Columns)) {
			return m.exec("ALTER TABLE %s DROP COLUMN %s", name, quote(keyColumn(c.Columns)))
		}
	case store.DropIndex:
		return m.exec("DROP INDEX IF EXISTS %s", quote(indexName(m.t, "by", c.Columns)))
	case store.AddUnique:
		return m.addUnique(c.Columns)
	case store.AddIndex:
		if text := createIndex(c.New, c.Columns); text != "" {
			return m.exec("%s", text)
		}
	case store.DropColumn:
		return m.dropColumn(m.column(c.Old))
	case store.AddColumn:
		return m.addColumn(m.column(c.New))
	case store.RetypeColumn:
		if err := m.dropColumn(m.column(c.Old)); err != nil {
			return err
		}
		return m.putColumn(m.column(c.New))
	case store.RequireColumn:
		column := m.column(c.New)
		n, err := m.count(quote(column.Name) + " IS NULL")
		if err != nil {
			return err
		}
		m.loses(n, "%s of %s without %s, which is now required", members(n), m.t.Name(), column.Name)
		return m.fill(column)
	case store.MoveTable:
		return m.move()
	case store.NarrowTable:
		n, err := m.count("true")
		m.blocks(c.Crowd(n))
		return err
	case store.NarrowColumn:
		n, first, err := m.misfits(m.column(c.New))
		m.blocks(c.Misfit(n, first))
		return err
	}
	return nil
}

// blocks notes what is in the way, if anything is.
func (m *migration) blocks(what string) {
	if what != "" {
		m.plan.Blocked = append(m.plan.Blocked, what)
	}
}

// misfits counts the texts in a column, also as items, that may not stay there,
// and gives the first.
func (m *migration) misfits(c *store.Column) (n int64, first string, err error) {
	from, column := m.t.Name(), quote(c.Name)
	if c.Many != store.One {
		from, column = sideName(m.t, c.Name), "value"
	}
	err = m.s.conn.query(fmt.Sprintf("SELECT %s FROM %s WHERE %s IS NOT NULL", column, quote(from), column), func(q *stmt) error {
		if text := string(q.bytes(0)); !m.c.Fits(text) {
			if n++; n == 1 {
				first = text
			}
		}
		return nil
	})
	return n, first, err
}

// column gives the changed column as a table has it.
func (m *migration) column(t *store.Table) *store.Column { return &t.Columns[t.Column(m.c.Column)] }

func (m *migration) addTable() error {
	for _, text := range createTable(m.t) {
		if err := m.s.conn.exec(text); err != nil {
			return err
		}
	}
	for _, u := range m.t.Unique {
		if err := m.addUnique(columnNames(m.t, u)); err != nil {
			return err
		}
	}
	for _, x := range m.t.Indexes {
		if text := createIndex(m.t, columnNames(m.t, x)); text != "" {
			if err := m.s.conn.exec(text); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *migration) dropSide(t *store.Table, c *store.Column) error {
	if c.Many == store.One {
		return nil
	}
	return m.exec("DROP TABLE %s", quote(sideName(t, c.Name)))
}

func (m *migration) dropColumn(c *store.Column) error {
	where := quote(c.Name) + " IS NOT NULL"
	if c.Many != store.One {
		where += " AND " + quote(c.Name) + " <> '[]'"
	}
	n, err := m.count(where)
	if err != nil {
		return err
	}
	as := ""
	if m.c.Kind == store.RetypeColumn {
		as = fmt.Sprintf(" as %v", c.Type)
	}
	m.loses(n, "column %s.%s%s, which %s", m.t.Name(), c.Name, as, have(n))
	if err := m.dropSide(m.t, c); err != nil {
		return err
	}
	return m.exec("ALTER TABLE %s DROP COLUMN %s", quote(m.t.Name()), quote(c.Name))
}

func (m *migration) addColumn(c *store.Column) error {
	if !m.c.Harmless() {
		n, err := m.count("true")
		if err != nil {
			return err
		}
		m.loses(n, "%s of %s without %s, which is now required", members(n), m.t.Name(), c.Name)
	}
	return m.putColumn(c)
}

// putColumn adds a column and gives members what they must have.
func (m *migration) putColumn(c *store.Column) error {
	if err := m.exec("ALTER TABLE %s ADD COLUMN %s %s", quote(m.t.Name()), quote(c.Name), sqlType(c)); err != nil {
		return err
	}
	if c.Many != store.One {
		for _, text := range createSide(m.t, c.Name) {
			if err := m.s.conn.exec(text); err != nil {
				return err
			}
		}
	}
	return m.fill(c)
}

// fill gives members without a value the empty one of its type, when they must
// have one.
func (m *migration) fill(c *store.Column) error {
	empty := ""
	switch {
	case c.Many != store.One:
		empty = "'[]'"
	case c.Optional:
	case c.Type == store.Text:
		empty = "''"
	case c.Type == store.Number, c.Type == store.Flag, c.Type == store.Moment:
		empty = "0"
	}
	if empty == "" {
		return nil
	}
	return m.exec("UPDATE %s SET %s = %s WHERE %s IS NULL", quote(m.t.Name()), quote(c.Name), empty, quote(c.Name))
}

// addUnique makes a unique; members that share its values block it.
func (m *migration) addUnique(columns []string) error {
	if isKeyed(m.t, places(m.t, columns)) {
		if err := m.putKeys(columns); err != nil {
			return err
		}
	}
	err := m.s.conn.exec(createUnique(m.t, columns))
	var e *Error
	if errors.As(err, &e) && e.Code&0xff == codeConstraint {
		m.plan.Blocked = append(m.plan.Blocked, fmt.Sprintf("members of %s that share their %s, which is to be unique", m.t.Name(), join(columns, ", ")))
		return nil
	}
	return err
}

// putKeys adds the column for the key of a unique and fills it.
func (m *migration) putKeys(columns []string) error {
	key := quote(keyColumn(columns))
	if err := m.exec("ALTER TABLE %s ADD COLUMN %s BLOB", quote(m.t.Name()), key); err != nil {
		return err
	}
	at := places(m.t, columns)
	type member struct {
		order int64
		key   []byte
	}
	var keys []member
	names := make([]string, len(m.t.Columns))
	for i, c := range m.t.Columns {
		names[i] = quote(c.Name)
		if !slices.Contains(columns, c.Name) {
			names[i] = "NULL" // it may not be there yet
		}
	}
	err := m.s.conn.query(fmt.Sprintf("SELECT _order, %s FROM %s", join(names, ", "), quote(m.t.Name())), func(q *stmt) error {
		row, err := q.row(1, m.t)
		if err != nil {
			return err
		}
		keys = append(keys, member{q.int(0), store.UniqueKey(m.t, at, row)})
		return nil
	})
	if err != nil {
		return err
	}
	q, err := m.s.conn.prepareOnce(fmt.Sprintf("UPDATE %s SET %s = ? WHERE _order = ?", quote(m.t.Name()), key))
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

// move takes members out of a subset that are not in the set that it is now of.
func (m *migration) move() error {
	if m.t.Of == nil {
		return nil
	}
	n, err := m.count("_id NOT IN (SELECT _id FROM " + quote(m.t.Of.Name()) + ")")
	if err != nil {
		return err
	}
	m.loses(n, "%s of %s that %s not in %s", members(n), m.t.Name(), map[bool]string{true: "is", false: "are"}[n == 1], m.t.Of.Name())
	return m.clear(m.t)
}

// clear takes strays out of a subset and of the subsets of it.
func (m *migration) clear(t *store.Table) error {
	if err := m.exec("DELETE FROM %s WHERE _id NOT IN (SELECT _id FROM %s)", quote(t.Name()), quote(t.Of.Name())); err != nil {
		return err
	}
	// Collections and subsets that are to come have no table yet, and no strays.
	there := func(name string) (bool, error) {
		n := 0
		err := m.s.conn.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", func(*stmt) error { n++; return nil }, name)
		return n > 0, err
	}
	for _, c := range t.Columns {
		if c.Many == store.One {
			continue
		}
		side := sideName(t, c.Name)
		if ok, err := there(side); err != nil {
			return err
		} else if ok {
			if err := m.exec("DELETE FROM %s WHERE member NOT IN (SELECT _order FROM %s)", quote(side), quote(t.Name())); err != nil {
				return err
			}
		}
	}
	for _, sub := range m.schema.Tables {
		if sub.Of != t {
			continue
		}
		if ok, err := there(sub.Name()); err != nil {
			return err
		} else if ok {
			if err := m.clear(sub); err != nil {
				return err
			}
		}
	}
	return nil
}
