package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
	"github.com/legible-lang/legible/value"
)

// A cutting is a node whose connections a test ends, in the midst of a flow.
type cutting struct {
	*testing.T
	s     *Store
	table *store.Table
	next  byte
}

// The calls of a flow, each after what must come before it.
var calls = []struct {
	name   string
	before func(f store.Session, t *store.Table) error
	call   func(f store.Session, t *store.Table) error
}{
	{"get", nothing, get},
	{"find", nothing, func(f store.Session, t *store.Table) error { _, err := f.Find(t, nil, nil, store.Page{}); return err }},
	{"get while looking", func(f store.Session, t *store.Table) error { f.BeginReadOnly(); return nil }, get},
	{"second get while looking", func(f store.Session, t *store.Table) error { f.BeginReadOnly(); return get(f, t) }, get},
	{"get in a transaction", func(f store.Session, t *store.Table) error { f.Begin(); return nil }, get},
	{"second get in a transaction", func(f store.Session, t *store.Table) error { f.Begin(); return get(f, t) }, get},
	{"insert", nothing, insert("b")},
	{"second insert", insert("b"), insert("c")},
	{"update", insert("b"), func(f store.Session, t *store.Table) error { return f.Update(t, "there", note("x")) }},
	{"delete", insert("b"), func(f store.Session, t *store.Table) error { return f.Delete(t, "there") }},
	{"get after an insert", insert("b"), get},
	{"keep", insert("b"), func(f store.Session, t *store.Table) error { return f.Commit([]byte("b ")) }},
	{"sync", nothing, func(f store.Session, t *store.Table) error { return f.Flush([]byte("s ")) }},
	{"rest", nothing, func(f store.Session, t *store.Table) error { return f.Finish([]byte("end")) }},
	{"rest after a kept insert", func(f store.Session, t *store.Table) error {
		return errors.Join(insert("b")(f, t), f.Commit([]byte("b ")))
	}, func(f store.Session, t *store.Table) error { return f.Finish([]byte("end")) }},
}

func nothing(store.Session, *store.Table) error { return nil }

func get(f store.Session, t *store.Table) error { _, err := f.Get(t, "there"); return err }

func insert(id string) func(f store.Session, t *store.Table) error {
	return func(f store.Session, t *store.Table) error { return f.Insert(t, id, note(id)) }
}

// flow runs a flow up to a call, at which cut happens, and goes on with it as far
// as it can. What is told must be true, and what was begun must be offered again.
func (c *cutting) flow(durable bool, i int, cut func()) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c.next++
	id, name := value.ID{c.next}, calls[i].name
	own := &store.Table{Instance: c.table.Instance, Set: c.table.Set, Columns: c.table.Columns}
	f := c.s.NewSession(id)
	if err := errors.Join(f.Insert(own, fmt.Sprint("kept ", c.next), note("a")), f.Commit([]byte("a "))); err != nil {
		c.Fatalf("%s: beginning: %v", name, err)
	}
	if durable {
		if _, err := c.s.Journal(ctx, id); err != nil { // which makes it durable
			c.Fatal(err)
		}
	}
	if err := calls[i].before(f, own); err != nil {
		c.Fatalf("%s: before: %v", name, err)
	}
	cut()
	err := calls[i].call(f, own)
	rests := strings.HasPrefix(name, "rest")
	if err == nil && !rests {
		err = f.Commit([]byte("more "))
		if err == nil {
			rests, err = true, f.Finish([]byte("end"))
		}
	}
	if err != nil && !errors.Is(err, store.ErrLost) {
		c.Errorf("%s (durable %t): the call fails with %v, which does not suspend the flow", name, durable, err)
	}
	undone := err != nil && f.Undone()
	if err != nil && !rests {
		f.Abandon()
	}
	c.settle(ctx)
	if err != nil && !undone {
		c.takes(ctx, name, id)
	}
	kept := c.there(fmt.Sprint("kept ", c.next))
	journal, e := c.s.Journal(ctx, id)
	switch {
	case e != nil:
		c.Fatal(e)
	case err == nil && (!kept || !strings.HasSuffix(string(journal), "end")):
		c.Errorf("%s (durable %t): it was told that all is well, and the journal is %q, the row is there: %t", name, durable, journal, kept)
	case undone && (kept || journal != nil || durable):
		c.Errorf("%s (durable %t): it was told that nothing is kept, and the journal is %q, the row is there: %t", name, durable, journal, kept)
	case err != nil && !undone && kept != strings.Contains(string(journal), "a "):
		c.Errorf("%s (durable %t): the journal is %q, and the row is there: %t", name, durable, journal, kept)
	}
	for id, want := range map[string]bool{"b": false, "c": false, "there": true} {
		g := c.s.NewSession(value.ID{0xff, c.next, id[0]})
		switch is := c.there(id); {
		case is && !want:
			err = g.Delete(own, id)
		case !is && want:
			err = g.Insert(own, id, note(id))
		default:
			err = nil
		}
		if err := errors.Join(err, g.Finish([]byte("d"))); err != nil {
			c.Fatal(err)
		}
	}
}

// settle waits until the database answers again.
func (c *cutting) settle(ctx context.Context) {
	c.Helper()
	for n := 0; ; n++ {
		f := c.s.NewSession(value.ID{0xfe, c.next, byte(n), byte(n >> 8)})
		_, err := f.Get(c.table, "x")
		if err == nil {
			err = f.Finish([]byte("x"))
		} else {
			f.Abandon()
		}
		if err == nil {
			_, err = c.s.Unfinished(ctx)
		}
		if err == nil {
			return
		}
		if !errors.Is(err, store.ErrLost) || ctx.Err() != nil {
			c.Fatalf("the database is there again, and asking gives %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// takes wants a flow that was given up to be offered again, if the database has
// its beginning, and ends it.
func (c *cutting) takes(ctx context.Context, name string, id value.ID) {
	c.Helper()
	left, err := c.s.Unfinished(ctx)
	if err != nil {
		c.Fatal(err)
	}
	if !slices.Contains(left, id) {
		return
	}
	within, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		ids, err := c.s.TakenOver(within)
		if err != nil {
			c.Fatalf("%s: the flow is unfinished, and nobody is offered it: %v", name, err)
		}
		if slices.Contains(ids, id) {
			break
		}
	}
	f := c.s.NewSession(id)
	if err := f.Finish([]byte("resumed")); err != nil {
		c.Errorf("%s: going on with it: %v", name, err)
	}
}

func (c *cutting) there(id string) bool {
	c.Helper()
	f := c.s.NewSession(value.ID{0xfd})
	defer f.Abandon()
	row, err := f.Get(c.table, id)
	if err != nil {
		c.Fatal(err)
	}
	return row != nil
}

// newCutting makes a node whose connections are named.
func newCutting(t *testing.T, to string) *cutting {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("application_name", "to be cut")
	u.RawQuery = q.Encode()
	s := opened(t, u.String(), Options{})
	schema := storetest.ParseSchema(t, notes)
	if err := s.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Unfinished(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := &cutting{T: t, s: s, table: schema.Tables[0]}
	f := s.NewSession(value.ID{0xfc})
	if err := errors.Join(f.Insert(c.table, "there", note("x")), f.Finish([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTerminatedAtEachCall ends all connections of a node before each kind of call.
func TestTerminatedAtEachCall(t *testing.T) {
	ctx := context.Background()
	to := place(t)
	c := newCutting(t, to)
	admin, err := pgx.Connect(ctx, to)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	cut := func() {
		if _, err := admin.Exec(ctx, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'to be cut'"); err != nil {
			t.Fatal(err)
		}
	}
	for _, durable := range []bool{false, true} {
		for i := range calls {
			c.flow(durable, i, cut)
		}
	}
}

// TestServerStopsAtEachCall stops the server itself, and starts it again.
func TestServerStopsAtEachCall(t *testing.T) {
	server := pgtest.Own(t, "-c", "fsync=off")
	c := newCutting(t, server.URL(t))
	for i := range calls {
		if i%3 != 0 && calls[i].name != "rest after a kept insert" {
			continue
		}
		for _, how := range []pgtest.Shutdown{pgtest.Fast, pgtest.Immediate} {
			ended := make(chan error, 1)
			c.flow(how == pgtest.Fast, i, func() {
				server.Halt(how)
				go func() {
					time.Sleep(200 * time.Millisecond)
					ended <- server.Resume()
				}()
			})
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		}
	}
}
