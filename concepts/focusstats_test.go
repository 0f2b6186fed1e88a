package concepts_test

import (
	"errors"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/focusstats"
	"github.com/legible-lang/legible/concepts/trial"
)

type focusstatsFixture struct {
	*trial.App
	c *focusstats.Concept
	t *testing.T
}

// openFocusStats opens an app in which ann has statistics.
func openFocusStats(t *testing.T) *focusstatsFixture {
	t.Helper()
	f := &focusstatsFixture{t: t}
	f.App = trial.Open(t, func() legible.Concept {
		return focusstats.Define(func(s *focusstats.State) focusstats.Actions {
			f.c = &focusstats.Concept{State: s}
			return f.c
		})
	})
	f.do(func(ctx legible.Context) error {
		_, err := f.c.InitUser(ctx, focusstats.InitUserIn{User: "ann"})
		return err
	})
	return f
}

// do calls what must not decline.
func (f *focusstatsFixture) do(g func(ctx legible.Context) error) {
	f.t.Helper()
	if err := f.Do(g); err != nil {
		f.t.Fatal(err)
	}
}

func (f *focusstatsFixture) start(document focusstats.Document) (session focusstats.FocusSession, err error) {
	f.t.Helper()
	err = f.Do(func(ctx legible.Context) error {
		out, err := f.c.StartSession(ctx, focusstats.StartSessionIn{User: "ann", Document: document, Library: "l"})
		session = out.FocusSession
		return err
	})
	return session, err
}

// lasted gives how long a session lasted, and whether it has ended.
func (f *focusstatsFixture) lasted(session focusstats.FocusSession) (d time.Duration, ended bool) {
	f.t.Helper()
	f.do(func(ctx legible.Context) error {
		row, found := f.c.FocusSessions.Get(ctx, session)
		if !found {
			f.t.Errorf("there is no session %q", session)
		}
		if row.End != nil {
			d, ended = row.End.Sub(row.Start), true
		}
		return nil
	})
	return d, ended
}

// However a session ends, it is no longer than 4 hours.
func TestHowLongASessionLasts(t *testing.T) {
	for _, x := range []struct{ after, want time.Duration }{
		{0, 0}, {time.Millisecond, time.Millisecond}, {25 * time.Minute, 25 * time.Minute},
		{4 * time.Hour, 4 * time.Hour}, {4*time.Hour + time.Millisecond, 4 * time.Hour}, {1000 * time.Hour, 4 * time.Hour},
	} {
		f := openFocusStats(t)
		first, err := f.start("d1")
		if err != nil {
			t.Fatal(err)
		}
		f.Now = f.Now.Add(x.after)
		second, err := f.start("d2") // which ends the first
		if err != nil {
			t.Fatal(err)
		}
		f.Now = f.Now.Add(x.after)
		f.do(func(ctx legible.Context) error {
			_, err := f.c.EndSession(ctx, focusstats.EndSessionIn{FocusSession: second})
			return err
		})
		for _, session := range []focusstats.FocusSession{first, second} {
			if d, ended := f.lasted(session); d != x.want || !ended {
				t.Errorf("after %v a session has lasted %v (%v), want %v", x.after, d, ended, x.want)
			}
		}
	}
}

func TestTooManySessions(t *testing.T) {
	f := openFocusStats(t)
	f.do(func(ctx legible.Context) error {
		for range 9_999 {
			row := focusstats.FocusSessionRow{User: "ann", Document: "d", Library: "l", Start: ctx.Now(), End: new(ctx.Now())}
			if _, err := f.c.FocusSessions.Insert(ctx, row); err != nil {
				return err
			}
		}
		return nil
	})
	last, err := f.start("d1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.start("d2"); !errors.Is(err, focusstats.ErrTooManySessions) {
		t.Errorf("a session too many: %v", err)
	}
	if _, ended := f.lasted(last); ended {
		t.Error("the open session was ended by one that was refused")
	}
	f.do(func(ctx legible.Context) error {
		return f.c.RemoveSession(ctx, focusstats.RemoveSessionIn{FocusSession: last})
	})
	if _, err := f.start("d2"); err != nil {
		t.Errorf("after one was removed: %v", err)
	}
}
