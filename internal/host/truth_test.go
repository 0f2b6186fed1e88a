package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/store/faulty"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const twice = `
sync Twice
when
    Requesting.request (path: "/twice", x) : (request)
where
    in Thing: _find (x) : (y)
then
    Thing.do (x: "first") : (z)
    Thing.do (x: y) : (z: last)
    Requesting.respond (request, z: last)
`

var member = &store.Table{Instance: "Thing", Set: "Member"}

// writes makes Thing.do insert a member, and what reads ignore every error.
func writes(m map[string]engine.Methods) {
	m["Thing"].Actions["do"] = func(ctx engine.Context, in, out []value.Value) error {
		out[0] = in[0]
		id, _ := in[0].Text()
		_, _ = ctx.State().Get(member, id)
		if err := ctx.State().Insert(member, id, store.Row{in[0], value.Number(1)}); err != nil {
			return &engine.Refusal{Code: "INVALID"} // whatever it was
		}
		return nil
	}
	m["Thing"].Queries["_find"] = func(ctx engine.Context, in []value.Value, rows *engine.Rows) error {
		_, _ = ctx.State().Get(member, "second")
		rows.Add()[0] = in[0]
		return nil
	}
}

// said is what an answer says, without the trace.
func said(t *testing.T, w *httptest.ResponseRecorder) (sentence, done string) {
	t.Helper()
	var body struct{ Error, Done, Trace string }
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	if w.Code == 503 && (body.Trace != w.Header().Get("X-Trace-Id") || w.Header().Get("Retry-After") == "") {
		t.Errorf("the answer names the trace %q, Retry-After %q: %s", body.Trace, w.Header().Get("Retry-After"), w.Body)
	}
	return body.Error, body.Done
}

// TestToldTheTruth lets every operation of a flow fail in every way. The client is
// never told that the fault is the program's or its own; "nothing was done" is
// true for good; and what may have been done is done as a whole, once the flow was
// gone on with, and nothing is left over.
func TestToldTheTruth(t *testing.T) {
	ctx := context.Background()
	told := map[string]int{}
	for _, deed := range []faulty.Effect{faulty.Fail, faulty.Break, faulty.Cut, faulty.Doubt} {
		for _, op := range []faulty.Op{faulty.Append, faulty.Read, faulty.Write, faulty.Commit} {
			for n := 1; ; n++ {
				st := &faulty.Store{Store: memory.New(memory.Options{})}
				e := startWith(t, "a.sync", twice, st, writes)
				fault := faulty.Fault{Effect: deed, Op: op, N: n}
				st.Inject(fault)
				w := send(host.New(e, host.Options{Log: silent}), "POST", "/twice", `{"x": "second"}`)
				if st.Remaining() > 0 {
					break
				}
				if err := e.Rescue(ctx, nil); err != nil {
					t.Error(err)
				}
				look := st.NewSession(value.ID{1})
				members, err := look.Find(member, nil, nil, store.Page{})
				look.Abandon()
				left, err2 := st.Unfinished(ctx)
				if err != nil || err2 != nil || len(left) > 0 {
					t.Errorf("%s: %v, %v; %d flows are left over", fault, err, err2, len(left))
				}
				sentence, done := said(t, w)
				told[done]++
				switch {
				case w.Code == 200 && len(members) == 2:
				case w.Code != 503:
					t.Errorf("%s: it was answered %d %s, and there are %d members", fault, w.Code, w.Body, len(members))
				case done == "nothing" && strings.Contains(sentence, "nothing was done") && len(members) == 0:
				case done == "unknown" && strings.Contains(sentence, "it may have been done") && len(members) == 2:
				default:
					t.Errorf("%s: it was told %s, and there are %d members", fault, w.Body, len(members))
				}
			}
		}
	}
	if told["nothing"] < 10 || told["unknown"] < 5 {
		t.Errorf("so often something was told: %v", told)
	}
}

// TestDown asks while the database is down, and an exposed query and a request
// that only reads.
func TestDown(t *testing.T) {
	st := &faulty.Store{Store: memory.New(memory.Options{})}
	front := host.New(startWith(t, "a.sync", twice, st, writes), host.Options{Log: silent})
	st.Down(true)
	for path, body := range map[string]string{"/twice": `{"x": "second"}`, "/Thing/_find": `{"x": "a"}`, "/Thing/do": `{"x": "a"}`} {
		w := send(front, "POST", path, body)
		if _, done := said(t, w); w.Code != 503 || done != "nothing" {
			t.Errorf("%s while the database is down: %d %s", path, w.Code, w.Body)
		}
	}
	st.Down(false)
	if w := send(front, "POST", "/twice", `{"x": "second"}`); w.Code != 200 {
		t.Errorf("when it is up again: %d %s", w.Code, w.Body)
	}
}

// TestStoreEndsAnUpload lets the connection to the database end while it stores a
// file: that is not the client's doing, whatever the error looks like.
func TestStoreEndsAnUpload(t *testing.T) {
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	_ = parts.WriteField("name", "a")
	file, _ := parts.CreateFormFile("file", "a.bin")
	fmt.Fprint(file, "some bytes")
	_ = parts.Close()
	for kind, body := range map[string]string{
		"application/epub+zip":      "some bytes",
		parts.FormDataContentType(): form.String(),
		"application/json":          `{"file": "c29tZSBieXRlcw==", "name": "a"}`,
	} {
		for _, deed := range []faulty.Effect{faulty.Cut, faulty.Fail, faulty.Break} {
			st := &faulty.Store{Store: memory.New(memory.Options{})}
			front := host.New(start(t, "a.sync", books, st), host.Options{Log: silent})
			st.Inject(faulty.Fault{Effect: deed, Op: faulty.Blob, N: 1})
			r := httptest.NewRequest("POST", "/books?name=a", strings.NewReader(body))
			if kind != "application/epub+zip" {
				r.URL.RawQuery = ""
			}
			r.Header.Set("Content-Type", kind)
			w := httptest.NewRecorder()
			front.ServeHTTP(w, r)
			if _, done := said(t, w); w.Code != 503 || done != "nothing" {
				t.Errorf("%s, %s blob: %d %s", kind, deed, w.Code, w.Body)
			}
		}
	}
}

// TestActionNeverReturns wants every client of what does not return answered when
// the flow's deadline passes, and that the request counts until it has returned.
func TestActionNeverReturns(t *testing.T) {
	for _, path := range []string{"/login", "/Thing/do", "/Thing/_find"} {
		synctest.Test(t, func(t *testing.T) {
			leave := make(chan struct{})
			e := startWith(t, "a.sync", login, nil, func(m map[string]engine.Methods) {
				m["Thing"].Actions["do"] = func(_ engine.Context, in, out []value.Value) error {
					<-leave
					out[0] = in[0]
					return nil
				}
				m["Thing"].Queries["_find"] = func(engine.Context, []value.Value, *engine.Rows) error {
					<-leave
					return nil
				}
			})
			var away []history.TurnedAway
			front := host.New(e, host.Options{Log: silent, MaxInFlight: 1, TurnedAway: func(t history.TurnedAway) { away = append(away, t) }})
			body := `{"username": "ann", "password": "p", "x": "a"}`
			w := send(front, "POST", path, body)
			if path != "/Thing/_find" && (len(away) != 1 || !away[0].Overdue || !strings.HasSuffix(away[0].Reason, "the last action that it began is Thing.do")) {
				t.Errorf("%s: the app knows of it: %+v", path, away)
			}
			_, done := said(t, w)
			want := "unknown"
			if path == "/Thing/_find" {
				want = "nothing" // a query changes nothing
			}
			if w.Code != 503 || done != want {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
			if w := send(front, "POST", path, body); w.Code != 503 || !strings.Contains(w.Body.String(), "busy") {
				t.Errorf("%s: what runs still does not count: %d %s", path, w.Code, w.Body)
			}
			close(leave)
			synctest.Wait()
			if w := send(front, "POST", path, body); w.Code != 200 {
				t.Errorf("%s: afterwards: %d %s", path, w.Code, w.Body)
			}
		})
	}
}

// TestDeadline lets an action end with its context: the server was too slow, and
// the program is not at fault.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := startWith(t, "a.sync", login, nil, func(m map[string]engine.Methods) {
			m["Thing"].Actions["do"] = func(ctx engine.Context, in, out []value.Value) error {
				<-ctx.Done()
				return fmt.Errorf("waiting for a place: %w", ctx.Err())
			}
		})
		w := send(host.New(e, host.Options{Log: silent}), "POST", "/login", `{"username": "ann", "password": "p"}`)
		if _, done := said(t, w); w.Code != 503 || done != "nothing" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// TestRescueLeavesWhatRuns looks for flows that nobody runs while one is in the
// midst of an action, with the beginning in the store.
func TestRescueLeavesWhatRuns(t *testing.T) {
	ctx := context.Background()
	var calls atomic.Int32
	entered, leave := make(chan struct{}, 1), make(chan struct{})
	st := &faulty.Store{Store: memory.New(memory.Options{})}
	e := startWith(t, "a.sync", twice, st, func(m map[string]engine.Methods) {
		writes(m)
		do := m["Thing"].Actions["do"]
		m["Thing"].Actions["do"] = func(ctx engine.Context, in, out []value.Value) error {
			if text, _ := in[0].Text(); text == "second" && calls.Add(1) == 1 {
				entered <- struct{}{}
				<-leave
			}
			return do(ctx, in, out)
		}
	})
	front := host.New(e, host.Options{Log: silent})
	answered := make(chan int)
	ask := func() { answered <- send(front, "POST", "/twice", `{"x": "second"}`).Code }
	go ask()
	<-entered
	if left, err := st.Unfinished(ctx); len(left) != 1 || err != nil {
		t.Fatalf("unfinished are %v, %v", left, err)
	}
	for range 3 {
		if err := e.Rescue(ctx, nil); err != nil {
			t.Error(err)
		}
	}
	if n := e.Rescued(); n != 0 || calls.Load() != 1 {
		t.Errorf("%d flows were rescued that run, and the action began %d times", n, calls.Load())
	}
	st.Inject(faulty.Fault{Effect: faulty.Cut, Op: faulty.Write, N: 1})
	close(leave)
	if code := <-answered; code != 503 {
		t.Errorf("it was answered %d", code)
	}
	// It cannot be gone on with as long as its record cannot be read.
	st.Inject(faulty.Fault{Effect: faulty.Cut, Op: faulty.Look, N: 3})
	var went []engine.Result
	for range 4 {
		if err := e.Rescue(ctx, func(r engine.Result) { went = append(went, r) }); err != nil {
			t.Error(err)
		}
	}
	if left, err := st.Unfinished(ctx); len(left) != 0 || err != nil || len(went) != 1 || e.Rescued() != 2 {
		t.Errorf("unfinished are %v, %v; %d went on after %d tries, want one after two", left, err, len(went), e.Rescued())
	}
	if n := calls.Load(); n != 2 {
		t.Errorf("the action that was cut off began %d times, want 2", n)
	}
}
