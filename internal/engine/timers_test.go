package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const due = `concept Renting

purpose
    lend things until a moment

state
    a set of Loans with
        a thing String
        an optional ends DateTime

actions
    begin (thing: String) : (loan: Loan)
    system finish (loan: Loan) : ()
        at ends of loan
        refuses IN_USE as conflict "It is in use."
    system sweep () : ()
        every "1h"
`

// A shop is a program with system actions, on a store that several engines may
// use one after the other.
type shop struct {
	plan   *plan.Plan
	store  store.Store
	schema *store.Schema
	now    time.Time
	mu     sync.Mutex
	log    []string // under mu while an action hangs
	broken bool
	ending error // what finish returns in place of doing its work
	said   strings.Builder
	hangs  chan struct{} // finish waits for it, when it is there
}

func openShop(t *testing.T) *shop {
	s := &shop{plan: build(t, due), store: memory.New(memory.Options{}), now: time.UnixMilli(1_900_000_000_000).UTC()}
	s.schema = engine.Schema(s.plan)
	if err := s.store.Prepare(context.Background(), s.schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *shop) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, what)
}

// engine is one process's engine.
func (s *shop) engine(t *testing.T) *engine.Engine {
	loans := s.schema.Tables[0]
	e, err := engine.New(s.plan, s.store, s.schema, map[string]engine.Methods{"Renting": {Actions: map[string]engine.Method{
		"begin": func(ctx engine.Context, in, out []value.Value) error {
			thing, _ := in[0].Text()
			row := store.Row{in[0], value.Null}
			if ends, err := time.ParseDuration(thing); err == nil {
				row[1] = value.Time(ctx.Now().Add(ends))
			}
			out[0] = value.String(ctx.NewID())
			id, _ := out[0].Text()
			return ctx.State().Insert(loans, id, row)
		},
		"finish": func(ctx engine.Context, in, _ []value.Value) error {
			id, _ := in[0].Text()
			row, err := ctx.State().Get(loans, id)
			if err != nil {
				return err
			}
			thing, _ := row[0].Text()
			s.note(thing)
			if s.hangs != nil {
				<-s.hangs
			}
			if s.broken || s.ending != nil {
				return s.ending // it stays due, and was started all the same
			}
			return ctx.State().Delete(loans, id)
		},
		"sweep": func(engine.Context, []value.Value, []value.Value) error {
			s.note("sweep")
			return nil
		},
	}}}, engine.Options{Clock: func() time.Time { return s.now }, Log: slog.New(slog.NewTextHandler(&s.said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (s *shop) begin(t *testing.T, e *engine.Engine, thing string) {
	t.Helper()
	i := slices.IndexFunc(s.plan.Actions, func(a *plan.Action) bool { return a.Name == "begin" })
	if _, err := e.Run(context.Background(), engine.Opening{Action: s.plan.Actions[i], In: []value.Value{value.String(thing)}}); err != nil {
		t.Fatal(err)
	}
}

// tick moves the clock and says what ran.
func (s *shop) tick(t *testing.T, e *engine.Engine, later time.Duration) string {
	t.Helper()
	s.now = s.now.Add(later)
	s.log = nil
	started, err := e.Tick(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if started != len(s.log) {
		t.Errorf("Tick says that it started %d, but %v ran", started, s.log)
	}
	slices.Sort(s.log)
	return strings.Join(s.log, " ")
}

// TestTimerNeverReturns has a system action that does not return. The others are
// started, and it is not started again.
func TestTimerNeverReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t)
		s.hangs = make(chan struct{})
		e := s.engine(t)
		s.begin(t, e, "1m")
		s.now = s.now.Add(2 * time.Hour)
		for n := range 2 {
			if started, err := e.Tick(context.Background()); started != 2-2*n || err != nil {
				t.Errorf("at look %d %d were started, %v; want the one that hangs and sweep, once", n+1, started, err)
			}
		}
		if !slices.Equal(s.log, []string{"1m", "sweep"}) {
			t.Errorf("these began: %v", s.log)
		}
		if !strings.Contains(s.said.String(), "last=Renting.finish") {
			t.Errorf("the log does not name the action: %s", s.said.String())
		}
		close(s.hangs)
		synctest.Wait()
	})
}

func TestTimers(t *testing.T) {
	s := openShop(t)
	e := s.engine(t)
	s.begin(t, e, "90m")
	s.begin(t, e, "2h")
	s.begin(t, e, "for ever")
	for i, step := range []struct {
		later time.Duration
		want  string
	}{
		{0, "sweep"}, // the hour that has begun
		{0, ""},
		{time.Minute, ""},
		{59 * time.Minute, "sweep"},
		{29 * time.Minute, "sweep"},
		{time.Minute, "90m"},
		{5 * time.Hour, "2h sweep"}, // hours that were missed are not made up for
		{0, ""},
	} {
		if got := s.tick(t, e, step.later); got != step.want {
			t.Errorf("step %d ran %q, want %q", i, got, step.want)
		}
	}
}

// TestTimersStartOnce restarts the process while a member stays due.
func TestTimersStartOnce(t *testing.T) {
	s := openShop(t)
	s.broken = true
	e := s.engine(t)
	for i := range 4200 { // more than one page of members
		s.begin(t, e, fmt.Sprintf("%dms", 1+i))
	}
	if got := strings.Count(s.tick(t, e, 5*time.Second), "ms"); got != 4200 {
		t.Errorf("%d of 4200 were started", got)
	}
	if got := s.tick(t, e, time.Second); got != "" {
		t.Errorf("%.40q… was started again", got)
	}
	if got := s.tick(t, s.engine(t), time.Second); got != "" {
		t.Errorf("another process started %.40q… again", got)
	}
}

// A blinkingStore cannot read those journals that it is told of.
type blinkingStore struct {
	store.Store
	closed func(id value.ID) bool
}

func (b *blinkingStore) Journal(ctx context.Context, id value.ID) ([]byte, error) {
	if b.closed(id) {
		return nil, errors.New("the disk blinked")
	}
	return b.Store.Journal(ctx, id)
}

// TestTimersAskAgain has the store fail while a tick asks what was started: no
// moment is lost by that, neither a member's nor an hour.
func TestTimersAskAgain(t *testing.T) {
	s := openShop(t)
	closed := false
	s.store = &blinkingStore{s.store, func(value.ID) bool { return closed }}
	e := s.engine(t)
	s.begin(t, e, "30m")
	s.now = s.now.Add(time.Hour)
	closed = true
	if n, err := e.Tick(context.Background()); n != 0 || err == nil || !strings.Contains(err.Error(), "the disk blinked") {
		t.Fatalf("a tick on a store that cannot read started %d and says %v", n, err)
	}
	closed = false
	if got := s.tick(t, e, time.Second); got != "30m sweep" {
		t.Errorf("after the store could read again, %q ran, want what was due: 30m sweep", got)
	}
	if got := s.tick(t, e, time.Second); got != "" {
		t.Errorf("%q was started again", got)
	}
}

// TestTimersClock sets the clock back, and has it jump over a year.
func TestTimersClock(t *testing.T) {
	s := openShop(t)
	e := s.engine(t)
	s.begin(t, e, "90m")
	for i, step := range []struct {
		later time.Duration
		want  string
	}{
		{0, "sweep"},
		{time.Hour, "sweep"},
		{-time.Hour, ""}, // this hour was swept before
		{time.Hour, ""},
		{31 * time.Minute, "90m sweep"}, // another hour begins
		{-31 * time.Minute, ""},
		{365 * 24 * time.Hour, "sweep"}, // once, not once for each hour of the year
		{0, ""},
	} {
		if got := s.tick(t, e, step.later); got != step.want {
			t.Errorf("step %d ran %q, want %q", i, got, step.want)
		}
	}
}

// TestTimersPassFailures has members before others that cannot be asked about,
// more than one tick tries.
func TestTimersPassFailures(t *testing.T) {
	s := openShop(t)
	const bad, all = 50, 300
	first := map[value.ID]bool{}
	s.store = &blinkingStore{s.store, func(id value.ID) bool {
		if len(first) < bad && id.Derived() {
			first[id] = true
		}
		return first[id]
	}}
	e := s.engine(t)
	for i := range all {
		s.begin(t, e, fmt.Sprintf("%dms", 1+i))
	}
	s.now = s.now.Add(time.Second)
	ticks := 0
	for started := 0; started < all-bad+1; ticks++ { // the hour, too
		n, err := e.Tick(context.Background())
		if started += n; err == nil || strings.Count(err.Error(), "the disk blinked") > 2 {
			t.Fatalf("tick %d, in which members fail, says %v", ticks, err)
		}
		if ticks > bad {
			t.Fatalf("%d of %d were started: those that fail keep the others from it", started, all-bad)
		}
	}
	clear(first)
	for i := range bad {
		first[value.ID{byte(i)}] = true // no other flow is to fail
	}
	// The first may begin behind them. Of those that fail one is the hour.
	later := strings.Fields(s.tick(t, e, time.Second) + " " + s.tick(t, e, time.Second))
	if len(later) != bad {
		t.Errorf("when the disk works again %d were started, want the %d that failed: %s", len(later), bad, later)
	}
	if got := s.tick(t, s.engine(t), time.Second); got != "" {
		t.Errorf("another process started %q again", got)
	}
}

// TestTimersAskOnce has what is due end badly. The same moment does not come
// again, neither for this process nor for another one, nor when the record is
// gone; another moment does.
func TestTimersAskOnce(t *testing.T) {
	ctx := context.Background()
	for what, ending := range map[string]error{
		"refused": &engine.Refusal{Code: "IN_USE"}, "faulted": errors.New("a bug"),
	} {
		s := openShop(t)
		e := s.engine(t)
		s.tick(t, e, 0)
		s.begin(t, e, "10s")
		s.ending = ending
		if got := s.tick(t, e, 10*time.Second); got != "10s" {
			t.Fatalf("%s: %q ran, want 10s", what, got)
		}
		for _, process := range []*engine.Engine{e, s.engine(t)} {
			if got := s.tick(t, process, time.Second); got != "" {
				t.Errorf("%s: %q was asked again", what, got)
			}
		}
		if n, err := s.store.Forget(ctx, store.Retention{Before: s.now.Add(time.Hour)}); n != 3 || err != nil {
			t.Fatalf("%s: %d flows were forgotten (%v), want those of the hour, the loan and its end", what, n, err)
		}
		if got := s.tick(t, s.engine(t), time.Second); got != "" {
			t.Errorf("%s: %q was asked again when the record of it was gone", what, got)
		}
		f := s.store.NewSession(value.NewIDs().At(s.now))
		loans := s.schema.Tables[0]
		members, err := f.Find(loans, nil, nil, store.Page{})
		if err != nil || len(members) != 1 {
			t.Fatalf("%s: there are %d loans (%v), want one", what, len(members), err)
		}
		row := store.Row{value.String("again"), value.Time(s.now)}
		if err := errors.Join(f.Update(loans, members[0].ID, row), f.Commit(nil), f.Finish(nil)); err != nil {
			t.Fatal(err)
		}
		s.ending = nil
		if got := s.tick(t, e, time.Second); got != "again" {
			t.Errorf("%s: for another moment %q ran, want again", what, got)
		}
	}
}

// TestTimersStop ends the context while many are due: who closes the app does
// not wait for all of them.
func TestTimersStop(t *testing.T) {
	s := openShop(t)
	ctx, stop := context.WithCancel(context.Background())
	reached := 0
	s.store = &blinkingStore{s.store, func(id value.ID) bool {
		if reached++; reached == 100 {
			stop()
		}
		return false
	}}
	e := s.engine(t)
	for i := range 300 {
		s.begin(t, e, fmt.Sprintf("%dms", 1+i))
	}
	s.now = s.now.Add(time.Second)
	if n, err := e.Tick(ctx); n != 100 || !errors.Is(err, context.Canceled) {
		t.Errorf("when it was to stop, a tick had started 100 and went on up to %d: %v", n, err)
	}
	if got := strings.Count(s.tick(t, s.engine(t), time.Second)+" ", " "); got != 201 {
		t.Errorf("the next process started %d, want the hour and the 200 that were left", got)
	}
}

// An earlierStore is that of a node whose fellow is always first.
type earlierStore struct{ store.Store }

func (s earlierStore) NewSession(id value.ID) store.Session {
	if f := s.Store.NewSession(id); !id.Derived() {
		return f
	} else {
		return earlierFlow{f}
	}
}

type earlierFlow struct{ store.Session }

func (earlierFlow) Delete(*store.Table, string) error {
	return fmt.Errorf("deleting: %w", store.ErrElsewhere)
}

// TestTimersRace loses the race of two nodes for one moment, which is no news.
func TestTimersRace(t *testing.T) {
	s := openShop(t)
	s.store = earlierStore{s.store}
	e := s.engine(t)
	s.begin(t, e, "30m")
	s.now = s.now.Add(time.Hour)
	if n, err := e.Tick(context.Background()); n != 1 || err != nil {
		t.Errorf("a tick of which another node was first at a member started %d, want the hour alone: %v", n, err)
	}
	if s.said.Len() > 0 {
		t.Errorf("the operator is told:\n%s", &s.said)
	}
}

// TestTimersCountFrom1970 has a duration that does not divide a day.
func TestTimersCountFrom1970(t *testing.T) {
	p := build(t, "concept Turning\n\nactions\n    system turn () : ()\n        every \"7h\"\n")
	now := time.Unix(0, 0).Add(70_000*7*time.Hour - time.Millisecond)
	e := start(t, p, map[string]engine.Methods{"Turning": {Actions: map[string]engine.Method{
		"turn": func(engine.Context, []value.Value, []value.Value) error { return nil },
	}}}, engine.Options{Clock: func() time.Time { return now }})
	for _, step := range []struct {
		later time.Duration
		want  int
	}{{0, 1}, {time.Millisecond, 1}, {7*time.Hour - time.Millisecond, 0}, {time.Millisecond, 1}} {
		now = now.Add(step.later)
		if n, err := e.Tick(context.Background()); n != step.want || err != nil {
			t.Errorf("at %s it turned %d times (%v), want %d", now.UTC().Format(time.RFC3339Nano), n, err, step.want)
		}
	}
}

// TestTimersWithoutMoment has a system action that nothing starts, which is a
// warning: the program runs.
func TestTimersWithoutMoment(t *testing.T) {
	p := build(t, "concept Turning\n\nactions\n    system turn () : ()\n")
	e := start(t, p, map[string]engine.Methods{"Turning": {Actions: map[string]engine.Method{
		"turn": func(engine.Context, []value.Value, []value.Value) error { return nil },
	}}}, engine.Options{})
	if n, err := e.Tick(context.Background()); n != 0 || err != nil || e.HasTimers() {
		t.Errorf("what has no moment was started %d times (%v)", n, err)
	}
}
