package memory

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

func users() *store.Schema {
	return &store.Schema{Tables: []*store.Table{{
		Instance: "Profile", Set: "User",
		Columns: []store.Column{{Name: "name"}, {Name: "age", Type: store.Number, Optional: true}},
		Unique:  [][]int{{0}},
	}}}
}

func prepared(t testing.TB, o Options, schema *store.Schema) *Store {
	s := New(o)
	if err := s.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFlowsAtRestTakeNoMemory(t *testing.T) {
	s := prepared(t, Options{JournalBytes: 1 << 20}, users())
	ids := value.NewIDs()
	entry := make([]byte, 300)
	run := func(n int) {
		for range n {
			f := s.NewSession(ids.At(time.Now()))
			f.Commit(entry)
			if err := f.Finish(entry); err != nil {
				t.Fatal(err)
			}
		}
	}
	run(20_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	run(20_000)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 200<<10 {
		t.Errorf("the heap has grown by %d bytes over 20000 flows at rest, want none", grown)
	}
	flows, err := s.Flows(context.Background(), value.Zero, 0)
	if err != nil || len(flows) < 1000 || len(flows) > 1800 {
		t.Errorf("%d flows are known (%v), want as many as fit in 1 MiB, about 1700", len(flows), err)
	}
}

func TestFlowAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget at random")
	}
	s := prepared(t, Options{JournalBytes: 1 << 20}, users())
	table := s.tables[0].def
	f := s.NewSession(value.ID{1})
	f.Insert(table, "u1", store.Row{value.String("ada"), value.Null})
	if err := f.Finish(nil); err != nil {
		t.Fatal(err)
	}
	entry := make([]byte, 100)
	ids := value.NewIDs()
	now := time.Now()
	n := testing.AllocsPerRun(20_000, func() {
		f := s.NewSession(ids.At(now))
		f.Commit(entry)
		f.Begin()
		f.Get(table, "u1")
		f.Commit(entry)
		f.Finish(entry)
	})
	if n != 0 {
		t.Errorf("a flow allocates %v times, want never", n)
	}
}

func BenchmarkFlow(b *testing.B) {
	s := prepared(b, Options{}, users())
	table := s.tables[0].def
	f := s.NewSession(value.ID{1})
	f.Insert(table, "u1", store.Row{value.String("ada"), value.Null})
	f.Finish(nil)
	entry := make([]byte, 120)
	for _, keeps := range []int{0, 1, 4} {
		b.Run(fmt.Sprintf("keeps=%d", keeps), func(b *testing.B) {
			b.ReportAllocs()
			id := value.ID{2}
			for i := 0; b.Loop(); i++ {
				id[4], id[5], id[6], id[7] = byte(i>>24), byte(i>>16), byte(i>>8), byte(i)
				f := s.NewSession(id)
				for range keeps {
					f.Begin()
					f.Get(table, "u1")
					f.Commit(entry)
				}
				f.Finish(entry)
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	s := prepared(b, Options{}, users())
	table := s.tables[0].def
	f := s.NewSession(value.ID{1})
	for i := range 1000 {
		f.Insert(table, fmt.Sprint("u", i), store.Row{value.String(fmt.Sprint("name", i)), value.Null})
	}
	f.Commit(nil)
	b.ReportAllocs()
	columns, key := []int{0}, []value.Value{value.String("name500")}
	for b.Loop() {
		if m, _ := f.Find(table, columns, key, store.Page{}); len(m) != 1 {
			b.Fatal("not found")
		}
	}
}
