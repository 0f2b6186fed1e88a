//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/store/postgres"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
)

// A world is the system that the clients use: nodes of one store, and their
// disturbances.
type world struct {
	t     *testing.T
	dir   string
	store string
	out   *output
	db    *pgtest.Server // nil without one
	nodes []*node
	open  func() keptStore // the store, read while the nodes run

	mu       sync.Mutex
	troubles []trouble
	counts   struct{ kills, pauses, terminations, stops int }
	recovery time.Duration // the longest
}

// A node is a sequence of processes.
type node struct {
	n    int
	cmd  *exec.Cmd
	site atomic.Pointer[string] // the address of the API; nil while there is none
}

// A trouble is a time in which a node, or every node, cannot answer.
type trouble struct {
	node     int // below 0: all
	from, to time.Time
}

const anyNode = -1

func newWorld(t *testing.T, nodes int, database bool) *world {
	w := &world{t: t, dir: t.TempDir(), out: &output{}}
	file := filepath.Join(w.dir, "focusreader.db")
	w.store, w.open = "sqlite:"+file, func() keptStore { return openKept(t, file) }
	if database {
		w.db = pgtest.Own(t, "-c", "fsync=off")
		w.store = w.db.URL(t)
		w.open = func() keptStore {
			s, err := postgres.Open(context.Background(), w.store, postgres.Options{ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	for n := range nodes {
		w.nodes = append(w.nodes, &node{n: n})
		w.start(w.nodes[n])
	}
	return w
}

func (n *node) base() string {
	if site := n.site.Load(); site != nil {
		return *site
	}
	return ""
}

// command returns the server of a node with slow actions, not yet started.
func (w *world) command() *exec.Cmd {
	cmd := exec.Command(os.Args[0], generous("--addr", "127.0.0.1:0", "--inspect", "none", "--store", w.store)...)
	cmd.Dir, cmd.Stderr = w.dir, w.out
	cmd.Env = append(os.Environ(), crashChild+"=1")
	w.t.Cleanup(func() { end(cmd) })
	return cmd
}

func (w *world) start(n *node) {
	n.cmd = w.command()
	site, err := launch(n.cmd)
	if err != nil {
		w.t.Fatalf("node %d: %v\n%s", n.n, err, tail(w.out.bytes()))
	}
	site += prefix
	n.site.Store(&site)
}

// trouble prevents a node, or all nodes, from answering.
func (w *world) trouble(node int, do func()) {
	w.mu.Lock()
	w.troubles = append(w.troubles, trouble{node: node, from: time.Now()})
	i := len(w.troubles) - 1
	w.mu.Unlock()
	do()
	w.mu.Lock()
	w.troubles[i].to = time.Now()
	w.mu.Unlock()
}

// late returns how long a request has waited for its answer without disturbances.
func (w *world) late(node int, began time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.troubles {
		switch {
		case x.node >= 0 && x.node != node:
		case x.to.IsZero():
			return 0
		case x.to.After(began):
			began = x.to
		}
	}
	return time.Since(began)
}

// disturb causes one disturbance.
func (w *world) disturb(rng *rand.Rand, what string) {
	n := w.nodes[rng.IntN(len(w.nodes))]
	switch what {
	case "kill":
		w.counts.kills++
		w.trouble(n.n, func() {
			n.site.Store(nil)
			n.kill()
			if rng.IntN(4) == 0 { // the recovery after a crash crashes, too
				w.counts.kills++
				n.cmd = w.command()
				if err := n.cmd.Start(); err != nil {
					w.t.Fatal(err)
				}
				sleep(rng, 0, 150*time.Millisecond)
				n.kill()
			}
			w.start(n)
		})
	case "pause", "long pause":
		w.counts.pauses++
		w.trouble(n.n, func() {
			w.signal(n, syscall.SIGSTOP)
			if what == "pause" {
				sleep(rng, 20*time.Millisecond, 500*time.Millisecond)
			} else {
				sleep(rng, 6*time.Second, 8*time.Second) // a lease lasts 5 seconds
			}
			w.signal(n, syscall.SIGCONT)
		})
	case "terminate":
		w.trouble(anyNode, func() {
			for range 1 + rng.IntN(8) {
				ended, err := w.db.Terminate(1 + rng.IntN(20))
				if err != nil {
					w.t.Fatal(err)
				}
				w.counts.terminations += ended
				sleep(rng, 0, 60*time.Millisecond)
			}
		})
	case "stop":
		w.counts.stops++
		w.trouble(anyNode, func() {
			how := pgtest.Fast
			if rng.IntN(2) == 0 {
				how = pgtest.Immediate
			}
			w.db.Halt(how)
			sleep(rng, 0, 2*time.Second)
			if err := w.db.Resume(); err != nil {
				w.t.Fatal(err)
			}
		})
	case "outage": // a node is killed while the database is stopped
		w.counts.stops++
		w.counts.kills++
		w.trouble(anyNode, func() {
			w.db.Halt(pgtest.Immediate)
			sleep(rng, 0, time.Second)
			n.site.Store(nil)
			n.kill()
			sleep(rng, 0, time.Second)
			if err := w.db.Resume(); err != nil {
				w.t.Fatal(err)
			}
			w.start(n)
		})
	default:
		panic(fmt.Sprintf("nobody knows how to %s", what))
	}
}

// end requires each node to end in order on a signal.
func (w *world) end() {
	for _, n := range w.nodes {
		w.signal(n, syscall.SIGTERM)
		if err := n.cmd.Wait(); err != nil {
			w.t.Errorf("node %d does not end in order: %v\n%s", n.n, err, tail(w.out.bytes()))
		}
	}
	for line := range bytes.Lines(w.out.bytes()) {
		if bytes.Contains(line, []byte("panic")) {
			w.t.Errorf("a node said %s", line)
		}
	}
}

func (n *node) kill() {
	n.cmd.Process.Kill()
	n.cmd.Wait() // the error says that it was killed
}

func (w *world) signal(n *node, s syscall.Signal) {
	if err := n.cmd.Process.Signal(s); err != nil {
		w.t.Fatal(err)
	}
}

func sleep(rng *rand.Rand, least, most time.Duration) {
	time.Sleep(least + time.Duration(rng.Int64N(int64(most-least))))
}

// recovered notes the time of a recovery after the last trouble.
func (w *world) recovered() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.troubles) == 0 {
		return 0
	}
	took := time.Since(w.troubles[len(w.troubles)-1].to)
	w.recovery = max(w.recovery, took)
	return took
}
