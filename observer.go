package legible

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/inspect"
	"github.com/legible-lang/legible/internal/inspect/api"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/store/postgres"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/internal/telemetry"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// observers receive what flows do: the options' recorder, the inspector with its
// metrics, and a tracer if the environment asks for one. Unused observers are nil,
// so that the engine need not call them.
type observers struct {
	inspector *inspect.Inspector
	tracer    *telemetry.Tracer
	meter     *telemetry.Meter
	recorder  func(flow value.ID, entries []byte, rested bool)
	observer  func(engine.Times)
}

// What a store on disk reports of itself is shown.
var (
	_ telemetry.Gauges = (*sqlite.Store)(nil)
	_ telemetry.Gauges = (*postgres.Store)(nil)
)

// observe makes what the options and the environment ask for.
func (o *Options) observe(ctx context.Context, p *plan.Plan, st store.Store, log *slog.Logger) (*observers, error) {
	w := &observers{}
	tracer, err := telemetry.FromEnvironment(ctx, p.Name, os.Getenv)
	if err != nil {
		return nil, err
	}
	if tracer != nil {
		w.tracer = tracer
		w.observe(tracer.Observe)
	}
	w.record(o.Recorder)
	if o.Inspect == nil {
		return w, nil
	}
	w.meter = telemetry.NewMeter()
	if gauges, ok := st.(telemetry.Gauges); ok {
		w.meter.Watch(gauges)
	}
	w.record(w.meter.Record)
	w.observe(w.meter.Observe)
	w.inspector = inspect.New(p, st, inspect.Options{
		Token: o.Inspect.Token, Development: o.Inspect.Development, Hosts: o.Inspect.Hosts,
		Note: cmp.Or(o.Inspect.Note, note(o.Store, p.Name)), Metrics: w.meter.Handler(), Clock: o.Clock, Log: log,
	})
	w.record(w.inspector.Record)
	w.observe(w.inspector.Observe)
	return w, nil
}

// note is where the legible command looks for a running app: beside its store,
// or in the app's working directory if the store is not a file.
func note(store, app string) string {
	if path, ok := strings.CutPrefix(store, "sqlite:"); ok {
		return path + api.NoteSuffix
	}
	return cmp.Or(strings.ToLower(app), "app") + api.NoteSuffix
}

// turnedAway returns what receives requests that open no flow; nil for nothing.
func (w *observers) turnedAway() func(history.TurnedAway) {
	if w.inspector == nil {
		return nil
	}
	return w.inspector.TurnedAway
}

// watch adds what the engine reports to the metrics.
func (w *observers) watch(e *engine.Engine) {
	if w.meter == nil {
		return
	}
	w.meter.WatchRescued(e.Rescued)
	if e.HasEffects() {
		w.meter.WatchWaiting(e.Waiting)
	}
}

// record adds a receiver of journal entries.
func (w *observers) record(more func(value.ID, []byte, bool)) {
	before := w.recorder
	switch {
	case more == nil:
	case before == nil:
		w.recorder = more
	default:
		w.recorder = func(flow value.ID, entries []byte, rested bool) {
			before(flow, entries, rested)
			more(flow, entries, rested)
		}
	}
}

// observe adds a receiver of times.
func (w *observers) observe(more func(engine.Times)) {
	before := w.observer
	if before == nil {
		w.observer = more
		return
	}
	w.observer = func(t engine.Times) {
		before(t)
		more(t)
	}
}

// close ends the live pages, and sends the remaining spans.
func (w *observers) close(ctx context.Context) error {
	if w.inspector != nil {
		w.inspector.Close()
	}
	if w.tracer == nil {
		return nil
	}
	if err := w.tracer.Close(ctx); err != nil {
		return errors.New("the last spans could not be sent: " + err.Error())
	}
	return nil
}
