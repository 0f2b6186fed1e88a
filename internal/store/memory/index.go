package memory

import (
	"slices"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// An index finds members by the values of some columns. A non-unique index finds a
// member by each item of a collection; a unique index compares the whole collection.
type index struct {
	def     *store.Table
	columns []int
	unique  bool
	many    bool               // some column is a collection
	single  map[string]*member // of a unique index
	lists   map[string]*bucket // of the others
}

// A bucket has members in the order of their insertion.
type bucket struct{ members []*member }

func newIndex(def *store.Table, columns []int, unique bool) *index {
	x := &index{def: def, columns: columns, unique: unique}
	for _, c := range columns {
		x.many = x.many || def.Columns[c].Many != store.One
	}
	if unique {
		x.single = map[string]*member{}
	} else {
		x.lists = map[string]*bucket{}
	}
	return x
}

// exempt reports whether a unique index omits a row.
func (x *index) exempt(row store.Row) bool {
	for _, c := range x.columns {
		if row[c].IsNull() {
			return true
		}
	}
	return false
}

// same reports whether two rows have the same key in the index.
func (x *index) same(a, b store.Row) bool {
	for _, c := range x.columns {
		if !value.Equal(a[c], b[c]) {
			return false
		}
	}
	return true
}

// key appends the key of a row, collections as wholes.
func (x *index) key(dst []byte, row store.Row) []byte {
	for _, c := range x.columns {
		dst = appendKey(dst, x.def.Columns[c].Many, row[c])
	}
	return dst
}

// appendKey appends the key of a value. Equal values have equal keys. The order of a set
// does not matter.
func appendKey(dst []byte, many store.Many, v value.Value) []byte {
	if many == store.Set && !v.IsNull() {
		items := slices.Clone(v.Items())
		slices.SortFunc(items, value.Compare)
		v = value.List(items)
	}
	return value.AppendKey(dst, v)
}

// add adds a member. It reuses the buffer for the key.
func (x *index) add(room []byte, m *member) []byte {
	switch {
	case x.unique:
		if !x.exempt(m.Row) {
			room = x.key(room[:0], m.Row)
			x.single[string(room)] = m
		}
	case x.many:
		x.each(m.Row, 0, nil, func(key []byte) { x.put(key, m) })
	default:
		room = x.key(room[:0], m.Row)
		x.put(room, m)
	}
	return room
}

func (x *index) remove(room []byte, m *member) []byte {
	switch {
	case x.unique:
		if !x.exempt(m.Row) {
			room = x.key(room[:0], m.Row)
			delete(x.single, string(room))
		}
	case x.many:
		x.each(m.Row, 0, nil, func(key []byte) { x.take(key, m) })
	default:
		room = x.key(room[:0], m.Row)
		x.take(room, m)
	}
	return room
}

// each calls do with the key of each combination of one item of every collection.
func (x *index) each(row store.Row, i int, key []byte, do func(key []byte)) {
	if i == len(x.columns) {
		do(key)
		return
	}
	c := x.columns[i]
	if x.def.Columns[c].Many == store.One {
		x.each(row, i+1, value.AppendKey(key, row[c]), do)
		return
	}
	for _, item := range row[c].Items() {
		x.each(row, i+1, value.AppendKey(key, item), do)
	}
}

func (x *index) put(key []byte, m *member) {
	b := x.lists[string(key)]
	if b == nil {
		b = &bucket{}
		x.lists[string(key)] = b
	}
	if n := len(b.members); n == 0 || b.members[n-1].Order < m.Order {
		b.members = append(b.members, m)
		return
	}
	if i, there := after(b.members, m.Order-1); !there {
		b.members = slices.Insert(b.members, i, m)
	}
}

func (x *index) take(key []byte, m *member) {
	b := x.lists[string(key)]
	if b == nil {
		return // an item that occurs twice in a list
	}
	if i, there := after(b.members, m.Order-1); there {
		b.members = slices.Delete(b.members, i, i+1)
	}
	if len(b.members) == 0 {
		delete(x.lists, string(key))
	}
}

// after returns the first member with a greater Order, and whether it has the next one.
func after(members []*member, order int64) (int, bool) {
	return slices.BinarySearchFunc(members, order+1, func(m *member, o int64) int {
		switch {
		case m.Order < o:
			return -1
		case m.Order > o:
			return 1
		}
		return 0
	})
}
