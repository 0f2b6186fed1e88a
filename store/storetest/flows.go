package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

func (p *place) journal(id value.ID) string {
	p.Helper()
	entries, err := p.s.Journal(context.Background(), id)
	if err != nil {
		p.Fatalf("reading the journal: %v", err)
	}
	return string(entries)
}

func (p *place) unfinished() []value.ID {
	p.Helper()
	ids, err := p.s.Unfinished(context.Background())
	if err != nil {
		p.Fatalf("listing the unfinished: %v", err)
	}
	return ids
}

func (p *place) next() value.ID { return p.ids.At(time.UnixMilli(1e12)) }

func testJournal(t *testing.T, p *place) {
	id := p.next()
	if got, err := p.s.Journal(context.Background(), id); got != nil || err != nil {
		t.Errorf("the journal of an unknown flow is %q, %v, want nil", got, err)
	}
	f := p.s.NewSession(id)
	buffer := []byte("a")
	keep := func(entries string) {
		t.Helper()
		buffer = append(buffer[:0], entries...)
		if err := f.Commit(buffer); err != nil {
			t.Fatal(err)
		}
		for i := range buffer {
			buffer[i] = '!' // the store has copied it
		}
	}
	keep("one ")
	if err := f.Insert(p.user, "u1", named("ada")); err != nil {
		t.Fatal(err)
	}
	keep("two ")
	f.Begin()
	keep("three ")
	if got := p.journal(id); got != "one two three " {
		t.Errorf("the journal is %q", got)
	}
	if got := p.unfinished(); !slices.Equal(got, []value.ID{id}) {
		t.Errorf("the unfinished are %v, want %v", got, id)
	}
	if err := f.Insert(p.user, "u2", named("eve")); err != nil {
		t.Fatal(err)
	}
	f.Rollback()
	keep("four ")
	if err := f.Finish([]byte("five")); err != nil {
		t.Fatal(err)
	}
	if got, want := p.journal(id), "one two three four five"; got != want {
		t.Errorf("the journal is %q, want %q", got, want)
	}
	if got := p.unfinished(); len(got) != 0 {
		t.Errorf("the unfinished are %v, want none", got)
	}
	// Entries may be anything, and large.
	large := bytes.Repeat([]byte("\x00\xff'\""), 300_000)
	id = p.next()
	f = p.s.NewSession(id)
	if err := errors.Join(f.Commit(large), f.Finish(large)); err != nil {
		t.Fatal(err)
	}
	if got := p.journal(id); got != string(large)+string(large) {
		t.Errorf("%d bytes of large entries came back, want %d of them as they were", len(got), 2*len(large))
	}
}

// testUndone tests Session.Undone.
func testUndone(t *testing.T, p *place) {
	undone := store.Session.Undone
	f := p.s.NewSession(p.next())
	if !undone(f) {
		t.Error("of a flow that has done nothing something is kept")
	}
	if err := f.Insert(p.user, "u1", named("ada")); err != nil {
		t.Fatal(err)
	}
	if !undone(f) {
		t.Error("what is written in a transaction is kept before the transaction has ended")
	}
	f.Rollback()
	if !undone(f) {
		t.Error("what was undone is kept")
	}
	if err := errors.Join(f.Insert(p.user, "u1", named("ada")), f.Commit([]byte("f"))); err != nil {
		t.Fatal(err)
	}
	if undone(f) {
		t.Error("nothing is kept of a flow that has kept something and may be lost yet")
	}
	if err := f.Flush([]byte("s")); err != nil {
		t.Fatal(err)
	}
	if undone(f) {
		t.Error("nothing is kept of a flow that is durable")
	}
	f.Abandon()
}

func testAbandon(t *testing.T, p *place) {
	first, second, silent := p.next(), p.next(), p.next()
	f, g, h := p.s.NewSession(first), p.s.NewSession(second), p.s.NewSession(silent)
	if err := errors.Join(g.Commit([]byte("g")), f.Commit([]byte("f"))); err != nil {
		t.Fatal(err)
	}
	g.Abandon()
	f.Abandon()
	h.Abandon()
	if got, want := p.unfinished(), []value.ID{first, second}; !slices.Equal(got, want) {
		t.Errorf("the unfinished are %v, want %v, oldest first", got, want)
	}
	// An abandoned flow is continued.
	f = p.s.NewSession(first)
	if err := errors.Join(f.Insert(p.user, "u1", named("ada")), f.Commit([]byte("2")), f.Finish([]byte("3"))); err != nil {
		t.Fatal(err)
	}
	if got := p.journal(first); got != "f23" {
		t.Errorf("the journal of a flow that was gone on with is %q, want f23", got)
	}
	if got, want := p.unfinished(), []value.ID{second}; !slices.Equal(got, want) {
		t.Errorf("the unfinished are %v, want %v", got, want)
	}
	g = p.s.NewSession(second)
	if err := g.Finish(nil); err != nil {
		t.Fatal(err)
	}
	if got := p.unfinished(); len(got) != 0 {
		t.Errorf("a flow that came to rest without a word is unfinished: %v", got)
	}
}

// testCondense tests that condensed entries replace the earlier ones when the flow is at
// rest, and not before.
func testCondense(t *testing.T, p *place) {
	settled, fresh, left := p.next(), p.next(), p.next()
	for _, id := range []value.ID{settled, fresh, left} {
		f := p.s.NewSession(id)
		buffer := []byte("short ")
		if err := errors.Join(f.Insert(p.user, id.String(), named(id.String())), f.Commit([]byte("long ")), f.Commit([]byte("longer "))); err != nil {
			t.Fatal(err)
		}
		if id != fresh {
			// The store has it on disk.
			if err := f.Flush([]byte("synced ")); err != nil {
				t.Fatal(err)
			}
		}
		f.Condense(buffer)
		copy(buffer, "other ")
		if id == left {
			f.Abandon()
			continue
		}
		if err := f.Finish([]byte("end")); err != nil {
			t.Fatal(err)
		}
	}
	hold := func() {
		t.Helper()
		for id, want := range map[value.ID]string{settled: "short end", fresh: "short end", left: "long longer synced "} {
			if got := p.journal(id); got != want {
				t.Errorf("the journal is %q, want %q", got, want)
			}
		}
		if got, want := p.unfinished(), []value.ID{left}; !slices.Equal(got, want) {
			t.Errorf("the unfinished are %v, want %v", got, want)
		}
	}
	hold()
	if p.kit.Reopen != nil {
		p.s = p.kit.Reopen(t, p.s)
		if err := p.s.Prepare(context.Background(), p.all); err != nil {
			t.Fatal(err)
		}
		hold()
	}
	f := p.s.NewSession(left)
	if err := f.Finish([]byte("end")); err != nil {
		t.Fatal(err)
	}
	if got, want := p.journal(left), "long longer synced end"; got != want {
		t.Errorf("the journal of a flow that went on is %q, want %q", got, want)
	}
}

func testFlows(t *testing.T, p *place) {
	var all []value.ID
	for i := range 10 {
		id := p.next()
		f := p.s.NewSession(id)
		all = append(all, id)
		if i == 4 {
			if err := f.Commit([]byte("x")); err != nil {
				t.Fatal(err)
			}
			defer f.Abandon() // an open one is listed, too
			continue
		}
		if err := errors.Join(f.Commit([]byte("x")), f.Finish([]byte("y"))); err != nil {
			t.Fatal(err)
		}
	}
	slices.Reverse(all)
	list := func(before value.ID, limit int) []value.ID {
		t.Helper()
		ids, err := p.s.Flows(context.Background(), before, limit)
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if got := list(value.Zero, 0); !slices.Equal(got, all) {
		t.Errorf("the flows are %v, want %v", got, all)
	}
	if got := list(value.Zero, 3); !slices.Equal(got, all[:3]) {
		t.Errorf("the newest flows are %v, want %v", got, all[:3])
	}
	if got := list(all[2], 3); !slices.Equal(got, all[3:6]) {
		t.Errorf("the flows before are %v, want %v", got, all[3:6])
	}
	if got := list(all[9], 3); len(got) != 0 {
		t.Errorf("the flows before the first are %v, want none", got)
	}
}

func testClosed(t *testing.T, p *place) {
	f, g := p.begin(), p.begin()
	if err := f.Commit([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := p.s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err1 := f.Get(p.user, "u")
	_, err2 := f.Find(p.user, nil, nil, store.Page{})
	_, err3 := p.s.Journal(context.Background(), value.Zero)
	_, err4 := p.s.Unfinished(context.Background())
	_, err5 := p.s.Flows(context.Background(), value.Zero, 1)
	_, err6 := p.s.PutBlob(context.Background(), strings.NewReader("x"), "")
	_, err7 := p.s.OpenBlob(context.Background(), [32]byte{})
	_, err8 := p.s.SweepBlobs(context.Background(), 0)
	_, err9 := p.s.Forget(context.Background(), store.Retention{Keep: 1})
	h := p.begin()
	for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8, err9, f.Commit([]byte("y")), f.Insert(p.user, "u", named("u")), g.Finish([]byte("x")), h.Commit([]byte("x"))} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("after the end call %d gives %v, want %v", i, err, store.ErrClosed)
		}
	}
	f.Abandon()
	h.Abandon()
	if err := p.s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

// testConcurrent lets flows move amounts between accounts. Every reader sees the same
// sum.
func testConcurrent(t *testing.T, p *place) {
	const accounts, workers, rounds = 8, 6, 30
	name := func(i int) string { return fmt.Sprint("account ", i) }
	account := func(i int, n float64) store.Row {
		row := named(name(i))
		row[userAge] = value.Number(n)
		return row
	}
	for i := range accounts {
		p.do(insert(p.user, name(i), account(i, 100)))
	}
	sum := func(f store.Session) (total float64) {
		members, err := f.Find(p.user, nil, nil, store.Page{})
		if err != nil {
			t.Error(err)
		}
		for _, m := range members {
			n, _ := m.Row[userAge].Num()
			total += n
		}
		return total
	}
	ids := make([][]value.ID, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range rounds {
				id := p.next()
				ids[w] = append(ids[w], id)
				f := p.s.NewSession(id)
				if err := f.Commit([]byte("asked ")); err != nil {
					t.Error(err)
				}
				if got := sum(f); got != 100*accounts {
					t.Errorf("a look outside of a transaction sees a sum of %v, want %v", got, 100*accounts)
				}
				from, to := (w+i)%accounts, (w*3+i*5+1)%accounts
				if from == to {
					to = (to + 1) % accounts
				}
				f.Begin()
				a, err1 := f.Get(p.user, name(from))
				b, err2 := f.Get(p.user, name(to))
				if err := errors.Join(err1, err2); err != nil {
					t.Error(err)
					f.Abandon()
					return
				}
				x, _ := a[userAge].Num()
				y, _ := b[userAge].Num()
				err := errors.Join(f.Update(p.user, name(from), account(from, x-1)), f.Update(p.user, name(to), account(to, y+1)))
				if err != nil {
					t.Error(err)
				}
				if got := sum(f); got != 100*accounts {
					t.Errorf("a look in the transaction sees a sum of %v, want %v", got, 100*accounts)
				}
				if i%3 == 0 {
					f.Rollback()
				} else if err := f.Commit([]byte("moved ")); err != nil {
					t.Error(err)
				}
				if err := f.Finish([]byte("done")); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	group.Wait()
	for w := range ids {
		for i, id := range ids[w] {
			want := "asked moved done"
			if i%3 == 0 {
				want = "asked done"
			}
			if got := p.journal(id); got != want {
				t.Errorf("the journal of a flow is %q, want %q", got, want)
			}
		}
	}
	if got := p.unfinished(); len(got) != 0 {
		t.Errorf("%d flows are unfinished, want none", len(got))
	}
}

// testWaitsForTx tests that a flow in a write transaction prevents others from writing,
// and from reading what may be rolled back.
func testWaitsForTx(t *testing.T, p *place) {
	f := p.begin()
	if err := f.Insert(p.user, "u1", named("ada")); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error)
	go func() {
		g := p.begin()
		err := g.Insert(p.user, "u2", named("ada")) // waits, and then may have the name
		if err == nil {
			err = g.Commit(nil)
		}
		wrote <- errors.Join(err, g.Finish(nil))
	}()
	saw := make(chan store.Row)
	go func() {
		h := p.begin()
		defer h.Abandon()
		row, err := h.Get(p.user, "u1")
		if err != nil {
			t.Error(err)
		}
		saw <- row
	}()
	select {
	case err := <-wrote:
		t.Errorf("a flow has written in the transaction of another one: %v", err)
		f.Rollback()
		return
	case row := <-saw:
		if row != nil {
			t.Error("a flow has seen what another one has not kept")
		}
		f.Rollback()
	case <-time.After(10 * time.Millisecond):
		f.Rollback()
		if row := <-saw; row != nil {
			t.Error("a flow has seen what was undone")
		}
	}
	if err := <-wrote; err != nil {
		t.Errorf("writing after another flow's undo: %v", err)
	}
	f.Abandon()
}

func testReopen(t *testing.T, p *place) {
	if p.kit.Reopen == nil {
		t.Skip("this store does not outlive the process")
	}
	row := named("ada")
	row[userTags] = texts("x", "y")
	p.do(insert(p.user, "u1", row), insert(p.admin, "u1", store.Row{value.Number(1), texts("r")}), insert(p.user, "u2", named("eve")))
	left, silent := p.next(), p.next()
	f := p.s.NewSession(left)
	if err := errors.Join(f.Insert(p.user, "u3", named("joe")), f.Commit([]byte("entry "))); err != nil {
		t.Fatal(err)
	}
	f.Abandon()
	g := p.s.NewSession(silent)
	if _, err := g.Get(p.user, "u1"); err != nil {
		t.Fatal(err)
	}
	if err := g.Finish([]byte("read")); err != nil {
		t.Fatal(err)
	}
	before := p.found(p.user, nil, nil, store.Page{})
	h := p.begin()
	last, err := h.Find(p.user, nil, nil, store.Page{After: 0})
	if err != nil {
		t.Fatal(err)
	}
	h.Abandon()
	end := last[len(last)-1]
	p.do(func(f store.Session) error { return f.Delete(p.user, end.ID) })

	again := func() {
		t.Helper()
		p.s = p.kit.Reopen(t, p.s)
		if err := p.s.Prepare(context.Background(), p.all); err != nil {
			t.Fatal(err)
		}
	}
	again()
	if got, want := p.found(p.user, nil, nil, store.Page{}), before[:len(before)-1]; !slices.Equal(got, want) {
		t.Errorf("after opening again there are %v, want %v", got, want)
	}
	if got := p.get(p.user, "u1"); !sameRow(got, row) {
		t.Errorf("after opening again a row is %v, want %v", got, row)
	}
	if got := p.found(p.user, []int{userTags}, []value.Value{text("y")}, store.Page{}); !slices.Equal(got, []string{"u1"}) {
		t.Errorf("after opening again those with a tag are %v", got)
	}
	if got := p.unfinished(); !slices.Equal(got, []value.ID{left}) {
		t.Errorf("after opening again the unfinished are %v, want %v", got, left)
	}
	if got := p.journal(silent); got != "read" {
		t.Errorf("after opening again the journal of a flow that only read is %q", got)
	}
	p.do(insert(p.user, "u4", named("may")))
	if got := p.found(p.user, nil, nil, store.Page{After: end.Order}); !slices.Equal(got, []string{"u4"}) {
		t.Errorf("after the place of one that was deleted before there are %v, want u4", got)
	}
	// An abandoned flow continues after the end of its process.
	f = p.s.NewSession(left)
	if err := errors.Join(f.Commit([]byte("more ")), f.Finish([]byte("end"))); err != nil {
		t.Fatal(err)
	}
	again()
	if got, want := p.journal(left), "entry more end"; got != want {
		t.Errorf("the journal of a flow that went on is %q, want %q", got, want)
	}
	if got := p.unfinished(); len(got) != 0 {
		t.Errorf("the unfinished are %v, want none", got)
	}
	var taken *store.UniqueError
	f = p.begin()
	defer f.Abandon()
	if err := f.Insert(p.user, "u9", named("ada")); !errors.As(err, &taken) {
		t.Errorf("after opening again a unique does not hold: %v", err)
	}
}
