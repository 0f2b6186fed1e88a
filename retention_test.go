package legible_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/value"
)

// noting is a concept whose one action does nothing but happen.
func noting() legible.Concept {
	return legible.Concept{
		File: "noting.concept",
		Spec: "concept Noting\n\npurpose\n    note\n\nactions\n    note () : ()\n",
		Build: func(*legible.Instance) legible.Methods {
			return legible.Methods{Actions: map[string]legible.Method{
				"note": func(legible.Context, []value.Value, []value.Value) error { return nil },
			}}
		},
	}
}

// TestKeep lets time pass beside an app, and looks for what it still knows of
// flows and large values.
func TestKeep(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name   string
		keep   legible.Keep
		clock  func() time.Time
		passed time.Duration
		flows  int // of 3
		blob   bool
	}{
		{"nothing in the first minute", legible.Keep{JournalFlows: 1}, nil, 50 * time.Second, 3, true},
		{"the newest, after a minute", legible.Keep{JournalFlows: 1}, nil, time.Minute, 1, true},
		{"what is younger than 30 days", legible.Keep{}, nil, 29 * day, 3, false},
		{"nothing that is older", legible.Keep{}, nil, 31 * day, 0, false},
		{"what is younger than it should be", legible.Keep{JournalAge: time.Hour}, nil, time.Hour, 3, true},
		{"nothing that is as old, an hour later", legible.Keep{JournalAge: time.Hour}, nil, time.Hour + time.Minute, 0, false},
		{"whatever its age", legible.Keep{JournalAge: -1}, nil, 100 * day, 3, false},
		{"however many", legible.Keep{JournalAge: -1, JournalFlows: -1}, nil, 100 * day, 3, false},
		{"everything, with a clock of its own", legible.Keep{JournalFlows: 1}, time.Now, 100 * day, 3, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && c.passed > day {
				t.Skip("what attends to the app wakes up a million times in a month")
			}
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				var log bytes.Buffer
				app, err := legible.New(fstest.MapFS{"a.app": {Data: []byte("app Notes\n\nuse Noting\n")}}, noting).Open(ctx, legible.Options{Keep: c.keep, Clock: c.clock, Log: slog.New(slog.NewTextHandler(&log, nil))})
				if err != nil {
					t.Fatal(err)
				}
				st := app.Engine(private.Access{}).Store()
				for range 3 {
					if _, err := app.Ask(ctx, "Noting.note"); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second) // of two in one moment neither is newer
				}
				blob, err := st.PutBlob(ctx, strings.NewReader("nobody's"), "text/plain")
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.passed)
				synctest.Wait()
				ids, err := st.Flows(ctx, value.Zero, 0)
				if err != nil || len(ids) != c.flows {
					t.Errorf("the record has %d flows (%v), not %d", len(ids), err, c.flows)
				}
				r, err := st.OpenBlob(ctx, blob.Hash)
				if err == nil {
					r.Close()
				}
				if there := !errors.Is(err, fs.ErrNotExist); there != c.blob {
					t.Errorf("that the large value is there is %v (%v)", there, err)
				}
				if err := app.Close(); err != nil {
					t.Error(err)
				}
				if strings.Contains(log.String(), "level=ERROR") {
					t.Errorf("the log has errors:\n%s", &log)
				}
			})
		})
	}
}

// TestKeepTellsOfTrouble closes the store under an app: what keeps it from
// clearing away is in the log, and is tried again.
func TestKeepTellsOfTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		app, err := legible.New(fstest.MapFS{"a.app": {Data: []byte("app Notes\n\nuse Noting\n")}}, noting).Open(t.Context(), legible.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if err := app.Engine(private.Access{}).Store().Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if n := strings.Count(log.String(), "cannot remove the record of old flows"); n != 2 {
			t.Errorf("two looks at a store that is closed were told %d times:\n%s", n, &log)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestParseAge(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30d": 720 * time.Hour, "1d": 24 * time.Hour, "36h": 36 * time.Hour, "1h30m": 90 * time.Minute, "all": -1,
		"": 0, "d": 0, "0d": 0, "-3d": 0, "1.5d": 0, "-1h": 0, "0s": 0, "30": 0, "999999d": 0, "forever": 0,
	} {
		got, err := legible.ParseAge(text)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("%q is read as %v (%v), want %v", text, got, err, want)
		}
	}
}
