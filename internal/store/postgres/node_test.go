package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
	"github.com/legible-lang/legible/value"
)

// nodes returns several nodes of one new database.
func nodes(t *testing.T, n int, o Options, schema string) (stores []*Store, tables []*store.Table) {
	t.Helper()
	url := place(t)
	for range n {
		s := opened(t, url, o)
		def := storetest.ParseSchema(t, schema)
		if err := s.Prepare(context.Background(), def); err != nil {
			t.Fatal(err)
		}
		stores, tables = append(stores, s), append(tables, def.Tables[0])
	}
	return stores, tables
}

// TestVersionsOfNodes has several nodes write and look at one member.
func TestVersionsOfNodes(t *testing.T) {
	stores, tables := nodes(t, 3, Options{}, "Counts.Count\n  n number")
	all := make([]store.Store, len(stores))
	for i, s := range stores {
		all[i] = s
	}
	storetest.Versions(t, all, tables, 20, func(n int) store.Row { return store.Row{value.Number(float64(n))} })
}

// TestNodesTakeTurns lets flows of several nodes read and then write the same
// row in a transaction: no change is lost, and no node looks at half of one.
func TestNodesTakeTurns(t *testing.T) {
	const rounds = 20
	ctx := context.Background()
	stores, tables := nodes(t, 3, Options{}, "Counts.Count\n  n number\n  twice number")
	count := func(n float64) store.Row { return store.Row{value.Number(n), value.Number(2 * n)} }
	f := stores[0].NewSession(value.ID{1})
	if err := errors.Join(f.Insert(tables[0], "x", count(0)), f.Finish([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	ids := value.NewIDs()
	var group sync.WaitGroup
	for i, s := range stores {
		for range 3 {
			group.Add(1)
			go func() {
				defer group.Done()
				for range rounds {
					id := ids.At(time.Now())
					f := s.NewSession(id)
					f.Begin()
					row, err := f.Get(tables[i], "x")
					if err != nil {
						t.Error(err)
						f.Abandon()
						return
					}
					n, _ := row[0].Num()
					err = errors.Join(f.Update(tables[i], "x", count(n+1)), f.Insert(tables[i], id.String(), count(n)), f.Finish([]byte("x")))
					if err != nil {
						t.Error(err)
						return
					}
				}
			}()
		}
		group.Add(1)
		go func() {
			defer group.Done()
			for range rounds {
				f := s.NewSession(ids.At(time.Now()))
				f.BeginReadOnly()
				row, err1 := f.Get(tables[i], "x")
				again, err2 := f.Get(tables[i], "x")
				members, err3 := f.Find(tables[i], nil, nil, store.Page{})
				if err := errors.Join(err1, err2, err3); err != nil {
					t.Error(err)
				} else if n, _ := row[0].Num(); !slices.EqualFunc(row, again, value.Equal) || len(members) != int(n)+1 {
					t.Errorf("in one look the count is %v, then %v, and there are %d members", row, again, len(members))
				}
				f.Rollback()
				f.Abandon()
			}
		}()
	}
	group.Wait()
	for i, s := range stores {
		f := s.NewSession(value.ID{2})
		row, err := f.Get(tables[i], "x")
		if n, _ := row[0].Num(); err != nil || n != 9*rounds {
			t.Errorf("the count is %v, %v, want %d", row, err, 9*rounds)
		}
		members, err := f.Find(tables[i], nil, nil, store.Page{})
		if err != nil {
			t.Fatal(err)
		}
		// In the order of insertion each has found one more.
		for n, m := range members[1:] {
			if was, _ := m.Row[0].Num(); int(was) != n {
				t.Errorf("the member at place %d was inserted when the count was %v", n, was)
				break
			}
		}
		f.Abandon()
		if flows, err := s.Flows(ctx, value.Zero, 0); len(flows) != 9*rounds+1 || err != nil {
			t.Errorf("a node knows %d flows, %v, want those of all", len(flows), err)
		}
	}
}

// TestDerivedRunsOnce starts the flow of one moment on several nodes at once, as
// their clocks do.
func TestDerivedRunsOnce(t *testing.T) {
	ctx := context.Background()
	stores, tables := nodes(t, 3, Options{}, notes)
	for round := range 12 {
		id := value.DerivedID(time.UnixMilli(1e12), sha256.Sum256([]byte{byte(round)}))
		writes := round%2 == 0
		var ran atomic.Int32
		var group sync.WaitGroup
		for i, s := range stores {
			group.Add(1)
			go func() {
				defer group.Done()
				if known, err := s.Journal(ctx, id); known != nil || err != nil {
					return // as the engine does
				}
				f := s.NewSession(id)
				err := f.Commit([]byte("asked "))
				if err == nil && writes {
					// Another row for each, so that nothing else keeps them apart.
					err = errors.Join(f.Insert(tables[i], fmt.Sprint(round, " ", i), note("x")), f.Commit([]byte("wrote ")))
				}
				if err == nil {
					err = f.Finish([]byte("done"))
				} else {
					f.Abandon()
				}
				switch {
				case err == nil:
					ran.Add(1)
				case !errors.Is(err, store.ErrLost):
					t.Error(err)
				}
			}()
		}
		group.Wait()
		journal, err := stores[0].Journal(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		want := "asked done"
		if writes {
			want = "asked wrote done"
		}
		if string(journal) != want {
			t.Errorf("the journal is %q, want %q", journal, want)
		}
		// A flow that has not written does not wait, and may think that it ran.
		if ran.Load() != 1 && writes {
			t.Errorf("%d nodes have run a flow that writes, want one", ran.Load())
		}
		f := stores[0].NewSession(value.ID{1})
		members, err := f.Find(tables[0], nil, nil, store.Page{})
		if want := (round + 2) / 2; len(members) != want || err != nil {
			t.Errorf("%d rows were written in %d rounds, %v, want %d", len(members), round+1, err, want)
		}
		f.Abandon()
	}
	if _, err := stores[0].Forget(ctx, store.Retention{Keep: 1}); err != nil {
		t.Fatal(err)
	}
	id := value.DerivedID(time.UnixMilli(1e12), sha256.Sum256([]byte{0}))
	f := stores[1].NewSession(id)
	if err := f.Insert(tables[1], "again", note("x")); !errors.Is(err, store.ErrLost) {
		t.Errorf("a flow that has run and was forgotten writes again: %v", err)
	}
	f.Abandon()
}

// TestServerThrowsOut ends the connections of a node while flows run. Those that
// are told of success are there, the others are not, and what was begun is
// offered again.
func TestServerThrowsOut(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w, err := newWorker(ctx, place(t), "abc")
	if err != nil {
		t.Fatal(err)
	}
	defer w.s.Close()
	if _, err := w.s.Unfinished(ctx); err != nil {
		t.Fatal(err)
	}
	other := opened(t, w.s.config.ConnString(), Options{Lease: time.Hour})
	w.pause = 3 * time.Millisecond
	var mu sync.Mutex
	var answered []string
	lost := 0
	w.told = func(id value.ID, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			lost++
		} else {
			answered = append(answered, id.String())
		}
	}
	enough := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return lost > 10
	}
	ended := make(chan error)
	go func() { ended <- w.adopt(ctx) }()
	var flows sync.WaitGroup
	ids := value.NewIDs()
	stop := make(chan struct{})
	for range 6 {
		flows.Add(1)
		go func() {
			defer flows.Done()
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := w.run(ids.At(time.Now()), ""); err != nil && !errors.Is(err, store.ErrLost) {
					t.Error(err)
					return
				}
			}
		}()
	}
	for range 200 {
		if enough() {
			break
		}
		time.Sleep(25 * time.Millisecond)
		_, err := other.pool.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
			AND query LIKE '%' || $1 || '%'`, "Notes")
		if err != nil {
			t.Log(err) // it was one's own
		}
	}
	close(stop)
	flows.Wait()
	settled(t, w.s)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	agree(t, w, answered)
	if !enough() {
		t.Error("next to nothing was lost: the test tests nothing")
	}
}

// TestSleepyTransaction holds the write lock without asking anything of the database: other
// nodes come to theirs, and the flow is told.
func TestSleepyTransaction(t *testing.T) {
	stores, tables := nodes(t, 2, Options{Lease: 400 * time.Millisecond}, notes)
	f := stores[0].NewSession(value.ID{1})
	if err := f.Insert(tables[0], "x", note("x")); err != nil {
		t.Fatal(err)
	}
	// On a machine that is busy, these flows may themselves ask nothing for too long.
	// They are told and run again, as any flow that is lost.
	again := func(n int, flow value.ID, run func(store.Session) error) error {
		for tries := 1; ; tries++ {
			g := stores[n].NewSession(flow)
			err := run(g)
			if !errors.Is(err, store.ErrLost) || tries == 20 {
				return err
			}
			g.Abandon()
		}
	}
	err := again(1, value.ID{2}, func(g store.Session) error {
		return errors.Join(g.Insert(tables[1], "y", note("y")), g.Finish([]byte("y")))
	})
	if err != nil {
		t.Errorf("another node cannot begin a transaction: %v", err)
	}
	if err := f.Commit([]byte("x")); err == nil {
		err = f.Finish([]byte("x"))
		if !errors.Is(err, store.ErrLost) {
			t.Errorf("a flow that held the transaction for too long comes to rest: %v", err)
		}
	} else if !errors.Is(err, store.ErrLost) {
		t.Errorf("a flow that held the transaction for too long is told %v", err)
	}
	f.Abandon()
	err = again(0, value.ID{3}, func(h store.Session) error {
		row, err := h.Get(tables[0], "x")
		if row != nil {
			t.Errorf("what was lost is there: %v", row)
		}
		return errors.Join(err, h.Insert(tables[0], "x", note("x")), h.Finish([]byte("x")))
	})
	if err != nil {
		t.Errorf("the next flow: %v", err)
	}
}

// A wire is a connection to the server that can be cut.
type wire struct {
	url string
	// before and after are asked with what goes to the server, before and after it
	// has gone; on true the connection is cut.
	before, after atomic.Pointer[func([]byte) bool]
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	u.Host = l.Addr().String()
	w := &wire{url: u.String()}
	cut := func(f *atomic.Pointer[func([]byte) bool], b []byte) bool {
		do := f.Load()
		return do != nil && (*do)(b)
	}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer in.Close()
				out, err := net.Dial("tcp", server)
				if err != nil {
					return
				}
				defer out.Close()
				var deaf atomic.Bool
				go func() {
					b := make([]byte, 64<<10)
					for {
						n, err := out.Read(b)
						if err != nil || deaf.Load() {
							in.Close()
							return
						}
						in.Write(b[:n])
					}
				}()
				b := make([]byte, 64<<10)
				for {
					n, err := in.Read(b)
					if err != nil || cut(&w.before, b[:n]) {
						return
					}
					if cut(&w.after, b[:n]) {
						deaf.Store(true) // the answer never arrives
					}
					out.Write(b[:n])
				}
			}()
		}
	}()
	return w
}

// TestCutAtCommit cuts the connection when the commit is on its way, before and
// after it has reached the server: the flow is told what has become of it.
func TestCutAtCommit(t *testing.T) {
	ctx := context.Background()
	to := place(t)
	w := newWire(t, to)
	s := opened(t, w.url, Options{})
	schema := storetest.ParseSchema(t, notes)
	if err := s.Prepare(ctx, schema); err != nil {
		t.Fatal(err)
	}
	table := schema.Tables[0]
	run := func(n byte) error {
		f := s.NewSession(value.ID{n})
		err := errors.Join(f.Insert(table, fmt.Sprint(n), note("x")), f.Finish([]byte("x")))
		if err != nil {
			f.Abandon()
		}
		return err
	}
	there := func(n byte) bool {
		t.Helper()
		f := s.NewSession(value.ID{100})
		defer f.Abandon()
		row, err := f.Get(table, fmt.Sprint(n))
		if err != nil {
			t.Fatal(err)
		}
		journal, err := s.Journal(ctx, value.ID{n})
		if err != nil || (row != nil) != (string(journal) == "x") {
			t.Errorf("the journal is %q, %v, and the row %v", journal, err, row)
		}
		return row != nil
	}
	for n := byte(1); n <= 3; n++ { // so that all statements are prepared
		if err := run(n); err != nil {
			t.Fatal(err)
		}
	}
	once := func() *func([]byte) bool {
		var did atomic.Bool
		// The group's last statements begin with the journal's entry.
		f := func(b []byte) bool {
			return bytes.Contains(b, append([]byte{10}, make([]byte, 15)...)) && did.CompareAndSwap(false, true)
		}
		return &f
	}
	w.before.Store(once())
	if err := run(10); !errors.Is(err, store.ErrLost) || there(10) {
		t.Errorf("cut before the commit the flow is told %v; it is there: %v", err, there(10))
	}
	w.before.Store(nil)
	if err := run(11); err != nil {
		t.Errorf("after a cut: %v", err)
	}
	after := func() *func([]byte) bool {
		var did atomic.Bool
		f := func(b []byte) bool {
			return bytes.Contains(b, append([]byte{12}, make([]byte, 15)...)) && did.CompareAndSwap(false, true)
		}
		return &f
	}
	w.after.Store(after())
	if err := run(12); err != nil || !there(12) {
		t.Errorf("cut after the commit the flow is told %v; it is there: %v", err, there(12))
	}
	w.after.Store(nil)
	if err := run(13); err != nil || !there(13) {
		t.Errorf("after a cut: %v", err)
	}
}

// TestOutdated changes the tables while another node works.
func TestOutdated(t *testing.T) {
	ctx := context.Background()
	stores, tables := nodes(t, 1, Options{Lease: 500 * time.Millisecond}, notes)
	old := stores[0]
	left := value.NewIDs().At(time.Now())
	f := old.NewSession(left)
	if err := errors.Join(f.Insert(tables[0], "x", note("x")), f.Commit([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Journal(ctx, left); err != nil { // so that it is there
		t.Fatal(err)
	}
	fresh := opened(t, old.config.ConnString(), Options{Lease: 500 * time.Millisecond})
	if err := fresh.Prepare(ctx, storetest.ParseSchema(t, notes+"  unique text\n")); err != nil {
		t.Fatal(err)
	}
	g := old.NewSession(value.ID{2})
	if err := g.Insert(tables[0], "y", note("x")); !errors.Is(err, store.ErrLost) || !strings.Contains(err.Error(), "restart this one") {
		t.Errorf("a program that does not know the tables writes: %v", err)
	}
	g.Abandon()
	within, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if ids, err := fresh.TakenOver(within); err != nil || !slices.Equal(ids, []value.ID{left}) {
		t.Errorf("the flows of a program that is outdated are %v, %v, want %v", ids, err, left)
	}
	if err := f.Finish([]byte("y")); !errors.Is(err, store.ErrLost) {
		t.Errorf("a flow that another node has taken comes to rest: %v", err)
	}
}

func TestOpenSaysWhatToDo(t *testing.T) {
	ctx := context.Background()
	at := place(t)
	change := func(f func(u *url.URL)) string {
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		f(u)
		return u.String()
	}
	newer := opened(t, place(t), Options{})
	if _, err := newer.conn.Exec(ctx, "UPDATE _meta SET value = '7' WHERE name = 'format'"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		url  string
		o    Options
		want string
	}{
		{"postgres://a:hunter2@b:x/c", Options{}, "the URL cannot be read"},
		{change(func(u *url.URL) { u.Host = "127.0.0.1:1" }), Options{}, "the server does not answer: start PostgreSQL"},
		{change(func(u *url.URL) { u.Path = "/none" }), Options{}, "there is no such database"},
		{change(func(u *url.URL) { u.User = url.User("who") }), Options{}, "who"},
		{change(func(u *url.URL) { u.RawQuery = "search_path=none" }), Options{}, "there is no such schema"},
		{at, Options{ReadOnly: true}, "nothing has been stored in it yet"},
		{newer.config.ConnString(), Options{}, "the database has format 7, but this program reads formats up to 1: use a newer version"},
	} {
		s, err := Open(ctx, c.url, c.o)
		if err == nil {
			s.Close()
			t.Errorf("%s opens", c.url)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("opening %s says\n%v\nwant\n%s", c.url, err, c.want)
		}
	}
}

func TestReadOnly(t *testing.T) {
	ctx := context.Background()
	stores, tables := nodes(t, 1, Options{}, notes)
	left := value.ID{7}
	f := stores[0].NewSession(left)
	if err := errors.Join(f.Insert(tables[0], "x", note("x")), f.Commit([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	f.Abandon()
	b, err := stores[0].PutBlob(ctx, strings.NewReader("hello"), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := stores[0].Close(); err != nil {
		t.Fatal(err)
	}
	r := opened(t, stores[0].config.ConnString(), Options{ReadOnly: true})
	schema := storetest.ParseSchema(t, notes)
	if err := r.Prepare(ctx, storetest.ParseSchema(t, "X.Y\n  z text")); err == nil {
		t.Error("reading prepares another schema")
	}
	if err := r.Prepare(ctx, schema); err != nil {
		t.Fatal(err)
	}
	g := r.NewSession(value.ID{8})
	g.Begin()
	if row, err := g.Get(schema.Tables[0], "x"); row == nil || err != nil {
		t.Errorf("reading gives %v, %v", row, err)
	}
	if err := g.Insert(schema.Tables[0], "y", note("y")); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("writing into what was opened for reading gives %v", err)
	}
	if err := g.Commit([]byte("x")); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("keeping in what was opened for reading gives %v", err)
	}
	if err := g.Finish(nil); err != nil {
		t.Errorf("a flow that has only read rests with %v", err)
	}
	if ids, err := r.Unfinished(ctx); !slices.Equal(ids, []value.ID{left}) || err != nil {
		t.Errorf("the unfinished are %v, %v", ids, err)
	}
	if o, err := r.OpenBlob(ctx, b.Hash); err != nil {
		t.Error(err)
	} else if text, err := io.ReadAll(o); string(text) != "hello" || err != nil {
		t.Errorf("a blob is %q, %v", text, err)
	}
	if _, err := r.PutBlob(ctx, strings.NewReader("x"), ""); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("storing in what was opened for reading gives %v", err)
	}
	if got := numbersOf(t, r); len(got) != 0 {
		t.Errorf("one who only looks has become a node: %v", got)
	}
	// Looking has not taken anything over.
	s := opened(t, stores[0].config.ConnString(), Options{})
	if err := s.Prepare(ctx, schema); err != nil {
		t.Fatal(err)
	}
	if ids, err := s.Unfinished(ctx); !slices.Equal(ids, []value.ID{left}) || err != nil {
		t.Errorf("the next node finds unfinished %v, %v", ids, err)
	}
}
