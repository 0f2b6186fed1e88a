//go:build unix

package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var ledgerFor = flag.Duration("ledger.for", 0, "how long each of the ledger tests goes on, such as 30m; 0 is a few rounds")

// TestLedger runs several clients of each account concurrently, which do everything
// that FocusReader can do, while nodes are killed and paused, and the database loses
// connections and stops. The clients keep a ledger: what was answered as done must
// exist completely, what was answered as not done must not, and what was not
// answered is done or not, and stays so. Nothing takes longer than ten seconds, and
// nothing is answered with 500.
func TestLedger(t *testing.T) {
	t.Parallel()
	seed := seeded(t)
	for i, c := range []struct {
		name     string
		nodes    int
		database bool
		round    []string // disturbances, in random order
		more     []string // further disturbances of a long run
	}{
		{"sqlite", 1, false, []string{"kill", "kill", "pause", "kill", "kill"}, nil},
		{"postgres", 1, true, []string{"terminate", "stop", "kill", "stop"}, []string{"terminate", "pause", "long pause", "outage"}},
		{"fleet", 2, true, []string{"terminate", "kill", "stop", "long pause"}, []string{"terminate", "pause", "kill", "outage"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			switch {
			case testing.Short():
				c.round = []string{"kill"}
			case *ledgerFor > 0:
				c.round = append(c.round, c.more...)
			}
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			l := newLedger(t, newWorld(t, c.nodes, c.database))
			for n := range 4 {
				l.slots = append(l.slots, &slot{n: n})
			}
			l.probe = &slot{n: len(l.slots)}
			defer l.report()
			l.works(rng) // so that the account that works uses exists
			for began, first := time.Now(), true; first || time.Since(began) < *ledgerFor; first = false {
				rng.Shuffle(len(c.round), func(i, j int) { c.round[i], c.round[j] = c.round[j], c.round[i] })
				for _, what := range c.round {
					l.round(rng, what)
				}
			}
			l.world.end()
		})
	}
}

// round lets the clients work, disturbs them, and audits the result.
func (l *ledger) round(rng *rand.Rand, what string) {
	stop := make(chan struct{})
	var all sync.WaitGroup
	for _, s := range l.slots {
		for range 3 {
			w := &worker{ledger: l, slot: s, rng: rand.New(rand.NewPCG(rng.Uint64(), 0)), node: -1}
			all.Go(func() { w.work(stop) })
		}
	}
	sleep(rng, 100*time.Millisecond, 500*time.Millisecond)
	l.world.disturb(rng, what)
	l.works(rng)
	sleep(rng, 50*time.Millisecond, 300*time.Millisecond)
	close(stop)
	all.Wait()
	l.http.CloseIdleConnections()
	store := l.rested()
	defer store.Close()
	if !l.t.Failed() {
		l.audit(rng, rng.IntN(len(l.world.nodes)))
		l.auditStore(store)
	}
	if l.t.Failed() {
		l.t.Fatalf("after: %s; what the server said:\n%s", what, tail(loud(l.world.out.bytes())))
	}
}

// loud returns the lines of a log that are not about requests.
func loud(log []byte) []byte {
	var lines [][]byte
	for line := range bytes.Lines(log) {
		if !bytes.Contains(line, []byte("level=INFO msg=request")) {
			lines = append(lines, line)
		}
	}
	return bytes.Join(lines, nil)
}

// works requires each node to change something within ten seconds.
func (l *ledger) works(rng *rand.Rand) {
	for n := range l.world.nodes {
		w := &worker{ledger: l, slot: l.probe, rng: rand.New(rand.NewPCG(rng.Uint64(), 0)), node: n}
		for began := time.Now(); !w.change(); time.Sleep(5 * time.Millisecond) {
			if time.Since(began) > patience {
				l.differ("node %d changes nothing within %s", n, patience)
				return
			}
		}
		l.world.recovered()
	}
}

// change changes something of an account that nobody else uses.
func (w *worker) change() bool {
	a := w.home()
	if a == nil {
		return false
	}
	if len(a.sessions) == 0 {
		w.login(a, a.current())
		return false
	}
	d := w.editDefaults(a, a.sessions[0])
	return d != nil && d.fate == done
}

// rested opens the store when all flows are at rest, within ten seconds.
func (l *ledger) rested() keptStore {
	s := l.world.open()
	if err := s.Prepare(context.Background(), l.record.schema); err != nil {
		l.t.Fatal(err)
	}
	if rested(l.t, s, patience) {
		l.world.recovered()
	}
	return s
}

// report lists the operations and their outcomes.
func (l *ledger) report() {
	var statuses []string
	for _, status := range slices.Sorted(maps.Keys(l.statuses)) {
		statuses = append(statuses, fmt.Sprintf("%s: %d", status, l.statuses[status]))
	}
	w := l.world
	l.t.Logf("%d operations: %d done, %d not done, %d of unknown outcome; %d kills, %d pauses, %d connections terminated, %d database stops; "+
		"%d flows audited; %d differences; longest recovery %s, longest answer %s; answers: %s",
		l.counts.operations, l.counts.done, l.counts.refused, l.counts.unknown, w.counts.kills, w.counts.pauses, w.counts.terminations, w.counts.stops,
		l.record.flows, l.counts.differences, w.recovery.Round(time.Millisecond), l.longest.Round(time.Millisecond), strings.Join(statuses, ", "))
	if l.counts.done == 0 || l.record.flows == 0 {
		l.t.Error("nothing was tried: the test tests nothing")
	}
}
