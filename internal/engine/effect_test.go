package engine_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const mailing = requesting + `concept Mail

purpose
    reach people

actions
    effect send (to: String, body?: Secret) : (receipt: String)
        refuses NO_SUCH "There is no {to}."
    note (to: String) : ()

sync Ask
when
    Requesting.request (path: "/ask", to) : (request)
then
    Mail.send (to) : (receipt)
    Requesting.respond (request, receipt)

sync Tell
when
    Requesting.request (path: "/tell", to) : (request)
then
    Requesting.respond (request, told: to)
    Mail.send (to)

sync Whisper
when
    Requesting.request (path: "/whisper", to, body) : (request)
then
    Requesting.respond (request)
    Mail.send (to, body)

sync Sent
when
    Mail.send (to) : ()
then
    Mail.note (to)

sync Refused
when
    Requesting.request () : (request)
    Mail.send () : (error, refusal)
then
    Requesting.respond (request, status: 409, error, refusal)
`

// A post is the world outside: it says how each try ends, and remembers.
type post struct {
	mu    sync.Mutex
	send  func(ctx engine.Context, try int) error
	keys  []string
	notes int
	// receipt is what it gives, "r" where nothing else is said.
	receipt string
}

func (p *post) methods() map[string]engine.Methods {
	return map[string]engine.Methods{"Mail": {Actions: map[string]engine.Method{
		"send": func(ctx engine.Context, in, out []value.Value) error {
			p.mu.Lock()
			p.keys = append(p.keys, ctx.Key())
			n := len(p.keys)
			p.mu.Unlock()
			out[0] = value.String(cmp.Or(p.receipt, "r"))
			if p.send == nil {
				return nil
			}
			return p.send(ctx, n)
		},
		"note": func(engine.Context, []value.Value, []value.Value) error {
			p.mu.Lock()
			p.notes++
			p.mu.Unlock()
			return nil
		},
	}}}
}

func (p *post) tries() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.keys)
}

// An office is an engine on a store that outlives it.
type office struct {
	*engine.Engine
	*post
	t    *testing.T
	plan *plan.Plan
	st   store.Store
	o    engine.Options
}

func openOffice(t *testing.T, p *post, o engine.Options) *office {
	f := &office{post: p, t: t, plan: build(t, mailing), st: memory.New(memory.Options{}), o: o}
	if err := f.st.Prepare(t.Context(), engine.Schema(f.plan)); err != nil {
		t.Fatal(err)
	}
	f.o.Log = slog.New(slog.DiscardHandler)
	f.begin()
	t.Cleanup(func() {
		f.stop()
		if err := f.st.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *office) begin() {
	e, err := engine.New(f.plan, f.st, engine.Schema(f.plan), f.methods(), f.o)
	if err != nil {
		f.t.Fatal(err)
	}
	f.Engine = e
}

func (f *office) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	f.Stop(ctx)
}

// restart ends the process, as far as the flows can tell, and goes on.
func (f *office) restart() {
	f.t.Helper()
	f.stop()
	f.begin()
	if err := f.Recover(context.Background(), nil); err != nil {
		f.t.Fatal(err)
	}
}

func (f *office) request(path, to string) engine.Result {
	f.t.Helper()
	for _, a := range f.plan.Actions {
		if a.Role != plan.Request {
			continue
		}
		in := make([]value.Value, len(a.Inputs))
		in[a.Input("method")], in[a.Input("path")], in[a.Input("to")] = value.String("POST"), value.String(path), value.String(to)
		if i := a.Input("body"); path == "/whisper" {
			in[i] = value.Secret(value.String("psst"))
		}
		r, err := f.Run(context.Background(), engine.Opening{Action: a, In: in})
		if err != nil {
			f.t.Fatal(err)
		}
		return r
	}
	panic("no request")
}

func (f *office) entries(id value.ID) []journal.Entry {
	f.t.Helper()
	b, err := f.st.Journal(context.Background(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	list, err := journal.Read(b)
	if err != nil {
		f.t.Fatal(err)
	}
	return list
}

func (f *office) unfinished() int {
	ids, err := f.st.Unfinished(context.Background())
	if err != nil {
		f.t.Fatal(err)
	}
	return len(ids)
}

// count tells how often an entry of the kind is in the record.
func (f *office) count(id value.ID, k journal.Kind) (n int) {
	for _, e := range f.entries(id) {
		if e.Kind == k {
			n++
		}
	}
	return n
}

func (f *office) decide(id value.ID, code, reason string) {
	f.t.Helper()
	if err := f.st.Decide(context.Background(), store.Decision{Flow: id, Name: code + reason, Code: code, Reason: reason}); err != nil {
		f.t.Fatal(err)
	}
	if err := f.ApplyDecisions(context.Background()); err != nil {
		f.t.Fatal(err)
	}
}

func same(keys []string) bool { return len(slices.Compact(slices.Clone(keys))) == 1 }

// in runs a test of which the time is its own.
func in(t *testing.T, test func(*testing.T)) { t.Helper(); synctest.Test(t, test) }

// TestEffectIsAskedDurably looks into the store from inside of the action: that
// it was asked is there already, and the flow would be gone on with.
func TestEffectIsAskedDurably(t *testing.T) {
	in(t, func(t *testing.T) {
		p := &post{}
		f := openOffice(t, p, engine.Options{})
		p.send = func(ctx engine.Context, _ int) error {
			id, err := value.ParseID(strings.Split(ctx.Key(), "/")[0])
			if err != nil {
				t.Error(err)
			}
			list := f.entries(id)
			if last := list[len(list)-1]; last.Kind != journal.Asked || last.Action != "Mail.send" || f.unfinished() != 1 {
				t.Errorf("when Mail.send runs, the record ends with %s, %d unfinished", last, f.unfinished())
			}
			return nil
		}
		if r := f.request("/ask", "ann"); r.Answer == nil || r.Waiting != nil {
			t.Errorf("the flow ended with %+v", r)
		}
		if p.notes != 1 || f.unfinished() != 0 {
			t.Errorf("%d notes were made, %d flows are unfinished", p.notes, f.unfinished())
		}
	})
}

func TestEffectIsTriedAgain(t *testing.T) {
	in(t, func(t *testing.T) {
		p := &post{send: func(_ engine.Context, try int) error {
			if try < 4 {
				return errors.New("451 try later")
			}
			return nil
		}}
		f := openOffice(t, p, engine.Options{})
		began := time.Now()
		r := f.request("/ask", "ann")
		if r.Answer == nil {
			t.Fatalf("the flow ended with %+v", r)
		}
		if took := time.Since(began); took < 3500*time.Millisecond || took > 7*time.Second {
			t.Errorf("after pauses of 1, 2 and 4 s less a half at most, it took %s", took)
		}
		if keys := p.tries(); len(keys) != 4 || !same(keys) {
			t.Errorf("it was tried as %v", keys)
		}
		if n := f.count(r.Flow, journal.Tried); n != 3 {
			t.Errorf("the record tells of %d tries that failed, want 3", n)
		}
	})
}

// TestAnswerComesFirst: the answer that was given before does not wait.
func TestAnswerComesFirst(t *testing.T) {
	in(t, func(t *testing.T) {
		p := &post{send: func(ctx engine.Context, try int) error { return errors.New("no connection") }}
		f := openOffice(t, p, engine.Options{})
		began := time.Now()
		r := f.request("/tell", "ann")
		if r.Answer == nil || r.Waiting == nil || time.Since(began) != 0 {
			t.Fatalf("after %s the flow ended with %+v", time.Since(began), r)
		}
		synctest.Wait()
		if waiting, parked := f.Waiting(); waiting != 1 || parked != 0 {
			t.Errorf("%d wait and %d are parked, want 1 and 0", waiting, parked)
		}
		p.mu.Lock()
		p.send = nil
		p.mu.Unlock()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if p.notes != 1 || f.unfinished() != 0 || !same(p.tries()) {
			t.Errorf("later: %d notes, %d unfinished, tried as %v", p.notes, f.unfinished(), p.tries())
		}
	})
}

// TestPatience: who asked does not wait for ever, and the flow goes on.
func TestPatience(t *testing.T) {
	in(t, func(t *testing.T) {
		p := &post{send: func(_ engine.Context, try int) error {
			if try < 8 {
				return errors.New("no")
			}
			return nil
		}}
		f := openOffice(t, p, engine.Options{})
		began := time.Now()
		r := f.request("/ask", "ann")
		if r.Answer != nil || r.Waiting == nil || r.Waiting.Action != "Mail.send" || time.Since(began) != 10*time.Second {
			t.Fatalf("after %s: %+v", time.Since(began), r)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if f.unfinished() != 0 || p.notes != 1 {
			t.Errorf("%d unfinished, %d notes", f.unfinished(), p.notes)
		}
	})
}

// TestTryHasADeadline: a try that hangs is cut off and counts as failed.
func TestTryHasADeadline(t *testing.T) {
	in(t, func(t *testing.T) {
		p := &post{send: func(ctx engine.Context, try int) error {
			if try == 1 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}}
		f := openOffice(t, p, engine.Options{Tries: engine.Tries{Timeout: time.Hour}, TriesOf: map[string]engine.Tries{"Mail.send": {Timeout: 2 * time.Second}}})
		r := f.request("/ask", "ann")
		if r.Answer == nil {
			t.Fatalf("%+v", r)
		}
		for _, e := range f.entries(r.Flow) {
			if e.Kind == journal.Tried && !strings.Contains(e.Text, "not done within 2s") {
				t.Errorf("the record says %q", e.Text)
			}
		}
		if n := len(p.tries()); n != 2 {
			t.Errorf("%d tries, want 2", n)
		}
	})
}

func TestRefusalIsAnOutcome(t *testing.T) {
	in(t, func(t *testing.T) {
		p := &post{send: func(engine.Context, int) error { return &engine.Refusal{Code: "NO_SUCH"} }}
		f := openOffice(t, p, engine.Options{})
		r := f.request("/ask", "ann")
		if got := ending(r); got != `=> answered {"status":409,"error":"There is no ann.","refusal":"NO_SUCH"}` || len(p.tries()) != 1 {
			t.Errorf("%s after %d tries", got, len(p.tries()))
		}
	})
}

// TestParked: what another try would not mend, and what has been tried enough,
// is parked; it stays so over a restart, and goes on when someone decides.
func TestParked(t *testing.T) {
	for _, c := range []struct {
		name   string
		send   func(engine.Context, int) error
		tries  engine.Tries
		want   int
		reason string
	}{
		{"permanent", func(engine.Context, int) error { return engine.Permanent(errors.New("no key")) }, engine.Tries{}, 1, "Mail.send: no key"},
		{"panic", func(engine.Context, int) error { panic("oh") }, engine.Tries{}, 1, "Mail.send: panic: oh (engine/effect_test.go:370)"},
		{"unknown refusal", func(engine.Context, int) error { return &engine.Refusal{Code: "HUH"} }, engine.Tries{}, 1,
			"Mail.send declined with HUH, which its specification does not have"},
		{"writes", func(ctx engine.Context, _ int) error { ctx.Lock(); return nil }, engine.Tries{}, 1,
			"Mail.send: an effect action reaches outside and never runs inside a store transaction; let a sync ask a plain action for the change"},
		{"most tries", func(engine.Context, int) error { return errors.New("no") }, engine.Tries{Most: 3}, 3, "the last of 3 tries: Mail.send: no"},
		// A pause is between half of 1, 2, 4 … seconds and all of it: the fourth ends
		// within 15 s of the first try, and the fifth never within 15.5.
		{"too long", func(engine.Context, int) error { return errors.New("no") }, engine.Tries{Total: 15200 * time.Millisecond}, 5, "the last try within 15.2s: Mail.send: no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				p := &post{send: c.send}
				f := openOffice(t, p, engine.Options{Tries: c.tries})
				r := f.request("/tell", "ann")
				time.Sleep(time.Hour)
				synctest.Wait()
				if n := len(p.tries()); n != c.want {
					t.Errorf("%d tries, want %d", n, c.want)
				}
				list := f.entries(r.Flow)
				if last := list[len(list)-1]; last.Kind != journal.Parked || last.Text != c.reason {
					t.Errorf("the record ends with %s, want it parked because %s", last, c.reason)
				}
				for range 2 {
					f.restart()
					time.Sleep(time.Hour)
					synctest.Wait()
				}
				if waiting, parked := f.Waiting(); waiting != 0 || parked != 1 || len(p.tries()) != c.want {
					t.Errorf("after a restart %d wait, %d are parked, tried %d times", waiting, parked, len(p.tries()))
				}
				p.send = nil
				f.decide(r.Flow, "retry", "mended")
				synctest.Wait()
				if f.unfinished() != 0 || p.notes != 1 || !same(p.tries()) || len(p.tries()) != c.want+1 {
					t.Errorf("after a retry: %d unfinished, %d notes, tried as %v", f.unfinished(), p.notes, p.tries())
				}
				if left, _ := f.st.Decisions(context.Background()); len(left) != 0 {
					t.Errorf("word is left: %v", left)
				}
			})
		})
	}
}

// TestCancel: syncs see the refusal CANCELLED, and the action is not run again.
func TestCancel(t *testing.T) {
	in(t, func(t *testing.T) {
		p := &post{send: func(engine.Context, int) error { return engine.Permanent(errors.New("no")) }}
		f := openOffice(t, p, engine.Options{})
		r := f.request("/ask", "ann")
		if r.Waiting == nil || !r.Waiting.Parked || r.Waiting.Reason != "Mail.send: no" {
			t.Fatalf("%+v", r)
		}
		// The decision is found only after the next start.
		if err := f.st.Decide(t.Context(), store.Decision{Flow: r.Flow, Name: "d", Code: "cancel", Reason: "Ann has left."}); err != nil {
			t.Fatal(err)
		}
		f.restart()
		if err := f.ApplyDecisions(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var lines []string
		for _, e := range f.entries(r.Flow) {
			lines = append(lines, e.String())
		}
		text := strings.ReplaceAll(strings.Join(lines[len(lines)-6:], "\n"), r.Flow.String(), "THIS")
		want := `decided 1.0.0 Mail.send cancel "Ann has left."
refused 1.0.0 Mail.send CANCELLED "Ann has left."
fired 2 Refused [0 1.0.0] {request: "THIS", error: "Ann has left.", refusal: "CANCELLED"}
asked 2.0.0 Requesting.respond (request: "THIS", status: 409, error: "Ann has left.", refusal: "CANCELLED")
returned 2.0.0 Requesting.respond ()`
		if !strings.Contains(text, want) || f.unfinished() != 0 || len(p.tries()) != 1 {
			t.Errorf("the record ends with\n%s\n%d unfinished, %d tries", text, f.unfinished(), len(p.tries()))
		}
	})
}

// TestKilledInside: a process that ends while the action runs runs it again,
// with the same key.
func TestKilledInside(t *testing.T) {
	in(t, func(t *testing.T) {
		p := &post{send: func(ctx engine.Context, try int) error {
			if try == 1 {
				<-ctx.Done()
				return errors.New("cut off")
			}
			return nil
		}}
		f := openOffice(t, p, engine.Options{})
		r := f.request("/tell", "ann")
		synctest.Wait() // the action runs after the answer: here it is inside
		if len(p.tries()) != 1 {
			t.Fatalf("tried as %v before the process ends", p.tries())
		}
		f.restart()
		synctest.Wait()
		if f.unfinished() != 0 || p.notes != 1 || len(p.tries()) != 2 || !same(p.tries()) {
			t.Errorf("%d unfinished, %d notes, tried as %v", f.unfinished(), p.notes, p.tries())
		}
		if n := f.count(r.Flow, journal.Tried); n != 0 {
			t.Errorf("a try that the end of the process cut off counts as failed")
		}
	})
}

// TestSecretWaitsInMemory: an action that is given a secret is tried again while
// the process lives; after that the flow ends as faulted.
func TestSecretWaitsInMemory(t *testing.T) {
	in(t, func(t *testing.T) {
		p := &post{send: func(_ engine.Context, try int) error {
			if try < 3 {
				return errors.New("no")
			}
			return nil
		}}
		f := openOffice(t, p, engine.Options{})
		f.request("/whisper", "ann")
		time.Sleep(time.Minute)
		synctest.Wait()
		if f.unfinished() != 0 || p.notes != 1 {
			t.Fatalf("%d unfinished, %d notes", f.unfinished(), p.notes)
		}
		p.send = func(engine.Context, int) error { return errors.New("no") }
		r := f.request("/whisper", "ann")
		f.restart()
		synctest.Wait()
		list := f.entries(r.Flow)
		if last := list[len(list)-1]; f.unfinished() != 0 || last.Outcome != journal.Fault || !strings.Contains(last.Text, "the secret body") {
			t.Errorf("%d unfinished, the record ends with %s", f.unfinished(), last)
		}
	})
}

// TestManyWait: however many flows wait, few are in memory, all are tried again,
// and each is done once.
func TestManyWait(t *testing.T) {
	in(t, func(t *testing.T) {
		down := true
		var mu sync.Mutex
		running, most := 0, 0
		p := &post{send: func(ctx engine.Context, _ int) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			if running--; down {
				return errors.New("no")
			}
			return nil
		}}
		f := openOffice(t, p, engine.Options{Limits: engine.Limits{Waiting: 5}})
		for range 100 {
			f.request("/tell", "ann")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if waiting, _ := f.Waiting(); waiting+running != 100 || f.unfinished() != 100 {
			t.Errorf("%d wait, %d run, %d unfinished, want 100", waiting, running, f.unfinished())
		}
		mu.Lock()
		down = false
		mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		if f.unfinished() != 0 || p.notes != 100 || most > 6 {
			t.Errorf("%d unfinished, %d notes, %d at once", f.unfinished(), p.notes, most)
		}
	})
}

// TestOwnClock: with a clock that only the test moves, Run returns when the flow
// can go on no further, and Attend when what was due has come to a stop.
func TestOwnClock(t *testing.T) {
	now := time.UnixMilli(1_900_000_000_000)
	p := &post{send: func(_ engine.Context, try int) error {
		if try < 3 {
			return errors.New("no")
		}
		return nil
	}}
	f := openOffice(t, p, engine.Options{Clock: func() time.Time { return now }})
	for _, path := range []string{"/ask", "/whisper"} {
		p.keys, p.notes = nil, 0
		r := f.request(path, "ann")
		for n := 1; n < 3; n++ {
			if len(p.tries()) != n || f.unfinished() != 1 || r.Waiting == nil {
				t.Fatalf("%s: after %d pauses: %d tries, %d unfinished, %+v", path, n-1, len(p.tries()), f.unfinished(), r)
			}
			if err := f.ApplyDecisions(t.Context()); err != nil || len(p.tries()) != n {
				t.Fatalf("%s: nothing is due, but %d were tried, %v", path, len(p.tries()), err)
			}
			now = now.Add(time.Minute)
			if err := f.ApplyDecisions(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		// A held flow is at rest a moment after its last entry.
		if p.notes != 1 || f.unfinished() != 0 {
			t.Errorf("%s: %d notes, %d unfinished", path, p.notes, f.unfinished())
		}
	}
}

// A pause that was begun while the clock was ahead is over when it is back:
// nothing waits until the clock is there again.
func TestPauseOfAClockThatWasAhead(t *testing.T) {
	now := time.UnixMilli(1_900_000_000_000)
	p := &post{send: func(_ engine.Context, try int) error {
		if try < 2 {
			return errors.New("no")
		}
		return nil
	}}
	f := openOffice(t, p, engine.Options{Clock: func() time.Time { return now }})
	now = now.Add(365 * 24 * time.Hour)
	f.request("/ask", "ann")
	if err := f.ApplyDecisions(t.Context()); err != nil || len(p.tries()) != 1 {
		t.Fatalf("%d tries before the pause is over, %v", len(p.tries()), err)
	}
	now = now.Add(-365 * 24 * time.Hour)
	if err := f.ApplyDecisions(t.Context()); err != nil || len(p.tries()) != 2 || f.unfinished() != 0 {
		t.Errorf("when the clock is back: %d tries, %d unfinished, %v", len(p.tries()), f.unfinished(), err)
	}
}

// TestDecisionIsCut cuts the record of a flow that was parked and cancelled, or
// retried, at every entry after the decision. The decision counts once, whether it
// is still in the store or not.
func TestDecisionIsCut(t *testing.T) {
	for _, code := range []string{"cancel", "retry"} {
		for _, dropped := range []bool{false, true} {
			in(t, func(t *testing.T) {
				whole, id := decided(t, code, nil, value.Zero, 0, false)
				want := canonical(id, whole)
				from := slices.IndexFunc(whole, func(e journal.Entry) bool { return e.Kind == journal.Parked })
				for n := from + 1; n <= len(whole); n++ {
					if n == from+1 && dropped {
						continue // then nobody has decided
					}
					got, _ := decided(t, code, whole, id, n, dropped)
					if got := canonical(id, got); got != want {
						t.Errorf("%s, cut after %d entries, dropped %t: the record became\n%s\nwant\n%s", code, n, dropped, got, want)
					}
				}
			})
		}
	}
}

// decided runs a flow that is parked at the first try and about which someone
// decides. Of one that is known it begins with the first entries.
func decided(t *testing.T, code string, known []journal.Entry, id value.ID, n int, dropped bool) ([]journal.Entry, value.ID) {
	p := &post{send: func(_ engine.Context, try int) error {
		if try == 1 && known == nil {
			return engine.Permanent(errors.New("no"))
		}
		return nil
	}}
	f := openOffice(t, p, engine.Options{})
	defer f.stop()
	d := store.Decision{Name: "d", Code: code, Reason: "why"}
	if known == nil {
		id = f.request("/ask", "ann").Flow
	} else {
		hand := f.st.NewSession(id)
		if err := hand.Commit(written(known[:n])); err != nil {
			t.Fatal(err)
		}
		hand.Abandon()
		if err := f.Recover(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
	}
	if d.Flow = id; !dropped {
		if err := f.st.Decide(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.ApplyDecisions(t.Context()); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	if f.unfinished() != 0 {
		t.Errorf("%s, cut after %d entries: it is not at rest", code, n)
	}
	most := 1
	if known == nil && code == "retry" {
		most = 2
	}
	if known != nil && code == "cancel" {
		most = 0
	}
	if len(p.tries()) > most {
		t.Errorf("%s, cut after %d entries: it was tried %d times", code, n, len(p.tries()))
	}
	return f.entries(id), id
}

// written makes the bytes of entries again. What the test needs of them is enough.
func written(list []journal.Entry) []byte {
	var w journal.Writer
	names := func(fields []value.Field) (n []string, v []value.Value) {
		for _, x := range fields {
			n, v = append(n, x.Name), append(v, x.Value)
		}
		return n, v
	}
	for _, e := range list {
		switch e.Kind {
		case journal.Begun:
			w.Begun(e.Moment)
		case journal.Asked:
			n, v := names(e.In)
			w.Asked(e.ID, e.Action, n, v, nil)
		case journal.Completed:
			n, v := names(e.Out)
			switch e.Outcome {
			case journal.Returned:
				w.Returned(e.ID, e.Action, n, v)
			case journal.Refused:
				w.Refused(e.ID, e.Action, e.Code, e.Text)
			}
		case journal.Fired:
			w.Match(e.Kind, e.Number, e.Sync, len(e.Matched))
			for _, id := range e.Matched {
				w.Matched(id)
			}
			w.Frames(len(e.Frames))
			for _, x := range e.Frames {
				var slots []value.Value
				var n []string
				for _, b := range x.Bindings {
					for len(slots) <= b.Slot {
						slots, n = append(slots, value.Value{}), append(n, "")
					}
					slots[b.Slot], n[b.Slot] = b.Value, b.Name
				}
				w.Frame(x.Line, x.DroppedAt, n, slots)
			}
			w.End()
		case journal.Tried:
			w.Tried(e.ID, e.Action, e.Tries, e.Moment, e.Next, e.Text)
		case journal.Parked:
			w.Parked(e.ID, e.Action, e.Tries, e.Moment, e.Text)
		case journal.Decided:
			w.Decided(e.ID, e.Action, e.Code, e.Moment, e.Text, e.Decision)
		}
	}
	return w.Bytes
}

// A leaky store fails at some Flush, before or after it is done.
type leaky struct {
	store.Store
	mu    sync.Mutex
	n     int // the number of the Flush; 0 for none
	done  bool
	cause error
}

type leakyFlow struct {
	store.Session
	s *leaky
}

func (s *leaky) NewSession(id value.ID) store.Session { return &leakyFlow{s.Store.NewSession(id), s} }

func (f *leakyFlow) Flush(entries []byte) error {
	f.s.mu.Lock()
	f.s.n--
	due := f.s.n == 0
	f.s.mu.Unlock()
	if due && !f.s.done {
		return f.s.cause
	}
	if err := f.Session.Flush(entries); err != nil || !due {
		return err
	}
	return f.s.cause
}

// TestSyncFails: what could not be made durable before is not run; what could not
// be made durable after is run again, with the same key, and neither is lost.
func TestSyncFails(t *testing.T) {
	for _, cause := range []error{store.ErrLost, errors.New("something else")} {
		for _, done := range []bool{false, true} {
			for n := 1; n <= 2; n++ {
				in(t, func(t *testing.T) {
					p := &post{}
					f := openOffice(t, p, engine.Options{})
					whole := f.st
					f.st = &leaky{Store: whole, n: n, done: done, cause: cause}
					f.begin()
					a := f.plan.Actions[slices.IndexFunc(f.plan.Actions, func(a *plan.Action) bool { return a.Role == plan.Request })]
					o := engine.Opening{Action: a, In: make([]value.Value, len(a.Inputs))}
					for name, text := range map[string]string{"method": "POST", "path": "/ask", "to": "ann"} {
						o.In[a.Input(name)] = value.String(text)
					}
					r, err := f.Run(t.Context(), o)
					if !errors.Is(err, store.ErrLost) || len(p.tries()) != n-1 {
						t.Errorf("Sync %d, done %t, %v: %+v, %v, after %d tries", n, done, cause, r, err, len(p.tries()))
					}
					kept := f.unfinished() // what was never kept is nobody's
					f.st = whole
					f.restart()
					synctest.Wait()
					want := n
					if n == 1 && kept == 0 {
						want = 0
					}
					if n == 2 && done {
						want = 1 // the outcome was there
					}
					if len(p.tries()) != want || want > 0 && !same(p.tries()) || f.unfinished() != 0 {
						t.Errorf("Sync %d, done %t, %v: tried as %v, want %d times; %d unfinished", n, done, cause, p.tries(), want, f.unfinished())
					}
				})
			}
		}
	}
}
