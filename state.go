package legible

import (
	"fmt"
	"iter"

	"github.com/legible-lang/legible/engine"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Set is a set of a concept's state. ID is the type of its members'
// identities, Row what is known of one. Generated code wraps it with a method
// for each field that members are found by.
//
// Reading does not fail for the caller: when the store does, the action ends
// there as faulted and is undone.
type Set[ID ~string, Row any] struct {
	Table  *store.Table
	Encode func(Row) store.Row
	Decode func(store.Row) Row
}

// lost ends an action whose store failed.
func lost(t *store.Table, err error) {
	panic(&engine.StateError{Err: fmt.Errorf("reading %s: %w", t.Name(), err)})
}

// Get gives what is known of a member, and whether there is one.
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

// Has tells whether there is such a member.
func (s *Set[ID, Row]) Has(ctx Context, id ID) bool {
	row, err := ctx.State().Get(s.Table, string(id))
	if err != nil {
		lost(s.Table, err)
	}
	return row != nil
}

// All gives the members in the order in which they were inserted.
func (s *Set[ID, Row]) All(ctx Context) iter.Seq2[ID, Row] { return s.Find(ctx, nil) }

// findPage is how many members are fetched at a time.
const findPage = 256

// Find gives the members whose columns hold the values, in the order in which
// they were inserted. Members may be changed while it runs.
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

// Insert adds a new member and gives its identity. IsTaken tells of its error
// whether a unique field has the value already.
func (s *Set[ID, Row]) Insert(ctx Context, row Row) (ID, error) {
	id := ID(ctx.NewID())
	return id, s.Put(ctx, id, row)
}

// Put adds a member with a given identity: one of another set, or one that is
// known from elsewhere.
func (s *Set[ID, Row]) Put(ctx Context, id ID, row Row) error {
	return ctx.State().Insert(s.Table, string(id), s.Encode(row))
}

// Update replaces what is known of a member.
func (s *Set[ID, Row]) Update(ctx Context, id ID, row Row) error {
	return ctx.State().Update(s.Table, string(id), s.Encode(row))
}

// Delete removes a member, also from the sets that are subsets of this one.
func (s *Set[ID, Row]) Delete(ctx Context, id ID) error {
	return ctx.State().Delete(s.Table, string(id))
}
