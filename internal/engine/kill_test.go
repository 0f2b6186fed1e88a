package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/engine/enginetest"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// victimWork names the seed and the store of a process that runs the flows of a random
// program until it is killed.
const victimWork = "ENGINE_TEST_VICTIM"

// victimFlows is how many flows a victim runs.
const victimFlows = 120

// A victim is a random program with its flows, which are the same in each process.
type victim struct {
	program  *enginetest.Program
	openings []engine.Opening
}

func newVictim(seed uint64) (*victim, error) {
	r := rand.New(rand.NewPCG(seed, 9))
	g := &enginetest.Generator{Rand: r}
	p, err := enginetest.Build(g.Program())
	if err != nil {
		return nil, err
	}
	v := &victim{program: p}
	ids := value.SeededIDs([32]byte{byte(seed), byte(seed >> 8)})
	for range victimFlows {
		o := p.Opening(g.Opening())
		o.ID = ids.At(victimTime)
		v.openings = append(v.openings, o)
	}
	return v, nil
}

var victimTime = time.UnixMilli(1_900_000_000_000)

// run opens the store, resumes what an earlier process left, and runs the other flows.
func (v *victim) run(path string) error {
	ctx := context.Background()
	st, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		return err
	}
	if err := st.Prepare(ctx, v.program.Schema); err != nil {
		return err
	}
	e, err := engine.New(v.program.Plan, st, v.program.Schema, v.program.Methods, engine.Options{
		Limits: engine.Limits{Actions: crashLimit}, Log: slog.New(slog.DiscardHandler), FullRecord: true,
		Clock: func() time.Time { return victimTime }})
	if err != nil {
		return err
	}
	if err := e.Recover(ctx, nil); err != nil {
		return err
	}
	first := 0
	for i, o := range v.openings {
		if b, err := st.Journal(ctx, o.ID); err == nil && len(b) > 0 {
			first = i + 1
		}
	}
	for _, o := range v.openings[first:] {
		if _, err := e.Run(ctx, o); err != nil {
			return err
		}
	}
	e.Stop(ctx)
	return st.Close()
}

// runVictim is the process that is killed.
func runVictim(work string) {
	var seed uint64
	text, path, _ := strings.Cut(work, " ")
	_, err := fmt.Sscan(text, &seed)
	var v *victim
	if err == nil {
		v, err = newVictim(seed)
	}
	if err == nil {
		err = v.run(path)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// TestKilled kills processes that run random programs with every form of the language, again
// and again on the same store, until one ends. The flows have then done what the oracle
// does without any crash.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes, which takes a few seconds")
	}
	killed, programs := 0, 0
	for seed := uint64(0); programs < 6; seed++ {
		v, err := newVictim(seed)
		if err != nil || !v.busy() {
			continue
		}
		programs++
		path := filepath.Join(t.TempDir(), "victim.db")
		r := rand.New(rand.NewPCG(seed, 10))
		for round := 0; ; round++ {
			cmd := exec.Command(os.Args[0])
			cmd.Env, cmd.Stderr = append(os.Environ(), fmt.Sprintf("%s=%d %s", victimWork, seed, path)), os.Stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			kill := time.AfterFunc(time.Duration(20+r.IntN(60+20*round))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			err := cmd.Wait()
			kill.Stop()
			if err == nil {
				break
			}
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Exited() {
				t.Fatalf("seed %d: the process ended by itself: %v", seed, err)
			}
			killed++
		}
		v.compare(t, seed, path)
	}
	t.Logf("%d processes were killed", killed)
	if killed == 0 { // how many there are depends on the machine
		t.Error("no process was killed")
	}
}

// busy reports whether the flows do much, but never reach the limit.
func (v *victim) busy() bool {
	world, events := enginetest.NewWorld(), 0
	for _, o := range v.openings {
		x := v.program.Expect(world, o, o.ID.String(), victimTime, crashLimit)
		if x.Exceeded {
			return false
		}
		events += len(x.Events)
	}
	return events > 12*len(v.openings)
}

// compare compares the records and the state with the oracle. A flow without a record was
// lost with a process, which can happen to the last flows only if they changed nothing.
func (v *victim) compare(t *testing.T, seed uint64, path string) {
	st, err := sqlite.Open(path, sqlite.Options{})
	if err == nil {
		err = st.Prepare(context.Background(), v.program.Schema)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	state := func(w *enginetest.World) []string { return dump(t, store.Store(st), v.program.Schema, w) }
	world := enginetest.NewWorld()
	for i, o := range v.openings {
		before := state(world)
		want := v.program.Expect(world, o, o.ID.String(), victimTime, crashLimit)
		b, err := st.Journal(context.Background(), o.ID)
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && len(b) == 0:
			if !slices.Equal(before, state(world)) {
				t.Fatalf("seed %d: flow %d is lost, which changes the state\n%s", seed, i, listing(v.program))
			}
			continue
		case err != nil:
			t.Fatal(err)
		}
		entries, err := journal.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if d := enginetest.Difference(enginetest.Events(v.program.Plan, entries), want.Events, false); d != "" {
			t.Fatalf("seed %d, flow %d: %s\nin\n%s", seed, i, d, listing(v.program))
		}
	}
	if got, want := dump(t, st, v.program.Schema), state(world); !slices.Equal(got, want) {
		t.Fatalf("seed %d: the state is\n%s\nnot\n%s", seed, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
