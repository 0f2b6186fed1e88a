package group

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

// A database is in memory, with a log that is flushed separately from its
// commits, as a file's log is. It fails on demand.
type database struct {
	Gauges
	queue *Queue

	disk   sync.Mutex
	tx     sync.Mutex
	open   []value.ID // writers of the open transaction
	seen   []value.ID // writers of all committed ones
	log    []record   // what was committed
	landed []*Group
	kept   int // records of the log that are durable

	commits func() error // why the next commit fails
	flushes func() error // why the next flush fails, and all after it
	broken  atomic.Bool
}

// A record is what one flow added and had written.
type record struct {
	flow    value.ID
	entries string
	rested  bool
}

var (
	errCommit = fmt.Errorf("%w: no room", store.ErrLost)
	errFlush  = fmt.Errorf("%w: no disk", store.ErrLost)
)

func never() error { return nil }

func newDatabase(d store.Durability) *database {
	db := &database{commits: never, flushes: never}
	db.queue = NewQueue(Options{Durability: d, Every: time.Millisecond, Commit: db.commitGroup, CommitIdle: db.commitIdle}, &db.Gauges)
	return db
}

func (db *database) commitGroup(g *Group) {
	db.disk.Lock()
	defer db.disk.Unlock()
	db.queue.Gather(g)
	db.tx.Lock()
	if db.queue.Open == g {
		db.commit()
	}
	db.tx.Unlock()
	db.flush()
}

func (db *database) commitIdle() {
	db.disk.Lock()
	defer db.disk.Unlock()
	db.tx.Lock()
	if db.queue.DisarmTxLocked(); !db.queue.Closed {
		db.commit()
	}
	db.tx.Unlock()
	db.flush()
}

func (db *database) commit() {
	g, chunks := db.queue.SealTxLocked(nil)
	if g == nil {
		return
	}
	err := db.commits()
	if db.broken.Load() {
		err = errFlush
	}
	if err != nil {
		db.open = nil
		db.queue.FailTxLocked(g, chunks, err, func(*Ticket) bool { return true })
		return
	}
	for _, c := range chunks {
		if c.Failed == nil {
			db.log = append(db.log, record{c.ID, string(c.Entries), c.Finished})
		}
	}
	db.seen = append(db.seen, db.open...)
	db.open = nil
	db.queue.Lock()
	db.queue.CommittedLocked(g, chunks)
	db.landed = append(db.landed, g)
	db.queue.Unlock()
}

func (db *database) flush() {
	db.tx.Lock()
	landed, upTo := db.landed, len(db.log)
	db.landed = nil
	db.tx.Unlock()
	err := db.flushes()
	if db.broken.Load() {
		err = errFlush
	}
	if err != nil {
		db.broken.Store(true)
	} else {
		db.kept = upTo
	}
	db.queue.Resolve(err, landed...)
}

type session struct {
	Ticket
	db    *database
	in    bool
	wrote bool
	saw   []value.ID // flows it has read from
}

func (db *database) begin(id value.ID) *session {
	f := &session{db: db}
	db.queue.Lock()
	defer db.queue.Unlock()
	f.JoinLocked(db.queue, id, f)
	return f
}

func (f *session) InTx() bool        { return f.in }
func (f *session) Recoverable() bool { return f.Journaled && f.Unusable() == nil }

func (f *session) Unusable() error {
	if f.db.broken.Load() {
		return errFlush
	}
	return nil
}

func (f *session) hold() error {
	if !f.in {
		f.db.tx.Lock()
		f.in = true
	}
	return f.LostLocked()
}

func (f *session) read() error {
	if err := f.hold(); err != nil {
		return err
	}
	f.saw = slices.Concat(f.db.seen, f.db.open)
	if f.db.queue.Open.Dirty {
		f.DependsOn = f.db.queue.Open
	} else if n := len(f.db.landed); n > 0 {
		f.DependsOn = f.db.landed[n-1]
	}
	return nil
}

func (f *session) write() error {
	if err := f.hold(); err != nil {
		return err
	}
	f.wrote = true
	return nil
}

func (f *session) Commit(entries []byte) error {
	err := f.Append(entries)
	if err == nil && f.wrote {
		f.db.open = append(f.db.open, f.ID)
		f.wrote, f.Wrote, f.DependsOn = false, true, f.db.queue.Open
		f.DependsOn.Dirty = true
	}
	f.Rollback()
	return err
}

func (f *session) Rollback() {
	f.wrote = false
	if f.in {
		f.in = false
		f.db.tx.Unlock()
	}
}

func id(n int) value.ID { return value.ID{byte(n >> 8), byte(n), 1} }

// durable returns the entries of a flow that survive a crash, and whether the
// flow is at rest there.
func (db *database) durable(flow value.ID) (entries string, rested bool) {
	for _, r := range db.log[:db.kept] {
		if r.flow == flow {
			entries, rested = entries+r.entries, r.rested
		}
	}
	return entries, rested
}

// However commits and flushes fail, and however many flows run at once: a flow
// that reports success rests on what is durable, and any other that has a
// durable beginning is an orphan.
func TestNobodyIsToldTooMuch(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 15
	}
	for seed := range uint64(rounds) {
		db := newDatabase(store.Full)
		var mu sync.Mutex
		random := rand.New(rand.NewPCG(seed, 1))
		chance := func(n int) bool {
			mu.Lock()
			defer mu.Unlock()
			return random.IntN(n) == 0
		}
		db.commits = func() error {
			if chance(3) {
				return errCommit
			}
			return nil
		}
		if seed%3 == 0 {
			db.flushes = func() error {
				if chance(40) {
					return errFlush
				}
				return nil
			}
		}
		type told struct {
			*session
			want string
			err  error
		}
		all := make([]told, 120)
		var flows sync.WaitGroup
		for worker := range 6 {
			flows.Go(func() {
				for n := worker; n < len(all); n += 6 {
					f := db.begin(id(n))
					want := ""
					err := func() error {
						for step := range 3 {
							if chance(2) {
								if err := f.read(); err != nil {
									return err
								}
							}
							if chance(2) {
								if err := f.write(); err != nil {
									return err
								}
							}
							entries := fmt.Sprint(n, ".", step, " ")
							err := f.Commit([]byte(entries))
							if want += entries; err == nil && chance(5) {
								want += "s"
								err = f.Flush([]byte("s"))
							}
							if err != nil {
								return err
							}
						}
						want += "."
						return f.Finish([]byte("."))
					}()
					if err != nil {
						f.Abandon()
					}
					all[n] = told{f, want, err}
				}
			})
		}
		flows.Wait()
		db.tx.Lock()
		db.commits = never
		db.tx.Unlock()
		db.commitIdle()
		db.commitIdle() // requeued entries
		db.disk.Lock()  // the timer may still fire
		db.tx.Lock()
		db.queue.CloseTxLocked()
		for n, x := range all {
			entries, rested := db.durable(x.ID)
			switch {
			case x.err == nil && !db.broken.Load() && (entries != x.want || !rested):
				t.Errorf("seed %d: flow %d is told that all is well, and of %q there is %q, at rest %v", seed, n, x.want, entries, rested)
			case x.err == nil && x.Wrote && (entries != x.want || !rested):
				t.Errorf("seed %d: flow %d has written, is told that all is well, and of %q there is %q", seed, n, x.want, entries)
			case x.err != nil && !errors.Is(x.err, store.ErrLost):
				t.Errorf("seed %d: flow %d is told %v", seed, n, x.err)
			case x.err != nil && !db.broken.Load() && db.queue.Unfinished[x.ID] && !db.queue.Orphans[x.ID]:
				t.Errorf("seed %d: flow %d was lost (%v), has a beginning, %q, and nobody takes it up", seed, n, x.err, entries)
			}
			if x.err != nil || len(x.saw) == 0 {
				continue
			}
			for _, of := range x.saw {
				if e, _ := db.durable(of); e == "" {
					t.Errorf("seed %d: flow %d is told that all is well, and has read what flow %v wrote, of which there is nothing", seed, n, of)
				}
			}
		}
		if n := db.Waiting(); n != 0 {
			t.Errorf("seed %d: %d flows wait for nothing", seed, n)
		}
		if db.queue.running != 0 {
			t.Errorf("seed %d: %d flows have neither come to rest nor been left", seed, db.queue.running)
		}
		db.tx.Unlock()
		db.disk.Unlock()
	}
}

// still returns a database without commits by timer.
func still(d store.Durability) *database {
	db := newDatabase(d)
	db.queue.Lock()
	defer db.queue.Unlock()
	db.queue.ArmWithinLocked(time.Hour)
	return db
}

// lose begins to lose the open group; end completes it. The transaction is held
// meanwhile.
func (db *database) lose(again func(*Ticket) bool) (end func()) {
	db.tx.Lock()
	lost, chunks := db.queue.SealTxLocked(nil)
	return func() {
		db.open = nil
		db.queue.FailTxLocked(lost, chunks, errCommit, again)
		db.tx.Unlock()
	}
}

func always(*Ticket) bool { return true }

// A flow that comes to rest, or syncs, in a group while an earlier one that it
// was part of or has read from is being lost, gets that error.
func TestAGroupThatWasLostBefore(t *testing.T) {
	db := still(store.Full)
	writer, reader, syncing := db.begin(id(1)), db.begin(id(2)), db.begin(id(3))
	if err := errors.Join(writer.write(), writer.Commit([]byte("a")), reader.read(), reader.Commit([]byte("b")), syncing.read(), syncing.Commit(nil)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(reader.saw, []value.ID{writer.ID}) {
		t.Fatalf("the reader sees the writes of %v", reader.saw)
	}
	end := db.lose(always)
	told := make(chan error)
	go func() { told <- syncing.Flush([]byte("c")) }()
	for _, f := range []*session{writer, reader} {
		go func() { told <- f.Finish([]byte(".")) }()
	}
	for db.Waiting() < 3 {
		time.Sleep(time.Millisecond)
	}
	end()
	for range 3 {
		if err := <-told; !errors.Is(err, errCommit) {
			t.Errorf("a flow that rests on what was lost is told %v", err)
		}
	}
}

// Lost entries of a flow at rest go into the next group, in their order, unless
// the store forbids it; then the flow is resumed.
func TestWhatIsToldAgain(t *testing.T) {
	for _, x := range []struct {
		what  string
		write bool // in the group that is lost
		late  bool // it comes to rest while the group is being lost
		again bool // may be requeued
		want  string
	}{
		{"entries of a flow at rest", false, false, true, "a."},
		{"entries of one that rests just then", false, true, true, "a."},
		{"entries that must not be told again", false, false, false, ""},
		{"entries that must not be told again, of one that rests just then", false, true, false, ""},
		{"entries of a flow whose writes are lost", true, false, true, ""},
	} {
		db := still(store.Relaxed)
		f := db.begin(id(1))
		if x.write {
			if err := f.write(); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Commit([]byte("a")); err != nil {
			t.Fatal(err)
		}
		rest := func() {
			if err := f.Finish([]byte(".")); err != nil {
				t.Errorf("%s: it is told %v, which waits for nothing", x.what, err)
			}
		}
		if !x.late {
			rest()
		}
		end := db.lose(func(p *Ticket) bool { return x.again && p.Session() == Session(f) })
		if x.late {
			rest()
		}
		end()
		db.commitIdle()
		entries, rested := db.durable(f.ID)
		if lost := x.want == ""; entries != x.want || rested == lost || db.queue.Orphans[f.ID] != lost {
			t.Errorf("%s: there is %q, at rest %v, to be taken up again %v", x.what, entries, rested, db.queue.Orphans[f.ID])
		}
	}
}

// A flow without entries at its end comes to rest all the same.
func TestRestWithoutEntries(t *testing.T) {
	db := still(store.Full)
	f := db.begin(id(1))
	if err := f.Commit([]byte("a")); err != nil {
		t.Fatal(err)
	}
	db.commitIdle()
	if !db.queue.IsUnfinished(f.ID) {
		t.Error("a flow that goes on is not unfinished")
	}
	if err := f.Finish(nil); err != nil {
		t.Fatal(err)
	}
	db.commitIdle()
	if _, rested := db.durable(f.ID); !rested || db.queue.IsUnfinished(f.ID) {
		t.Errorf("a flow at rest: %v, and unfinished: %v", rested, db.queue.IsUnfinished(f.ID))
	}
}

// Only Full makes a flow wait; a closed line takes nothing.
func TestWhoWaits(t *testing.T) {
	db := newDatabase(store.Relaxed)
	db.disk.Lock() // nothing becomes durable
	f := db.begin(id(1))
	if err := errors.Join(f.write(), f.Commit([]byte("a")), f.Finish([]byte("."))); err != nil {
		t.Errorf("a relaxed flow is told %v", err)
	}
	db.disk.Unlock()
	db.commitIdle()
	db.disk.Lock()
	entries, rested := db.durable(f.ID)
	db.disk.Unlock()
	if entries != "a." || !rested {
		t.Errorf("there is %q of it later, at rest %v", entries, rested)
	}
	if groups, flows := db.Commits(); groups == 0 || flows != 1 {
		t.Errorf("1 flow came to rest, and %d in %d groups are counted", flows, groups)
	}
	db.tx.Lock()
	db.queue.CloseTxLocked()
	db.tx.Unlock()
	late := db.begin(id(2))
	if err := late.Flush([]byte("x")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a closed line syncs: %v", err)
	}
	if err := late.Finish([]byte("x")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a closed line takes entries: %v", err)
	}
	reader := &database{}
	reader.queue = NewQueue(Options{ReadOnly: true, Every: time.Hour, Commit: reader.commitGroup, CommitIdle: reader.commitIdle}, &reader.Gauges)
	if err := reader.begin(id(3)).Finish([]byte("x")); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("a line for reading takes entries: %v", err)
	}
	if err := reader.begin(id(4)).Finish(nil); err != nil {
		t.Errorf("a flow that only looks is told %v", err)
	}
}
