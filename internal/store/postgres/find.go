package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A finder is the statement for one kind of search: by which columns, which of them for
// null, whether after a member, whether with a limit, and due by which column.
type finder struct {
	text   string
	filter []int // indexes in the key that the statement does not compare
	unique []int // the columns of a unique that the search has
}

// finder returns the finder for a search.
func (t *table) finder(columns []int, key []value.Value, page store.Page) *finder {
	var room [32]byte
	shape := room[:0]
	for i, c := range columns {
		shape = append(shape, byte(c), byte(c>>8), bit(key[i].IsNull()))
	}
	shape = append(shape, bit(page.After > 0), bit(page.Limit > 0))
	if page.Due != nil {
		shape = append(shape, byte(page.Due.Column), byte(page.Due.Column>>8))
	}
	t.mu.RLock()
	f := t.find[string(shape)]
	t.mu.RUnlock()
	if f == nil {
		f = t.newFinder(columns, key, page)
		t.mu.Lock()
		t.find[string(shape)] = f
		t.mu.Unlock()
	}
	return f
}

func (t *table) newFinder(columns []int, key []value.Value, page store.Page) *finder {
	f := &finder{}
	var where []string
	n := 0
	param := func() string { n++; return fmt.Sprint("$", n) }
	for i, c := range columns {
		column := &t.def.Columns[c]
		name, null := columnName(column.Name), key[i].IsNull()
		switch {
		case column.Many != store.One && null, column.Type == store.Json && !(column.Many == store.One && null):
			f.filter = append(f.filter, i)
		case null:
			where = append(where, name+" IS NULL")
		default:
			p := param()
			is := name + " = " + p
			if column.Many != store.One {
				name, is = "value", "value = "+p
			}
			if short := indexed(column, name); short != name {
				is = short + " = " + indexed(column, p) + " AND " + is
			}
			if column.Many != store.One {
				is = fmt.Sprintf("_order IN (SELECT member FROM %s WHERE %s)", quote(tables.SideName(t.def, column.Name)), is)
			}
			where = append(where, is)
		}
	}
	if f.unique = t.uniqueOf(columns, func(i int) bool { return key[i].IsNull() }); f.unique != nil {
		where = append(where, quote(tables.KeyColumn(tables.Names(t.def, f.unique)))+" = "+param())
	}
	if page.After > 0 {
		where = append(where, "_order > "+param())
	}
	if page.Due != nil {
		where = append(where, columnName(t.def.Columns[page.Due.Column].Name)+" <= "+param()) // null is not
	}
	f.text = fmt.Sprintf("SELECT %s FROM %s", t.columns, quote(t.def.Name()))
	if len(where) > 0 {
		f.text += " WHERE " + strings.Join(where, " AND ")
	}
	f.text += " ORDER BY _order"
	if page.Limit > 0 && len(f.filter) == 0 {
		f.text += " LIMIT " + param()
	}
	return f
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// Get reads a member.
func (f *session) Get(def *store.Table, id string) (store.Row, error) {
	t, err := f.check(def)
	if err != nil {
		return nil, err
	}
	var m store.Member
	err = f.read(t, t.get, []any{encodeText(id)}, func(rows pgx.Rows) (err error) {
		m, err = t.member(rows)
		return err
	})
	return m.Row, err
}

// Find runs a search.
func (f *session) Find(def *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	t, err := f.check(def)
	if err != nil {
		return nil, err
	}
	for i, c := range columns {
		// No member has a value of a kind other than that of its column.
		if column := &def.Columns[c]; column.Type != store.Json && !key[i].IsNull() && key[i].Kind() != column.Type.Kind() {
			return nil, nil
		}
	}
	if page.Due != nil && page.Due.Until.Kind() != value.TimeKind {
		return nil, nil
	}
	q := t.finder(columns, key, page)
	var out []store.Member
	err = f.read(t, q.text, q.args(t, columns, key, page), func(rows pgx.Rows) error {
		if page.Limit > 0 && len(out) == page.Limit {
			return nil
		}
		m, err := t.member(rows)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(q.filter, func(i int) bool { return !matches(&def.Columns[columns[i]], m.Row[columns[i]], key[i]) }) {
			out = append(out, m)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// args returns the parameters in the order of the statement.
func (q *finder) args(t *table, columns []int, key []value.Value, page store.Page) []any {
	args := make([]any, 0, len(columns)+4)
	for i, c := range columns {
		if key[i].IsNull() || slices.Contains(q.filter, i) {
			continue
		}
		if column := &t.def.Columns[c]; column.Many != store.One {
			args = append(args, itemText(column.Type, key[i]))
		} else {
			args = append(args, encodeItem(column.Type, key[i]))
		}
	}
	if q.unique != nil {
		row := make(store.Row, len(t.def.Columns))
		for i, c := range columns {
			row[c] = key[i]
		}
		args = append(args, uniqueKey(t.def, q.unique, row))
	}
	if page.After > 0 {
		args = append(args, page.After)
	}
	if page.Due != nil {
		args = append(args, encodeItem(store.Moment, page.Due.Until))
	}
	if page.Limit > 0 && len(q.filter) == 0 {
		args = append(args, int64(page.Limit))
	}
	return args
}

func matches(c *store.Column, v, key value.Value) bool {
	same := func(x value.Value) bool { return value.Equal(x, key) || x.IsNull() && key.IsNull() }
	if c.Many == store.One {
		return same(v)
	}
	return slices.ContainsFunc(v.Items(), same)
}

// member reads a member: its order, id and columns.
func (t *table) member(rows pgx.Rows) (store.Member, error) {
	values, err := rows.Values()
	if err != nil {
		return store.Member{}, err
	}
	m := store.Member{Order: values[0].(int64), Row: make(store.Row, len(t.def.Columns))}
	if m.ID, err = decodeText(values[1].(string)); err != nil {
		return m, err
	}
	for c := range t.def.Columns {
		if m.Row[c], err = decode(&t.def.Columns[c], values[c+2]); err != nil {
			return m, fmt.Errorf("reading %s.%s: %w", t.def.Name(), t.def.Columns[c].Name, err)
		}
	}
	return m, nil
}
