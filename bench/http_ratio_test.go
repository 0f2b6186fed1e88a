package bench

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	nethttp "net/http"
	"slices"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/inspect"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/telemetry"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// watched is the engine's options with which an app runs under legible run: the
// journal, the inspector's recorder and the figures for Prometheus.
func watched(p *plan.Plan, st store.Store) engine.Options {
	meter := telemetry.NewMeter()
	pages := inspect.New(p, st, inspect.Options{Metrics: meter.Handler()})
	return engine.Options{
		Recorder: func(flow value.ID, entries []byte, rested bool) {
			meter.Record(flow, entries, rested)
			pages.Record(flow, entries, rested)
		},
		Observer: func(t engine.Times) { meter.Observe(t); pages.Observe(t) },
	}
}

// BenchmarkHTTPRecorded is the login over HTTP on the memory store with everything
// that watches it, against the same with nothing that does, not even the
// journal. Each has a server and a client of its own; they take turns by the
// hundred within one run. A figure is the middle of its turns, x the ratio.
func BenchmarkHTTPRecorded(b *testing.B) {
	off := func(*plan.Plan, store.Store) engine.Options { return engine.Options{NoJournal: true} }
	for _, c := range []struct {
		name string
		on   func(*plan.Plan, store.Store) engine.Options
	}{
		{"journal", func(*plan.Plan, store.Store) engine.Options { return engine.Options{} }},
		{"recorder", func(p *plan.Plan, st store.Store) engine.Options {
			return engine.Options{Recorder: inspect.New(p, st, inspect.Options{}).Record}
		}},
		{"all", watched},
	} {
		b.Run(c.name, func(b *testing.B) {
			sides := [2]*kept{
				httpBegin(b, frontWith(b, memory.New(memory.Options{}), c.on)),
				httpBegin(b, frontWith(b, memory.New(memory.Options{}), off)),
			}
			var took [2][]time.Duration
			for range 50 {
				for _, k := range sides {
					k.turn(b)
				}
			}
			for b.Loop() {
				for side, k := range sides {
					start := time.Now()
					k.turn(b)
					took[side] = append(took[side], time.Since(start))
				}
			}
			var middle [2]float64
			for side := range sides {
				slices.Sort(took[side])
				middle[side] = float64(took[side][len(took[side])/2].Nanoseconds()) / 1000 / httpTurn
			}
			b.ReportMetric(0, "ns/op") // two hundred requests: nothing to look at
			b.ReportMetric(middle[0], "µs-on")
			b.ReportMetric(middle[1], "µs-off")
			b.ReportMetric(middle[0]/middle[1], "x")
		})
	}
}

// turn is how many requests one side answers before it is the other's turn.
const httpTurn = 100

// kept is a server with the one connection of its client.
type kept struct {
	c net.Conn
	r *bufio.Reader
}

func httpBegin(b *testing.B, h nethttp.Handler) *kept {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- host.Serve(ctx, l, h, host.Options{Log: slog.New(slog.DiscardHandler)}) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.Close() // nothing is under way
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	return &kept{c: c, r: bufio.NewReader(c)}
}

func (k *kept) turn(b *testing.B) {
	for range httpTurn {
		if err := ask(k.c, k.r); err != nil {
			b.Fatal(err)
		}
	}
}
