package scenario

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// request sends a request and compares the answer with the expected one.
func (w *world) request(h *syntax.HTTPStep) *Failure {
	fail := func(format string, args ...any) *Failure {
		return &Failure{Message: h.Method.Text + " " + h.Path + " " + fmt.Sprintf(format, args...)}
	}
	r, body, err := w.build(h)
	if err != nil {
		return fail("cannot be sent: %v", err)
	}
	before := w.flows.count()
	w.asked, w.last = true, nil
	response, err := w.serve(r)
	for _, f := range w.flows.since(before) {
		for _, e := range f.entries() {
			if e.Kind == journal.Asked && e.ID == (journal.ActionID{}) && w.plan.Routes.Request != nil &&
				e.Action == w.plan.Routes.Request.FullName() {
				w.last = f
			}
		}
	}
	if err != nil {
		f := fail("made the handler panic: %s", words.FirstLine(err.Error()))
		f.Sent = body
		return f.note("%s", err.Error())
	}
	for _, c := range response.Cookies() {
		w.cookies[c.Name] = c.Value
	}
	got, text, err := w.read(response)
	if err != nil {
		return fail("got an answer that cannot be read: %v", err)
	}
	w.answer = answer{status: response.StatusCode, body: text}
	f := fail("got an unexpected answer")
	f.Sent = body
	switch {
	case h.Status == 0 && response.StatusCode >= 500:
		f.Differs = append(f.Differs, Difference{Path: "status", Want: "below 500", Got: fmt.Sprint(response.StatusCode)})
	case h.Status != 0 && h.Status != response.StatusCode:
		f.Differs = append(f.Differs, Difference{Path: "status", Want: fmt.Sprint(h.Status), Got: fmt.Sprint(response.StatusCode)})
	}
	status := len(f.Differs)
	if h.Answer != nil {
		f.Differs = append(f.Differs, w.names.hold(h.Answer, got, "")...)
	}
	if len(f.Differs) == 0 {
		return nil
	}
	if status > 0 {
		f.Differs = f.Differs[:status] // the body of an answer with another status differs everywhere
		if got.Kind() == value.RecordKind {
			text = string(value.AppendJSON(nil, without(got, "reason", "trace")))
		}
		f.note("answered %s", cut(text, 2000))
		w.reason(f, got)
	}
	w.misplaced(f, h, r)
	if trace := response.Header.Get("X-Trace-Id"); trace != "" {
		f.note("trace %s", trace)
	}
	return f
}

// misplaced adds how to send a credential that is among the fields of a GET or HEAD
// request: the app does not read credentials from the query string.
func (w *world) misplaced(f *Failure, h *syntax.HTTPStep, r *http.Request) {
	for _, c := range w.plan.Routes.Credentials {
		if !r.URL.Query().Has(c.Field) {
			continue
		}
		what := "the value"
		if h.Body != nil {
			for _, x := range h.Body.Fields {
				if x.Name.Text == c.Field {
					what = x.Value.Span.Text()
				}
			}
		}
		line := ""
		switch {
		case c.Bearer:
			line = "bearer " + what
		case len(c.Schemes) > 0:
			line = fmt.Sprintf("authorization %q %s", c.Schemes[0], what)
		case len(c.Cookies) > 0:
			line = fmt.Sprintf("cookie %q %s", c.Cookies[0], what)
		case len(c.Headers) > 0:
			line = fmt.Sprintf("header %q %s", c.Headers[0], what)
		default:
			f.note("“%s” is a credential that the app takes from the body only, and a %s request has none: add another place to its declaration in the app, such as bearer", c.Field, h.Method.Text)
			continue
		}
		f.note("“%s” is a credential, and the fields of a %s request are sent in the query string, where credentials are ignored; write below the request\n    %s", c.Field, h.Method.Text, line)
	}
}

// without returns a record without some fields, which a failure shows elsewhere.
func without(v value.Value, names ...string) value.Value {
	var fields []value.Field
	for _, f := range v.Fields() {
		if !slices.Contains(names, f.Name) {
			fields = append(fields, f)
		}
	}
	return value.Record(fields)
}

// build makes the request, and its fields as JSON for a failure.
func (w *world) build(h *syntax.HTTPStep) (r *http.Request, sent string, err error) {
	path, err := w.path(h.Path)
	if err != nil {
		return nil, "", err
	}
	var body []byte
	if h.Body != nil {
		v, err := w.names.make(h.Body, w.bodyType(h.Method.Text, path))
		if err != nil {
			return nil, "", err
		}
		sent = string(value.AppendJSON(nil, v))
		if h.Method.Text == http.MethodGet || h.Method.Text == http.MethodHead {
			if path, err = withQuery(path, v); err != nil {
				return nil, "", err
			}
		} else {
			body = value.AppendRevealedJSON(nil, v)
		}
	}
	r, err = http.NewRequestWithContext(w.ctx, h.Method.Text, "http://scenario.test"+path, bytes.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1234"
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range h.Headers {
		if err := w.header(r, line); err != nil {
			return nil, "", fmt.Errorf("%s line: %w", line.Kind.Text, err)
		}
	}
	return r, sent, nil
}

// header adds a line below the request to it.
func (w *world) header(r *http.Request, line *syntax.Header) error {
	if line.Kind.Text == "cookie" && line.Value.Kind == syntax.AnyDatum {
		kept, ok := w.cookies[line.Name]
		if !ok {
			return fmt.Errorf("no answer has set the cookie “%s” yet", line.Name)
		}
		r.AddCookie(&http.Cookie{Name: line.Name, Value: kept})
		return nil
	}
	v, err := w.names.make(line.Value, check.Type{Kind: check.String})
	if err != nil {
		return err
	}
	text := plain(v)
	switch line.Kind.Text {
	case "from":
		if _, err := netip.ParseAddr(text); err != nil {
			return fmt.Errorf("%q is not an address; write it like from \"203.0.113.7\"", text)
		}
		r.RemoteAddr = net.JoinHostPort(text, "1234")
	case "bearer":
		r.Header.Set("Authorization", "Bearer "+text)
	case "authorization":
		r.Header.Set("Authorization", line.Name+" "+text)
	case "cookie":
		r.AddCookie(&http.Cookie{Name: line.Name, Value: text})
	default:
		r.Header.Add(line.Name, text)
	}
	return nil
}

// plain formats a value for a path, a query string or a header.
func plain(v value.Value) string {
	if text, ok := v.Text(); ok {
		return text
	}
	return string(value.AppendRevealedJSON(nil, v))
}

// path replaces names in braces in a path by their values.
func (w *world) path(text string) (string, error) {
	var b strings.Builder
	for {
		before, rest, open := strings.Cut(text, "{")
		b.WriteString(before)
		if !open {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("a brace in the path is not closed")
		}
		v, err := w.names.get(name)
		if err != nil {
			return "", err
		}
		b.WriteString(url.PathEscape(plain(v)))
		text = after
	}
}

// withQuery adds the fields of a record to the query string.
func withQuery(path string, v value.Value) (string, error) {
	if v.Kind() != value.RecordKind {
		return "", fmt.Errorf("a GET or HEAD request sends its fields in the query string, so they must be a record")
	}
	query := url.Values{}
	for _, f := range v.Fields() {
		items := []value.Value{f.Value}
		if f.Value.Kind() == value.ListKind {
			items = f.Value.Items()
		}
		for _, x := range items {
			if !x.IsNull() {
				query.Add(f.Name, plain(x))
			}
		}
	}
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	if len(query) == 0 {
		return path, nil
	}
	return path + sign + query.Encode(), nil
}

// serve calls the app's handler. A panic of the handler is an error with its stack.
func (w *world) serve(r *http.Request) (answer *http.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	rec := httptest.NewRecorder()
	w.app.Handler().ServeHTTP(rec, r)
	return rec.Result(), nil
}

// read returns the body as a value and as text for a failure.
func (w *world) read(answer *http.Response) (value.Value, string, error) {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return value.Value{}, "", err
	}
	kind := answer.Header.Get("Content-Type")
	switch {
	case len(body) == 0:
		return value.Value{}, "with an empty body", nil
	case strings.HasPrefix(kind, "application/json"):
		v, err := value.ParseJSON(body)
		if err != nil {
			return value.Value{}, "", fmt.Errorf("the content type is JSON, but %w", err)
		}
		return v, string(body), nil
	case utf8.Valid(body):
		return value.String(string(body)), string(body), nil
	}
	return value.Value{}, fmt.Sprintf("with %d bytes of %s", len(body), kind), nil
}
