package bench

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

var many = flag.Int("flows", 1_000_000, "how many flows come to rest before")

// noting is a concept with one set, to which each flow adds a member.
func noting() legible.Concept {
	return legible.Concept{
		File: "noting.concept",
		Spec: "concept Noting\n\npurpose\n    note\n\nstate\n    a set of Notes with\n        a text String\n\nactions\n    note (text: String) : ()\n",
		Build: func(in *legible.Instance) legible.Methods {
			notes := in.Table("Note")
			return legible.Methods{Actions: map[string]legible.Method{
				"note": func(ctx legible.Context, in, _ []value.Value) error {
					return ctx.State().Insert(notes, ctx.NewID(), store.Row{in[0]})
				},
			}}
		},
	}
}

func opened(b *testing.B, place string, d store.Durability) *legible.App {
	b.Helper()
	app, err := legible.New(fstest.MapFS{"a.app": {Data: []byte("app Notes\n\nuse Noting\n")}}, noting).Open(context.Background(), legible.Options{Store: place, Durability: d, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return app
}

// note lets clients ask for flows, each when the one before is at rest.
func note(b *testing.B, app *legible.App, flows, clients int) time.Duration {
	b.Helper()
	var next atomic.Int64
	var group sync.WaitGroup
	text := legible.Field{Name: "text", Value: value.String("something worth to be kept")}
	begun := time.Now()
	for range clients {
		group.Go(func() {
			for next.Add(1) <= int64(flows) {
				if _, err := app.Ask(context.Background(), "Noting.note", text); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	return time.Since(begun)
}

// BenchmarkFlows opens a store and works in it, empty and with a million flows
// at rest. One iteration is the whole: run it with -benchtime 1x -v.
func BenchmarkFlows(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			place := "sqlite:" + filepath.Join(b.TempDir(), "notes.db")
			if kind == "postgres" {
				place = pgtest.Start(b, "-c", "fsync=off").URL(b)
			}
			for b.Loop() {
				flowsLook(b, place, "an empty store")
				app := opened(b, place, store.Memory)
				took := note(b, app, *many, 128)
				b.Logf("%d flows: %.0f a second", *many, float64(*many)/took.Seconds())
				done(b, app)
				flowsLook(b, place, fmt.Sprintf("with %d flows", *many))
				forget(b, place)
			}
		})
	}
}

// look opens the store, lets a thousand flows run, and tells what that took.
func flowsLook(b *testing.B, place, which string) {
	b.Helper()
	begun := time.Now()
	app := opened(b, place, store.Full)
	open := time.Since(begun)
	begun = time.Now()
	st := app.Engine(private.Access{}).Store()
	if _, err := st.Flows(context.Background(), value.Zero, 100); err != nil {
		b.Fatal(err)
	}
	list := time.Since(begun)
	note(b, app, 500, 16)
	took := note(b, app, 2000, 16)
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	b.Logf("%s: opened in %v, the newest 100 listed in %v, then %.0f flows a second with 16 clients; heap %d MB, resident %s",
		which, open.Round(time.Millisecond), list.Round(time.Millisecond/10), 2000/took.Seconds(), m.HeapAlloc>>20, resident())
	b.ReportMetric(float64(open.Milliseconds()), "ms-open")
	b.ReportMetric(2000/took.Seconds(), "flows/s")
	done(b, app)
}

// forget lets the record of all but a tenth of the flows go.
func forget(b *testing.B, place string) {
	b.Helper()
	app := opened(b, place, store.Full)
	begun := time.Now()
	n, err := app.Engine(private.Access{}).Store().Forget(context.Background(), store.Retention{Keep: *many / 10})
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("forgetting %d flows: %v", n, time.Since(begun).Round(time.Millisecond))
	done(b, app)
}

func done(b *testing.B, app *legible.App) {
	b.Helper()
	if err := app.Close(); err != nil {
		b.Fatal(err)
	}
}

// resident is the resident set of this process, where the system tells.
func resident() string {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if size, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strings.TrimSpace(size)
		}
	}
	return "unknown"
}
