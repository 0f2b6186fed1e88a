package telemetry_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/telemetry"
	"github.com/legible-lang/legible/value"
)

// TestCaller makes the spans of flows whose requests name a span, name one that
// is not sampled, name nonsense, and name none.
func TestCaller(t *testing.T) {
	const trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	flow := value.NewIDs().At(time.Now())
	for header, want := range map[string]struct {
		trace, parent string
		spans         int
	}{
		"00-" + trace + "-" + span + "-01": {trace, span, 1},
		"00-" + trace + "-" + span + "-00": {"", "", 0},
		"00-nonsense":                      {hex(flow), "0000000000000000", 1},
		"":                                 {hex(flow), "0000000000000000", 1},
	} {
		out := tracetest.NewInMemoryExporter()
		tracer := telemetry.NewTracer("lamp", sdktrace.NewSimpleSpanProcessor(out))
		h := http.Header{}
		if header != "" {
			h.Set("traceparent", header)
		}
		tracer.Observe(engine.Times{Flow: flow, Opening: "/press", Start: time.Now(), End: time.Now(), Context: tracer.Caller(context.Background(), h)})
		spans := out.GetSpans()
		if len(spans) != want.spans {
			t.Errorf("traceparent %q: there are %d spans, want %d", header, len(spans), want.spans)
			continue
		}
		if len(spans) == 0 {
			continue
		}
		if got := spans[0].SpanContext.TraceID().String(); got != want.trace {
			t.Errorf("traceparent %q: the trace is %s, want %s", header, got, want.trace)
		}
		if got := spans[0].Parent.SpanID().String(); got != want.parent {
			t.Errorf("traceparent %q: the span stands below %s, want %s", header, got, want.parent)
		}
		if a := spans[0].Attributes; len(a) == 0 || a[0].Key != "legible.flow" || a[0].Value.AsString() != flow.String() {
			t.Errorf("traceparent %q: the span does not name the flow: %v", header, a)
		}
	}
}

func hex(id value.ID) string {
	const digits = "0123456789abcdef"
	var b []byte
	for _, x := range id {
		b = append(b, digits[x>>4], digits[x&15])
	}
	return string(b)
}
