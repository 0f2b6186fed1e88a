package sqlite

import (
	"errors"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// get reads a member and its Order; the row is nil if there is none.
func (s *Store) get(t *table, id string) (order int64, row store.Row, err error) {
	t.get.bindText(id)
	more, err := t.get.step()
	if err != nil {
		return 0, nil, err
	}
	if more {
		order = t.get.int(0)
		row, err = t.get.row(1, t.def)
	}
	if e := t.get.reset(); err == nil {
		err = e
	}
	return order, row, err
}

func (s *Store) exists(t *table, id string) (bool, error) {
	t.exists.bindText(id)
	there, err := t.exists.step()
	if err != nil {
		return false, err
	}
	return there, t.exists.reset()
}

func (f *session) Insert(def *store.Table, id string, row store.Row) error {
	t, err := f.write(def, false)
	if err != nil {
		return err
	}
	if err := def.Check(row); err != nil {
		return err
	}
	s := f.s
	if t.of != nil {
		if there, err := s.exists(t.of, id); err != nil {
			return f.failed("reading", t.of, err)
		} else if !there {
			return &store.MemberError{Table: t.of.def, ID: id}
		}
	}
	if err := s.lease(); err != nil {
		return f.failed("inserting into", t, err)
	}
	order := s.order + 1
	t.insert.bindInt(order)
	t.insert.bindText(id)
	s.bindRow(t.insert, t, row)
	if err := t.insert.run(); err != nil {
		return f.refused("inserting into", t, id, row, true, err)
	}
	s.order = order
	if err := s.fillSides(t, order, row, nil); err != nil {
		return f.failed("inserting into", t, err)
	}
	return nil
}

// bindRow binds the columns of a row and the keys of its uniques.
func (s *Store) bindRow(q *stmt, t *table, row store.Row) {
	if s.sweep != nil {
		s.sweep.MarkRow(t.def, row)
	}
	for i := range row {
		s.bindColumn(q, &t.def.Columns[i], row[i])
	}
	for _, u := range t.keyed {
		if key := tables.UniqueKey(t.def, u, row); key != nil {
			q.bindBlob(key)
		} else {
			q.bindNull()
		}
	}
}

// fillSides writes the items of a member's collections, as far as they have changed.
func (s *Store) fillSides(t *table, order int64, row, before store.Row) error {
	for _, d := range t.sides {
		if before != nil {
			if value.Equal(before[d.column], row[d.column]) {
				continue
			}
			d.drop.bindInt(order)
			if err := d.drop.run(); err != nil {
				return err
			}
		}
		typ := t.def.Columns[d.column].Type
		for _, item := range row[d.column].Items() {
			if item.IsNull() || typ == store.Json {
				continue // a search for such items reads the members
			}
			s.bindItem(d.add, typ, item)
			d.add.bindInt(order)
			if err := d.add.run(); err != nil {
				return err
			}
		}
	}
	return nil
}

// refused returns the error of a statement that violates a constraint.
func (f *session) refused(doing string, t *table, id string, row store.Row, inserting bool, cause error) error {
	var e *Error
	if !errors.As(cause, &e) || e.Code&0xff != codeConstraint {
		return f.failed(doing, t, cause)
	}
	if inserting {
		if there, err := f.s.exists(t, id); err != nil {
			return f.failed(doing, t, err)
		} else if there {
			return &store.MemberError{Table: t.def, ID: id, Exists: true}
		}
	}
	for _, u := range t.def.Unique {
		key := make([]value.Value, len(u))
		for i, c := range u {
			key[i] = row[c]
		}
		if slices.ContainsFunc(key, value.Value.IsNull) {
			continue
		}
		others, err := f.s.sharing(t, u, row)
		if err != nil {
			return f.failed(doing, t, err)
		}
		for _, other := range others {
			if other != id {
				return &store.UniqueError{Table: t.def, Columns: u, ID: other}
			}
		}
	}
	return f.failed(doing, t, cause)
}

// sharing returns the members with the same values as a row in some columns.
func (s *Store) sharing(t *table, columns []int, row store.Row) ([]string, error) {
	names := tables.Names(t.def, columns)
	where := make([]string, len(names))
	for i, n := range names {
		where[i] = quote(n) + " = ?"
	}
	keyed := isKeyed(t.def, columns)
	if keyed {
		where = []string{quote(tables.KeyColumn(names)) + " = ?"}
	}
	q, err := s.conn.prepareOnce("SELECT _id FROM " + quote(t.def.Name()) + " WHERE " + strings.Join(where, " AND "))
	if err != nil {
		return nil, err
	}
	defer q.finalize()
	if keyed {
		q.bindBlob(tables.UniqueKey(t.def, columns, row))
	} else {
		for _, c := range columns {
			s.bindColumn(q, &t.def.Columns[c], row[c])
		}
	}
	var ids []string
	for {
		more, err := q.step()
		if err != nil || !more {
			q.reset()
			return ids, err
		}
		ids = append(ids, q.string(0))
	}
}

func (f *session) Update(def *store.Table, id string, row store.Row) error {
	t, err := f.write(def, false)
	if err != nil {
		return err
	}
	if err := def.Check(row); err != nil {
		return err
	}
	s := f.s
	var order int64
	var before store.Row
	if len(t.sides) > 0 {
		if order, before, err = s.get(t, id); err != nil {
			return f.failed("reading", t, err)
		}
		if before == nil {
			return &store.MemberError{Table: t.def, ID: id}
		}
	}
	s.bindRow(t.update, t, row)
	t.update.bindText(id)
	if err := t.update.run(); err != nil {
		return f.refused("updating", t, id, row, false, err)
	}
	if s.conn.changes() == 0 {
		return &store.MemberError{Table: t.def, ID: id}
	}
	if err := s.fillSides(t, order, row, before); err != nil {
		return f.failed("updating", t, err)
	}
	return nil
}

func (f *session) Delete(def *store.Table, id string) error {
	t, err := f.write(def, true)
	if err != nil {
		return err
	}
	there, err := f.s.remove(t, id)
	if err != nil {
		return f.failed("deleting from", t, err)
	}
	if !there {
		return &store.MemberError{Table: t.def, ID: id}
	}
	return nil
}

// remove deletes a member, also from the subsets, and reports whether it existed.
func (s *Store) remove(t *table, id string) (bool, error) {
	if len(t.sides) > 0 {
		order, row, err := s.get(t, id)
		if err != nil || row == nil {
			return false, err
		}
		for _, d := range t.sides {
			d.drop.bindInt(order)
			if err := d.drop.run(); err != nil {
				return false, err
			}
		}
	}
	t.remove.bindText(id)
	if err := t.remove.run(); err != nil {
		return false, err
	}
	if s.conn.changes() == 0 {
		return false, nil
	}
	for _, sub := range t.subsets {
		if _, err := s.remove(sub, id); err != nil {
			return false, err
		}
	}
	return true, nil
}
