package memory

import (
	"slices"

	"github.com/legible-lang/legible/store"
)

// A table holds the members of one set.
type table struct {
	def     *store.Table
	of      *table
	subsets []*table
	members map[string]*member
	// In the order of insertion. A deleted member stays in it, marked as gone, until
	// there are more of them than members.
	order   []*member
	gone    int
	uniques []*index
	indexes []*index // the uniques too
}

type member struct {
	store.Member
	gone bool
}

// A change is an entry of the undo log.
type change struct {
	table *table
	m     *member
	kind  kind
	row   store.Row // the row before an update
}

type kind uint8

const (
	inserted kind = iota
	updated
	deleted
)

func newTable(def *store.Table) *table {
	t := &table{def: def, members: map[string]*member{}}
	for _, columns := range def.Unique {
		x := newIndex(def, columns, true)
		t.uniques = append(t.uniques, x)
		t.indexes = append(t.indexes, x)
	}
	for _, columns := range def.Indexes {
		if !slices.ContainsFunc(t.indexes, func(x *index) bool { return !x.unique && slices.Equal(x.columns, columns) }) {
			t.indexes = append(t.indexes, newIndex(def, columns, false))
		}
	}
	return t
}

// unique checks the uniques of a row, which replaces the member m.
func (s *Store) unique(t *table, row store.Row, m *member) error {
	for _, x := range t.uniques {
		if x.exempt(row) {
			continue
		}
		s.key = x.key(s.key[:0], row)
		if other := x.single[string(s.key)]; other != nil && other != m {
			return &store.UniqueError{Table: t.def, Columns: x.columns, ID: other.ID}
		}
	}
	return nil
}

func (s *Store) insert(t *table, id string, row store.Row) error {
	if err := t.def.Check(row); err != nil {
		return err
	}
	if t.of != nil && t.of.members[id] == nil {
		return &store.MemberError{Table: t.of.def, ID: id}
	}
	if t.members[id] != nil {
		return &store.MemberError{Table: t.def, ID: id, Exists: true}
	}
	if err := s.unique(t, row, nil); err != nil {
		return err
	}
	s.order++
	m := &member{Member: store.Member{ID: id, Row: row, Order: s.order}}
	t.members[id] = m
	t.order = append(t.order, m)
	s.link(t, m)
	s.undo = append(s.undo, change{t, m, inserted, nil})
	return nil
}

func (s *Store) update(t *table, id string, row store.Row) error {
	if err := t.def.Check(row); err != nil {
		return err
	}
	m := t.members[id]
	if m == nil {
		return &store.MemberError{Table: t.def, ID: id}
	}
	if err := s.unique(t, row, m); err != nil {
		return err
	}
	s.undo = append(s.undo, change{t, m, updated, m.Row})
	s.replace(t, m, row)
	return nil
}

func (s *Store) replace(t *table, m *member, row store.Row) {
	old := m.Row
	for _, x := range t.indexes {
		if !x.same(old, row) {
			s.key = x.remove(s.key, m)
		}
	}
	m.Row = row
	for _, x := range t.indexes {
		if !x.same(old, row) {
			s.key = x.add(s.key, m)
		}
	}
}

func (s *Store) delete(t *table, id string) error {
	m := t.members[id]
	if m == nil {
		return &store.MemberError{Table: t.def, ID: id}
	}
	for _, sub := range t.subsets {
		if sub.members[id] != nil {
			if err := s.delete(sub, id); err != nil {
				return err
			}
		}
	}
	s.unlink(t, m)
	delete(t.members, id)
	m.gone = true
	t.gone++
	s.undo = append(s.undo, change{t, m, deleted, nil})
	return nil
}

func (s *Store) link(t *table, m *member) {
	for _, x := range t.indexes {
		s.key = x.add(s.key, m)
	}
}

func (s *Store) unlink(t *table, m *member) {
	for _, x := range t.indexes {
		s.key = x.remove(s.key, m)
	}
}

// clearUndoLog keeps the writes of the transaction. It removes the deleted members if
// there are many; before that, a rollback needs their positions.
func (s *Store) clearUndoLog() {
	for _, c := range s.undo {
		if c.kind == deleted && c.table.gone > 32 && c.table.gone > len(c.table.members) {
			c.table.order = slices.DeleteFunc(c.table.order, func(m *member) bool { return m.gone })
			c.table.gone = 0
		}
	}
	s.clearUndo()
}

func (s *Store) clearUndo() {
	clear(s.undo)
	s.undo = s.undo[:0]
	if cap(s.undo) > 4096 {
		s.undo = nil
	}
}

// undoAll undoes the writes of the transaction, the last one first.
func (s *Store) undoAll() {
	for _, c := range slices.Backward(s.undo) {
		switch c.kind {
		case inserted:
			s.unlink(c.table, c.m)
			delete(c.table.members, c.m.ID)
			c.table.order[len(c.table.order)-1] = nil
			c.table.order = c.table.order[:len(c.table.order)-1]
		case updated:
			s.replace(c.table, c.m, c.row)
		case deleted:
			c.m.gone = false
			c.table.gone--
			c.table.members[c.m.ID] = c.m
			s.link(c.table, c.m)
		}
	}
	s.clearUndo()
}
