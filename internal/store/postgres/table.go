package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
)

// A table is one set in the database, with the texts of its statements.
type table struct {
	def     *store.Table
	of      *table
	subsets []*table
	sides   []*side
	columns string // for SELECT, in the order in which member reads them

	get, insert, update, exists string

	mu   sync.RWMutex
	find map[string]*finder
}

// A side is the table of the items of a collection.
type side struct {
	column    int
	name      string
	add, drop string
}

// quote quotes a name for SQL. The database truncates names after 63 bytes, so long ones
// get a digest at their end.
func quote(name string) string {
	if len(name) > 63 {
		sum := sha256.Sum256([]byte(name))
		name = strings.ToValidUTF8(name[:50], "") + "…" + hex.EncodeToString(sum[:4])
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// columnName returns the name of a field's column, which must differ from the columns
// that the database has in each table.
func columnName(name string) string {
	switch name {
	case "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid":
		name = "_" + name
	}
	return quote(name)
}

// indexed returns the indexed expression of a column or a parameter: of a text only the
// beginning, since indexes of the database cannot have long values.
func indexed(c *store.Column, what string) string {
	if c.Type == store.Text || c.Type == store.Blob || c.Many != store.One {
		return "left(" + what + ", 100)"
	}
	return what
}

// createTable returns the statements that create a table, without its indexes.
func createTable(t *store.Table) []string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (_order BIGINT PRIMARY KEY, _id TEXT NOT NULL UNIQUE", quote(t.Name()))
	for i := range t.Columns {
		fmt.Fprintf(&b, ", %s %s", columnName(t.Columns[i].Name), sqlType(&t.Columns[i]))
	}
	b.WriteString(")")
	out := []string{b.String()}
	for _, c := range t.Columns {
		if c.Many != store.One {
			out = append(out, createSide(t, c.Name)...)
		}
	}
	return out
}

// createSide returns the statements that create the table of a collection's items.
func createSide(t *store.Table, column string) []string {
	name := tables.SideName(t, column)
	return []string{
		fmt.Sprintf("CREATE TABLE %s (member BIGINT NOT NULL, item BIGINT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (member, item))", quote(name)),
		fmt.Sprintf("CREATE INDEX %s ON %s ((left(value, 100)), member)", quote(name+" by value"), quote(name)),
	}
}

// createUnique returns the statement that creates the index of a unique.
func createUnique(t *store.Table, columns []string) string {
	return fmt.Sprintf("CREATE UNIQUE INDEX %s ON %s (%s)", quote(tables.IndexName(t, "unique", columns)), quote(t.Name()), quote(tables.KeyColumn(columns)))
}

// createIndex returns the statement that creates an index, and "" if no column can have
// one: the items of a collection always have theirs.
func createIndex(t *store.Table, columns []string) string {
	var on []string
	for _, c := range columns {
		if column := &t.Columns[t.Column(c)]; tables.Comparable(column) {
			on = append(on, "("+indexed(column, columnName(c))+")")
		}
	}
	if len(on) == 0 {
		return ""
	}
	return fmt.Sprintf("CREATE INDEX %s ON %s (%s, _order)", quote(tables.IndexName(t, "by", columns)), quote(t.Name()), strings.Join(on, ", "))
}

// checkNames rejects the names that the store reserves.
func checkNames(s *store.Schema) error {
	for _, t := range s.Tables {
		for _, c := range t.Columns {
			if strings.HasPrefix(c.Name, "_") {
				return fmt.Errorf("the field %s.%s begins with _, which the store reserves: rename it", t.Name(), c.Name)
			}
		}
	}
	return nil
}

// newTable makes the texts of the statements of a table.
func newTable(def *store.Table) *table {
	t := &table{def: def, find: map[string]*finder{}}
	name := quote(def.Name())
	names, params := []string{"_order", "_id"}, []string{"$1::bigint", "$2::text"}
	selected := []string{"_order", "_id"}
	var sets, free []string
	for i := range def.Columns {
		c := &def.Columns[i]
		column := columnName(c.Name)
		params = append(params, fmt.Sprintf("$%d::%s", len(params)+1, sqlType(c)))
		names, selected = append(names, column), append(selected, column)
		sets = append(sets, fmt.Sprintf("%s = $%d", column, len(sets)+2))
		if c.Many != store.One {
			d := quote(tables.SideName(def, c.Name))
			t.sides = append(t.sides, &side{
				column: i, name: d,
				add: fmt.Sprintf("INSERT INTO %s (member, item, value) SELECT $1::bigint, x.item, x.value FROM unnest($2::bigint[], $3::text[]) AS x(item, value) "+
					"WHERE EXISTS (SELECT 1 FROM %s WHERE _order = $1)", d, name),
				drop: fmt.Sprintf("DELETE FROM %s WHERE member = $1", d),
			})
		}
	}
	t.columns = strings.Join(selected, ", ")
	for _, u := range def.Unique {
		key := quote(tables.KeyColumn(tables.Names(def, u)))
		names = append(names, key)
		params = append(params, fmt.Sprintf("$%d::bytea", len(params)+1))
		n := len(sets) + 2
		sets = append(sets, fmt.Sprintf("%s = $%d", key, n))
		free = append(free, fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM %s x WHERE x.%s = $%d AND x._id <> $1)", name, key, n))
	}
	if len(sets) == 0 {
		sets = []string{"_id = _id"} // so that an update reports whether the member exists
	}
	t.get = fmt.Sprintf("SELECT %s FROM %s WHERE _id = $1", t.columns, name)
	t.exists = fmt.Sprintf("SELECT 1 FROM %s WHERE _id = $1", name)
	where := ""
	if def.Of != nil {
		where = fmt.Sprintf(" WHERE EXISTS (SELECT 1 FROM %s WHERE _id = $2)", quote(def.Of.Name()))
	}
	t.insert = fmt.Sprintf("INSERT INTO %s (%s) SELECT %s%s ON CONFLICT DO NOTHING", name, strings.Join(names, ", "), strings.Join(params, ", "), where)
	t.update = fmt.Sprintf("UPDATE %s SET %s WHERE _id = $1%s RETURNING _order", name, strings.Join(sets, ", "), strings.Join(free, ""))
	return t
}

// removal returns the statements that delete a member from the subsets and, last, from
// this table.
func (t *table) removal() []string {
	var out []string
	for _, sub := range t.subsets {
		out = append(out, sub.removal()...)
	}
	name := quote(t.def.Name())
	for _, d := range t.sides {
		out = append(out, fmt.Sprintf("DELETE FROM %s WHERE member IN (SELECT _order FROM %s WHERE _id = $1)", d.name, name))
	}
	return append(out, fmt.Sprintf("DELETE FROM %s WHERE _id = $1", name))
}

// useTxLocked sets the tables of a schema.
func (s *Store) useTxLocked(schema *store.Schema) error {
	var tables []*table
	byName := map[string]*table{}
	for i, def := range schema.Tables {
		if def.Index != i {
			return fmt.Errorf("the table %s says that its place in the schema is %d, but it is %d", def.Name(), def.Index, i)
		}
		t := newTable(def)
		tables = append(tables, t)
		byName[def.Name()] = t
		if def.Of != nil {
			t.of = byName[def.Of.Name()]
			if t.of == nil {
				return fmt.Errorf("the set %s is a subset of %s, which does not come before it", def.Name(), def.Of.Name())
			}
			t.of.subsets = append(t.of.subsets, t)
		}
	}
	s.queue.Lock()
	s.tables, s.byName, s.versions = tables, byName, store.NewTableVersions(schema)
	s.queue.Unlock()
	return nil
}

// uniqueOf returns the columns of a unique that a search has.
func (t *table) uniqueOf(columns []int, null func(i int) bool) (unique []int) {
	for _, u := range t.def.Unique {
		covered := true
		for _, c := range u {
			i := slices.Index(columns, c)
			if i < 0 || null(i) || t.def.Columns[c].Many != store.One {
				covered = false
			}
		}
		if covered {
			return u
		}
	}
	return nil
}
