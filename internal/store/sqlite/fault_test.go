package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
	"github.com/legible-lang/legible/value"
)

const notes = `
Notes.Note
  text text
  tags set text
  unique text
`

// prepared returns a store with notes.
func prepared(t testing.TB, o Options) (*Store, *store.Table) {
	s := opened(t, filepath.Join(t.TempDir(), "test.db"), o)
	schema := storetest.ParseSchema(t, notes)
	if err := s.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	return s, schema.Tables[0]
}

func note(text string) store.Row {
	return store.Row{value.String(text), value.List([]value.Value{value.String("tag")})}
}

// fill makes the disk seem full; the zero room makes it endless again.
func (s *Store) fillDisk(t testing.TB, full bool) {
	s.tx.Lock()
	defer s.tx.Unlock()
	pages := int64(1 << 30)
	if full {
		var err error
		if pages, err = s.number("PRAGMA page_count"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.number(fmt.Sprint("PRAGMA max_page_count = ", pages)); err != nil {
		t.Fatal(err)
	}
}

var big = make([]byte, 1<<20)

func TestGroupIsLost(t *testing.T) {
	ctx := context.Background()
	s, table := prepared(t, Options{})
	id := func(n byte) value.ID { return value.ID{n} }
	begin := func(n byte) store.Session { return s.NewSession(id(n)) }

	before := begin(1)
	if err := errors.Join(before.Insert(table, "before", note("before")), before.Commit([]byte("b")), before.Finish([]byte("."))); err != nil {
		t.Fatal(err)
	}
	s.queue.Lock()
	s.queue.ArmWithinLocked(time.Hour) // so that nothing is committed by chance
	s.queue.Unlock()

	reader, writer, witness, bystander, other := begin(2), begin(3), begin(4), begin(5), begin(6)
	if err := errors.Join(reader.Commit([]byte("r")), reader.Finish([]byte("."))); err != nil {
		t.Fatalf("a flow that has not written waits: %v", err)
	}
	if err := errors.Join(bystander.Commit([]byte("s"))); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(writer.Insert(table, "w", note("w")), writer.Commit([]byte("w"))); err != nil {
		t.Fatal(err)
	}
	if row, err := witness.Get(table, "w"); row == nil || err != nil {
		t.Fatalf("another flow does not see what is not yet durable: %v", err)
	}
	s.fillDisk(t, true)
	err := writer.Finish(big)
	if !errors.Is(err, store.ErrLost) || !strings.Contains(err.Error(), "full") {
		t.Errorf("resting on a full disk gives %v, want %v and the cause", err, store.ErrLost)
	}
	if _, err := witness.Get(table, "w"); !errors.Is(err, store.ErrLost) {
		t.Errorf("a flow that has seen what was lost goes on with %v, want %v", err, store.ErrLost)
	}
	if err := witness.Finish([]byte("w")); !errors.Is(err, store.ErrLost) {
		t.Errorf("a flow that has seen what was lost rests with %v, want %v", err, store.ErrLost)
	}
	if err := bystander.Commit([]byte("t")); !errors.Is(err, store.ErrLost) {
		t.Errorf("a flow whose entries were lost goes on with %v, want %v", err, store.ErrLost)
	}
	bystander.Abandon()
	if row, err := other.Get(table, "w"); row != nil || err != nil {
		t.Errorf("what was lost is there: %v, %v", row, err)
	}
	if err := errors.Join(other.Insert(table, "big", note(string(big)))); err == nil {
		t.Error("a full disk takes a megabyte")
	}
	other.Abandon()

	s.fillDisk(t, false)
	after := begin(7)
	if err := errors.Join(after.Insert(table, "w", note("w")), after.Commit([]byte("a")), after.Finish([]byte("."))); err != nil {
		t.Errorf("when the disk has room again: %v", err)
	}
	for n, want := range map[byte]string{1: "b.", 2: "r.", 3: "", 4: "", 5: "", 7: "a."} {
		if got, err := s.Journal(ctx, id(n)); string(got) != want || err != nil {
			t.Errorf("the journal of flow %d is %q, %v, want %q", n, got, err, want)
		}
	}
	if ids, err := s.Unfinished(ctx); len(ids) != 0 || err != nil {
		t.Errorf("the unfinished are %v, %v, want none", ids, err)
	}
}

// TestLostWhileRunning lets flows run while the disk is full now and then:
// those that are told of success are there, those that are told of failure are
// not.
func TestLostWhileRunning(t *testing.T) {
	ctx := context.Background()
	s, table := prepared(t, Options{})
	var mu sync.Mutex
	told := map[value.ID]error{}
	ids := value.NewIDs()
	var flows, disk sync.WaitGroup
	stop := make(chan struct{})
	disk.Add(1)
	go func() {
		defer disk.Done()
		for full := true; ; full = !full {
			s.fillDisk(t, full)
			select {
			case <-stop:
				s.fillDisk(t, false)
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	for w := range 4 {
		flows.Add(1)
		go func() {
			defer flows.Done()
			for i := range 60 {
				id := ids.At(time.Now())
				f := s.NewSession(id)
				err := f.Commit([]byte("a"))
				if err == nil {
					err = f.Insert(table, id.String(), note(id.String()+strings.Repeat("x", 2000*(i%4))))
				}
				if err == nil {
					err = f.Commit([]byte("b"))
				}
				if err != nil {
					f.Abandon()
				} else {
					err = f.Finish([]byte(fmt.Sprint("c", w)))
				}
				mu.Lock()
				told[id] = err
				mu.Unlock()
			}
		}()
	}
	flows.Wait()
	close(stop)
	disk.Wait()
	lost := 0
	look := s.NewSession(ids.At(time.Now()))
	defer look.Abandon()
	for id, err := range told {
		row, e := look.Get(table, id.String())
		journal, e2 := s.Journal(ctx, id)
		if err := errors.Join(e, e2); err != nil {
			t.Fatal(err)
		}
		ended := strings.Contains(string(journal), "c")
		switch {
		case err == nil && (row == nil || !ended):
			t.Errorf("a flow that came to rest has the row %v and the journal %q", row, journal)
		case err != nil && ended:
			t.Errorf("a flow that was told %v has the journal %q", err, journal)
		}
		if kept := strings.Contains(string(journal), "b"); kept != (row != nil) {
			t.Errorf("the journal is %q and the row %v: they disagree", journal, row)
		}
		if err != nil {
			lost++
		}
	}
	t.Logf("%d of %d flows were lost", lost, len(told))
}

// TestLostAsItLanded has flows come to rest just while a group lands that is then
// lost: one has written in it, one has read what was written. Their last entries
// go with the next group, which is kept, and they are told of the loss all the same.
func TestLostAsItLanded(t *testing.T) {
	s, table := prepared(t, Options{})
	writer, reader := s.NewSession(value.ID{1}).(*session), s.NewSession(value.ID{2}).(*session)
	err := errors.Join(reader.Insert(table, "y", note("y")), reader.Commit([]byte("a")), reader.Flush([]byte("b")),
		writer.Insert(table, "x", note("x")), writer.Commit([]byte("a")))
	if err != nil {
		t.Fatal(err)
	}
	if row, err := reader.Get(table, "x"); err != nil || row == nil {
		t.Fatalf("the reader sees %v, %v", row, err)
	}
	s.tx.Lock()
	lost, batch := s.queue.SealAnyTxLocked(nil)
	s.batch = batch
	told := make(chan error, 2)
	for _, f := range []*session{writer, reader} {
		go func() { told <- f.Finish([]byte("c")) }()
	}
	for s.Waiting() < 2 {
		runtime.Gosched()
	}
	_ = s.failGroup(lost, errors.New("no room"))
	s.tx.Unlock()
	for range 2 {
		if err := <-told; !errors.Is(err, store.ErrLost) {
			t.Errorf("a flow that rests on what was lost is told %v, want %v", err, store.ErrLost)
		}
	}
	if row, err := s.NewSession(value.ID{3}).Get(table, "x"); err != nil || row != nil {
		t.Errorf("of what was lost there is %v, %v", row, err)
	}
}

func TestLostIsReported(t *testing.T) {
	lost := make(chan error, 10)
	s, table := prepared(t, Options{Durability: store.Relaxed, Lost: func(err error) { lost <- err }})
	s.fillDisk(t, true)
	f := s.NewSession(value.ID{1})
	if err := errors.Join(f.Insert(table, "x", note("x")), f.Commit([]byte("x")), f.Finish(big)); err != nil {
		t.Fatalf("a flow that does not wait is told %v", err)
	}
	select {
	case err := <-lost:
		if !errors.Is(err, store.ErrLost) {
			t.Errorf("the report is %v, want %v", err, store.ErrLost)
		}
	case <-time.After(10 * time.Second):
		t.Error("nobody is told of what was lost")
	}
}

func TestOpenSaysWhatToDo(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	write := func(name, text string) string {
		if err := os.WriteFile(path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path(name)
	}
	sql := func(name string, texts ...string) string {
		c, err := openConn(path(name), false)
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		for _, text := range texts {
			if err := c.exec(text); err != nil {
				t.Fatal(err)
			}
		}
		return path(name)
	}
	held := opened(t, path("held.db"), Options{})
	if err := held.Prepare(context.Background(), storetest.ParseSchema(t, notes)); err != nil {
		t.Fatal(err)
	}
	closed := opened(t, path("newer.db"), Options{})
	if err := errors.Join(closed.Prepare(context.Background(), storetest.ParseSchema(t, notes)), closed.Close()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		want string
	}{
		{"", "the path is empty: name a file"},
		{path("no/such/file.db"), "there is no folder " + path("no/such") + ": create it first"},
		{write("file", "") + "/x.db", path("file") + " is not a folder"},
		{folder, "this is a folder: name a file in it"},
		{write("text.db", strings.Repeat("no database ", 500)), "not a SQLite database: name another file"},
		{sql("other.db", "CREATE TABLE x (y)"), "a SQLite database of another program: name another file"},
		{sql("newer.db", "PRAGMA user_version = 7"), "the file has format 7, but this program reads formats up to 1: use a newer version"},
		{path("held.db"), "another process has it open: stop that one, or name another file"},
	} {
		s, err := Open(c.path, Options{})
		if err == nil {
			s.Close()
			t.Errorf("%s opens", c.path)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("opening %s says\n%v\nwant\n%s", c.path, err, c.want)
		}
	}
	if os.Getuid() == 0 {
		return // may write everywhere
	}
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(folder, 0o700)
	if _, err := Open(path("new.db"), Options{}); err == nil || !strings.Contains(err.Error(), "cannot be written to") {
		t.Errorf("opening in a folder without permission says %v", err)
	}
}

// TestOthersMayRead reads the file with a connection of its own while the store
// is open, as a person with a tool would.
func TestOthersMayRead(t *testing.T) {
	s, table := prepared(t, Options{})
	f := s.NewSession(value.ID{1})
	if err := errors.Join(f.Insert(table, "x", note("hello")), f.Finish([]byte("e"))); err != nil {
		t.Fatal(err)
	}
	c, err := openConn(s.path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	got := rows(t, &Store{conn: c}, `SELECT n._id, n.text, n.tags, g.value FROM "Notes.Note" n JOIN "Notes.Note.tags" g ON g.member = n._order`)
	if want := `x | hello | ["tag"] | tag`; len(got) != 1 || got[0] != want {
		t.Errorf("another connection reads %q, want %q", got, want)
	}
}

func TestReadOnly(t *testing.T) {
	ctx := context.Background()
	s, table := prepared(t, Options{})
	if _, err := Open(filepath.Join(t.TempDir(), "no.db"), Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("opening for reading what is not there says %v", err)
	}
	write := func(n byte) {
		t.Helper()
		f := s.NewSession(value.ID{n})
		if err := errors.Join(f.Insert(table, fmt.Sprint(n), note(fmt.Sprint(n))), f.Finish([]byte{'a' + n})); err != nil {
			t.Fatal(err)
		}
	}
	write(1)
	r := opened(t, s.path, Options{ReadOnly: true})
	if got, err := r.Journal(ctx, value.ID{1}); string(got) != "b" || err != nil {
		t.Errorf("the journal beside a running process is %q, %v", got, err)
	}
	other := storetest.ParseSchema(t, "X.Y\n  z text")
	if err := r.Prepare(ctx, other); err == nil {
		t.Error("reading prepares another schema")
	}
	schema := storetest.ParseSchema(t, notes)
	if err := r.Prepare(ctx, schema); err != nil {
		t.Fatal(err)
	}
	f := r.NewSession(value.ID{2})
	if row, err := f.Get(schema.Tables[0], "1"); row == nil || err != nil {
		t.Errorf("reading beside a running process gives %v, %v", row, err)
	}
	write(2)
	if err := f.Insert(schema.Tables[0], "3", note("3")); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("writing into what was opened for reading gives %v", err)
	}
	if err := f.Commit([]byte("x")); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("keeping in what was opened for reading gives %v", err)
	}
	if err := f.Finish(nil); err != nil {
		t.Errorf("a flow that has only read rests with %v", err)
	}
	if ids, err := r.Flows(ctx, value.Zero, 0); len(ids) != 2 || err != nil {
		t.Errorf("the flows are %v, %v, want two", ids, err)
	}
}
