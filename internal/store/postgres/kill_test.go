package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
`

const (
	childURL = "LEGIBLE_TEST_POSTGRES_URL"
	lease    = 600 * time.Millisecond
)

// becomes makes the process one that is stopped or killed, when the test asks
// for it.
func becomes() bool {
	url := os.Getenv(childURL)
	if url == "" {
		return false
	}
	if err := runUntilKilled(url); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

func note(text string) store.Row {
	return store.Row{value.String(text), value.List([]value.Value{value.String("tag")})}
}

// A worker runs flows of three parts. Each part adds its letter to a row and, in
// the same transaction, to the journal, so that the two must always say the same.
type worker struct {
	s       *Store
	table   *store.Table
	letters string // abc, or ABC for the one that takes over
	pause   time.Duration
	told    func(id value.ID, err error)
}

// run does what is left of a flow.
func (w *worker) run(id value.ID, journal string) (err error) {
	f := w.s.NewSession(id)
	defer func() {
		if err != nil {
			f.Abandon()
		}
		w.told(id, err)
	}()
	name := id.String()
	for i := len(journal); i < 3; i++ {
		time.Sleep(rand.N(w.pause))
		letter := w.letters[i : i+1]
		if i == 0 {
			err = f.Insert(w.table, name, note(letter))
		} else {
			f.Begin()
			row, e := f.Get(w.table, name)
			if e != nil || row == nil {
				return fmt.Errorf("the row is %v: %w", row, e)
			}
			text, _ := row[0].Text()
			err = f.Update(w.table, name, note(text+letter))
		}
		if err != nil {
			return err
		}
		if i == 2 {
			return f.Finish([]byte(letter))
		}
		if err := f.Commit([]byte(letter)); err != nil {
			return err
		}
	}
	return f.Finish(nil)
}

// adopt runs what the store gives this process to run, until the context ends.
func (w *worker) adopt(ctx context.Context) error {
	for {
		ids, err := w.s.TakenOver(ctx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			journal, err := w.s.Journal(ctx, id)
			for ; err != nil && ctx.Err() == nil; journal, err = w.s.Journal(ctx, id) {
				time.Sleep(10 * time.Millisecond) // it is given only once
			}
			if err := w.run(id, string(journal)); err != nil && !errors.Is(err, store.ErrLost) {
				return err
			}
		}
	}
}

func newWorker(ctx context.Context, url, letters string) (*worker, error) {
	s, err := Open(ctx, url, Options{Lease: lease, Name: letters})
	if err != nil {
		return nil, err
	}
	schema := storetest.ParseSchema(nil, notes)
	if err := s.Prepare(ctx, schema); err != nil {
		return nil, err
	}
	return &worker{s: s, table: schema.Tables[0], letters: letters, pause: time.Millisecond, told: func(value.ID, error) {}}, nil
}

// runUntilKilled runs flows and prints the id of each one that came to rest.
func runUntilKilled(url string) error {
	ctx := context.Background()
	w, err := newWorker(ctx, url, "abc")
	if err != nil {
		return err
	}
	var out sync.Mutex
	w.pause = 20 * time.Millisecond
	w.told = func(id value.ID, err error) {
		out.Lock()
		defer out.Unlock()
		if err == nil {
			fmt.Println("done", id)
		} else {
			fmt.Println("lost", id)
		}
	}
	if _, err := w.s.Unfinished(ctx); err != nil {
		return err
	}
	ids := value.NewIDs()
	failed := make(chan error)
	go func() { failed <- w.adopt(ctx) }()
	for range 8 {
		go func() {
			for {
				if err := w.run(ids.At(time.Now()), ""); err != nil && !errors.Is(err, store.ErrLost) {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// A child is a process that runs flows.
type child struct {
	*exec.Cmd
	mu        sync.Mutex
	done      []string
	lost      int
	began     chan struct{}
	ended     chan struct{}
	complains strings.Builder
}

func startChild(t *testing.T, url string) *child {
	t.Helper()
	c := &child{Cmd: exec.Command(os.Args[0]), began: make(chan struct{}), ended: make(chan struct{})}
	c.Env = append(os.Environ(), childURL+"="+url)
	c.Stderr = &c.complains
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	go func() {
		defer close(c.ended)
		first := true
		for lines := bufio.NewScanner(out); lines.Scan(); {
			what, id, _ := strings.Cut(lines.Text(), " ")
			c.mu.Lock()
			if what == "lost" {
				c.lost++
			} else if len(id) == 36 { // not the half of one
				c.done = append(c.done, id)
			}
			c.mu.Unlock()
			if first {
				first = false
				close(c.began)
			}
		}
		if first {
			close(c.began)
		}
	}()
	<-c.began
	return c
}

func (c *child) kill(t *testing.T) {
	t.Helper()
	c.Process.Kill()
	<-c.ended
	c.Wait()
	if c.complains.Len() > 0 {
		t.Fatalf("the process says %s", c.complains.String())
	}
}

// agree looks at all flows: state and journal say the same, every part was done
// once, what was answered is there; nothing is unfinished. It tells how many
// flows were begun by one and ended by another process.
func agree(t *testing.T, w *worker, answered []string) (handed int) {
	t.Helper()
	ctx := context.Background()
	f := w.s.NewSession(value.ID{1})
	defer f.Abandon()
	members, err := f.Find(w.table, nil, nil, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	state := map[string]string{}
	for _, m := range members {
		state[m.ID], _ = m.Row[0].Text()
	}
	flows, err := w.s.Flows(ctx, value.Zero, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(flows) != len(state) {
		t.Errorf("there are %d flows and %d rows", len(flows), len(state))
	}
	for _, id := range flows {
		journal, err := w.s.Journal(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		told := string(journal)
		if told != state[id.String()] || strings.ToLower(told) != "abc" || strings.TrimLeft(strings.TrimRight(told, "ABC"), "abc") != "" {
			t.Errorf("the journal of a flow is %q and its state %q", told, state[id.String()])
		}
		if strings.ToLower(told) != told && strings.ToUpper(told) != told {
			handed++
		}
	}
	for _, id := range answered {
		if len(state[id]) != 3 {
			t.Errorf("a flow that was answered has the state %q", state[id])
		}
	}
	if ids, err := w.s.Unfinished(ctx); len(ids) > 0 || err != nil {
		t.Errorf("%d flows are unfinished, %v", len(ids), err)
	}
	return handed
}

// settled waits until no flow of any node is unfinished.
func settled(t *testing.T, s *Store) {
	t.Helper()
	for range 500 {
		all, err := s.ids(context.Background(), "looking", "SELECT flow FROM _unfinished")
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.queue.Lock()
	t.Fatalf("some flows stay unfinished; this is node %d, %d flows are marked, %d orphans, %d to be taken: %v", s.node, len(s.queue.Unfinished), len(s.queue.Orphans), len(s.taken), lines(t, s, "SELECT * FROM _unfinished"))
}

// TestKill kills a process while it runs flows; another one ends them.
func TestKill(t *testing.T) {
	t.Parallel() // it waits for leases to end
	rounds := 5
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
	var taken atomic.Int32
	w.told = func(value.ID, error) { taken.Add(1) }
	go func() {
		if err := w.adopt(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrClosed) {
			t.Errorf("taking over ends with %v", err)
		}
	}()
	var answered []string
	for round := 0; round < rounds || taken.Load() == 0 && round < 20; round++ {
		c := startChild(t, url)
		time.Sleep(time.Duration(50+round*37%100) * time.Millisecond)
		c.kill(t)
		answered = append(answered, c.done...)
		settled(t, w.s)
	}
	if agree(t, w, answered) == 0 || len(answered) == 0 {
		t.Errorf("no flow was handed over, or none answered (%d): the test tests nothing", len(answered))
	}
}

// numbersOf returns the nodes that are there.
func numbersOf(t *testing.T, s *Store) []int64 {
	t.Helper()
	nodes, err := numbers(context.Background(), s.pool, "SELECT node FROM _node ORDER BY node")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(nodes)
}
