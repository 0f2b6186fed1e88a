package sqlite

import (
	"errors"
	"fmt"
	"slices"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A flow is one flow's hand in the store.
type flow struct {
	s      *Store
	id     value.ID
	inTurn bool
	saved  bool // this turn has a savepoint, since it has written
	wrote  bool // some turn has written and was kept

	// The group with the last writes of the flow or of others that it has read,
	// nil before there are any. Set with the turn.
	rests *group
	dead  error // why the flow cannot go on; set with the turn and mu

	// Under the store's mu.
	waits   *group // that Rest waits for
	entries []byte // that are to go with the store's group
	queued  bool   // the flow is in the store's group
	kept    bool   // the journal has entries of it, or will
	rested  bool
	ended   bool
}

func (f *flow) Hold() {
	if !f.inTurn {
		f.s.turn.Lock()
		f.inTurn = true
	}
}

// begin makes ready for reading or writing, in a turn or for one read.
func (f *flow) begin(def *store.Table) (*table, error) {
	s := f.s
	if s.closed {
		return nil, store.ErrClosed
	}
	if err := f.lost(); err != nil {
		return nil, err
	}
	t := s.byName[def.Name()]
	if def.Index < len(s.tables) && s.tables[def.Index].def == def {
		t = s.tables[def.Index]
	}
	if t == nil {
		return nil, fmt.Errorf("the store has no table %s", def.Name())
	}
	if !s.begun {
		if err := s.fixed.begin.run(); err != nil {
			return nil, explain(err)
		}
		s.begun = true
		s.arm()
	}
	if s.group.dirty {
		f.rests = s.group
	}
	return t, nil
}

// lost tells whether something that the flow had a part in was lost. It must be
// called with the turn or mu.
func (f *flow) lost() error {
	if f.rests != nil && f.rests.err != nil {
		return f.rests.err
	}
	return f.dead
}

// failed says more about an error in a statement. When it has taken the whole
// transaction with it, all that was in it is lost.
func (f *flow) failed(doing string, t *table, err error) error {
	err = fmt.Errorf("%s %s: %w", doing, t.def.Name(), explain(err))
	if f.s.begun && f.s.conn.broken() {
		f.saved = false
		f.dead = f.s.lose(err)
		return f.dead
	}
	return err
}

func (f *flow) Get(def *store.Table, id string) (store.Row, error) {
	if !f.inTurn {
		f.s.turn.Lock()
		defer f.s.turn.Unlock()
	}
	t, err := f.begin(def)
	if err != nil {
		return nil, err
	}
	_, row, err := f.s.get(t, id)
	if err != nil {
		return nil, f.failed("reading", t, err)
	}
	return row, nil
}

// get reads a member and its Order; the row is nil when there is none.
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

func (f *flow) Find(def *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	if !f.inTurn {
		f.s.turn.Lock()
		defer f.s.turn.Unlock()
	}
	t, err := f.begin(def)
	if err != nil {
		return nil, err
	}
	members, err := f.s.search(t, columns, key, page)
	if err != nil {
		return nil, f.failed("searching", t, err)
	}
	return members, nil
}

// write makes ready for writing.
func (f *flow) write(def *store.Table) (*table, error) {
	f.Hold()
	t, err := f.begin(def)
	if err != nil {
		return nil, err
	}
	if !f.saved {
		if err := f.s.fixed.savepoint.run(); err != nil {
			return nil, f.failed("writing", t, err)
		}
		f.saved = true
	}
	return t, nil
}

func (f *flow) Insert(def *store.Table, id string, row store.Row) error {
	t, err := f.write(def)
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
	for i := range row {
		s.bindColumn(q, &t.def.Columns[i], row[i])
	}
	for _, u := range t.keyed {
		if key := uniqueKey(t.def, u, row); key != nil {
			q.bindBlob(key)
		} else {
			q.bindNull()
		}
	}
}

// fillSides writes down the items of a member's collections, as far as they are
// others than before.
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
				continue // such items are looked for in the members themselves
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

// refused finds out which rule a statement broke.
func (f *flow) refused(doing string, t *table, id string, row store.Row, inserting bool, cause error) error {
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

// sharing gives the members that have the values of a row in some columns.
func (s *Store) sharing(t *table, columns []int, row store.Row) ([]string, error) {
	names := columnNames(t.def, columns)
	where := make([]string, len(names))
	for i, n := range names {
		where[i] = quote(n) + " = ?"
	}
	keyed := isKeyed(t.def, columns)
	if keyed {
		where = []string{quote(keyColumn(names)) + " = ?"}
	}
	q, err := s.conn.prepareOnce("SELECT _id FROM " + quote(t.def.Name()) + " WHERE " + join(where, " AND "))
	if err != nil {
		return nil, err
	}
	defer q.finalize()
	if keyed {
		q.bindBlob(uniqueKey(t.def, columns, row))
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

func (f *flow) Update(def *store.Table, id string, row store.Row) error {
	t, err := f.write(def)
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

func (f *flow) Delete(def *store.Table, id string) error {
	t, err := f.write(def)
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

// remove deletes a member and what it is in the subsets, and tells whether it
// was there.
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

func (f *flow) Keep(entries []byte) error {
	err := f.append(entries)
	if !f.inTurn {
		return err
	}
	if err == nil && f.saved {
		if err = f.s.fixed.release.run(); err == nil {
			f.saved, f.wrote = false, true
			f.s.group.dirty, f.rests = true, f.s.group
		}
	}
	if err != nil {
		f.Undo()
		return err
	}
	f.endTurn()
	return nil
}

// append adds entries to the group.
func (f *flow) append(entries []byte) error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if f.s.closed {
		return store.ErrClosed
	}
	if err := f.lost(); err != nil {
		return err
	}
	if len(entries) > 0 {
		f.queue(entries)
	}
	return nil
}

// queue puts the flow in the group. It must be called with mu.
func (f *flow) queue(entries []byte) {
	s := f.s
	if !f.queued {
		f.queued = true
		s.group.flows = append(s.group.flows, f)
		if !s.armed {
			s.armed = true
			s.timer.Reset(flushEvery)
		}
	}
	if f.entries == nil && len(entries) > 0 {
		f.entries = s.roomFor()
	}
	f.entries = append(f.entries, entries...)
	f.kept = true
}

func (f *flow) Undo() {
	if !f.inTurn {
		return
	}
	if f.saved {
		f.saved = false
		f.s.leased = f.s.order // the raise may be undone
		err := f.s.fixed.undo.run()
		if err == nil {
			err = f.s.fixed.release.run()
		}
		if err != nil {
			f.s.lose(err)
		}
	}
	f.endTurn()
}

func (f *flow) endTurn() {
	f.inTurn = false
	f.s.turn.Unlock()
}
