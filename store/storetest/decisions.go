package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// testFlush tests that the entries of a flushed flow are durable, and that the flow is
// unfinished.
func testFlush(t *testing.T, p *place) {
	id := p.next()
	f := p.s.NewSession(id)
	if err := errors.Join(f.Insert(p.user, "u1", named("ada")), f.Commit([]byte("one ")), f.Commit([]byte("two "))); err != nil {
		t.Fatal(err)
	}
	f.Begin()
	if err := f.Flush([]byte("no")); !errors.Is(err, store.ErrInTx) {
		t.Errorf("to wait while others wait for the transaction gives %v, want ErrInTx", err)
	}
	f.Rollback()
	if err := f.Flush([]byte("three ")); err != nil {
		t.Fatal(err)
	}
	if err := f.Flush(nil); err != nil {
		t.Fatalf("with nothing to append: %v", err)
	}
	if got := p.journal(id); got != "one two three " {
		t.Errorf("the journal is %q", got)
	}
	if got := p.unfinished(); !slices.Equal(got, []value.ID{id}) {
		t.Errorf("the unfinished are %v, want %v", got, id)
	}
	if !p.s.Owns(id) || p.s.Owns(p.next()) {
		t.Error("the store has the flow that waits, and no other one")
	}
	// It continues as before.
	if err := errors.Join(f.Insert(p.user, "u2", named("eve")), f.Commit([]byte("four ")), f.Flush([]byte("five "))); err != nil {
		t.Fatal(err)
	}
	if p.kit.Reopen != nil {
		f.Abandon()
		p.reopen()
		if p.get(p.user, "u1") == nil || p.get(p.user, "u2") == nil {
			t.Error("what was written before the last Sync is gone")
		}
		f = p.s.NewSession(id)
	}
	if err := f.Finish([]byte("six")); err != nil {
		t.Fatal(err)
	}
	if got := p.journal(id); got != "one two three four five six" {
		t.Errorf("the journal at rest is %q", got)
	}
	if got := p.unfinished(); len(got) != 0 || p.s.Owns(id) {
		t.Errorf("the unfinished are %v, want none", got)
	}
	// A flow that has committed nothing before.
	id = p.next()
	f = p.s.NewSession(id)
	if err := errors.Join(f.Flush([]byte("x")), f.Finish(nil)); err != nil {
		t.Fatal(err)
	}
	if got := p.journal(id); got != "x" {
		t.Errorf("the journal is %q, want x", got)
	}
}

// testFlushMany lets many flows wait at once, while others finish.
func testFlushMany(t *testing.T, p *place) {
	var all sync.WaitGroup
	ids := make([]value.ID, 40)
	for i := range ids {
		ids[i] = p.next()
	}
	for i, id := range ids {
		all.Go(func() {
			f := p.s.NewSession(id)
			for n := range 5 {
				err := f.Insert(p.user, fmt.Sprint("u", i, "-", n), named(fmt.Sprint("user ", i, " ", n)))
				if err = errors.Join(err, f.Commit([]byte("a")), f.Flush([]byte("b"))); err != nil {
					t.Errorf("flow %d: %v", i, err)
				}
			}
			if i%2 == 0 {
				f.Abandon()
			} else if err := f.Finish([]byte("c")); err != nil {
				t.Errorf("flow %d: %v", i, err)
			}
		})
	}
	all.Wait()
	var left []value.ID
	for i, id := range ids {
		want := "ababababab"
		if i%2 == 0 {
			left = append(left, id)
		} else {
			want += "c"
		}
		if got := p.journal(id); got != want {
			t.Errorf("the journal of flow %d is %q, want %q", i, got, want)
		}
	}
	if got := p.unfinished(); !slices.Equal(got, left) {
		t.Errorf("%d flows are unfinished, want %d", len(got), len(left))
	}
}

func testDecisions(t *testing.T, p *place) {
	ctx := context.Background()
	one, two, over := p.next(), p.next(), p.next()
	for _, id := range []value.ID{one, two, over} {
		f := p.s.NewSession(id)
		if err := f.Commit([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if id != over {
			f.Abandon()
		} else if err := f.Finish(nil); err != nil {
			t.Fatal(err)
		}
	}
	given := func() []store.Decision {
		t.Helper()
		list, err := p.s.Decisions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if got := given(); len(got) != 0 {
		t.Errorf("nobody has decided, but there is %v", got)
	}
	first := store.Decision{Flow: one, Name: "d1", Code: "retry", Reason: "it’s back"}
	second := store.Decision{Flow: two, Name: "d2", Code: "cancel"}
	changed := store.Decision{Flow: one, Name: "d3", Code: "cancel", Reason: "no"}
	for _, d := range []store.Decision{second, first, {Flow: over, Name: "d4", Code: "retry"}} {
		if err := p.s.Decide(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	if got := given(); !slices.Equal(got, []store.Decision{first, second}) {
		t.Errorf("the decisions are %v, want those about unfinished flows, oldest flow first", got)
	}
	if p.kit.Reopen != nil {
		p.reopen()
		if got := given(); !slices.Equal(got, []store.Decision{first, second}) {
			t.Errorf("after opening again the decisions are %v", got)
		}
	}
	if err := p.s.Decide(ctx, changed); err != nil {
		t.Fatal(err)
	}
	if err := p.s.RemoveDecision(ctx, first); err != nil {
		t.Fatal(err)
	}
	if got := given(); !slices.Equal(got, []store.Decision{changed, second}) {
		t.Errorf("after a change of mind the decisions are %v", got)
	}
	if err := errors.Join(p.s.RemoveDecision(ctx, changed), p.s.RemoveDecision(ctx, changed), p.s.RemoveDecision(ctx, second)); err != nil {
		t.Fatal(err)
	}
	if got := given(); len(got) != 0 {
		t.Errorf("all were dropped, but there is %v", got)
	}
}

// reopen closes the store and opens it again, like a new process.
func (p *place) reopen() {
	p.Helper()
	p.s = p.kit.Reopen(p, p.s)
	p.schema()
	if err := p.s.Prepare(context.Background(), p.all); err != nil {
		p.Fatalf("preparing: %v", err)
	}
}
