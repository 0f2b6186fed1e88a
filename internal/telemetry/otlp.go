package telemetry

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A sender carries spans to a collector by OTLP: protobuf over HTTP. The
// exporter that asks it is the OpenTelemetry project's; so is its sender, but
// that brings all of gRPC into a program that never speaks it.
type sender struct {
	to       string // the collector's address, with the path
	shown    string // the same without a password
	headers  map[string]string
	timeout  time.Duration // for one batch, with all its tries
	compress bool
	client   *http.Client
	pause    time.Duration // before the second try; it doubles
}

// newSender reads the variables that say where to and how:
// OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS, _TIMEOUT, _COMPRESSION, _PROTOCOL,
// _CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY, each also with _TRACES
// before its last part, which then counts.
func newSender(env func(string) string) (*sender, error) {
	// read returns a variable's value, and which of its two names it was found by.
	read := func(part string) (string, string) {
		if name := "OTEL_EXPORTER_OTLP_TRACES_" + part; env(name) != "" {
			return env(name), name
		}
		return env("OTEL_EXPORTER_OTLP_" + part), "OTEL_EXPORTER_OTLP_" + part
	}
	s := &sender{timeout: 10 * time.Second, pause: time.Second}

	to, name := read("ENDPOINT")
	at, err := url.Parse(cmp.Or(to, "http://localhost:4318"))
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return nil, fmt.Errorf("%s is not an address like http://localhost:4318", name) // it may hold a password
	}
	if name == "OTEL_EXPORTER_OTLP_ENDPOINT" {
		at = at.JoinPath("v1", "traces") // the other has its path already
	}
	s.to, s.shown = at.String(), at.Redacted()

	if protocol, name := read("PROTOCOL"); protocol != "" && protocol != "http/protobuf" {
		return nil, fmt.Errorf("%s is http/protobuf, which all collectors take, not %q", name, protocol)
	}
	switch how, name := read("COMPRESSION"); how {
	case "", "none":
	case "gzip":
		s.compress = true
	default:
		return nil, fmt.Errorf("%s is gzip or none, not %q", name, how)
	}
	if ms, name := read("TIMEOUT"); ms != "" {
		n, err := strconv.Atoi(ms)
		if err != nil || n <= 0 || n > 3_600_000 {
			return nil, fmt.Errorf("%s is a number of milliseconds, not %q", name, ms)
		}
		s.timeout = time.Duration(n) * time.Millisecond
	}
	headers, name := read("HEADERS")
	if s.headers, err = readHeaders(headers); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if transport.TLSClientConfig, err = readTLS(read); err != nil {
		return nil, err
	}
	s.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s, nil
}

// readHeaders reads a list like "key=value,other=value", whose values may be
// escaped as in a URL. Values are secrets: no error shows them.
func readHeaders(list string) (map[string]string, error) {
	headers := map[string]string{}
	for part := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		key, val, found := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		if !found || key == "" || strings.ContainsAny(key, " \t\r\n:") {
			return nil, errors.New("headers are written key=value, with commas between them")
		}
		val, err := url.PathUnescape(strings.TrimSpace(val))
		if err != nil || strings.ContainsAny(val, "\r\n") {
			return nil, fmt.Errorf("the value of %s is not escaped as in a URL", key)
		}
		headers[key] = val
	}
	return headers, nil
}

// readTLS returns nil where no variable asks for anything.
func readTLS(read func(part string) (value, name string)) (*tls.Config, error) {
	authority, name := read("CERTIFICATE")
	own, ownName := read("CLIENT_CERTIFICATE")
	key, keyName := read("CLIENT_KEY")
	if authority == "" && own == "" && key == "" {
		return nil, nil
	}
	config := &tls.Config{}
	if authority != "" {
		text, err := os.ReadFile(authority)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s: %s holds no certificate in PEM", name, authority)
		}
	}
	if (own == "") != (key == "") {
		return nil, fmt.Errorf("%s and %s go together", ownName, keyName)
	}
	if own != "" {
		pair, err := tls.LoadX509KeyPair(own, key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ownName, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// Start has nothing to do: a collector that is not there yet is no fault.
func (s *sender) Start(context.Context) error { return nil }

// Stop lets go of the connections.
func (s *sender) Stop(context.Context) error {
	s.client.CloseIdleConnections()
	return nil
}

// UploadTraces sends a batch. A collector that is busy or away is asked again
// until the time is up.
func (s *sender) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// A request to a collector has the same bytes as a file of traces.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return fmt.Errorf("writing spans as OTLP: %w", err)
	}
	if s.compress {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(body); err != nil {
			return fmt.Errorf("compressing spans: %w", err)
		}
		if err := z.Close(); err != nil {
			return fmt.Errorf("compressing spans: %w", err)
		}
		body = b.Bytes()
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var busy error // what a collector said that may be asked again
	for pause := s.pause; ; pause *= 2 {
		again, wait, err := s.post(ctx, body)
		if !again {
			if ctx.Err() != nil && busy != nil {
				return busy // is more precise than the timeout
			}
			return err
		}
		busy = err
		timer := time.NewTimer(max(pause, wait))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// post asks the collector once. It reports whether to ask again, and how long the
// collector wants to be left alone.
func (s *sender) post(ctx context.Context, body []byte) (again bool, wait time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.to, bytes.NewReader(body))
	if err != nil {
		return false, 0, fmt.Errorf("sending spans: %w", err)
	}
	r.Header.Set("User-Agent", "legible")
	for key, val := range s.headers {
		r.Header.Set(key, val)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	if s.compress {
		r.Header.Set("Content-Encoding", "gzip")
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return ctx.Err() == nil, 0, fmt.Errorf("sending spans: %w", err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)); err != nil {
		return ctx.Err() == nil, 0, fmt.Errorf("sending spans: reading the answer: %w", err)
	}
	switch answer.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		return false, 0, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = true
		if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
			wait = time.Duration(min(seconds, 3600)) * time.Second
		}
	}
	return again, wait, fmt.Errorf("sending spans: the collector at %s answered %s", s.shown, answer.Status)
}
