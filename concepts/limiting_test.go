package concepts_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/limiting"
	"github.com/legible-lang/legible/concepts/trial"
	"github.com/legible-lang/legible/value"
)

type limitingFixture struct {
	*trial.App
	c *limiting.Concept
	t *testing.T
}

func openLimiting(t *testing.T, budgets map[string]limiting.Budget) *limitingFixture {
	t.Helper()
	f := &limitingFixture{t: t}
	f.App = trial.Open(t, func() legible.Concept {
		return limiting.Define(func(s *limiting.State) limiting.Actions {
			f.c = limiting.NewConcept(s, limiting.Options{Budgets: budgets})
			return f.c
		})
	})
	return f
}

func (f *limitingFixture) spend(budget, key, place string) error {
	f.t.Helper()
	return f.Do(func(ctx legible.Context) error {
		return f.c.Spend(ctx, limiting.SpendIn{Budget: budget, Key: key, Place: &place})
	})
}

// wait is the wait that a refusal reports; 0 for none.
func (f *limitingFixture) wait(err error) time.Duration {
	f.t.Helper()
	var r *legible.Refusal
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &r) || r.Code != "LIMITED" || r.After <= 0:
		f.t.Fatalf("spending: %v, want LIMITED and when to try again", err)
	}
	return r.After
}

func (f *limitingFixture) entries() (list []limiting.EntryRow) {
	f.t.Helper()
	if err := f.Do(func(ctx legible.Context) error {
		for _, row := range f.c.Entries.All(ctx) {
			list = append(list, row)
		}
		return nil
	}); err != nil {
		f.t.Fatal(err)
	}
	return list
}

// Delays double up to the time in which one comes back, and being refused
// lengthens none.
func TestDelaysGrow(t *testing.T) {
	f := openLimiting(t, map[string]limiting.Budget{"b": {Tries: 3, Every: 64 * time.Minute}})
	for range 3 {
		if err := f.spend("b", "k", ""); err != nil {
			t.Fatal(err)
		}
	}
	var delays []string
	for range 6 {
		d := f.wait(f.spend("b", "k", ""))
		for range 3 {
			if again := f.wait(f.spend("b", "k", "")); again != d {
				t.Errorf("after another try in vain the delay is %v, not %v", again, d)
			}
		}
		delays = append(delays, d.String())
		f.Now = f.Now.Add(d - time.Millisecond)
		if left := f.wait(f.spend("b", "k", "")); left != time.Millisecond {
			t.Errorf("a millisecond before its end the delay is %v", left)
		}
		f.Now = f.Now.Add(time.Millisecond)
		if err := f.spend("b", "k", ""); err != nil {
			t.Errorf("after %v: %v", d, err)
		}
	}
	if got, want := strings.Join(delays, " "), "1m0s 2m0s 4m0s 8m0s 16m0s 32m0s"; got != want {
		t.Errorf("the delays are %s, want %s", got, want)
	}
	for range 5 { // from here on the delay is the time for one to come back
		d := f.wait(f.spend("b", "k", ""))
		if f.Now = f.Now.Add(d); d < 63*time.Minute || d > 64*time.Minute || f.spend("b", "k", "") != nil {
			t.Errorf("the delay is %v, and then the next may not be spent", d)
		}
	}
	f.Now = f.Now.Add(24 * time.Hour)
	for range 3 {
		if err := f.spend("b", "k", ""); err != nil {
			t.Errorf("a day later: %v", err)
		}
	}
}

// Spending at every permitted moment yields no more than one try per Every in
// the long run.
func TestLongRun(t *testing.T) {
	f := openLimiting(t, map[string]limiting.Budget{"b": {Tries: 10, Every: time.Minute}})
	n := 0
	for start := f.Now; f.Now.Sub(start) < 3*time.Hour; {
		d := f.wait(f.spend("b", "k", ""))
		if d == 0 {
			n++
		}
		f.Now = f.Now.Add(d)
	}
	if most := 10 + 6 + 1 + 180; n > most || n < 170 {
		t.Errorf("%d in three hours, want at most %d", n, most)
	}
	if rows := f.entries(); len(rows) != 1 || rows[0].Until.Sub(f.Now) > 20*time.Minute {
		t.Errorf("what is kept: %+v", rows)
	}
}

func TestNoLimit(t *testing.T) {
	f := openLimiting(t, map[string]limiting.Budget{"off": {Tries: -1}})
	for range 100 {
		if err := f.spend("off", "k", ""); err != nil {
			t.Fatal(err)
		}
	}
	if rows := f.entries(); len(rows) != 0 {
		t.Errorf("of a budget without a limit is kept: %+v", rows)
	}
}

// Concurrent flows do not spend too much.
func TestAtOnce(t *testing.T) {
	a, err := legible.New(fstest.MapFS{"a.app": {Data: []byte("app A\n\nuse Limiting\n")}}, limiting.With(limiting.Options{Budgets: map[string]limiting.Budget{"b": {Tries: 7}}})).Open(t.Context(), legible.Options{Store: "sqlite:" + t.TempDir() + "/a.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var spent, refused atomic.Int64
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			o, err := a.Ask(context.Background(), "Limiting.spend",
				legible.Field{Name: "budget", Value: value.String("b")}, legible.Field{Name: "key", Value: value.String("k")})
			switch {
			case err != nil || o.Fault != nil:
				t.Error(err, o.Fault)
			case o.Refused == nil:
				spent.Add(1)
			case o.Refused.After > 0 && strings.HasPrefix(o.Refused.Sentence, "Too many attempts. Please try again in "):
				refused.Add(1)
			default:
				t.Errorf("refused with %+v", o.Refused)
			}
		})
	}
	wg.Wait()
	if spent.Load() != 7 || refused.Load() != 33 {
		t.Errorf("%d spent and %d were refused, of 40 with a budget of 7", spent.Load(), refused.Load())
	}
}

// Strangers who spend all of a key's budget do not lock out a welcome place,
// and what that place spends is its own.
func TestNobodyIsKeptOut(t *testing.T) {
	f := openLimiting(t, nil)
	welcome := func(key, place string) {
		t.Helper()
		if err := f.Do(func(ctx legible.Context) error {
			return f.c.Welcome(ctx, limiting.WelcomeIn{Budget: "b", Key: key, Place: place})
		}); err != nil {
			t.Fatal(err)
		}
	}
	welcome("ann", "home")
	for i := range 50 {
		_ = f.spend("b", "ann", "stranger "+string(rune('a'+i)))
		f.Now = f.Now.Add(20 * time.Second)
	}
	if err := f.spend("b", "ann", "a new place"); f.wait(err) == 0 {
		t.Error("strangers have not spent it all")
	}
	for i := range 10 {
		if err := f.spend("b", "ann", "home"); err != nil {
			t.Errorf("the %d. time from home: %v", i+1, err)
		}
	}
	if f.wait(f.spend("b", "ann", "home")) == 0 {
		t.Error("from home there is no limit")
	}
	welcome("ann", "home")
	if err := f.spend("b", "ann", "home"); err != nil {
		t.Errorf("when it was welcomed again: %v", err)
	}
	// It is welcome for one key and budget.
	for range 10 {
		_ = f.spend("b", "bob", "home")
		_ = f.spend("c", "ann", "home")
	}
	if f.wait(f.spend("b", "bob", "another")) == 0 || f.wait(f.spend("c", "ann", "another")) == 0 {
		t.Error("home has a budget of its own of what it was not welcomed to")
	}
}

// No wait lasts until a time written by a clock that was ahead, and no welcome
// does.
func TestClockThatWasAhead(t *testing.T) {
	f := openLimiting(t, nil)
	now := f.Now
	f.Now = now.Add(365 * 24 * time.Hour)
	for f.wait(f.spend("b", "k", "")) == 0 {
	}
	if err := f.Do(func(ctx legible.Context) error {
		return f.c.Welcome(ctx, limiting.WelcomeIn{Budget: "b", Key: "k", Place: "home"})
	}); err != nil {
		t.Fatal(err)
	}
	f.Now = now
	if err := f.spend("b", "k", "home"); err != nil {
		t.Errorf("when the clock is back: %v", err)
	}
	if d := f.wait(f.spend("b", "k", "home")); d <= 0 || d > 15*time.Minute {
		t.Errorf("after that the delay is %v, as if home were welcome or nothing had been spent", d)
	}
	// A node with a clock slightly behind waits slightly longer.
	f.Now = now.Add(-time.Minute)
	if d := f.wait(f.spend("b", "k", "")); d <= time.Minute || d > 16*time.Minute {
		t.Errorf("with a clock that is a minute behind the delay is %v", d)
	}
}

// Typed text is not stored, and all keys take equal room.
func TestKeysAreDigests(t *testing.T) {
	f := openLimiting(t, nil)
	long := strings.Repeat("hunter2", 100_000)
	if err := f.Do(func(ctx legible.Context) error {
		return errors.Join(f.c.Spend(ctx, limiting.SpendIn{Budget: "b", Key: "hunter2"}), f.c.Spend(ctx, limiting.SpendIn{Budget: "b", Key: long}),
			f.c.Welcome(ctx, limiting.WelcomeIn{Budget: "b", Key: "k", Place: long}))
	}); err != nil {
		t.Fatal(err)
	}
	for _, row := range f.entries() {
		if len(row.Key) != 43 || len(row.Place) > 43 {
			t.Errorf("the key %.50q at the place %.50q is kept", row.Key, row.Place)
		}
	}
}

// A refusal says in words how long to wait. After the one try the delay is a
// 64th of the time in which it comes back.
func TestWaitsInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Millisecond: "1 second", time.Second: "1 second", 1001 * time.Millisecond: "2 seconds",
		90 * time.Second: "90 seconds", 91 * time.Second: "2 minutes", 15 * time.Minute: "15 minutes",
	} {
		f := openLimiting(t, map[string]limiting.Budget{"b": {Tries: 1, Every: 64 * d}})
		if err := f.spend("b", "k", ""); err != nil {
			t.Fatal(err)
		}
		err := f.spend("b", "k", "")
		var r *legible.Refusal
		if f.wait(err) != d || !errors.As(err, &r) || r.With["reason"] != want {
			t.Errorf("%v is %q, want %q", f.wait(err), r.With["reason"], want)
		}
	}
}
