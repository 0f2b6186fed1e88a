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
	line *Line

	disk   sync.Mutex
	turn   sync.Mutex
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
	db.line = NewLine(Options{Durability: d, Every: time.Millisecond, Lead: db.lead, Late: db.late}, &db.Gauges)
	return db
}

func (db *database) lead(g *Group) {
	db.disk.Lock()
	defer db.disk.Unlock()
	db.line.Gather(g)
	db.turn.Lock()
	if db.line.Open == g {
		db.commit()
	}
	db.turn.Unlock()
	db.flush()
}

func (db *database) late() {
	db.disk.Lock()
	defer db.disk.Unlock()
	db.turn.Lock()
	if db.line.Disarm(); !db.line.Closed {
		db.commit()
	}
	db.turn.Unlock()
	db.flush()
}

func (db *database) commit() {
	g, chunks := db.line.Take(nil)
	if g == nil {
		return
	}
	err := db.commits()
	if db.broken.Load() {
		err = errFlush
	}
	if err != nil {
		db.open = nil
		db.line.Drop(g, chunks, err, func(*Part) bool { return true })
		return
	}
	for _, c := range chunks {
		if c.Dead == nil {
			db.log = append(db.log, record{c.ID, string(c.Entries), c.Rested})
		}
	}
	db.seen = append(db.seen, db.open...)
	db.open = nil
	db.line.Lock()
	db.line.Committed(g, chunks)
	db.landed = append(db.landed, g)
	db.line.Unlock()
}

func (db *database) flush() {
	db.turn.Lock()
	landed, upTo := db.landed, len(db.log)
	db.landed = nil
	db.turn.Unlock()
	err := db.flushes()
	if db.broken.Load() {
		err = errFlush
	}
	if err != nil {
		db.broken.Store(true)
	} else {
		db.kept = upTo
	}
	db.line.Settle(err, landed...)
}

type flow struct {
	Part
	db    *database
	in    bool
	wrote bool
	saw   []value.ID // flows it has read from
}

func (db *database) begin(id value.ID) *flow {
	f := &flow{db: db}
	db.line.Lock()
	defer db.line.Unlock()
	f.Join(db.line, id, f)
	return f
}

func (f *flow) Holds() bool { return f.in }
func (f *flow) Begun() bool { return f.Kept && f.Barred() == nil }

func (f *flow) Barred() error {
	if f.db.broken.Load() {
		return errFlush
	}
	return nil
}

func (f *flow) hold() error {
	if !f.in {
		f.db.turn.Lock()
		f.in = true
	}
	return f.Lost()
}

func (f *flow) read() error {
	if err := f.hold(); err != nil {
		return err
	}
	f.saw = slices.Concat(f.db.seen, f.db.open)
	if f.db.line.Open.Dirty {
		f.Rests = f.db.line.Open
	} else if n := len(f.db.landed); n > 0 {
		f.Rests = f.db.landed[n-1]
	}
	return nil
}

func (f *flow) write() error {
	if err := f.hold(); err != nil {
		return err
	}
	f.wrote = true
	return nil
}

func (f *flow) Keep(entries []byte) error {
	err := f.Append(entries)
	if err == nil && f.wrote {
		f.db.open = append(f.db.open, f.ID)
		f.wrote, f.Wrote, f.Rests = false, true, f.db.line.Open
		f.Rests.Dirty = true
	}
	f.Undo()
	return err
}

func (f *flow) Undo() {
	f.wrote = false
	if f.in {
		f.in = false
		f.db.turn.Unlock()
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
			*flow
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
							err := f.Keep([]byte(entries))
							if want += entries; err == nil && chance(5) {
								want += "s"
								err = f.Sync([]byte("s"))
							}
							if err != nil {
								return err
							}
						}
						want += "."
						return f.Rest([]byte("."))
					}()
					if err != nil {
						f.Leave()
					}
					all[n] = told{f, want, err}
				}
			})
		}
		flows.Wait()
		db.turn.Lock()
		db.commits = never
		db.turn.Unlock()
		db.late()
		db.late()      // requeued entries
		db.disk.Lock() // the timer may still fire
		db.turn.Lock()
		db.line.Close()
		for n, x := range all {
			entries, rested := db.durable(x.ID)
			switch {
			case x.err == nil && !db.broken.Load() && (entries != x.want || !rested):
				t.Errorf("seed %d: flow %d is told that all is well, and of %q there is %q, at rest %v", seed, n, x.want, entries, rested)
			case x.err == nil && x.Wrote && (entries != x.want || !rested):
				t.Errorf("seed %d: flow %d has written, is told that all is well, and of %q there is %q", seed, n, x.want, entries)
			case x.err != nil && !errors.Is(x.err, store.ErrLost):
				t.Errorf("seed %d: flow %d is told %v", seed, n, x.err)
			case x.err != nil && !db.broken.Load() && db.line.Marked[x.ID] && !db.line.Orphans[x.ID]:
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
		if db.line.running != 0 {
			t.Errorf("seed %d: %d flows have neither come to rest nor been left", seed, db.line.running)
		}
		db.turn.Unlock()
		db.disk.Unlock()
	}
}

// still returns a database without commits by timer.
func still(d store.Durability) *database {
	db := newDatabase(d)
	db.line.Lock()
	defer db.line.Unlock()
	db.line.ArmWithin(time.Hour)
	return db
}

// lose begins to lose the open group; end completes it. The turn is held
// meanwhile.
func (db *database) lose(again func(*Part) bool) (end func()) {
	db.turn.Lock()
	lost, chunks := db.line.Take(nil)
	return func() {
		db.open = nil
		db.line.Drop(lost, chunks, errCommit, again)
		db.turn.Unlock()
	}
}

func always(*Part) bool { return true }

// A flow that comes to rest, or syncs, in a group while an earlier one that it
// was part of or has read from is being lost, gets that error.
func TestAGroupThatWasLostBefore(t *testing.T) {
	db := still(store.Full)
	writer, reader, syncing := db.begin(id(1)), db.begin(id(2)), db.begin(id(3))
	if err := errors.Join(writer.write(), writer.Keep([]byte("a")), reader.read(), reader.Keep([]byte("b")), syncing.read(), syncing.Keep(nil)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(reader.saw, []value.ID{writer.ID}) {
		t.Fatalf("the reader sees the writes of %v", reader.saw)
	}
	end := db.lose(always)
	told := make(chan error)
	go func() { told <- syncing.Sync([]byte("c")) }()
	for _, f := range []*flow{writer, reader} {
		go func() { told <- f.Rest([]byte(".")) }()
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
		if err := f.Keep([]byte("a")); err != nil {
			t.Fatal(err)
		}
		rest := func() {
			if err := f.Rest([]byte(".")); err != nil {
				t.Errorf("%s: it is told %v, which waits for nothing", x.what, err)
			}
		}
		if !x.late {
			rest()
		}
		end := db.lose(func(p *Part) bool { return x.again && p.Flow() == Flow(f) })
		if x.late {
			rest()
		}
		end()
		db.late()
		entries, rested := db.durable(f.ID)
		if lost := x.want == ""; entries != x.want || rested == lost || db.line.Orphans[f.ID] != lost {
			t.Errorf("%s: there is %q, at rest %v, to be taken up again %v", x.what, entries, rested, db.line.Orphans[f.ID])
		}
	}
}

// A flow without entries at its end comes to rest all the same.
func TestRestWithoutEntries(t *testing.T) {
	db := still(store.Full)
	f := db.begin(id(1))
	if err := f.Keep([]byte("a")); err != nil {
		t.Fatal(err)
	}
	db.late()
	if !db.line.Has(f.ID) {
		t.Error("a flow that goes on is not unfinished")
	}
	if err := f.Rest(nil); err != nil {
		t.Fatal(err)
	}
	db.late()
	if _, rested := db.durable(f.ID); !rested || db.line.Has(f.ID) {
		t.Errorf("a flow at rest: %v, and unfinished: %v", rested, db.line.Has(f.ID))
	}
}

// Only Full makes a flow wait; a closed line takes nothing.
func TestWhoWaits(t *testing.T) {
	db := newDatabase(store.Relaxed)
	db.disk.Lock() // nothing becomes durable
	f := db.begin(id(1))
	if err := errors.Join(f.write(), f.Keep([]byte("a")), f.Rest([]byte("."))); err != nil {
		t.Errorf("a relaxed flow is told %v", err)
	}
	db.disk.Unlock()
	db.late()
	db.disk.Lock()
	entries, rested := db.durable(f.ID)
	db.disk.Unlock()
	if entries != "a." || !rested {
		t.Errorf("there is %q of it later, at rest %v", entries, rested)
	}
	if groups, flows := db.Commits(); groups == 0 || flows != 1 {
		t.Errorf("1 flow came to rest, and %d in %d groups are counted", flows, groups)
	}
	db.turn.Lock()
	db.line.Close()
	db.turn.Unlock()
	late := db.begin(id(2))
	if err := late.Sync([]byte("x")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a closed line syncs: %v", err)
	}
	if err := late.Rest([]byte("x")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a closed line takes entries: %v", err)
	}
	reader := &database{}
	reader.line = NewLine(Options{ReadOnly: true, Every: time.Hour, Lead: reader.lead, Late: reader.late}, &reader.Gauges)
	if err := reader.begin(id(3)).Rest([]byte("x")); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("a line for reading takes entries: %v", err)
	}
	if err := reader.begin(id(4)).Rest(nil); err != nil {
		t.Errorf("a flow that only looks is told %v", err)
	}
}
