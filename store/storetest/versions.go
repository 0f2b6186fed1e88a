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

// Versions lets flows of one or several stores on one state read a member, and read it
// again in a transaction: if the version is the same, the row is, too. tables has the same
// table for each store, and row returns a row of it that contains a number.
func Versions(t *testing.T, stores []store.Store, tables []*store.Table, rounds int, row func(n int) store.Row) {
	ids := value.NewIDs()
	f := stores[0].NewSession(ids.At(time.Now()))
	if err := errors.Join(f.Insert(tables[0], "x", row(0)), f.Finish([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	var same, other, number atomic.Int64
	var group sync.WaitGroup
	for i, s := range stores {
		for range 4 {
			group.Go(func() {
				for range rounds {
					f := s.NewSession(ids.At(time.Now()))
					view := rand.IntN(2) == 0
					if view {
						f.BeginReadOnly()
						if rand.IntN(2) == 0 {
							_, err := f.Find(tables[i], nil, nil, store.Page{}) // the snapshot is there already
							if err != nil {
								t.Error(err)
							}
							time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
						}
					}
					stamp, err1 := f.Version(tables[i])
					before, err2 := f.Get(tables[i], "x")
					if view {
						f.Rollback()
					}
					if rand.IntN(2) == 0 {
						time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
					}
					f.Begin()
					again, err3 := f.Version(tables[i])
					after, err4 := f.Get(tables[i], "x")
					if err := errors.Join(err1, err2, err3, err4); err != nil {
						t.Error(err)
						f.Abandon()
						return
					}
					switch {
					case stamp != again:
						other.Add(1)
					case !slices.EqualFunc(before, after, value.Equal):
						t.Errorf("the version is %d before and after, and the row %v and %v", stamp, before, after)
					default:
						same.Add(1)
					}
					if rand.IntN(2) == 0 {
						if err := f.Update(tables[i], "x", row(int(number.Add(1)))); err != nil {
							t.Error(err)
						}
						if rand.IntN(4) == 0 {
							f.Rollback()
						}
					}
					if err := f.Finish([]byte("x")); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	group.Wait()
	if same.Load() == 0 || other.Load() == 0 {
		t.Errorf("the version was the same %d times and another one %d times", same.Load(), other.Load())
	}
}

func testVersions(t *testing.T, p *place) {
	Versions(t, []store.Store{p.s}, []*store.Table{p.user}, 50, func(n int) store.Row {
		r := named("x")
		r[userAge] = value.Number(float64(n))
		return r
	})
	stamp := func(f store.Session, table *store.Table) uint64 {
		n, err := f.Version(table)
		if err != nil {
			t.Error(err)
		}
		return n
	}
	// A deleted member is deleted from the subsets, too; other tables do not change.
	p.do(insert(p.admin, "x", store.Row{value.Number(1), texts()}))
	f := p.begin()
	user, admin, pair := stamp(f, p.user), stamp(f, p.admin), stamp(f, p.pair)
	p.do(func(f store.Session) error { return f.Delete(p.user, "x") })
	f.Begin()
	if fmt.Sprint(user == stamp(f, p.user), admin == stamp(f, p.admin), pair == stamp(f, p.pair)) != "false false true" {
		t.Errorf("after a member was deleted: users %d and %d, subset %d and %d, others %d and %d",
			user, stamp(f, p.user), admin, stamp(f, p.admin), pair, stamp(f, p.pair))
	}
	f.Rollback()
	f.Abandon()
}
