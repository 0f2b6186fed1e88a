package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A finder is the statement for one kind of search: by which columns, which of them for
// null, whether after a member, whether with a limit, and due by which column.
type finder struct {
	q      *stmt
	filter []int // indexes in the key that the statement does not compare
}

// finder returns the finder for a search.
func (s *Store) finder(t *table, columns []int, key []value.Value, page store.Page) (*finder, error) {
	shape := s.scratch[:0]
	for i, c := range columns {
		null := byte(0)
		if key[i].IsNull() {
			null = 1
		}
		shape = append(shape, byte(c), byte(c>>8), null)
	}
	shape = append(shape, bit(page.After > 0), bit(page.Limit > 0))
	if page.Due != nil {
		shape = append(shape, byte(page.Due.Column), byte(page.Due.Column>>8))
	}
	s.scratch = shape
	if f := t.find[string(shape)]; f != nil {
		return f, nil
	}
	f := &finder{}
	var where []string
	for i, c := range columns {
		column := &t.def.Columns[c]
		null := key[i].IsNull()
		switch {
		case column.Many != store.One && null:
			f.filter = append(f.filter, i)
		case column.Many != store.One && column.Type == store.Json:
			f.filter = append(f.filter, i)
		case column.Many != store.One:
			where = append(where, fmt.Sprintf("_order IN (SELECT member FROM %s WHERE value = ?)", quote(tables.SideName(t.def, column.Name))))
		case null:
			where = append(where, quote(column.Name)+" IS NULL")
		case column.Type == store.Json:
			f.filter = append(f.filter, i)
		default:
			where = append(where, quote(column.Name)+" = ?")
		}
	}
	order := "_order"
	if page.Due != nil && ledBy(t.def, page.Due.Column) {
		order = "+_order" // otherwise SQLite reads the whole table, which has this order
	}
	if page.After > 0 {
		where = append(where, order+" > ?")
	}
	if page.Due != nil {
		where = append(where, quote(t.def.Columns[page.Due.Column].Name)+" <= ?") // null is not
	}
	names := []string{"_order", "_id"}
	for _, c := range t.def.Columns {
		names = append(names, quote(c.Name))
	}
	text := fmt.Sprintf("SELECT %s FROM %s", strings.Join(names, ", "), quote(t.def.Name()))
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	text += " ORDER BY " + order
	if page.Limit > 0 && len(f.filter) == 0 {
		text += " LIMIT ?"
	}
	var err error
	if f.q, err = s.conn.prepare(text); err != nil {
		return nil, err
	}
	t.find[string(shape)] = f
	return f, nil
}

// ledBy reports whether the column is the first one of an index.
func ledBy(t *store.Table, column int) bool {
	for _, x := range slices.Concat(t.Indexes, t.Unique) {
		if x[0] == column && tables.Comparable(&t.Columns[column]) {
			return true
		}
	}
	return false
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// search runs a search.
func (s *Store) search(t *table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	for i, c := range columns {
		// No member has a value of a kind other than that of its column.
		if column := &t.def.Columns[c]; column.Type != store.Json && !key[i].IsNull() && key[i].Kind() != column.Type.Kind() {
			return nil, nil
		}
	}
	if page.Due != nil && page.Due.Until.Kind() != value.TimeKind {
		return nil, nil
	}
	f, err := s.finder(t, columns, key, page)
	if err != nil {
		return nil, err
	}
	for i, c := range columns {
		if !key[i].IsNull() && !slices.Contains(f.filter, i) {
			s.bindItem(f.q, t.def.Columns[c].Type, key[i])
		}
	}
	if page.After > 0 {
		f.q.bindInt(page.After)
	}
	if page.Due != nil {
		s.bindItem(f.q, store.Moment, page.Due.Until)
	}
	if page.Limit > 0 && len(f.filter) == 0 {
		f.q.bindInt(int64(page.Limit))
	}
	var out []store.Member
	for {
		more, err := f.q.step()
		if err != nil {
			return nil, err
		}
		if !more || page.Limit > 0 && len(out) == page.Limit {
			return out, f.q.reset()
		}
		row, err := f.q.row(2, t.def)
		if err != nil {
			f.q.reset()
			return nil, err
		}
		if slices.ContainsFunc(f.filter, func(i int) bool { return !matches(&t.def.Columns[columns[i]], row[columns[i]], key[i]) }) {
			continue
		}
		out = append(out, store.Member{ID: f.q.string(1), Row: row, Order: f.q.int(0)})
	}
}

func matches(c *store.Column, v, key value.Value) bool {
	same := func(x value.Value) bool { return value.Equal(x, key) || x.IsNull() && key.IsNull() }
	if c.Many == store.One {
		return same(v)
	}
	return slices.ContainsFunc(v.Items(), same)
}

// row reads the columns of a member, beginning at column i of a result.
func (q *stmt) row(i int, t *store.Table) (store.Row, error) {
	row := make(store.Row, len(t.Columns))
	for c := range t.Columns {
		v, err := q.value(i+c, &t.Columns[c])
		if err != nil {
			return nil, fmt.Errorf("reading %s.%s: %w", t.Name(), t.Columns[c].Name, err)
		}
		row[c] = v
	}
	return row, nil
}
