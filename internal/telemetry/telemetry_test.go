package telemetry_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/telemetry"
	"github.com/legible-lang/legible/value"
)

const program = `concept Lamp

purpose
    give light

state
    a set of Lamps

actions
    press (name: String, pin: Secret) : (lamp: Lamp)
        refuses NO_POWER as conflict "There is no power."
    glow (lamp: Lamp) : ()
    hum (lamp: Lamp) : ()

sync Glows
when
    Lamp.press () : (lamp)
then
    Lamp.glow (lamp) : ()
    Lamp.hum (lamp)

sync Never
when
    Lamp.press (name) : (lamp)
where
    name == "sun"
then
    Lamp.hum (lamp)
`

// run presses the lamp a and the lamp that has no power, with an observer and a
// recorder, and returns the flow of the first.
func run(t *testing.T, o engine.Options) value.ID {
	t.Helper()
	tree, findings := syntax.Parse(source.NewFile("lamp", program))
	checked, more := check.Check([]*syntax.File{tree}, check.Options{})
	for _, d := range append(findings, more...) {
		if d.Severity == diag.Error {
			t.Fatal(d.Span, d.Message)
		}
	}
	p := plan.Build(checked)
	st := memory.New(memory.Options{})
	schema := engine.Schema(p)
	if err := st.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	o.Log = slog.New(slog.DiscardHandler)
	e, err := engine.New(p, st, schema, map[string]engine.Methods{"Lamp": {Actions: map[string]engine.Method{
		"press": func(_ engine.Context, in, out []value.Value) error {
			if name, _ := in[0].Text(); name == "dead" {
				return &engine.Refusal{Code: "NO_POWER"}
			}
			out[0] = value.String("l1")
			return nil
		},
		"glow": func(engine.Context, []value.Value, []value.Value) error { return nil },
		"hum":  func(engine.Context, []value.Value, []value.Value) error { return errors.New("it crackles") },
	}}}, o)
	if err != nil {
		t.Fatal(err)
	}
	press := func(name string) value.ID {
		r, err := e.Run(context.Background(), engine.Opening{Action: p.Actions[0],
			In: []value.Value{value.String(name), value.Secret(value.String("hunter2"))}})
		if err != nil {
			t.Fatal(err)
		}
		return r.Flow
	}
	flow := press("a")
	press("dead")
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return flow
}

func TestMeter(t *testing.T) {
	m := telemetry.NewMeter()
	m.Watch(gauges{})
	run(t, engine.Options{Recorder: m.Record, Observer: m.Observe})
	m.Observe(engine.Times{Opening: "/busy", Rewinds: 2})
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	for _, want := range []string{
		"legible_flows_total 2\n",
		`legible_actions_total{action="Lamp.press",outcome="returned"} 1`,
		`legible_actions_total{action="Lamp.press",outcome="refused"} 1`,
		`legible_actions_total{action="Lamp.hum",outcome="faulted"} 1`,
		`legible_firings_total{sync="Glows"} 1`,
		`legible_drops_total{line="lamp:26:5",sync="Never"} 1`,
		`legible_flow_seconds_count{opening="Lamp.press"} 2`,
		`legible_flow_rewinds_total{opening="/busy"} 2`,
		"legible_commits_total 3\n", "legible_committed_flows_total 12\n", "legible_commit_queue 1\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the figures have no %s", strings.TrimSpace(want))
		}
	}
	if strings.Contains(text, "hunter2") {
		t.Error("a secret is among the figures")
	}
	if t.Failed() {
		t.Log(text)
	}
}

type gauges struct{}

func (gauges) Commits() (groups, flows uint64) { return 3, 12 }
func (gauges) Waiting() int                    { return 1 }

func TestTracer(t *testing.T) {
	kept := tracetest.NewInMemoryExporter()
	tracer := telemetry.NewTracer("lamps", sdktrace.NewSimpleSpanProcessor(kept))
	flow := run(t, engine.Options{Observer: tracer.Observe})
	byID := map[string]tracetest.SpanStub{}
	for _, s := range kept.GetSpans() {
		byID[s.SpanContext.SpanID().String()] = s
	}
	var lines []string
	for _, s := range kept.GetSpans() {
		if strings.ReplaceAll(flow.String(), "-", "") != s.SpanContext.TraceID().String() {
			continue // the other flow
		}
		way := s.Name
		for p := s; p.Parent.IsValid(); {
			up, ok := byID[p.Parent.SpanID().String()]
			if !ok {
				t.Fatalf("the span above %s is missing", p.Name)
			}
			if s.StartTime.Before(up.StartTime) || s.EndTime.After(up.EndTime) {
				t.Errorf("%s lies outside of %s, which is above it", s.Name, up.Name)
			}
			p, way = up, up.Name+" > "+way
		}
		for _, a := range s.Attributes {
			if a.Key == "legible.outcome" {
				way += " " + a.Value.AsString()
			}
			if strings.Contains(a.Value.String(), "hunter2") {
				t.Errorf("a secret is in the span %s", s.Name)
			}
		}
		lines = append(lines, way)
	}
	slices.Sort(lines)
	want := []string{
		"Lamp.press",
		"Lamp.press > Lamp.press > sync Glows",
		"Lamp.press > Lamp.press > sync Glows > Lamp.glow returned",
		"Lamp.press > Lamp.press > sync Glows > Lamp.hum faulted",
		"Lamp.press > Lamp.press returned",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("the spans are\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestFromEnvironment sends spans to a collector that stands in for a real one.
func TestFromEnvironment(t *testing.T) {
	ctx := context.Background()
	for name, env := range map[string]map[string]string{
		"nothing asked for": {},
		"none":              {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
		"disabled":          {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"},
	} {
		if tracer, err := telemetry.FromEnvironment(ctx, "lamps", func(n string) string { return env[n] }); tracer != nil || err != nil {
			t.Errorf("%s gives a tracer, %v", name, err)
		}
	}
	if _, err := telemetry.FromEnvironment(ctx, "lamps", func(n string) string {
		return map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}[n]
	}); err == nil || !strings.Contains(err.Error(), "zipkin") {
		t.Errorf("an exporter that there is not gives %v", err)
	}

	got := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- r.URL.Path + " " + string(body)
	}))
	defer collector.Close()
	tracer, err := telemetry.FromEnvironment(ctx, "lamps", func(n string) string {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL}[n]
	})
	if err != nil || tracer == nil {
		t.Fatalf("an endpoint gives no tracer: %v", err)
	}
	run(t, engine.Options{Observer: tracer.Observe})
	if err := tracer.Close(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case sent := <-got:
		if !strings.HasPrefix(sent, "/v1/traces ") || !strings.Contains(sent, "sync Glows") || strings.Contains(sent, "hunter2") {
			t.Errorf("the collector got %.80q", sent)
		}
	default:
		t.Error("the collector got nothing")
	}
}
