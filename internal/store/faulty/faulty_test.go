package faulty_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/store/faulty"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
	"github.com/legible-lang/legible/value"
)

func TestParse(t *testing.T) {
	for _, good := range []string{"fail commit 3", "break read 1", "delay append 2", "crash write 12", "tear commit 4"} {
		if f, err := faulty.Parse(good); err != nil || f.String() != good {
			t.Errorf("%q is read as %v, %v", good, f, err)
		}
	}
	for bad, want := range map[string]string{"fail": "not an effect, an operation and a number", "fail flush 1": "the operations are append, read", "burn read 1": "the effects are fail, break", "fail read 0": "the number is from 1"} {
		if _, err := faulty.Parse(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is told as %v, want %q", bad, err, want)
		}
	}
}

// TestFault wants each fault at the operation that was named, once, and nothing
// of what it was to spoil.
func TestFault(t *testing.T) {
	behind := memory.New(memory.Options{})
	crashed := 0
	s := &faulty.Store{Store: behind, OnCrash: func() { crashed++ }}
	schema := storetest.ParseSchema(t, "A.B\n  c text")
	if err := s.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	table := schema.Tables[0]
	insert := func(f store.Session, id string) error { return f.Insert(table, id, store.Row{value.String(id)}) }
	f := s.NewSession(value.ID{1})
	s.Inject(faulty.Fault{Effect: faulty.Break, Op: faulty.Write, N: 2})
	s.Inject(faulty.Fault{Effect: faulty.Fail, Op: faulty.Append, N: 2})
	first, second, third := insert(f, "1"), insert(f, "2"), insert(f, "3")
	if first != nil || !errors.Is(second, faulty.ErrBroken) || third != nil {
		t.Errorf("of three writes, the second to break, these came: %v; %v; %v", first, second, third)
	}
	kept := f.Commit([]byte("a"))
	lost := errors.Join(insert(f, "4"), f.Commit([]byte("b")))
	if kept != nil || !errors.Is(lost, store.ErrLost) {
		t.Errorf("of two appends, the second to fail, these came: %v; %v", kept, lost)
	}
	s.Inject(faulty.Fault{Effect: faulty.Tear, Op: faulty.Commit, N: 1})
	if err := f.Finish([]byte("c")); !errors.Is(err, store.ErrLost) || crashed != 1 {
		t.Errorf("a commit that is torn gives %v, and %d crashes were told", err, crashed)
	}
	if _, err := s.NewSession(value.ID{2}).Get(table, "1"); !errors.Is(err, faulty.ErrCrashed) {
		t.Errorf("after the crash a read gives %v", err)
	}
	if b, err := behind.Journal(context.Background(), value.ID{1}); string(b) != "ac" || err != nil {
		t.Errorf("the record is %q, %v; want what was not spoilt, and what was torn after it was done", b, err)
	}
	look := behind.NewSession(value.ID{3})
	defer look.Abandon()
	members, err := look.Find(table, nil, nil, store.Page{})
	if len(members) != 2 || err != nil {
		t.Errorf("%d members are there, %v; want 1 and 3", len(members), err)
	}
}
