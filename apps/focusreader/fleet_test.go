//go:build unix

package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/postgres/pgtest"
	"github.com/legible-lang/legible/value"
)

// TestFleet serves FocusReader from two nodes on one database, as people run
// it. One is put to sleep in the middle of its work, past its lease; the other
// takes over; the sleeper wakes up and must change nothing that it was doing.
// Then one is killed. What was answered is there once, and nothing twice.
func TestFleet(t *testing.T) {
	binary := build(t)
	url := pgtest.Start(t, "-c", "fsync=off").URL(t)
	out := []*output{{}, {}}
	node := func(n int) *process {
		return start(t, binary, t.TempDir(), out[n], "--store", url, "--inspect", "none")
	}
	first, second := node(0), node(1)
	f := &fleet{t: t, answered: map[string]bool{}, asked: map[string]bool{}}
	for n := range 8 { // each may have a thousand tags
		who := fmt.Sprintf(`{"username": "reader %d", "password": "correct horse"}`, n)
		first.want("/api/Profile/createAccount", who, 200, nil)
		f.sessions = append(f.sessions, second.want("/api/auth/login", who, 200, nil).text("session"))
	}

	f.ask(first, 16)
	f.ask(second, 2)
	time.Sleep(500 * time.Millisecond)
	tell(t, first, syscall.SIGSTOP)
	f.takesOver(second)
	time.Sleep(7 * time.Second) // its lease is 5
	tell(t, first, syscall.SIGCONT)
	f.takesOver(first)
	time.Sleep(500 * time.Millisecond)
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.cmd.Wait() // its error is that it was killed
	f.takesOver(second)
	first = node(0)
	f.ask(first, 4)
	f.takesOver(first)
	f.end()

	f.agree(first)
	f.agree(second)
	for _, p := range []*process{first, second} {
		tell(t, p, syscall.SIGTERM)
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("a node does not end in order: %v", err)
		}
	}
	f.record(url)
	for _, o := range out {
		for line := range strings.Lines(string(o.bytes())) {
			// A node that slept in the middle of a turn has lost that, and says so.
			slept := strings.Contains(line, "lost") || strings.Contains(line, "for half a lease")
			if strings.Contains(line, "level=ERROR") && !slept {
				t.Errorf("a node said %s", line)
			}
		}
	}
}

func tell(t *testing.T, p *process, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// waits gives something the ten seconds that a fleet is promised to need.
func waits(until func() bool) bool {
	for range 100 {
		if until() {
			return true
		}
		time.Sleep(100 * time.Millisecond)
	}
	return until()
}

// A fleet is asked to make tags, each with a title of its own.
type fleet struct {
	t        *testing.T
	sessions []string
	next     atomic.Int64
	stop     atomic.Bool
	group    sync.WaitGroup

	mu              sync.Mutex
	asked, answered map[string]bool // titles
}

// ask lets clients ask a node until the end, or until it is gone.
func (f *fleet) ask(p *process, clients int) {
	client := &http.Client{Timeout: 20 * time.Second}
	for range clients {
		f.group.Go(func() {
			for failed := 0; !f.stop.Load() && failed < 10; {
				if failed++; f.once(client, p) {
					failed = 0
				}
				time.Sleep(30 * time.Millisecond)
			}
		})
	}
}

// once asks once, and tells whether the node answered with success.
func (f *fleet) once(client *http.Client, p *process) bool {
	n := f.next.Add(1)
	title, session := fmt.Sprint("tag ", n), f.sessions[n%int64(len(f.sessions))]
	f.mu.Lock()
	f.asked[title] = true
	f.mu.Unlock()
	body := fmt.Sprintf(`{"session": %q, "title": %q}`, session, title)
	w, err := client.Post(p.base+"/api/Annotation/createTag", "application/json", strings.NewReader(body))
	if err != nil {
		return false
	}
	w.Body.Close()
	switch w.StatusCode {
	case 200:
		f.mu.Lock()
		f.answered[title] = true
		f.mu.Unlock()
		return true
	case 503: // it could not be kept just now
	default:
		f.t.Errorf("creating %s is answered %d", title, w.StatusCode)
	}
	return false
}

// takesOver wants a node to answer with success within ten seconds.
func (f *fleet) takesOver(p *process) {
	f.t.Helper()
	client := &http.Client{Timeout: 10 * time.Second}
	if !waits(func() bool { return f.once(client, p) }) {
		f.t.Fatal("within ten seconds the node does not answer with success")
	}
}

func (f *fleet) end() {
	f.stop.Store(true)
	f.group.Wait()
}

// agree holds the tags that a node knows against what was said of them.
func (f *fleet) agree(p *process) {
	f.t.Helper()
	there := map[string]int{}
	for _, session := range f.sessions {
		for _, x := range p.want("/api/Annotation/_getTags", `{"session": "`+session+`"}`, 200, nil).list {
			tag, _ := x.(map[string]any)["tag"].(map[string]any)
			title, _ := tag["title"].(string)
			there[title]++
		}
	}
	unsaid := 0
	for title, n := range there {
		if n > 1 {
			f.t.Errorf("%s is there %d times", title, n)
		}
		if !f.asked[title] {
			f.t.Errorf("%q is there, and nobody asked for it", title)
		}
		if !f.answered[title] {
			unsaid++
		}
	}
	for title := range f.answered {
		if there[title] == 0 {
			f.t.Errorf("%s was answered, and is not there", title)
		}
	}
	if len(f.answered) < 20 {
		f.t.Errorf("only %d were answered: the test tests next to nothing", len(f.answered))
	}
	f.t.Logf("%d asked for, %d answered, %d there without an answer", len(f.asked), len(f.answered), unsaid)
}

// record looks through the record that is left: every flow is at rest, and
// whole.
func (f *fleet) record(url string) {
	f.t.Helper()
	ctx := f.t.Context()
	st, err := legible.OpenStore(ctx, url, store.Full)
	if err != nil {
		f.t.Fatal(err)
	}
	defer st.Close()
	ids, err := st.Flows(ctx, value.Zero, 0)
	if err != nil || len(ids) < 20 {
		f.t.Fatalf("the record has %d flows (%v)", len(ids), err)
	}
	if open, err := st.Unfinished(ctx); err != nil || len(open) > 0 {
		f.t.Errorf("%d flows have not come to rest (%v)", len(open), err)
	}
	for _, id := range ids {
		b, err := st.Journal(ctx, id)
		if err != nil {
			f.t.Fatal(err)
		}
		entries, err := journal.Read(b)
		if err != nil {
			f.t.Errorf("flow %s: %v", id, err)
		}
		for _, wrong := range journal.Check(entries, true) {
			f.t.Errorf("flow %s: %s", id, wrong)
		}
	}
}
