package legible

import (
	"errors"
	"fmt"
	"iter"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Set is a set of a concept's state. ID is the type of its members'
// identities, Row is a member's fields. Generated code wraps it with a method
// for each field that members are found by.
//
// Reading returns no error: if the store fails, the action faults and is
// undone.
type Set[ID ~string, Row any] struct {
	Table  *store.Table
	Encode func(Row) store.Row
	Decode func(store.Row) Row
}

// lost ends an action whose store failed.
func lost(t *store.Table, err error) {
	panic(&engine.StateError{Err: fmt.Errorf("reading %s: %w", t.Name(), err)})
}

// Get returns a member's fields, and whether it exists.
func (s *Set[ID, Row]) Get(ctx Context, id ID) (Row, bool) {
	row, err := ctx.State().Get(s.Table, string(id))
	if err != nil {
		lost(s.Table, err)
	}
	if row == nil {
		var none Row
		return none, false
	}
	return s.Decode(row), true
}

// Has reports whether a member exists.
func (s *Set[ID, Row]) Has(ctx Context, id ID) bool {
	row, err := ctx.State().Get(s.Table, string(id))
	if err != nil {
		lost(s.Table, err)
	}
	return row != nil
}

// All returns the members in the order of insertion.
func (s *Set[ID, Row]) All(ctx Context) iter.Seq2[ID, Row] { return s.Find(ctx, nil) }

// findPage is how many members are fetched at a time.
const findPage = 256

// Find returns the members whose columns hold the values, in insertion order.
// Members may be changed during the iteration.
func (s *Set[ID, Row]) Find(ctx Context, columns []int, key ...value.Value) iter.Seq2[ID, Row] {
	return func(yield func(ID, Row) bool) {
		page := store.Page{Limit: findPage}
		for {
			members, err := ctx.State().Find(s.Table, columns, key, page)
			if err != nil {
				lost(s.Table, err)
			}
			for _, m := range members {
				if !yield(ID(m.ID), s.Decode(m.Row)) {
					return
				}
			}
			if len(members) < findPage {
				return
			}
			page.After = members[len(members)-1].Order
		}
	}
}

// First gives the first member whose columns hold the values.
func (s *Set[ID, Row]) First(ctx Context, columns []int, key ...value.Value) (ID, Row, bool) {
	members, err := ctx.State().Find(s.Table, columns, key, store.Page{Limit: 1})
	if err != nil {
		lost(s.Table, err)
	}
	if len(members) == 0 {
		var none Row
		return "", none, false
	}
	return ID(members[0].ID), s.Decode(members[0].Row), true
}

// Insert adds a new member and returns its identity. IsTaken reports whether an
// error means that a unique value is taken.
func (s *Set[ID, Row]) Insert(ctx Context, row Row) (ID, error) {
	id := ID(ctx.NewID())
	return id, s.Put(ctx, id, row)
}

// Put adds a member with a given identity: that of a member of another set, or
// one from elsewhere.
func (s *Set[ID, Row]) Put(ctx Context, id ID, row Row) error {
	return ctx.State().Insert(s.Table, string(id), s.Encode(row))
}

// Update replaces the fields of a member.
func (s *Set[ID, Row]) Update(ctx Context, id ID, row Row) error {
	return ctx.State().Update(s.Table, string(id), s.Encode(row))
}

// Delete removes a member, also from subsets of this set.
func (s *Set[ID, Row]) Delete(ctx Context, id ID) error {
	return ctx.State().Delete(s.Table, string(id))
}

// IsTaken reports whether an error of Insert or Update says that another member
// has the same value in the named field, or in any unique field for "".
func IsTaken(err error, field string) bool {
	var u *store.UniqueError
	if !errors.As(err, &u) {
		return false
	}
	for _, c := range u.Columns {
		if field == "" || u.Table.Columns[c].Name == field {
			return true
		}
	}
	return false
}

// IsMissing reports whether an Update or Delete error means that the member is
// missing.
func IsMissing(err error) bool {
	var m *store.MemberError
	return errors.As(err, &m) && !m.Exists
}
