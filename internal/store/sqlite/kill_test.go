package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
	"github.com/legible-lang/legible/value"
)

const killPath = "LEGIBLE_TEST_KILL_PATH"

// TestMain becomes the process that is killed when the test asks for it.
func TestMain(m *testing.M) {
	var err error
	if path := os.Getenv(killPath); path != "" {
		err = runUntilKilled(path, os.Getenv("LEGIBLE_TEST_KILL_DURABILITY"))
	} else if path := os.Getenv(killBlobs); path != "" {
		err = putUntilKilled(path)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// runUntilKilled makes flows as fast as it can and prints the id of each one
// that came to rest. It goes on with the unfinished ones first.
func runUntilKilled(path, durability string) error {
	d, err := store.ParseDurability(durability)
	if err != nil {
		return err
	}
	s, err := Open(path, Options{Durability: d})
	if err != nil {
		return err
	}
	schema := storetest.ParseSchema(nil, notes)
	if err := s.Prepare(context.Background(), schema); err != nil {
		return err
	}
	table := schema.Tables[0]
	var out sync.Mutex
	// A flow's parts each say in the journal that they have happened: a insertion,
	// b change, s that it reaches outside now, c end. Every other flow does so,
	// and prints its id with an s before it.
	run := func(id value.ID, journal string) error {
		f := s.NewSession(id)
		name := id.String()
		if !strings.Contains(journal, "a") {
			if err := errors.Join(f.Insert(table, name, note("a"+name)), f.Commit([]byte("a"))); err != nil {
				return err
			}
		}
		if !strings.Contains(journal, "b") {
			row, err := f.Get(table, name)
			if err != nil || row == nil {
				return fmt.Errorf("the row is %v, %w", row, err)
			}
			if err := errors.Join(f.Update(table, name, note("b"+name)), f.Commit([]byte("b"))); err != nil {
				return err
			}
		}
		if id[15]%2 == 0 && !strings.Contains(journal, "s") {
			if err := f.Flush([]byte("s")); err != nil {
				return err
			}
			out.Lock()
			fmt.Println("s" + name)
			out.Unlock()
		}
		if err := f.Finish([]byte("c")); err != nil {
			return err
		}
		out.Lock()
		defer out.Unlock()
		_, err := fmt.Println(name)
		return err
	}
	left, err := s.Unfinished(context.Background())
	if err != nil {
		return err
	}
	for _, id := range left {
		journal, err := s.Journal(context.Background(), id)
		if err != nil {
			return err
		}
		if err := run(id, string(journal)); err != nil {
			return err
		}
	}
	ids := value.NewIDs()
	errs := make(chan error)
	for range 8 {
		go func() {
			for {
				if err := run(ids.At(time.Now()), ""); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

// TestKill kills a process at some moment, again and again on one file: state
// and journal must agree each time, and nothing that was answered may be gone.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for _, d := range []store.Durability{store.Full, store.Relaxed} {
		t.Run(d.String(), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			answered := 0
			for round := range rounds {
				ids := killed(t, []string{killPath + "=" + path, "LEGIBLE_TEST_KILL_DURABILITY=" + d.String()}, time.Duration(20+round*37%100)*time.Millisecond)
				answered += len(ids)
				if d != store.Full { // the last ones may be gone, but for those that had reached outside
					ids = slices.DeleteFunc(ids, func(id string) bool { return id[0] != 's' })
				}
				agree(t, path, ids)
			}
			if answered == 0 {
				t.Error("no flow came to rest before the end: the test tests nothing")
			}
		})
	}
}

// killed runs a process, kills it some time after its first word, and returns the
// ids that it printed.
func killed(t *testing.T, env []string, after time.Duration) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	var timer *time.Timer
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if timer == nil {
			timer = time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
		if text := lines.Text(); len(strings.TrimPrefix(text, "s")) == 36 { // not the half of one
			ids = append(ids, text)
		}
	}
	cmd.Wait()
	if complaints.Len() > 0 {
		t.Fatalf("the process says %s", complaints.String())
	}
	return ids
}

// agree compares journal and state.
func agree(t *testing.T, path string, answered []string) {
	t.Helper()
	ctx := context.Background()
	s := opened(t, path, Options{})
	defer s.Close()
	schema := storetest.ParseSchema(t, notes)
	if err := s.Prepare(ctx, schema); err != nil {
		t.Fatal(err)
	}
	if got := rows(t, s, "PRAGMA integrity_check"); len(got) != 1 || got[0] != "ok" {
		t.Fatalf("the file is damaged: %v", got)
	}
	f := s.NewSession(value.ID{1})
	defer f.Abandon()
	members, err := f.Find(schema.Tables[0], nil, nil, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	state := map[string]string{}
	for _, m := range members {
		text, _ := m.Row[0].Text()
		state[m.ID] = text[:1]
	}
	flows, err := s.Flows(ctx, value.Zero, 0)
	if err != nil {
		t.Fatal(err)
	}
	left, err := s.Unfinished(ctx)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, id := range flows {
		journal, err := s.Journal(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		known[id.String()] = true
		told := string(journal)
		if want := map[string]string{"a": "a", "ab": "b", "abc": "b", "abs": "b", "absc": "b"}[told]; want == "" || state[id.String()] != want {
			t.Errorf("the journal of a flow is %q and its state %q", told, state[id.String()])
		}
		if slices.Contains(left, id) == strings.HasSuffix(told, "c") {
			t.Errorf("a flow with the journal %q is unfinished: %v", told, slices.Contains(left, id))
		}
	}
	for id := range state {
		if !known[id] {
			t.Errorf("there is state of a flow that the journal does not know")
		}
	}
	for _, id := range answered {
		id = strings.TrimPrefix(id, "s")
		if !known[id] || state[id] != "b" {
			t.Errorf("a flow that was answered has the state %q", state[id])
		}
	}
}
