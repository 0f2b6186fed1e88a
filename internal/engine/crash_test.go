package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/engine/enginetest"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/store/faulty"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// TestCrashes runs random programs that have every form of the language, and makes the
// process crash, or the store fail, at a random operation of each flow, and sometimes again
// while the next process recovers. After that each flow has done all of what the oracle
// does, once and in the same order, or nothing at all.
func TestCrashes(t *testing.T) {
	programs := uint64(400)
	if testing.Short() {
		programs = 60
	}
	seen := map[string]int{}
	for seed := range programs {
		r := rand.New(rand.NewPCG(seed, 6))
		g := &enginetest.Generator{Rand: r}
		p, err := enginetest.Build(g.Program())
		if err != nil {
			continue
		}
		m := &mortal{t: t, seed: seed, r: r, p: p, seen: seen, clock: &clock{now: time.UnixMilli(1_900_000_000_000)}, world: enginetest.NewWorld()}
		if seed%8 == 0 {
			path := filepath.Join(t.TempDir(), fmt.Sprint(seed, ".db"))
			m.open = func() store.Store {
				st, err := sqlite.Open(path, sqlite.Options{})
				if err == nil {
					err = st.Prepare(context.Background(), p.Schema)
				}
				if err != nil {
					t.Fatal(err)
				}
				return st
			}
		} else {
			kept := memory.New(memory.Options{})
			if err := kept.Prepare(context.Background(), p.Schema); err != nil {
				t.Fatal(err)
			}
			m.open = func() store.Store { return kept }
		}
		m.run(g)
	}
	t.Log(seen)
	for _, what := range []string{"crash", "tear", "fail", "resumed", "nothing", "twice"} {
		if seen[what] < int(programs)/10 {
			t.Errorf("%d programs have %d cases of %q: too few", programs, seen[what], what)
		}
	}
}

// A mortal is a process that runs a random program and crashes.
type mortal struct {
	t     *testing.T
	seed  uint64
	r     *rand.Rand
	p     *enginetest.Program
	seen  map[string]int
	clock *clock
	world *enginetest.World
	open  func() store.Store

	store  store.Store // that is kept over crashes
	faulty *faulty.Store
	engine *engine.Engine
}

const crashLimit = 60

// run runs some flows and compares each with the oracle.
func (m *mortal) run(g *enginetest.Generator) {
	m.start()
	defer func() {
		if err := m.store.Close(); err != nil {
			m.t.Error(err)
		}
	}()
	for flow := range 6 {
		opening := m.p.Opening(g.Opening())
		opening.ID = value.NewIDs().At(m.clock.get())
		now := m.clock.get()
		fault := faulty.Fault{Effect: []faulty.Effect{faulty.CrashBefore, faulty.Tear, faulty.CrashBefore, faulty.Tear, faulty.Fail, faulty.Doubt, faulty.Cut}[m.r.IntN(7)],
			Op: []faulty.Op{faulty.Append, faulty.Append, faulty.Commit, faulty.Read, faulty.Write}[m.r.IntN(5)], N: 1 + m.r.IntN(4)}
		if fault.Op == faulty.Commit {
			fault.N = 1
		}
		if fault.Effect == faulty.Doubt && fault.Op != faulty.Commit {
			fault.Op = faulty.Append
		}
		m.faulty.Inject(fault)
		_, err := m.engine.Run(context.Background(), opening)
		m.finish()
		if happened := m.faulty.Remaining() == 0; happened {
			m.seen[strings.Fields(fault.String())[0]]++
		}
		m.recover()
		if !m.compare(opening, now, fmt.Sprintf("flow %d, %s, %v", flow, fault, err)) {
			return
		}
	}
}

// start starts a process.
func (m *mortal) start() {
	m.store = m.open()
	m.faulty = &faulty.Store{Store: m.store, Eager: true}
	e, err := engine.New(m.p.Plan, m.faulty, m.p.Schema, m.p.Failing(func() {}), engine.Options{
		Limits: engine.Limits{Actions: crashLimit}, Log: slog.New(slog.DiscardHandler), FullRecord: true, Clock: m.clock.get})
	if err != nil {
		m.t.Fatal(err)
	}
	m.engine = e
}

// finish moves the clock on until no effect action waits, or the process has crashed.
func (m *mortal) finish() {
	for waiting, _ := m.engine.Waiting(); waiting > 0 && !m.faulty.Crashed(); waiting, _ = m.engine.Waiting() {
		m.clock.until(m.clock.get().Add(time.Second))
		if err := m.engine.ApplyDecisions(context.Background()); err != nil {
			return
		}
	}
}

// recover starts processes until one has ended all flows.
func (m *mortal) recover() {
	for again := 0; ; again++ {
		m.engine.Stop(context.Background())
		if m.seed%8 == 0 { // the file is opened again
			if err := m.store.Close(); err != nil {
				m.t.Fatal(err)
			}
		}
		m.start()
		unfinished, err := m.store.Unfinished(context.Background())
		if err != nil {
			m.t.Fatal(err)
		}
		if len(unfinished) == 0 {
			return
		}
		if again > 10 {
			m.fail("the flow does not end")
		}
		m.seen["resumed"]++
		if again == 0 && m.r.IntN(3) == 0 {
			m.seen["twice"]++
			m.faulty.Inject(faulty.Fault{Effect: faulty.Tear, Op: faulty.Append, N: 1 + m.r.IntN(2)})
		}
		if err := m.engine.Recover(context.Background(), nil); err != nil && !errors.Is(err, faulty.ErrCrashed) {
			m.fail(err.Error())
		}
		m.finish()
	}
}

// compare compares the record of a flow and the state with the oracle. It reports whether
// the flow has not reached the limit.
func (m *mortal) compare(opening engine.Opening, now time.Time, what string) bool {
	b, err := m.store.Journal(context.Background(), opening.ID)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.fail(what + ": " + err.Error())
	}
	entries, err := journal.Read(b)
	if err != nil {
		m.fail(what + ": " + err.Error())
	}
	if len(entries) == 0 {
		m.seen["nothing"]++
	} else {
		want := m.p.Expect(m.world, opening, opening.ID.String(), now, crashLimit)
		if d := enginetest.Difference(enginetest.Events(m.p.Plan, entries), want.Events, want.Exceeded); d != "" {
			m.fail(what + ": " + d)
		}
		if found := journal.Check(entries, true); len(found) > 0 {
			m.fail(what + ": " + strings.Join(found, "\n"))
		}
		if want.Exceeded {
			return false
		}
	}
	if got, ofWorld := dump(m.t, m.store, m.p.Schema), dump(m.t, nil, m.p.Schema, m.world); !slices.Equal(got, ofWorld) {
		m.fail(what + ": the state is\n" + strings.Join(got, "\n") + "\nnot\n" + strings.Join(ofWorld, "\n"))
	}
	return true
}

func (m *mortal) fail(what string) {
	m.t.Helper()
	m.t.Fatalf("seed %d, %s\nin\n%s", m.seed, what, listing(m.p))
}
