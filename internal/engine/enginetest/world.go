package enginetest

import (
	"errors"
	"slices"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A World is the state of a program as plain lists: each table's members in the order of
// their creation. It has no index.
type World struct {
	members map[*store.Table][]store.Member
	order   int64
}

// NewWorld returns the state of a program that has not run.
func NewWorld() *World { return &World{members: map[*store.Table][]store.Member{}} }

// clone returns a copy, to which the state can go back.
func (w *World) clone() *World {
	c := &World{members: map[*store.Table][]store.Member{}, order: w.order}
	for t, list := range w.members {
		c.members[t] = slices.Clone(list)
	}
	return c
}

func (w *World) index(t *store.Table, id string) int {
	return slices.IndexFunc(w.members[t], func(m store.Member) bool { return m.ID == id })
}

// Get returns the row of a member, nil if there is none.
func (w *World) Get(t *store.Table, id string) (store.Row, error) {
	if i := w.index(t, id); i >= 0 {
		return w.members[t][i].Row, nil
	}
	return nil, nil
}

// Find returns the members whose columns have the values of key, in the order of their
// creation. It ignores the page.
func (w *World) Find(t *store.Table, columns []int, key []value.Value, _ store.Page) ([]store.Member, error) {
	var found []store.Member
	for _, m := range w.members[t] {
		fits := true
		for i, c := range columns {
			fits = fits && value.Equal(m.Row[c], key[i])
		}
		if fits {
			found = append(found, m)
		}
	}
	return found, nil
}

// Insert adds a member.
func (w *World) Insert(t *store.Table, id string, row store.Row) error {
	if w.index(t, id) >= 0 {
		return errors.New("the member exists")
	}
	w.order++
	w.members[t] = append(slices.Clip(w.members[t]), store.Member{ID: id, Row: slices.Clone(row), Order: w.order})
	return nil
}

// Update replaces the row of a member.
func (w *World) Update(t *store.Table, id string, row store.Row) error {
	i := w.index(t, id)
	if i < 0 {
		return errors.New("there is no such member")
	}
	list := slices.Clone(w.members[t])
	list[i].Row = slices.Clone(row)
	w.members[t] = list
	return nil
}

// Delete removes a member, also from the subsets.
func (w *World) Delete(t *store.Table, id string) error {
	for other, list := range w.members {
		for of := other; of != nil; of = of.Of {
			if of == t {
				w.members[other] = slices.DeleteFunc(slices.Clone(list), func(m store.Member) bool { return m.ID == id })
				break
			}
		}
	}
	return nil
}

// Dump returns every member of a state as a text, in the order of the tables and of the
// members' creation.
func Dump(schema *store.Schema, s engine.State) ([]string, error) {
	var list []string
	for _, t := range schema.Tables {
		members, err := s.Find(t, nil, nil, store.Page{})
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			row := make([]value.Value, len(m.Row))
			for i, v := range m.Row {
				row[i] = present(v)
			}
			list = append(list, t.Name()+" "+m.ID+" "+value.List(row).String())
		}
	}
	return list, nil
}

// A call is the context of an action or query that runs in a world. It has no identities:
// those of random programs come from the state.
type call struct {
	engine.Context
	world *World
	now   time.Time
}

func (c *call) Now() time.Time      { return c.now }
func (c *call) State() engine.State { return c.world }
