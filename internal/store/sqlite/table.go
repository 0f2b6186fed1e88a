package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
)

// A table is one set in the file, with its statements.
type table struct {
	def     *store.Table
	of      *table
	subsets []*table
	sides   []*side
	keyed   [][]int // the uniques that have a column for their key

	get, insert, update, remove, exists *stmt

	find map[string]*finder
}

// A side is the table of the items of a collection.
type side struct {
	column    int
	name      string
	add, drop *stmt
}

// quote quotes a name for SQL.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// isKeyed reports whether a unique needs a key column.
func isKeyed(t *store.Table, columns []int) bool {
	return slices.ContainsFunc(columns, func(c int) bool { return !tables.Comparable(&t.Columns[c]) })
}

// createTable returns the statements that create a table, without its indexes.
func createTable(t *store.Table) []string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (_order INTEGER PRIMARY KEY, _id TEXT NOT NULL UNIQUE", quote(t.Name()))
	for i := range t.Columns {
		fmt.Fprintf(&b, ", %s %s", quote(t.Columns[i].Name), sqlType(&t.Columns[i]))
	}
	b.WriteString(") STRICT")
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
		fmt.Sprintf("CREATE TABLE %s (value ANY NOT NULL, member INTEGER NOT NULL, PRIMARY KEY (value, member)) STRICT, WITHOUT ROWID", quote(name)),
		fmt.Sprintf("CREATE INDEX %s ON %s (member)", quote(name+" by member"), quote(name)),
	}
}

// createUnique returns the statement that creates the index of a unique.
func createUnique(t *store.Table, columns []string) string {
	on := make([]string, len(columns))
	for i, c := range columns {
		on[i] = quote(c)
	}
	if isKeyed(t, tables.Places(t, columns)) {
		on = []string{quote(tables.KeyColumn(columns))}
	}
	return fmt.Sprintf("CREATE UNIQUE INDEX %s ON %s (%s)", quote(tables.IndexName(t, "unique", columns)), quote(t.Name()), strings.Join(on, ", "))
}

// createIndex returns the statement that creates an index, and "" if no column can have
// one: the items of a collection always have theirs.
func createIndex(t *store.Table, columns []string) string {
	var on []string
	for _, c := range columns {
		if tables.Comparable(&t.Columns[t.Column(c)]) {
			on = append(on, quote(c))
		}
	}
	if len(on) == 0 {
		return ""
	}
	return fmt.Sprintf("CREATE INDEX %s ON %s (%s)", quote(tables.IndexName(t, "by", columns)), quote(t.Name()), strings.Join(on, ", "))
}

// checkNames rejects names that SQLite cannot distinguish.
func checkNames(s *store.Schema) error {
	seen := map[string]string{}
	distinct := func(name, what string) error {
		low := strings.ToLower(name)
		if other := seen[low]; other != "" {
			return fmt.Errorf("the %s %s and %s differ only in upper and lower case, which SQLite does not distinguish: rename one", what, other, name)
		}
		seen[low] = name
		return nil
	}
	for _, t := range s.Tables {
		if err := distinct(t.Name(), "sets"); err != nil {
			return err
		}
		for _, c := range t.Columns {
			if err := distinct(t.Name()+"."+c.Name, "fields"); err != nil {
				return err
			}
			if strings.HasPrefix(c.Name, "_") {
				return fmt.Errorf("the field %s.%s begins with _, which the store reserves: rename it", t.Name(), c.Name)
			}
		}
	}
	return nil
}

// newTable prepares the statements of a table.
func (s *Store) newTable(def *store.Table) (*table, error) {
	t := &table{def: def, find: map[string]*finder{}}
	var columns, marks, sets []string
	for i, c := range def.Columns {
		columns = append(columns, quote(c.Name))
		marks = append(marks, "?")
		sets = append(sets, quote(c.Name)+" = ?")
		if c.Many != store.One {
			t.sides = append(t.sides, &side{column: i, name: quote(tables.SideName(def, c.Name))})
		}
	}
	selected := strings.Join(append([]string{"_order"}, columns...), ", ")
	for _, u := range def.Unique {
		if isKeyed(def, u) {
			t.keyed = append(t.keyed, u)
			key := quote(tables.KeyColumn(tables.Names(def, u)))
			columns = append(columns, key)
			marks = append(marks, "?")
			sets = append(sets, key+" = ?")
		}
	}
	name := quote(def.Name())
	if len(sets) == 0 {
		sets = []string{"_id = _id"} // so that an update reports whether the member exists
	}
	texts := []struct {
		to   **stmt
		text string
	}{
		{&t.get, fmt.Sprintf("SELECT %s FROM %s WHERE _id = ?", selected, name)},
		{&t.insert, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", name, strings.Join(append([]string{"_order", "_id"}, columns...), ", "), strings.Join(append(marks, "?", "?"), ", "))},
		{&t.update, fmt.Sprintf("UPDATE %s SET %s WHERE _id = ?", name, strings.Join(sets, ", "))},
		{&t.remove, fmt.Sprintf("DELETE FROM %s WHERE _id = ?", name)},
		{&t.exists, fmt.Sprintf("SELECT 1 FROM %s WHERE _id = ?", name)},
	}
	for _, d := range t.sides {
		texts = append(texts, struct {
			to   **stmt
			text string
		}{&d.add, fmt.Sprintf("INSERT OR IGNORE INTO %s (value, member) VALUES (?, ?)", d.name)}, struct {
			to   **stmt
			text string
		}{&d.drop, fmt.Sprintf("DELETE FROM %s WHERE member = ?", d.name)})
	}
	for _, x := range texts {
		var err error
		if *x.to, err = s.conn.prepare(x.text); err != nil {
			return nil, err
		}
	}
	return t, nil
}
