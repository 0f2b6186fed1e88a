package legible_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const failingSpec = `concept Failing

purpose
    fail in every way

state
    a set of Things with
        a name String

actions
    do (what: String) : ()
        refuses INVALID "That is invalid."
        refuses UNKNOWN as unauthenticated "Who are you?"
        refuses FORBIDDEN as forbidden "That is forbidden."
        refuses MISSING as missing "That is missing."
        refuses CONFLICT about what as conflict "That is there already."
        refuses LIMITED as limited "That is too often."

queries
    _fail () : one (x: String)
`

// failing fails as it is told. The action waits for proceed after it has sent to waiting.
func failing(waiting chan<- bool, proceed <-chan bool) func() legible.Concept {
	return func() legible.Concept {
		return legible.Concept{File: "failing.concept", Spec: failingSpec, Build: func(in *legible.Instance) legible.Methods {
			things := in.Table("Thing")
			return legible.Methods{
				Actions: map[string]legible.Method{"do": func(ctx legible.Context, in, _ []value.Value) error {
					what, _ := in[0].Text()
					switch what {
					case "fault":
						return errors.New("it is broken")
					case "panic":
						panic("it is broken")
					case "wait":
						waiting <- true
						<-proceed
						return nil
					case "write":
						return ctx.State().Insert(things, ctx.NewID(), store.Row{in[0]})
					}
					return &legible.Refusal{Code: what}
				}},
				Queries: map[string]legible.QueryMethod{"_fail": func(legible.Context, []value.Value, *legible.Rows) error {
					return errors.New("it is broken")
				}},
			}
		}}
	}
}

const failingSyncs = `sync Do
when
    Requesting.request (path: "/do", what, n?: Number) : (request)
then
    Failing.do (what) : ()
    Requesting.respond (request)

sync Mine
when
    Requesting.request (path: "/mine", token) : (request)
then
    Requesting.respond (request, token)

sync Large
when
    Requesting.request (path: "/large", n: Number) : (request)
then
    Requesting.respond (request, text: repeat("x", n))

sync Header
when
    Requesting.request (path: "/header", name) : (request)
then
    Requesting.respond (request, headers: {(name): "x"})

sync Answer
when
    Requesting.request (path: "/answer", status: status Number, "error": error) : (request)
then
    Requesting.respond (request, status, error, field: "user.name")

sync Silent
when
    Requesting.request (path: "/silent", what?) : (request)
where
    what == "never"
then
    Requesting.respond (request)

sync Broken
when
    Requesting.request (path: "/broken") : (request)
where
    in Failing: _fail () : (x)
then
    Requesting.respond (request, x)
`

// A lostStore loses its connection when it is told to.
type lostStore struct {
	store.Store
	lost *atomic.Bool
}

func (s lostStore) NewSession(id value.ID) store.Session {
	return lostSession{s.Store.NewSession(id), s.lost}
}

type lostSession struct {
	store.Session
	lost *atomic.Bool
}

func (s lostSession) Commit(entries []byte) error {
	if s.lost.Load() {
		return store.Lost(errors.New("the connection is gone"))
	}
	return s.Session.Commit(entries)
}

// TestErrorFormat gets every kind of error from an app with a format of errors. Each has
// the format, with the status and the trace of the answer.
func TestErrorFormat(t *testing.T) {
	waiting, proceed := make(chan bool), make(chan bool)
	lost := &atomic.Bool{}
	app, err := legible.New(fstest.MapFS{
		"a.app": {Data: []byte("app Fails\n\nuse Requesting\n    token from authorization \"Token\"\n    errors {problem: {(field ?? \"body\"): [error]}, code: refusal, kind, path, status, trace}\n" +
			"use Failing\n\nexpose Failing.do \"to try\"\nexpose Failing._fail \"to try\"\n")},
		"a.sync": {Data: []byte(failingSyncs)},
	}, requesting.New, failing(waiting, proceed)).Open(t.Context(), legible.Options{
		Log:  slog.New(slog.DiscardHandler),
		HTTP: legible.HTTP{MaxText: 100, MaxBody: 4096, MaxAnswer: 4096, MaxInFlight: 1, MaxConns: 1, MaxPerClient: 1},
		Wrap: func(s store.Store) store.Store { return lostStore{s, lost} },
	})
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, path, body string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		app.Handler().ServeHTTP(w, r)
		return w
	}
	formatted := func(what string, status int, header http.Header, body []byte, wanted int, kind, code string) {
		t.Helper()
		var got struct {
			Problem          map[string][]string
			Code, Kind, Path *string
			Status           int
			Trace            string
		}
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&got); err != nil {
			t.Errorf("%s: %v: %d %s", what, err, status, body)
			return
		}
		text := func(s *string) string {
			if s == nil {
				return ""
			}
			return *s
		}
		if status != wanted || got.Status != wanted || text(got.Kind) != kind || text(got.Code) != code || len(got.Problem) != 1 || got.Trace == "" ||
			header != nil && got.Trace != header.Get("X-Trace-Id") {
			t.Errorf("%s: %d %s, want %d, kind %q, code %q, trace %s", what, status, body, wanted, kind, code, header.Get("X-Trace-Id"))
		}
		for field, sentences := range got.Problem {
			if len(sentences) != 1 || sentences[0] == "" || got.Path != nil && !strings.HasSuffix(*got.Path, field) {
				t.Errorf("%s: the problem is %v at %s", what, got.Problem, text(got.Path))
			}
		}
	}
	const some = `{"what": "x"}`
	for _, x := range []struct {
		what, method, path, body string
		header                   []string
		status                   int
		kind, code               string
	}{
		{"refused", "POST", "/do", `{"what": "INVALID"}`, nil, 422, "invalid", "INVALID"},
		{"unauthenticated", "POST", "/do", `{"what": "UNKNOWN"}`, nil, 401, "unauthenticated", "UNKNOWN"},
		{"forbidden", "POST", "/do", `{"what": "FORBIDDEN"}`, nil, 403, "forbidden", "FORBIDDEN"},
		{"missing", "POST", "/do", `{"what": "MISSING"}`, nil, 404, "missing", "MISSING"},
		{"conflict", "POST", "/do", `{"what": "CONFLICT"}`, nil, 409, "conflict", "CONFLICT"},
		{"limited", "POST", "/do", `{"what": "LIMITED"}`, nil, 429, "limited", "LIMITED"},
		{"exposed, refused", "POST", "/Failing/do", `{"what": "CONFLICT"}`, nil, 409, "conflict", "CONFLICT"},
		{"a field is missing", "POST", "/do", `{}`, nil, 400, "invalid", ""},
		{"a field is wrong", "POST", "/do", `{"what": "x", "n": "y"}`, nil, 400, "invalid", ""},
		{"exposed, a field is missing", "POST", "/Failing/do", `{}`, nil, 400, "invalid", ""},
		{"no JSON", "POST", "/do", `{`, nil, 400, "invalid", ""},
		{"no object", "POST", "/do", `[]`, nil, 400, "invalid", ""},
		{"a wrong escape", "POST", "/do%ff", some, nil, 400, "invalid", ""},
		{"a wrong header of the answer", "POST", "/header", `{"name": "a b"}`, nil, 400, "invalid", ""},
		{"a credential is missing", "POST", "/mine", `{}`, nil, 401, "unauthenticated", ""},
		{"another origin", "POST", "/do", some, []string{"Sec-Fetch-Site", "cross-site"}, 403, "forbidden", ""},
		{"no such path", "POST", "/nowhere", some, nil, 404, "missing", ""},
		{"no such method", "PUT", "/do", some, nil, 405, "invalid", ""},
		{"exposed, no such method", "GET", "/Failing/do", "", nil, 405, "invalid", ""},
		{"a long field", "POST", "/do", `{"what": "` + strings.Repeat("x", 101) + `"}`, nil, 413, "invalid", ""},
		{"a long body", "POST", "/do", `{"what": "` + strings.Repeat("x", 1<<20) + `"}`, nil, 413, "invalid", ""},
		{"no such media type", "POST", "/do", `<a/>`, []string{"Content-Type", "application/xml"}, 415, "invalid", ""},
		{"compressed", "POST", "/do", some, []string{"Content-Encoding", "gzip"}, 415, "invalid", ""},
		{"a large answer", "POST", "/large", `{"n": 20000000}`, nil, 422, "invalid", ""},
		{"a fault", "POST", "/do", `{"what": "fault"}`, nil, 500, "", ""},
		{"a panic", "POST", "/do", `{"what": "panic"}`, nil, 500, "", ""},
		{"a query fails", "POST", "/broken", `{}`, nil, 500, "", ""},
		{"exposed, a fault", "POST", "/Failing/do", `{"what": "fault"}`, nil, 500, "", ""},
		{"exposed, a query fails", "POST", "/Failing/_fail", `{}`, nil, 500, "", ""},
		{"nobody answers", "POST", "/silent", `{}`, nil, 500, "", ""},
		{"an answer of a sync", "POST", "/answer", `{"status": 404, "error": "gone"}`, nil, 404, "missing", ""},
		{"an answer of a sync with another status", "POST", "/answer", `{"status": 503, "error": "later"}`, nil, 503, "", ""},
	} {
		w := send(x.method, x.path, x.body, x.header...)
		formatted(x.what, w.Code, w.Header(), w.Body.Bytes(), x.status, x.kind, x.code)
	}

	lost.Store(true)
	w := send("POST", "/do", `{"what": "write"}`)
	formatted("the store is lost", w.Code, w.Header(), w.Body.Bytes(), 503, "", "")
	lost.Store(false)

	// One request waits in its action; there is no room for another, nor for its
	// connection.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- app.Serve(t.Context(), listener, app.Handler()) }()
	dial := func(body string) net.Conn {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST /do HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		return c
	}
	first := dial(`{"what": "wait"}`)
	<-waiting
	w = send("POST", "/do", some)
	formatted("too many requests", w.Code, w.Header(), w.Body.Bytes(), 503, "", "")
	second := dial(some)
	answer, err := http.ReadResponse(bufio.NewReader(second), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	formatted("too many connections", answer.StatusCode, nil, body, 503, "", "")
	proceed <- true
	for _, c := range []net.Conn{first, second} {
		_, _ = io.CopyN(io.Discard, c, 1)
		c.Close()
	}
	listener.Close()
	if err := <-served; err == nil {
		t.Error("serving on a closed listener gives no error")
	}

	if err := app.Close(); err != nil {
		t.Error(err)
	}
	w = send("POST", "/do", some)
	formatted("closed", w.Code, w.Header(), w.Body.Bytes(), 503, "", "")
	if !slices.Contains(w.Header()["Retry-After"], "1") {
		t.Error("a closed app does not say when to try again")
	}
}
