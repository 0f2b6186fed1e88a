package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const login = `
sync LogIn
when
    Requesting.request (path: "/login", username, password?) : (request)
then
    Thing.do (x: username) : (z)
    Thing.token (x: password) : (token)
    Requesting.respond (request, session: token)

sync Reset
when
    Requesting.request (method: "GET", path: "/reset/{session}", session) : (request)
then
    Requesting.respond (request, done: true)

sync Count
when
    Requesting.request (method: "GET", path: "/articles/{slug}", slug, page?) : (request)
then
    Requesting.respond (request, slug, page)
`

func send(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAccessLog(t *testing.T) {
	var log bytes.Buffer
	front := host.New(start(t, "a.sync", login, nil), host.Options{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	send(front, "POST", "/login", `{"username": "ann", "password": "hunter2", "pasword": "hunter2"}`)
	send(front, "GET", "/reset/hunter2?x=hunter2", "")
	send(front, "GET", "/articles/one?page=hunter2", "")
	send(front, "POST", "/nothing", "")
	send(front, "GET", "/rest/hunter2", "")                          // mistyped
	send(front, "POST", "/reset/hunter2", "")                        // the wrong method
	send(front, "POST", "/reset%2Fhunter2", "")                      // the slash escaped
	send(front, "GET", "/articles/one/hunter2/two", "")              // a segment too many
	send(front, "GET", "/"+strings.Repeat("x", 80)+"/one", "")       // very long
	send(front, "GET", "/nothing-"+strings.Repeat("hunter2", 2), "") // as a token
	if strings.Contains(log.String(), "hunter2") {
		t.Errorf("the log shows a secret:\n%s", log.String())
	}
	want := []struct {
		method, path string
		status       int
	}{{"POST", "/login", 200}, {"GET", "/reset/{session}", 200}, {"GET", "/articles/one", 200}, {"POST", "/nothing", 404},
		{"GET", "/rest/…", 404}, {"POST", "/reset/…", 405}, {"POST", "/reset/…", 404}, {"GET", "/articles/…/…", 404},
		{"GET", "/" + strings.Repeat("x", 59) + "…", 404}, {"GET", "/…", 404}}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("there are %d lines for %d requests:\n%s", len(lines), len(want), log.String())
	}
	for i, line := range lines {
		var got struct {
			Method, Path, Trace, Remote string
			Status, Bytes               int
			Duration                    *int64
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if got.Method != want[i].method || got.Path != want[i].path || got.Status != want[i].status {
			t.Errorf("line %d is %s, wanted %v", i+1, line, want[i])
		}
		if got.Trace == "" || got.Remote != "192.0.2.1" || got.Bytes == 0 || got.Duration == nil {
			t.Errorf("line %d lacks something: %s", i+1, line)
		}
	}
}

// TestTurnedAwayHoldsNoSecret: what is told of a request that opened no flow
// does not repeat a path that may hold a secret, however it is escaped.
func TestTurnedAwayHoldsNoSecret(t *testing.T) {
	var told []history.TurnedAway
	front := host.New(start(t, "a.sync", login, nil), host.Options{Log: slog.New(slog.DiscardHandler),
		TurnedAway: func(t history.TurnedAway) { told = append(told, t) }})
	paths := []string{"/rest/hunter2", "/reset%2fhunter2", "/reset%2Fhunter2", "/r%65set%2fhunter2", "/rest/%68unter2",
		"/articls/" + strings.Repeat("hunter2", 3), "/rest/hunter2%25", "/rest/hunter2%2fx", "/nothing/hunter2/x", "/nothing"}
	for _, path := range paths {
		if w := send(front, "GET", path, ""); w.Code != 404 {
			t.Errorf("GET %s: %d %s", path, w.Code, w.Body)
		}
	}
	if len(told) != len(paths) {
		t.Fatalf("%d requests were turned away, and %d are told of", len(paths), len(told))
	}
	for i, it := range told {
		if strings.Contains(it.Path+it.Reason, "unter2") || !strings.Contains(it.Reason, it.Path) {
			t.Errorf("GET %s is told as %s: %s", paths[i], it.Path, it.Reason)
		}
	}
}

// TestTurnedAwayTellsThePath: where no path holds a secret, a path is told as the
// client wrote it.
func TestTurnedAwayTellsThePath(t *testing.T) {
	var told history.TurnedAway
	front := host.New(start(t, "a.sync", `
sync LogIn
when
    Requesting.request (path: "/auth/login") : (request)
then
    Requesting.respond (request)
`, nil), host.Options{Prefix: "/api", Log: slog.New(slog.DiscardHandler), TurnedAway: func(t history.TurnedAway) { told = t }})
	for _, path := range []string{"/api", "/api/", "/api/auth%2Flogin", "/apix/auth", "/api/auth/Login"} {
		send(front, "POST", path, "")
		if told.Path != path || !strings.HasPrefix(told.Reason, "no sync answers POST "+path) || strings.HasPrefix(told.Reason, "no sync answers POST "+path+"/") {
			t.Errorf("POST %s is told as %s: %s", path, told.Path, told.Reason)
		}
	}
}

// TestRecordHoldsNoSecret looks at what the journal keeps of a request whose
// password stands in the wrong field.
func TestRecordHoldsNoSecret(t *testing.T) {
	st := memory.New(memory.Options{})
	front := host.New(start(t, "a.sync", login, st), host.Options{Log: slog.New(slog.DiscardHandler)})
	w := send(front, "POST", "/login?key=hunter2", `{"username": "ann", "pasword": "hunter2", "slug": "hunter2"}`)
	id, err := value.ParseID(w.Header().Get("X-Trace-Id"))
	if err != nil {
		t.Fatal(err)
	}
	record, err := st.Journal(context.Background(), id)
	if err != nil || len(record) == 0 {
		t.Fatalf("the record of %s has %d bytes: %v", id, len(record), err)
	}
	if bytes.Contains(record, []byte("hunter2")) {
		t.Errorf("the record holds a secret: %q", record)
	}
}

// A secret part of a record is hidden, and only that part.
func TestRecordOfASecretPart(t *testing.T) {
	const text = `
sync Register
when
    Requesting.request (path: "/users", user: {name, password, pin?: Secret}) : (request)
then
    Thing.do (x: name) : (z)
    Thing.greet (session: password) : (greeting)
    Requesting.respond (request, z)
`
	st := memory.New(memory.Options{})
	e := startWith(t, "a.sync", text, st, func(m map[string]engine.Methods) {
		m["Thing"].Actions["greet"] = func(_ engine.Context, in, out []value.Value) error {
			out[0] = value.String("hello")
			return nil
		}
	})
	front := host.New(e, host.Options{Log: slog.New(slog.DiscardHandler)})
	w := send(front, "POST", "/users", `{"user": {"name": "Ann Smith", "password": "hunter2", "pin": "hunter2", "pasword": "hunter2"}, "password": "hunter2"}`)
	id, err := value.ParseID(w.Header().Get("X-Trace-Id"))
	if err != nil {
		t.Fatal(err)
	}
	record, err := st.Journal(context.Background(), id)
	if err != nil || !bytes.Contains(record, []byte("Ann Smith")) || bytes.Contains(record, []byte("hunter2")) {
		t.Errorf("%d: the record of %s hides the name or shows a secret (%v): %q", w.Code, id, err, record)
	}
}

// A lostStore cannot make anything durable.
type lostStore struct {
	store.Store
	err error
}

func (s lostStore) NewSession(id value.ID) store.Session {
	return lostFlow{s.Store.NewSession(id), s.err}
}

type lostFlow struct {
	store.Session
	err error
}

func (f lostFlow) Undone() bool { return false }

func (f lostFlow) Finish(entries []byte) error {
	f.Session.Abandon()
	return f.err
}

func TestAnswerIsWithheldWhenNothingIsDurable(t *testing.T) {
	const body = `{"error":"The server cannot reach its database: it may have been done, or may still be done. Please check before you send it again.","done":"unknown","trace":"TRACE"}`
	for _, err := range []error{store.ErrLost, fmt.Errorf("flushing: %w", store.ErrClosed), errors.New("disk full")} {
		st := lostStore{memory.New(memory.Options{}), err}
		front := host.New(start(t, "a.sync", login, st), host.Options{Log: slog.New(slog.DiscardHandler)})
		w := send(front, "POST", "/login", `{"username": "ann", "password": "p"}`)
		got := strings.ReplaceAll(w.Body.String(), w.Header().Get("X-Trace-Id"), "TRACE")
		if w.Code != 503 || got != body || w.Header().Get("Retry-After") != "1" {
			t.Errorf("%v: %d %s, Retry-After %q; wanted 503 %s", err, w.Code, got, w.Header().Get("Retry-After"), body)
		}
	}
}

// blocking makes the engine of a program whose action waits until it is let go.
func blocking(t *testing.T) (e *engine.Engine, entered, leave chan struct{}) {
	entered, leave = make(chan struct{}, 100), make(chan struct{})
	e = startWith(t, "a.sync", login, nil, func(m map[string]engine.Methods) {
		m["Thing"].Actions["do"] = func(_ engine.Context, in, out []value.Value) error {
			entered <- struct{}{}
			<-leave
			out[0] = in[0]
			return nil
		}
	})
	return e, entered, leave
}

func TestTooManyInFlight(t *testing.T) {
	e, entered, leave := blocking(t)
	front := host.New(e, host.Options{MaxInFlight: 2, Log: slog.New(slog.DiscardHandler)})
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			if w := send(front, "POST", "/login", `{"username": "a", "password": "p"}`); w.Code != 200 {
				t.Errorf("one of two got %d %s", w.Code, w.Body)
			}
		})
		<-entered
	}
	w := send(front, "POST", "/login", `{"username": "a", "password": "p"}`)
	if w.Code != 503 || w.Header().Get("Retry-After") != "1" || w.Body.String() != `{"error":"The server is busy. Please try again in a moment."}` {
		t.Errorf("the third got %d %v %s", w.Code, w.Header(), w.Body)
	}
	close(leave)
	wait.Wait()
	if w := send(front, "POST", "/login", `{"username": "a", "password": "p"}`); w.Code != 200 {
		t.Errorf("after them there is no room: %d %s", w.Code, w.Body)
	}
}

// TestSlowBodiesKeepNobodyOut lets clients begin to send and stop, as many as
// may be worked on and more: others are answered, until there are too many.
func TestSlowBodiesKeepNobodyOut(t *testing.T) {
	front := host.New(start(t, "a.sync", login, nil), host.Options{MaxInFlight: 2, MaxConns: 8, Log: slog.New(slog.DiscardHandler)})
	const body = `{"username": "a", "password": "p"}`
	var end []func()
	begin := func() {
		reader, writer := io.Pipe()
		ended := make(chan bool)
		end = append(end, func() {
			if _, err := writer.Write([]byte(body[5:])); err != nil {
				t.Error(err)
			}
			writer.Close()
			<-ended
		})
		go func() {
			defer close(ended)
			r := httptest.NewRequest("POST", "/login", reader)
			w := httptest.NewRecorder()
			front.ServeHTTP(w, r)
			if w.Code != 200 {
				t.Errorf("a slow client is answered %d %s at last", w.Code, w.Body)
			}
		}()
		if _, err := writer.Write([]byte(body[:5])); err != nil { // returns when it was read
			t.Error(err)
		}
	}
	for range 15 {
		begin()
	}
	if w := send(front, "POST", "/login", body); w.Code != 200 {
		t.Errorf("beside 15 slow clients it answers %d %s", w.Code, w.Body)
	}
	begin()
	if w := send(front, "POST", "/login", body); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("beside 16 slow clients it answers %d %s", w.Code, w.Body)
	}
	for _, end := range end { // one after the other, or two would keep a third out
		end()
	}
}

// TestLengthIsNotTrusted sends bodies whose length is not known before.
func TestBodyOfUnknownLength(t *testing.T) {
	front := host.New(start(t, "a.sync", login, nil), host.Options{MaxBody: 40, Log: slog.New(slog.DiscardHandler)})
	for _, c := range []struct {
		body   string
		status int
	}{
		{``, 400},
		{`{"username": "ann", "password": "p"}`, 200},
		{`{"username": "ann", "password": "pppppppppppppppppppppppppp"}`, 413},
	} {
		r := httptest.NewRequest("POST", "/login", io.MultiReader(strings.NewReader(c.body)))
		r.ContentLength = -1
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%q: %d %s, wanted %d", c.body, w.Code, w.Body, c.status)
		}
	}
}

type brokenReader struct{ err error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.err }

func TestBodyThatBreaksOff(t *testing.T) {
	front := host.New(start(t, "a.sync", login, nil), host.Options{Log: slog.New(slog.DiscardHandler)})
	r := httptest.NewRequest("POST", "/login", brokenReader{io.ErrUnexpectedEOF})
	r.ContentLength = 10
	w := httptest.NewRecorder()
	front.ServeHTTP(w, r)
	if w.Code != 400 || w.Body.String() != `{"error":"the body ended before it was complete"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestBreakingFront has the front itself break: the client gets an answer and
// the log a stack.
func TestBreakingFront(t *testing.T) {
	var log bytes.Buffer
	front := host.New(start(t, "a.sync", login, nil), host.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	r := httptest.NewRequest("POST", "/login", nil)
	r.Body, r.ContentLength = panicBody{}, 5
	w := httptest.NewRecorder()
	front.ServeHTTP(w, r)
	if got := strings.ReplaceAll(w.Body.String(), w.Header().Get("X-Trace-Id"), "TRACE"); w.Code != 500 || got != `{"error":"An internal error occurred.","trace":"TRACE"}` {
		t.Errorf("%d %s", w.Code, got)
	}
	if !strings.Contains(log.String(), "stack=") || !strings.Contains(log.String(), "status=500") {
		t.Errorf("the log says: %s", log.String())
	}
}

type panicBody struct{ io.Closer }

func (panicBody) Read([]byte) (int, error) { panic("a reader that breaks") }

func TestNoRequesting(t *testing.T) {
	front := host.New(bare(t), host.Options{Log: slog.New(slog.DiscardHandler)})
	if w := send(front, "POST", "/x", "{}"); w.Code != 404 || w.Body.String() != `{"error":"no sync answers POST /x"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestBadOriginIsToldOf(t *testing.T) {
	var log bytes.Buffer
	host.New(start(t, "a.sync", login, nil), host.Options{
		AllowOrigins: []string{"example.org", "https://ok.example.org"}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "origin=example.org") {
		t.Errorf("the log says: %s", log.String())
	}
}

// TestServeStops ends the server while a request is being worked on.
func TestServeStops(t *testing.T) {
	for _, slow := range []bool{false, true} {
		t.Run(fmt.Sprintf("slow=%v", slow), func(t *testing.T) {
			e, entered, leave := blocking(t)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			opt := host.Options{Log: slog.New(slog.DiscardHandler)}
			if slow {
				opt.Grace = time.Millisecond
			}
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- host.Serve(ctx, l, host.New(e, opt), opt) }()
			answered := make(chan error, 1)
			go func() {
				resp, err := http.Post("http://"+l.Addr().String()+"/login", "application/json", strings.NewReader(`{"username": "a", "password": "p"}`))
				if err == nil {
					var body []byte
					body, err = io.ReadAll(resp.Body)
					resp.Body.Close()
					if string(body) != `{"session":"p"}` {
						err = errors.Join(err, fmt.Errorf("the answer is %s", body))
					}
				}
				answered <- err
			}()
			<-entered
			stop()
			if slow {
				if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Serve gave %v, though a request was still running", err)
				}
				close(leave)
				<-answered
				return
			}
			for { // until nothing listens any more
				c, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					break
				}
				c.Close()
			}
			close(leave)
			if err := <-answered; err != nil {
				t.Errorf("the request in flight: %v", err)
			}
			if err := <-ended; err != nil {
				t.Errorf("Serve gave %v", err)
			}
		})
	}
}

func TestServeTellsThatItCannot(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := host.Serve(context.Background(), l, http.NotFoundHandler(), host.Options{}); err == nil {
		t.Error("Serve on a closed listener gave no error")
	}
}

// pipes is a listener whose connections are in memory.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestSlowClients talks to the server as slow and silent clients do: their
// connections are ended, at the time that the options say.
func TestSlowClients(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		after      time.Duration
		answer     string
	}{
		{"silent", "", 10 * time.Second, ""},
		{"half a header", "POST /login HTTP/1.1\r\nHost: x\r\n", 10 * time.Second, ""},
		{"half a body", "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", time.Minute, "408"},
		{"idle", "GET /articles/a HTTP/1.1\r\nHost: x\r\n\r\n", 2 * time.Minute, "200"},
		{"large headers", "GET /articles/a HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 70<<10) + "\r\n\r\n", 0, "431"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				front := host.New(start(t, "a.sync", login, nil), host.Options{Log: slog.New(slog.DiscardHandler)})
				l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
				ctx, stop := context.WithCancel(context.Background())
				ended := make(chan error, 1)
				go func() { ended <- host.Serve(ctx, l, front, host.Options{Log: slog.New(slog.DiscardHandler)}) }()
				client, server := net.Pipe()
				l.conns <- server
				began := time.Now()
				go io.WriteString(client, c.sent)
				got, _ := io.ReadAll(client)
				// The server waits for a moment before it closes on a client that still sends.
				if took := time.Since(began); took < c.after || took > c.after+2*time.Second {
					t.Errorf("the connection ended after %v, wanted %v", took, c.after)
				}
				if status := strings.TrimPrefix(string(got), "HTTP/1.1 "); !strings.HasPrefix(status, c.answer) {
					t.Errorf("the answer is %.200q, wanted %s", got, c.answer)
				}
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A refusal that says when to try again says so in whole seconds, rounded up.
func TestRefusedForAWhile(t *testing.T) {
	front := host.New(start(t, "a.sync", "sync Do\nwhen\n    Requesting.request (path: \"/do\", x) : (request)\nthen\n    Thing.do (x) : (z)\n    Requesting.respond (request, z)\n", nil), host.Options{})
	for x, want := range map[string]string{"later": "2", "LIMITED": ""} {
		if w := send(front, "POST", "/do", `{"x": "`+x+`"}`); w.Code != 429 || w.Header().Get("Retry-After") != want {
			t.Errorf("%s: %d, Retry-After %q, want 429 and %q", x, w.Code, w.Header().Get("Retry-After"), want)
		}
	}
}
