package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

func (p *place) forget(r store.Retention) int {
	p.Helper()
	n, err := p.s.Forget(context.Background(), r)
	if err != nil {
		p.Fatalf("forgetting: %v", err)
	}
	return n
}

func (p *place) flows() []value.ID {
	p.Helper()
	ids, err := p.s.Flows(context.Background(), value.Zero, 0)
	if err != nil {
		p.Fatalf("listing flows: %v", err)
	}
	return ids
}

func testForget(t *testing.T, p *place) {
	hour := func(n int) time.Time { return time.UnixMilli(1e12).Add(time.Duration(n) * time.Hour) }
	rest := func(id value.ID) {
		t.Helper()
		f := p.s.NewSession(id)
		if err := errors.Join(f.Commit([]byte("a")), f.Finish([]byte("b"))); err != nil {
			t.Fatal(err)
		}
	}
	var ids []value.ID
	for n := range 12 {
		ids = append(ids, p.ids.At(hour(n)))
	}
	left, open, derived := ids[1], ids[2], value.DerivedID(hour(3), sha256.Sum256([]byte("x")))
	ids[3] = derived
	f, g := p.s.NewSession(left), p.s.NewSession(open)
	if err := errors.Join(f.Commit([]byte("a")), g.Commit([]byte("a"))); err != nil {
		t.Fatal(err)
	}
	f.Abandon()
	for _, id := range ids {
		if id != left && id != open {
			rest(id)
		}
	}
	if n := p.forget(store.Retention{}); n != 0 || len(p.flows()) != 12 {
		t.Errorf("%d flows are forgotten though nothing says so, %d of 12 are left", n, len(p.flows()))
	}
	newest := func(want ...value.ID) {
		t.Helper()
		want = slices.Clone(want)
		slices.Reverse(want)
		if got := p.flows(); !slices.Equal(got, want) {
			t.Errorf("the flows left are %v, want %v", got, want)
		}
	}
	if n := p.forget(store.Retention{Before: hour(5)}); n != 3 {
		t.Errorf("%d flows at rest are forgotten that began before, want 3", n)
	}
	newest(slices.Concat([]value.ID{left, open}, ids[5:])...)
	if got := p.journal(left) + p.journal(open); got != "aa" {
		t.Errorf("the journals of unfinished flows are %q", got)
	}
	for id, known := range map[value.ID]bool{ids[0]: false, derived: true, left: true} {
		if got, err := p.s.Journal(context.Background(), id); (got != nil) != known || err != nil {
			t.Errorf("the journal of %v is %q, %v; it is to be known: %v", id, got, err, known)
		}
	}
	if n := p.forget(store.Retention{Keep: 100}); n != 0 {
		t.Errorf("%d flows are forgotten though there are fewer than are kept", n)
	}
	if n := p.forget(store.Retention{Before: hour(6), Keep: 4}); n != 3 {
		t.Errorf("%d flows are forgotten so that four are kept, want 3", n)
	}
	newest(slices.Concat([]value.ID{left, open}, ids[8:])...)
	// The unfinished flows finish, and are then old.
	f = p.s.NewSession(left)
	if err := errors.Join(f.Finish([]byte("b")), g.Finish([]byte("b"))); err != nil {
		t.Fatal(err)
	}
	if n := p.forget(store.Retention{Keep: 4}); n != 2 {
		t.Errorf("%d flows are forgotten that have come to rest since, want 2", n)
	}
	newest(ids[8:]...)
	if p.kit.Reopen != nil {
		p.s = p.kit.Reopen(t, p.s)
		if err := p.s.Prepare(context.Background(), p.all); err != nil {
			t.Fatal(err)
		}
		newest(ids[8:]...)
		if got, err := p.s.Journal(context.Background(), derived); got == nil || err != nil {
			t.Errorf("after opening again the journal of a forgotten flow with a derived id is %q, %v", got, err)
		}
	}
}

// testForgetConcurrent forgets while flows run. No flow loses entries before it is at
// rest.
func testForgetConcurrent(t *testing.T, p *place) {
	ctx := context.Background()
	stop := make(chan struct{})
	var forgot, flows sync.WaitGroup
	forgot.Add(1)
	go func() {
		defer forgot.Done()
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := p.s.Forget(ctx, store.Retention{Before: time.UnixMilli(2e12)}); err != nil {
					t.Error(err)
					return
				}
			}
		}
	}()
	for range 4 {
		flows.Add(1)
		go func() {
			defer flows.Done()
			for range 30 {
				id := p.next()
				f := p.s.NewSession(id)
				if err := f.Commit([]byte("a")); err != nil {
					t.Error(err)
				}
				if got := p.journal(id); got != "a" {
					t.Errorf("the journal of an open flow is %q, want a", got)
				}
				if err := errors.Join(f.Insert(p.user, id.String(), named(id.String())), f.Commit([]byte("b"))); err != nil {
					t.Error(err)
				}
				if got := p.journal(id); got != "ab" {
					t.Errorf("the journal of an open flow is %q, want ab", got)
				}
				if err := f.Finish([]byte("c")); err != nil {
					t.Error(err)
				}
				if got := p.journal(id); got != "abc" && got != "" {
					t.Errorf("the journal of a flow at rest is %q, want all of it or nothing", got)
				}
			}
		}()
	}
	flows.Wait()
	close(stop)
	forgot.Wait()
	p.forget(store.Retention{Before: time.UnixMilli(2e12)})
	if got := p.flows(); len(got) != 0 {
		t.Errorf("%d flows are left, want none", len(got))
	}
}
