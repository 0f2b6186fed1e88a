package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// variables returns an environment of its own.
func variables(pairs ...string) func(string) string {
	env := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		env["OTEL_EXPORTER_OTLP_"+pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return env[name] }
}

var batch = []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{Name: "sync Glows"}}}}}}

func TestSenderWrongVariables(t *testing.T) {
	folder := t.TempDir()
	noPEM := filepath.Join(folder, "no.pem")
	if err := os.WriteFile(noPEM, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, value, want string }{
		{"ENDPOINT", "localhost:4318", "OTEL_EXPORTER_OTLP_ENDPOINT is not an address like http://localhost:4318"},
		{"TRACES_ENDPOINT", "ftp://x", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is not an address like http://localhost:4318"},
		{"ENDPOINT", "http://ann:hunter2@%zz", "OTEL_EXPORTER_OTLP_ENDPOINT is not an address like http://localhost:4318"},
		{"PROTOCOL", "grpc", `OTEL_EXPORTER_OTLP_PROTOCOL is http/protobuf, which all collectors take, not "grpc"`},
		{"TRACES_COMPRESSION", "brotli", `OTEL_EXPORTER_OTLP_TRACES_COMPRESSION is gzip or none, not "brotli"`},
		{"TIMEOUT", "10s", `OTEL_EXPORTER_OTLP_TIMEOUT is a number of milliseconds, not "10s"`},
		{"TIMEOUT", "0", `OTEL_EXPORTER_OTLP_TIMEOUT is a number of milliseconds, not "0"`},
		{"HEADERS", "hunter2", "OTEL_EXPORTER_OTLP_HEADERS: headers are written key=value, with commas between them"},
		{"HEADERS", "key=%zzhunter2", "OTEL_EXPORTER_OTLP_HEADERS: the value of key is not escaped as in a URL"},
		{"HEADERS", "key=hunter2%0d%0aother: 1", "OTEL_EXPORTER_OTLP_HEADERS: the value of key is not escaped as in a URL"},
		{"CERTIFICATE", filepath.Join(folder, "gone.pem"), "OTEL_EXPORTER_OTLP_CERTIFICATE: open "},
		{"CERTIFICATE", noPEM, "OTEL_EXPORTER_OTLP_CERTIFICATE: " + noPEM + " holds no certificate in PEM"},
		{"CLIENT_KEY", noPEM, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY go together"},
	} {
		_, err := newSender(variables(c.name, c.value))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s=%s gives %v; wanted %s", c.name, c.value, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s=%s: the error shows a secret: %v", c.name, c.value, err)
		}
	}
}

func TestSenderWhereTo(t *testing.T) {
	for _, c := range []struct {
		env  func(string) string
		want string
	}{
		{variables(), "http://localhost:4318/v1/traces"},
		{variables("ENDPOINT", "http://c:4318"), "http://c:4318/v1/traces"},
		{variables("ENDPOINT", "https://c/otlp/"), "https://c/otlp/v1/traces"},
		{variables("TRACES_ENDPOINT", "http://c/here"), "http://c/here"},
		{variables("TRACES_ENDPOINT", "http://c/here", "ENDPOINT", "http://d"), "http://c/here"},
	} {
		s, err := newSender(c.env)
		if err != nil {
			t.Fatal(err)
		}
		if s.to != c.want {
			t.Errorf("spans go to %s; wanted %s", s.to, c.want)
		}
	}
}

func TestSenderSends(t *testing.T) {
	for _, compression := range []string{"none", "gzip"} {
		var got *http.Request
		var body []byte
		collector := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = r
			body, _ = io.ReadAll(r.Body)
		}))
		defer collector.Close()
		authority := filepath.Join(t.TempDir(), "authority.pem")
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: collector.Certificate().Raw})
		if err := os.WriteFile(authority, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := newSender(variables("ENDPOINT", collector.URL, "COMPRESSION", compression, "CERTIFICATE", authority,
			"HEADERS", "x-key = a%20b ,x-other=c=d", "TRACES_TIMEOUT", "5000"))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.UploadTraces(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if compression == "gzip" {
			if got.Header.Get("Content-Encoding") != "gzip" {
				t.Errorf("compressed spans do not say so")
			}
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		var spans tracepb.TracesData
		if err := proto.Unmarshal(body, &spans); err != nil {
			t.Fatal(err)
		}
		if name := spans.ResourceSpans[0].ScopeSpans[0].Spans[0].Name; name != "sync Glows" {
			t.Errorf("%s: the collector got a span %q", compression, name)
		}
		for key, want := range map[string]string{"Content-Type": "application/x-protobuf", "X-Key": "a b", "X-Other": "c=d"} {
			if is := got.Header.Get(key); is != want {
				t.Errorf("%s: the header %s is %q; wanted %q", compression, key, is, want)
			}
		}
	}
}

// TestSenderTries holds when a collector is asked again.
func TestSenderTries(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []int // the last for ever
		tries   int
		want    string
	}{
		{"busy, then well", []int{503, 429, 502, 200}, 4, ""},
		{"accepted", []int{202}, 1, ""},
		{"refused", []int{400}, 1, "answered 400 Bad Request"},
		{"sent elsewhere", []int{302}, 1, "answered 302 Found"},
	} {
		tries := 0
		collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.answers[min(tries, len(c.answers)-1)])
			tries++
		}))
		defer collector.Close()
		s, err := newSender(variables("ENDPOINT", strings.Replace(collector.URL, "//", "//ann:hunter2@", 1)))
		if err != nil {
			t.Fatal(err)
		}
		s.pause = time.Millisecond
		err = s.UploadTraces(t.Context(), batch)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s gives %v; wanted %q", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows a password: %v", c.name, err)
		}
		if tries != c.tries {
			t.Errorf("%s: the collector was asked %d times; wanted %d", c.name, tries, c.tries)
		}
	}
}

// collectorFunc stands in for the network: it gives the status of each answer.
type collectorFunc func() (status int)

func (f collectorFunc) RoundTrip(*http.Request) (*http.Response, error) {
	status := f()
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: http.Header{}, Body: http.NoBody}, nil
}

// A collector that is always busy is asked at 0, 1, 3 and 7 of the 10 seconds that
// a batch has, and the error is its last answer.
func TestSenderGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := newSender(variables("ENDPOINT", "http://127.0.0.1:4318"))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var tries []time.Duration
		s.client.Transport = collectorFunc(func() int {
			tries = append(tries, time.Since(began))
			return http.StatusGatewayTimeout
		})
		err = s.UploadTraces(t.Context(), batch)
		if err == nil || !strings.Contains(err.Error(), "answered 504 Gateway Timeout") {
			t.Errorf("it gives %v", err)
		}
		if want := []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}; !slices.Equal(tries, want) || time.Since(began) != 10*time.Second {
			t.Errorf("the collector was asked after %v, and the batch given up after %v", tries, time.Since(began))
		}
	})
}

// TestSenderIsLeftAlone holds that a collector may say when it wants to be asked
// again, and that whoever stops does not wait for it.
func TestSenderIsLeftAlone(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	tries := 0
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries++
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
		time.AfterFunc(50*time.Millisecond, stop)
	}))
	defer collector.Close()
	s, err := newSender(variables("ENDPOINT", collector.URL, "TIMEOUT", "3600000"))
	if err != nil {
		t.Fatal(err)
	}
	s.pause = time.Millisecond
	if err := s.UploadTraces(ctx, batch); err == nil {
		t.Error("spans that were not taken are said to be sent")
	}
	if tries != 1 {
		t.Errorf("a collector that wants an hour was asked %d times in a moment", tries)
	}
}
