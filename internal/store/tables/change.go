package tables

import (
	"errors"
	"fmt"
	"strings"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Database changes tables, in an open transaction.
type Database interface {
	// Exec runs a statement.
	Exec(text string) error
	// Number runs a query for one number.
	Number(text string) (int64, error)
	// Texts runs a query for a column of texts.
	Texts(text string, each func(string)) error
	// HasTable reports whether there is a table.
	HasTable(name string) (bool, error)

	// Quote quotes the name of a table or an index, Column that of a field.
	Quote(name string) string
	Column(name string) string
	// Type returns the SQL type of a field's column.
	Type(c *store.Column) string
	// CreateTable returns the statements that create a table and the tables of its
	// collections, without its indexes; CreateSide those for one collection.
	CreateTable(t *store.Table) []string
	CreateSide(t *store.Table, column string) []string
	// CreateIndex returns the statement that creates an index, and nothing if no
	// column can have one.
	CreateIndex(t *store.Table, columns []string) string
	// AddUnique creates a unique, unless members share its values.
	AddUnique(t *store.Table, columns []string) (shared bool, err error)
	// DropUnique removes what AddUnique has created.
	DropUnique(t *store.Table, columns []string) error
	// RenameIndexes renames the indexes that CreateTable, or for a side CreateSide,
	// has created for a table that has been renamed.
	RenameIndexes(from, to string, side bool) error
	// Without returns some members that have no value in a column, after the one with
	// an order and by their order; none if there are no more.
	Without(t *store.Table, column string, after int64) ([]store.Member, error)
	// Set sets a column of a member.
	Set(t *store.Table, c *store.Column, order int64, v value.Value) error
}

// Change makes one change of a migration, and adds to the plan what it loses and what
// prevents it.
func Change(db Database, plan *store.Plan, schema *store.Schema, c store.Change) error {
	m := &migration{Database: db, plan: plan, schema: schema, c: c, t: c.Table()}
	return m.do()
}

// A migration makes one change.
type migration struct {
	Database
	plan   *store.Plan
	schema *store.Schema
	c      store.Change
	t      *store.Table
}

func (m *migration) exec(format string, args ...any) error {
	return m.Exec(fmt.Sprintf(format, args...))
}

func (m *migration) all(texts []string) error {
	for _, text := range texts {
		if err := m.Exec(text); err != nil {
			return err
		}
	}
	return nil
}

func (m *migration) name() string { return m.Quote(m.t.Name()) }

// count counts the members of the table that satisfy a condition.
func (m *migration) count(where string) (int64, error) {
	return m.Number(fmt.Sprintf("SELECT count(*) FROM %s WHERE %s", m.name(), where))
}

// loses notes a loss if it concerns any members.
func (m *migration) loses(n int64, format string, args ...any) {
	if n > 0 {
		m.plan.Losses = append(m.plan.Losses, fmt.Sprintf(format, args...))
	}
}

// blocks notes what prevents the change, if anything does.
func (m *migration) blocks(what string) {
	if what != "" {
		m.plan.Blocked = append(m.plan.Blocked, what)
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
	switch c := m.c; c.Kind {
	case store.AddTable:
		return m.addTable()
	case store.DropTable:
		n, err := m.count("true")
		if err != nil {
			return err
		}
		m.loses(n, "table %s with %s", m.t.Name(), members(n))
		for i := range c.Old.Columns {
			if err := m.dropSide(&c.Old.Columns[i]); err != nil {
				return err
			}
		}
		return m.exec("DROP TABLE %s", m.name())
	case store.DropUnique:
		return m.DropUnique(c.Old, c.Columns)
	case store.DropIndex:
		return m.exec("DROP INDEX IF EXISTS %s", m.Quote(IndexName(m.t, "by", c.Columns)))
	case store.AddUnique:
		return m.addUnique(c.Columns)
	case store.AddIndex:
		return m.addIndex(c.Columns)
	case store.DropColumn:
		return m.dropColumn(m.column(c.Old))
	case store.AddColumn:
		return m.addColumn(m.column(c.New))
	case store.RetypeColumn:
		if err := m.dropColumn(m.column(c.Old)); err != nil {
			return err
		}
		return m.putColumn(m.column(c.New))
	case store.RenameTable:
		return m.renameTable()
	case store.RenameColumn:
		return m.renameColumn()
	case store.FillColumn:
		return m.initial(m.column(c.New))
	case store.RequireColumn:
		column := m.column(c.New)
		if column.Initial != nil {
			return nil // FillColumn gives the values
		}
		n, err := m.count(m.Column(column.Name) + " IS NULL")
		if err != nil {
			return err
		}
		m.loses(n, "%s of %s without %s, which is now required", members(n), m.t.Name(), column.Name)
		return m.fill(column)
	case store.MoveTable:
		return m.move()
	case store.NarrowTable:
		n, err := m.count("true")
		m.blocks(c.TooMany(n))
		return err
	case store.NarrowColumn:
		n, first, err := m.misfits(m.column(c.New))
		m.blocks(c.Misfit(n, first))
		return err
	}
	return nil
}

// column returns the column of a table that changes.
func (m *migration) column(t *store.Table) *store.Column { return &t.Columns[t.Column(m.c.Column)] }

func (m *migration) addTable() error {
	if err := m.all(m.CreateTable(m.t)); err != nil {
		return err
	}
	for _, u := range m.t.Unique {
		if err := m.addUnique(Names(m.t, u)); err != nil {
			return err
		}
	}
	for _, x := range m.t.Indexes {
		if err := m.addIndex(Names(m.t, x)); err != nil {
			return err
		}
	}
	return nil
}

func (m *migration) addIndex(columns []string) error {
	if text := m.CreateIndex(m.t, columns); text != "" {
		return m.Exec(text)
	}
	return nil
}

// addUnique creates a unique; members that share its values block it.
func (m *migration) addUnique(columns []string) error {
	shared, err := m.AddUnique(m.t, columns)
	if shared {
		m.blocks(fmt.Sprintf("members of %s that share their %s, which is to be unique", m.t.Name(), list(columns)))
	}
	return err
}

func (m *migration) dropSide(c *store.Column) error {
	if c.Many == store.One {
		return nil
	}
	return m.exec("DROP TABLE %s", m.Quote(SideName(m.t, c.Name)))
}

func (m *migration) dropColumn(c *store.Column) error {
	where := m.Column(c.Name) + " IS NOT NULL"
	if c.Many != store.One {
		where += " AND " + m.Column(c.Name) + " <> '[]'"
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
	if err := m.dropSide(c); err != nil {
		return err
	}
	return m.exec("ALTER TABLE %s DROP COLUMN %s", m.name(), m.Column(c.Name))
}

func (m *migration) addColumn(c *store.Column) error {
	if c.Initial == nil && !m.c.Harmless() {
		n, err := m.count("true")
		if err != nil {
			return err
		}
		m.loses(n, "%s of %s without %s, which is now required", members(n), m.t.Name(), c.Name)
	}
	return m.putColumn(c)
}

// putColumn adds a column and gives members the values that they must have.
func (m *migration) putColumn(c *store.Column) error {
	if err := m.exec("ALTER TABLE %s ADD COLUMN %s %s", m.name(), m.Column(c.Name), m.Type(c)); err != nil {
		return err
	}
	if c.Many != store.One {
		if err := m.all(m.CreateSide(m.t, c.Name)); err != nil {
			return err
		}
	}
	if c.Initial != nil {
		return nil // FillColumn gives the values
	}
	return m.fill(c)
}

// renameTable renames a table and the tables of its collections.
func (m *migration) renameTable() error {
	from, to := m.c.Old, m.c.New
	if err := m.rename(from.Name(), to.Name()); err != nil {
		return err
	}
	if err := m.RenameIndexes(from.Name(), to.Name(), false); err != nil {
		return err
	}
	for _, c := range from.Columns {
		if c.Many != store.One {
			if err := m.renameSide(SideName(from, c.Name), SideName(to, c.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// rename renames a table of the database. Some databases do not distinguish names that
// differ in case only.
func (m *migration) rename(from, to string) error {
	if strings.EqualFold(from, to) {
		middle := "_was " + from
		if err := m.exec("ALTER TABLE %s RENAME TO %s", m.Quote(from), m.Quote(middle)); err != nil {
			return err
		}
		from = middle
	}
	return m.exec("ALTER TABLE %s RENAME TO %s", m.Quote(from), m.Quote(to))
}

func (m *migration) renameSide(from, to string) error {
	if err := m.rename(from, to); err != nil {
		return err
	}
	return m.RenameIndexes(from, to, true)
}

// renameColumn renames a column and, for a collection, the table of its items.
func (m *migration) renameColumn() error {
	from := m.c.Columns[0]
	if err := m.exec("ALTER TABLE %s RENAME COLUMN %s TO %s", m.name(), m.Column(from), m.Column(m.c.Column)); err != nil {
		return err
	}
	if m.column(m.c.Old).Many == store.One {
		return nil
	}
	return m.renameSide(SideName(m.t, from), SideName(m.t, m.c.Column))
}

// initial gives the members without a value the initial one.
func (m *migration) initial(c *store.Column) error {
	failed, first := int64(0), ""
	at := m.t.Column(c.Name)
	for after := int64(0); ; {
		page, err := m.Without(m.t, c.Name, after)
		if err != nil || len(page) == 0 {
			if failed > 0 {
				m.blocks(fmt.Sprintf("the initial value of %s.%s for %s: %s", m.t.Name(), c.Name, members(failed), first))
			}
			return err
		}
		for _, x := range page {
			after = x.Order
			v, err := c.Initial(x.Row)
			if err == nil && v.IsNull() {
				err = errors.New("it is null")
			}
			if err == nil {
				x.Row[at] = v
				err = m.t.Check(x.Row)
			}
			if err != nil {
				if failed++; failed == 1 {
					first = err.Error()
				}
				continue
			}
			if err := m.Set(m.t, c, x.Order, v); err != nil {
				return err
			}
		}
	}
}

// fill gives members without a value the empty value of the type, if they must have
// one.
func (m *migration) fill(c *store.Column) error {
	empty := ""
	switch {
	case c.Many != store.One:
		empty = "'[]'"
	case c.Optional:
	case c.Type == store.Text:
		empty = "''"
	case c.Type == store.Flag:
		empty = "false"
	case c.Type == store.Number, c.Type == store.Moment:
		empty = "0"
	}
	if empty == "" {
		return nil
	}
	return m.exec("UPDATE %s SET %s = %s WHERE %[2]s IS NULL", m.name(), m.Column(c.Name), empty)
}

// misfits counts the texts in a column, or among its items, that are outside of the new
// domain, and returns the first.
func (m *migration) misfits(c *store.Column) (n int64, first string, err error) {
	from, column := m.name(), m.Column(c.Name)
	if c.Many != store.One {
		from, column = m.Quote(SideName(m.t, c.Name)), "value"
	}
	err = m.Texts(fmt.Sprintf("SELECT %s FROM %s WHERE %[1]s IS NOT NULL", column, from), func(text string) {
		if !m.c.Fits(text) {
			if n++; n == 1 {
				first = text
			}
		}
	})
	return n, first, err
}

// move removes the members of a subset that are not in its new set.
func (m *migration) move() error {
	if m.t.Of == nil {
		return nil
	}
	n, err := m.count("_id NOT IN (SELECT _id FROM " + m.Quote(m.t.Of.Name()) + ")")
	if err != nil {
		return err
	}
	m.loses(n, "%s of %s that %s not in %s", members(n), m.t.Name(), map[bool]string{true: "is", false: "are"}[n == 1], m.t.Of.Name())
	return m.clear(m.t)
}

// clear removes those members from a subset and from its subsets. New collections and
// subsets have no table yet.
func (m *migration) clear(t *store.Table) error {
	if err := m.exec("DELETE FROM %s WHERE _id NOT IN (SELECT _id FROM %s)", m.Quote(t.Name()), m.Quote(t.Of.Name())); err != nil {
		return err
	}
	for _, c := range t.Columns {
		if c.Many == store.One {
			continue
		}
		side := SideName(t, c.Name)
		if there, err := m.HasTable(side); err != nil {
			return err
		} else if there {
			if err := m.exec("DELETE FROM %s WHERE member NOT IN (SELECT _order FROM %s)", m.Quote(side), m.Quote(t.Name())); err != nil {
				return err
			}
		}
	}
	for _, sub := range m.schema.Tables {
		if sub.Of != t {
			continue
		}
		if there, err := m.HasTable(sub.Name()); err != nil {
			return err
		} else if there {
			if err := m.clear(sub); err != nil {
				return err
			}
		}
	}
	return nil
}
