package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/engine/enginetest"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// TestOracle runs flows of random programs that have every form of the language. The
// engine does the same as the oracle: the same actions in the same order with the same
// inputs and outcomes, the same firings, answer and state. That effect actions fail at
// first, so that the flow waits and continues from its record, makes no difference.
func TestOracle(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, dir string) store.Store{
		"memory": func(*testing.T, string) store.Store { return memory.New(memory.Options{}) },
		"sqlite": func(t *testing.T, dir string) store.Store {
			st, err := sqlite.Open(filepath.Join(dir, "app.db"), sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return st
		},
	} {
		t.Run(name, func(t *testing.T) {
			programs := uint64(600)
			if testing.Short() {
				programs = 60
			}
			if name == "sqlite" {
				programs /= 4 // the store is slow, and the programs are the same
			}
			seen := map[string]int{}
			for seed := range programs {
				compare(t, seed, open, seen)
			}
			t.Log(seen)
			for _, what := range []string{"fired", "dropped", "joined", "entered", "line", "together", "refused", "faulted", "failed", "answered", "unhandled"} {
				if name == "memory" && seen[what] < int(programs)/20 {
					t.Errorf("the flows of %d programs have %d events of the kind %q: too few", programs, seen[what], what)
				}
			}
		})
	}
}

// compare runs some flows of a random program, one after the other, on one store.
func compare(t *testing.T, seed uint64, open func(*testing.T, string) store.Store, seen map[string]int) {
	g := &enginetest.Generator{Rand: rand.New(rand.NewPCG(seed, 5))}
	p, err := enginetest.Build(g.Program())
	if err != nil {
		seen["unfit"]++
		return
	}
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	st := open(t, dir)
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := st.Prepare(context.Background(), p.Schema); err != nil {
		t.Fatal(err)
	}
	const limit = 60
	var record []byte
	c := &clock{now: time.UnixMilli(1_900_000_000_000)}
	e, err := engine.New(p.Plan, st, p.Schema, p.Failing(func() { seen["failed"]++ }), engine.Options{
		Limits: engine.Limits{Actions: limit}, Log: slog.New(slog.DiscardHandler), FullRecord: true, Clock: c.get,
		Recorder: func(_ value.ID, b []byte, _ bool) { record = append(record, b...) },
	})
	if err != nil {
		t.Fatal(err)
	}
	world := enginetest.NewWorld()
	for flow := range 10 {
		opening := p.Opening(g.Opening())
		opening.ID = value.NewIDs().At(c.get())
		now := c.get()
		record = nil
		first, err := e.Run(context.Background(), opening)
		if err != nil {
			t.Fatal(err)
		}
		for waiting, _ := e.Waiting(); waiting > 0; waiting, _ = e.Waiting() {
			c.until(c.get().Add(time.Second))
			if err := e.ApplyDecisions(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		want := p.Expect(world, opening, opening.ID.String(), now, limit)
		entries, err := journal.Read(record)
		if err != nil {
			t.Fatal(err)
		}
		fail := func(what string) {
			t.Fatalf("seed %d, flow %d, %v: %s\nthe engine's fault is %v\nin\n%s", seed, flow, opening.In, what, first.Fault, listing(p))
		}
		if d := enginetest.Difference(enginetest.Events(p.Plan, entries), want.Events, want.Exceeded); d != "" {
			fail(d)
		}
		if want.Exceeded {
			seen["exceeded"]++
			return // the engine undoes what a decision had done
		}
		if first.Waiting == nil {
			if got := fmt.Sprint(answer(first)); got != fmt.Sprint(want.Answer) {
				fail("the answer is " + got + ", not " + fmt.Sprint(want.Answer))
			}
			code := ""
			if first.Unhandled != nil {
				code = first.Unhandled.Code
				seen["unhandled"]++
			}
			if code != want.Unhandled() {
				fail("the unhandled refusal is " + code + ", not " + want.Unhandled())
			}
			if (first.Fault != nil) != want.Faulted {
				fail(fmt.Sprintf("the fault is %v, but the oracle faults: %v", first.Fault, want.Faulted))
			}
		}
		got, ofWorld := dump(t, st, p.Schema), dump(t, nil, p.Schema, world)
		if !slices.Equal(got, ofWorld) {
			fail("the state is\n" + strings.Join(got, "\n") + "\nnot\n" + strings.Join(ofWorld, "\n"))
		}
		count(seen, want)
	}
}

func listing(p *enginetest.Program) string {
	var b strings.Builder
	from := strings.Count(enginetest.Concepts, "\n")
	for i, line := range strings.Split(p.Source(), "\n") {
		fmt.Fprintf(&b, "%4d %s\n", from+i+1, line)
	}
	return b.String()
}

// answer returns the fields of an answer by name, with the request.
func answer(r engine.Result) map[string]value.Value {
	if r.Answer == nil {
		return nil
	}
	m := map[string]value.Value{"request": value.String(r.Flow.String())}
	for _, f := range r.Answer.Fields {
		m[f.Name] = f.Value
	}
	return m
}

// dump returns the members of a store, or of a world.
func dump(t *testing.T, st store.Store, schema *store.Schema, w ...*enginetest.World) []string {
	t.Helper()
	var s engine.State
	if len(w) > 0 {
		s = w[0]
	} else {
		session := st.NewSession(value.NewIDs().At(time.Now()))
		session.BeginReadOnly()
		defer session.Abandon()
		defer session.Rollback()
		s = session
	}
	list, err := enginetest.Dump(schema, s)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// count counts what happened in a flow.
func count(seen map[string]int, o *enginetest.Oracle) {
	if o.Answer != nil {
		seen["answered"]++
	}
	for _, e := range o.Events {
		words := strings.Fields(e)
		switch {
		case words[0] == "fired":
			seen["fired"]++
			if strings.Contains(e, " ") && strings.Count(e[strings.Index(e, "["):strings.Index(e, "]")], " ") > 0 {
				seen["joined"]++
			}
		case words[0] == "entered" && strings.Contains(words[2], "."):
			seen["line"]++
		case words[0] == "dropped", words[0] == "entered", words[0] == "faulted":
			seen[words[0]]++
		case words[1] == "undone":
			seen["together"]++
		case words[1] == "refused", words[1] == "faulted":
			seen[words[1]]++
		}
	}
}
