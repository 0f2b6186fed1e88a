//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience is the maximum time of an operation without disturbances.
const patience = 10 * time.Second

// A ledger contains the answers to clients of a server, and what must, may and
// cannot exist because of them.
type ledger struct {
	t      *testing.T
	clock  atomic.Int64
	world  *world
	http   *http.Client
	slots  []*slot
	probe  *slot // that no client uses
	record *audit

	mu       sync.Mutex
	statuses map[string]int // of answers, or errors in place of one
	told     []string       // flows whose answers confirm a change
	counts   struct{ operations, done, refused, unknown, differences int }
	longest  time.Duration // the wait for an answer without disturbances
}

// A slot is a sequence of accounts, one at a time.
type slot struct {
	n       int
	mu      sync.Mutex
	account *holder
	gone    []*holder // deleted accounts
	making  atomic.Bool
	count   atomic.Int64
}

func newLedger(t *testing.T, w *world) *ledger {
	l := &ledger{t: t, world: w, statuses: map[string]int{}, record: newAudit(t),
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}, Timeout: 3 * patience}}
	l.clock.Store(1)
	return l
}

func (l *ledger) now() int64 { return l.clock.Add(1) }

// differ reports a difference.
func (l *ledger) differ(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts.differences++; l.counts.differences <= 20 {
		l.t.Errorf(format, args...)
	}
}

// A call is a request of a worker.
type call struct {
	what    string // the path without parameters
	path    string // with a query string
	kind    string // of the body; JSON when empty
	body    any    // fields, or bytes
	token   string
	changes bool
}

// A worker sends one request after the other.
type worker struct {
	*ledger
	*slot
	rng  *rand.Rand
	node int // that gets the request; a random one if below 0
}

// do makes a call for an account and returns its outcome. The function begin notes
// what the ledger must know before the call can have an effect, and end what the
// answer shows. Both run with the account locked and may be nil. There is a reply
// also if no answer came.
func (w *worker) do(a *holder, c call, needs []needed, begin func(*deed), end func(*deed, *reply)) (*deed, *reply) {
	d := &deed{asked: w.now(), answered: unanswered}
	if begin != nil {
		a.mu.Lock()
		begin(d)
		a.mu.Unlock()
	}
	r, f := w.send(c)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case f == undone && d.fate == done:
		w.differ("%s of %s was answered %d, and its effect was seen: %s", c.what, a.name, r.status, r.raw)
	case f != unknown:
		d.fate, d.answered = f, min(d.answered, w.now())
	}
	w.holds(a, c, d, r, needs)
	if end != nil {
		end(d, r)
	}
	return d, r
}

// send makes a call and counts its outcome.
func (w *worker) send(c call) (*reply, fate) {
	kind, raw := c.kind, []byte(nil)
	method := "POST"
	switch body := c.body.(type) {
	case nil:
		method = "GET"
	case []byte:
		raw = body
	default:
		kind = "application/json"
		raw, _ = json.Marshal(body)
	}
	n := w.node
	if n < 0 {
		n = w.rng.IntN(len(w.world.nodes))
	}
	base := w.world.nodes[n].base()
	if base == "" {
		time.Sleep(5 * time.Millisecond)
		return &reply{}, undone
	}
	began := time.Now()
	r, err := exchange(w.http, method, base+c.path, c.token, kind, raw)
	late := w.world.late(n, began)
	status, fate := judge(r, err)
	if r == nil {
		r = &reply{}
	}
	w.ledger.mu.Lock()
	w.statuses[status]++
	w.counts.operations++
	w.counts.done += count1(fate == done)
	w.counts.refused += count1(fate == undone)
	w.counts.unknown += count1(fate == unknown)
	w.longest = max(w.longest, late)
	if fate == done && c.changes {
		w.told = append(w.told, r.trace)
	}
	w.ledger.mu.Unlock()
	switch {
	case late > patience:
		w.differ("%s: the answer %s took %s although nothing was in its way: %s", c.what, status, late, r.raw)
	case r.status >= 500 && r.status != 503, r.status >= 300 && r.status < 400:
		w.differ("%s was answered %d: %s", c.what, r.status, r.raw)
	case r.status == 503 && r.retry == "":
		w.differ("%s was answered 503, and not when to try again: %s", c.what, r.raw)
	}
	if r.status == 503 {
		time.Sleep(time.Duration(5+w.rng.IntN(20)) * time.Millisecond)
	}
	return r, fate
}

// judge determines what a client knows from an answer, or without one.
func judge(r *reply, err error) (status string, f fate) {
	var op *net.OpError
	switch {
	case errors.As(err, &op) && op.Op == "dial":
		return "no connection", undone
	case err != nil && strings.Contains(err.Error(), "Client.Timeout"):
		return "no answer in time", unknown
	case err != nil:
		return "cut off", unknown
	case r.status == 202:
		return "202", unknown
	case r.status < 300:
		return fmt.Sprint(r.status), done
	case r.status < 500:
		return fmt.Sprint(r.status), undone
	}
	// A request that is turned away says so in its sentence.
	said := strings.ToLower(r.text("error"))
	if r.status == 503 && (r.text("done") == "nothing" || strings.Contains(said, "nothing was done") || strings.Contains(said, "the server is busy")) {
		return "503 nothing was done", undone
	}
	return fmt.Sprintf("%d it may have been done", r.status), unknown
}

func count1(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// holds compares the outcome of a deed with what it needed, with the account locked:
// what was done was possible at some moment, and what was refused was impossible at
// some moment.
func (w *worker) holds(a *holder, c call, d *deed, r *reply, needs []needed) {
	sp := span{d.asked, w.now()}
	all, had := len(needs) > 0, ""
	for _, n := range needs {
		ends := n.endings()
		had += fmt.Sprintf(", %s made %+v, ended %+v", n.what, *n.made, deeds(ends))
		all = all && must(n.made, ends, sp)
		if d.fate == done && mustNot(n.made, ends, sp) {
			w.differ("%s of %s was answered %d in %+v, and %s was not there, made %+v, ended %+v: %s", c.what, a.name, r.status, *d, n.what, *n.made, deeds(ends), r.raw)
		}
	}
	if all && d.fate == undone && r.status >= 400 && r.status < 500 && r.status != 429 {
		w.differ("%s of %s was answered %d in %+v, and there was no reason%s: %s", c.what, a.name, r.status, *d, had, r.raw)
	}
}
