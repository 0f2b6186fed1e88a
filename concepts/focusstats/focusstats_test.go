package focusstats

import (
	"errors"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/trial"
)

type fixture struct {
	*trial.App
	c *Concept
	t *testing.T
}

// open opens an app in which ann has statistics.
func open(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t}
	f.App = trial.Open(t, func() legible.Concept {
		return Define(func(s *State) Actions {
			f.c = &Concept{s}
			return f.c
		})
	})
	f.do(func(ctx legible.Context) error {
		_, err := f.c.InitUser(ctx, InitUserIn{"ann"})
		return err
	})
	return f
}

// do calls what must not decline.
func (f *fixture) do(g func(ctx legible.Context) error) {
	f.t.Helper()
	if err := f.Do(g); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) start(document Document) (session FocusSession, err error) {
	f.t.Helper()
	err = f.Do(func(ctx legible.Context) error {
		out, err := f.c.StartSession(ctx, StartSessionIn{User: "ann", Document: document, Library: "l"})
		session = out.FocusSession
		return err
	})
	return session, err
}

// lasted gives how long a session lasted, and whether it has ended.
func (f *fixture) lasted(session FocusSession) (d time.Duration, ended bool) {
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
		f := open(t)
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
			_, err := f.c.EndSession(ctx, EndSessionIn{second})
			return err
		})
		for _, session := range []FocusSession{first, second} {
			if d, ended := f.lasted(session); d != x.want || !ended {
				t.Errorf("after %v a session has lasted %v (%v), want %v", x.after, d, ended, x.want)
			}
		}
	}
}

func TestTooManySessions(t *testing.T) {
	f := open(t)
	f.do(func(ctx legible.Context) error {
		for range maxSessions - 1 {
			row := FocusSessionRow{User: "ann", Document: "d", Library: "l", Start: ctx.Now(), End: new(ctx.Now())}
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
	if _, err := f.start("d2"); !errors.Is(err, ErrTooManySessions) {
		t.Errorf("a session too many: %v", err)
	}
	if _, ended := f.lasted(last); ended {
		t.Error("the open session was ended by one that was refused")
	}
	f.do(func(ctx legible.Context) error { return f.c.RemoveSession(ctx, RemoveSessionIn{last}) })
	if _, err := f.start("d2"); err != nil {
		t.Errorf("after one was removed: %v", err)
	}
}
