package telemetry

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
)

// A Tracer makes a span of each flow, of each of its actions and firings, each
// below what asked for it. It is safe for use by several goroutines.
type Tracer struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// FromEnvironment makes a tracer that sends spans by OTLP over HTTP when the
// standard variables ask for it: OTEL_TRACES_EXPORTER=otlp, or an endpoint in
// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT. It is nil
// when they do not, or when OTEL_SDK_DISABLED=true or OTEL_TRACES_EXPORTER=none
// says no. Headers, time-outs, compression and certificates are settled by the
// same family of variables; one that cannot be understood is an error.
func FromEnvironment(ctx context.Context, service string, env func(string) string) (*Tracer, error) {
	exporter := env("OTEL_TRACES_EXPORTER")
	switch {
	case env("OTEL_SDK_DISABLED") == "true", exporter == "none":
		return nil, nil
	case exporter == "" && env("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "":
		return nil, nil
	case exporter != "" && exporter != "otlp":
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER is otlp or none, not %q", exporter)
	}
	to, err := newSender(env)
	if err != nil {
		return nil, err
	}
	out, err := otlptrace.New(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("preparing to send spans by OTLP: %w", err)
	}
	return NewTracer(service, sdktrace.NewBatchSpanProcessor(out)), nil
}

// NewTracer makes a tracer for a processor of spans.
func NewTracer(service string, p sdktrace.SpanProcessor) *Tracer {
	described, err := resource.Merge(resource.Default(), resource.NewSchemaless(attribute.String("service.name", service)))
	if err != nil {
		described = resource.NewSchemaless(attribute.String("service.name", service))
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(p), sdktrace.WithResource(described), sdktrace.WithIDGenerator(ids{}))
	return &Tracer{provider: provider, tracer: provider.Tracer("github.com/legible-lang/legible")}
}

// Close sends what has not been sent.
func (t *Tracer) Close(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// Observe makes the spans of a flow; it is an engine's Observer.
func (t *Tracer) Observe(times engine.Times) {
	w := &writing{tracer: t.tracer, times: times, actions: map[uint32][]engine.ActionTime{}, firings: map[journal.ActionID][]engine.FiringTime{}}
	for _, a := range times.Actions {
		w.actions[a.ID.Firing] = append(w.actions[a.ID.Firing], a)
	}
	for _, f := range times.Firings {
		w.firings[f.By] = append(w.firings[f.By], f)
	}
	ctx := context.WithValue(context.Background(), flowKey{}, trace.TraceID(times.Flow))
	if times.Context != nil {
		if asked := trace.SpanContextFromContext(times.Context); asked.IsValid() {
			ctx = trace.ContextWithRemoteSpanContext(ctx, asked)
		}
	}
	ctx, span := w.start(ctx, times.Opening, "flow", times.Start, attribute.String("legible.flow", times.Flow.String()))
	w.below(ctx, 0)
	span.End(trace.WithTimestamp(times.End))
}

// Caller puts the span that a request names in its header traceparent into its
// context: the flow's spans stand below it, in its trace, and are left out where
// the caller does not sample. Without that header the trace is the flow's own.
func (t *Tracer) Caller(ctx context.Context, h http.Header) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(h))
}

// A writing is one flow on its way into spans.
type writing struct {
	tracer  trace.Tracer
	times   engine.Times
	actions map[uint32][]engine.ActionTime           // by the firing that asked
	firings map[journal.ActionID][]engine.FiringTime // by the action that completed the match
}

func (w *writing) start(ctx context.Context, name, span string, at time.Time, more ...attribute.KeyValue) (context.Context, trace.Span) {
	ctx = context.WithValue(ctx, spanKey{}, spanID(w.times.Flow[:], span))
	return w.tracer.Start(ctx, name, trace.WithTimestamp(at), trace.WithAttributes(more...))
}

// below makes the spans of the actions that a firing asked, and of what they
// set off.
func (w *writing) below(ctx context.Context, firing uint32) {
	for _, a := range w.actions[firing] {
		ctx, span := w.start(ctx, a.Name, "action "+a.ID.String(), a.Start,
			attribute.String("legible.action.id", label(a.ID)),
			attribute.String("legible.outcome", a.Outcome.String()),
			attribute.String("legible.ran_ms", milliseconds(a.Ran)))
		if a.Outcome == journal.Fault {
			span.SetStatus(codes.Error, "faulted")
		}
		for _, f := range w.firings[a.ID] {
			ctx, span := w.start(ctx, "sync "+f.Sync, fmt.Sprint("firing ", f.Number), f.Start,
				attribute.String("legible.sync", f.Sync))
			w.below(ctx, f.Number)
			span.End(trace.WithTimestamp(f.End))
		}
		span.End(trace.WithTimestamp(a.End))
	}
}

type (
	flowKey struct{}
	spanKey struct{}
)

// ids derives the ids of spans: the trace id is the id of the flow, and the span id
// depends on the action or firing, so that exporting a flow twice gives one trace.
type ids struct{}

func (ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	flow, _ := ctx.Value(flowKey{}).(trace.TraceID)
	span, _ := ctx.Value(spanKey{}).(trace.SpanID)
	return flow, span
}

func (g ids) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	_, span := g.NewIDs(ctx)
	return span
}

func spanID(flow []byte, span string) trace.SpanID {
	sum := sha256.Sum256(append(append([]byte(nil), flow...), span...))
	var id trace.SpanID
	copy(id[:], sum[:])
	if !id.IsValid() {
		binary.BigEndian.PutUint64(id[:], 1)
	}
	return id
}
