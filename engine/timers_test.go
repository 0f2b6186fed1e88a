package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/engine"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/memory"
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
	log    []string
	broken bool
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
			s.log = append(s.log, thing)
			if s.broken {
				return nil // it stays due, and was started all the same
			}
			return ctx.State().Delete(loans, id)
		},
		"sweep": func(engine.Context, []value.Value, []value.Value) error {
			s.log = append(s.log, "sweep")
			return nil
		},
	}}}, engine.Options{Clock: func() time.Time { return s.now }})
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
	for i := range 600 { // more than one page of members
		s.begin(t, e, fmt.Sprintf("%dms", 1+i))
	}
	if got := strings.Count(s.tick(t, e, time.Second), "ms"); got != 600 {
		t.Errorf("%d of 600 were started", got)
	}
	if got := s.tick(t, e, time.Second); got != "" {
		t.Errorf("%q was started again", got)
	}
	if got := s.tick(t, s.engine(t), time.Second); got != "" {
		t.Errorf("another process started %q again", got)
	}
}

// A blinkingStore cannot read a journal while it is closed to reading.
type blinkingStore struct {
	store.Store
	closed bool
}

func (b *blinkingStore) Journal(ctx context.Context, id value.ID) ([]byte, error) {
	if b.closed {
		return nil, errors.New("the disk blinked")
	}
	return b.Store.Journal(ctx, id)
}

// TestTimersAskAgain has the store fail while a tick asks what was started: no
// moment is lost by that, neither a member's nor an hour.
func TestTimersAskAgain(t *testing.T) {
	s := openShop(t)
	blinking := &blinkingStore{Store: s.store}
	s.store = blinking
	e := s.engine(t)
	s.begin(t, e, "30m")
	s.now = s.now.Add(time.Hour)
	blinking.closed = true
	if n, err := e.Tick(context.Background()); n != 0 || err == nil || !strings.Contains(err.Error(), "the disk blinked") {
		t.Fatalf("a tick on a store that cannot read started %d and says %v", n, err)
	}
	blinking.closed = false
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
