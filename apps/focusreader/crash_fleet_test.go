//go:build unix

package main

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible/store/postgres"
	"github.com/legible-lang/legible/store/postgres/pgtest"
)

// TestCrashInFleet kills one of two servers on one database while readers work
// with both. The other goes on with what was half done, and shows all that
// either has told.
func TestCrashInFleet(t *testing.T) {
	t.Parallel() // it waits for leases to end
	if testing.Short() {
		t.Skip("waits for leases to end: go test without -short runs it")
	}
	rounds := max(2, *kills/33)
	seed := seeded(t)
	url := pgtest.Start(t).URL(t)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := &crash{t: t, dir: t.TempDir(), out: &output{}, rng: rng, audit: newAudit(t), binary: os.Args[0], slow: true,
		open: func() keptStore {
			s, err := postgres.Open(context.Background(), url, postgres.Options{ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}}
	for i := range 12 {
		r := newBookworm(rng, 0, i)
		r.busy = true // who is told to wait by one server may find it done by the other
		c.readers = append(c.readers, r)
	}
	nodes := []*server{c.start("--store", url), c.start("--store", url)}
	for round := range rounds {
		var all sync.WaitGroup
		stop := make(chan struct{})
		for i, r := range c.readers {
			all.Go(func() { r.work(t, nodes[i%2].base, stop) })
		}
		time.Sleep(time.Duration(100+rng.IntN(400)) * time.Millisecond)
		victim := rng.IntN(2)
		nodes[victim].Kill()
		time.Sleep(time.Duration(rng.IntN(200)) * time.Millisecond) // the other serves on
		close(stop)
		all.Wait()
		for _, r := range c.readers {
			c.answers += r.answers
			r.answers = 0
			if r.pending != nil {
				c.unsure++
			}
		}
		c.settled()
		c.check(nodes[1-victim].base)
		if t.Failed() {
			t.Fatalf("in round %d; what the servers said:\n%s", round, tail(c.out.bytes()))
		}
		nodes[victim] = c.start("--store", url)
	}
	c.recovered = strings.Count(string(c.out.bytes()), "went on with a flow")
	c.report()
}
