package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Stamps lets flows of one or several stores on one state read a member, and
// read it again in a turn: where the stamp is the same, the row is. Tables has
// the same table for each store, row a row of it that holds a number.
func Stamps(t *testing.T, stores []store.Store, tables []*store.Table, rounds int, row func(n int) store.Row) {
	ids := value.NewIDs()
	f := stores[0].Begin(ids.At(time.Now()))
	if err := errors.Join(f.Insert(tables[0], "x", row(0)), f.Rest([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	var same, other, number atomic.Int64
	var group sync.WaitGroup
	for i, s := range stores {
		for range 4 {
			group.Go(func() {
				for range rounds {
					f := s.Begin(ids.At(time.Now()))
					view := rand.IntN(2) == 0
					if view {
						f.View()
						if rand.IntN(2) == 0 {
							_, err := f.Find(tables[i], nil, nil, store.Page{}) // the snapshot is there already
							if err != nil {
								t.Error(err)
							}
							time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
						}
					}
					stamp, err1 := f.Stamp(tables[i])
					before, err2 := f.Get(tables[i], "x")
					if view {
						f.Undo()
					}
					if rand.IntN(2) == 0 {
						time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
					}
					f.Hold()
					again, err3 := f.Stamp(tables[i])
					after, err4 := f.Get(tables[i], "x")
					if err := errors.Join(err1, err2, err3, err4); err != nil {
						t.Error(err)
						f.Leave()
						return
					}
					switch {
					case stamp != again:
						other.Add(1)
					case !slices.EqualFunc(before, after, value.Equal):
						t.Errorf("the stamp is %d before and after, and the row %v and %v", stamp, before, after)
					default:
						same.Add(1)
					}
					if rand.IntN(2) == 0 {
						if err := f.Update(tables[i], "x", row(int(number.Add(1)))); err != nil {
							t.Error(err)
						}
						if rand.IntN(4) == 0 {
							f.Undo()
						}
					}
					if err := f.Rest([]byte("x")); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	group.Wait()
	if same.Load() == 0 || other.Load() == 0 {
		t.Errorf("the stamp was the same %d times and another one %d times", same.Load(), other.Load())
	}
}

func testStamps(t *testing.T, p *place) {
	Stamps(t, []store.Store{p.s}, []*store.Table{p.user}, 50, func(n int) store.Row {
		r := named("x")
		r[userAge] = value.Number(float64(n))
		return r
	})
	stamp := func(f store.Flow, table *store.Table) uint64 {
		n, err := f.Stamp(table)
		if err != nil {
			t.Error(err)
		}
		return n
	}
	// A member that is gone is gone from the subsets, too; other tables stay.
	p.do(insert(p.admin, "x", store.Row{value.Number(1), texts()}))
	f := p.begin()
	user, admin, pair := stamp(f, p.user), stamp(f, p.admin), stamp(f, p.pair)
	p.do(func(f store.Flow) error { return f.Delete(p.user, "x") })
	f.Hold()
	if fmt.Sprint(user == stamp(f, p.user), admin == stamp(f, p.admin), pair == stamp(f, p.pair)) != "false false true" {
		t.Errorf("after a member was deleted: users %d and %d, subset %d and %d, others %d and %d",
			user, stamp(f, p.user), admin, stamp(f, p.admin), pair, stamp(f, p.pair))
	}
	f.Undo()
	f.Leave()
}
