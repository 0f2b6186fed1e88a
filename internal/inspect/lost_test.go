package inspect_test

import (
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/inspect"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/store/faulty"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/value"
)

// addresses are a page of each kind and the interface for programs.
func addresses(flow string) (reading, other []string) {
	return []string{"/", "/?q=a", "/?before=" + flow, "/flows/" + flow, "/concepts/Profile/User", "/concepts/Profile/User?id=a",
			"/api/v1/flows", "/api/v1/flows?before=" + flow, "/api/v1/flows/" + flow, "/api/v1/flows/" + flow + "?only=record", "/api/v1/unfinished"},
		[]string{"/program", "/concepts", "/concepts/Profile", "/routes", "/source/reader.app", "/api/v1/app", "/api/v1/turned"}
}

// unreadable asks an inspector whose store cannot be read for everything.
func unreadable(t *testing.T, w *world, flow string) {
	t.Helper()
	reading, other := addresses(flow)
	for _, address := range reading {
		r := w.get(address)
		body, _ := io.ReadAll(r.Body)
		if r.StatusCode != 503 || r.Header.Get("Retry-After") == "" || !strings.Contains(string(body), "The store cannot be read now") ||
			strings.Contains(string(body), "durable") {
			t.Errorf("%s is answered %d: %s", address, r.StatusCode, outline(string(body)))
		}
	}
	for _, address := range other {
		if r := w.get(address); r.StatusCode != 200 {
			t.Errorf("%s is answered %d, and needs no store", address, r.StatusCode)
		}
	}
}

// TestStoreIsClosed asks the inspector of an app that has ended.
func TestStoreIsClosed(t *testing.T) {
	for name, st := range map[string]string{"memory": "memory:", "sqlite": "sqlite:" + filepath.Join(t.TempDir(), "a.db")} {
		t.Run(name, func(t *testing.T) {
			w := openAs(t, legible.Options{Inspect: &legible.Inspect{Development: true}, Store: st}, nil)
			w.ask("/auth/login", `{"username": "ann", "password": "correct house"}`)
			if err := w.app.Close(); err != nil {
				t.Fatal(err)
			}
			unreadable(t, w, value.NewIDs().At(w.now).String())
		})
	}
}

// TestStoreIsLost asks the inspector while the store cannot be reached.
func TestStoreIsLost(t *testing.T) {
	w := openAs(t, legible.Options{Inspect: &legible.Inspect{Development: true}}, nil)
	st := &faulty.Store{Store: memory.New(memory.Options{})}
	st.Down(true)
	w.pages = inspect.New(w.app.Engine(private.Access{}).Plan(), st, inspect.Options{Development: true, Log: slog.New(slog.DiscardHandler)})
	unreadable(t, w, value.NewIDs().At(w.now).String())
}
