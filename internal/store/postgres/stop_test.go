//go:build unix

package postgres

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
)

// TestStop lets a process sleep past its lease in the middle of its flows.
// Another one takes them over and ends them. When the first wakes up, it must
// change nothing of them; it goes on with new ones under a new number.
func TestStop(t *testing.T) {
	t.Parallel() // it waits for leases to end
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	url := place(t)
	w, err := newWorker(ctx, url, "ABC")
	if err != nil {
		t.Fatal(err)
	}
	defer w.s.Close()
	go func() {
		if err := w.adopt(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrClosed) {
			t.Errorf("taking over ends with %v", err)
		}
	}()
	c := startChild(t, url)
	for round := range rounds {
		time.Sleep(time.Duration(60+round*37%100) * time.Millisecond)
		before := numbersOf(t, w.s)
		if err := c.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		// Until the one that sleeps is taken for dead, and its flows are done.
		for len(numbersOf(t, w.s)) > 1 {
			time.Sleep(10 * time.Millisecond)
		}
		settled(t, w.s)
		c.mu.Lock()
		done, lost := len(c.done), c.lost
		c.mu.Unlock()
		if err := c.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		// Until it has lost what it was doing, and works again.
		for wait := 0; ; wait++ {
			c.mu.Lock()
			again := len(c.done) > done+20 && c.lost > lost
			c.mu.Unlock()
			if again {
				break
			}
			if wait > 1000 {
				t.Fatalf("after it woke up the process has ended %d flows and lost %d", len(c.done)-done, c.lost-lost)
			}
			time.Sleep(10 * time.Millisecond)
		}
		after := numbersOf(t, w.s)
		if newest := before[len(before)-1]; len(after) < 2 || slices.Contains(after, newest) {
			t.Errorf("the nodes are %v, and were %v before: want a new number instead of %d", after, before, newest)
		}
	}
	c.kill(t)
	for len(numbersOf(t, w.s)) > 1 {
		time.Sleep(10 * time.Millisecond)
	}
	settled(t, w.s)
	if handed := agree(t, w, c.done); handed == 0 {
		t.Error("no flow was handed over: the test tests nothing")
	}
	t.Logf("%d flows done, %d lost", len(c.done), c.lost)
}
