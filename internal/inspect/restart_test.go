package inspect_test

import (
	"context"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/internal/private"
)

// TestAfterRestart looks at the list of an app that began again: it has no
// counts yet, and flows all the same.
func TestAfterRestart(t *testing.T) {
	texts, err := fs.Sub(reader, "testdata/reader")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "app.db")
	const none = "No flow has ended since the app started at 03:04:0"
	for i, want := range []string{none + "0 UTC\n", none + "1 UTC; the store has earlier flows\n"} {
		w := &world{t: t, now: time.Date(2030, 1, 2, 3, 4, i, 0, time.UTC)}
		program := legible.New(texts, requesting.New, profile.With(profile.Options{Memory: 8}), sessioning.New, notes)
		app, err := program.Open(context.Background(), legible.Options{
			Store: "sqlite:" + file, Clock: func() time.Time { return w.now },
			Log: slog.New(slog.DiscardHandler), Inspect: &legible.Inspect{Development: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.app = app
		w.pages = w.app.Inspector(private.Access{})
		if got := outline(w.page("/")); !strings.Contains(got, want) {
			t.Errorf("start %d: the list does not say %q but\n%s", i+1, want, got)
		}
		if got := outline(w.page("/program")); !strings.Contains(got, "none has fired since") {
			t.Errorf("start %d: the program does not say that nothing has fired:\n%s", i+1, got)
		}
		w.ask("/auth/login", `{"username": "ann", "password": "correct house"}`)
		if err := w.app.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
