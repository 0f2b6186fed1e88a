package inspect_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/inspect"
	"github.com/legible-lang/legible/internal/inspect/api"
	"github.com/legible-lang/legible/internal/journal"
)

// api reads an answer of the interface for programs into v.
func (w *world) api(path string, status int, v any) {
	w.t.Helper()
	r := w.get(path)
	text := body(w.t, r)
	if r.StatusCode != status || r.Header.Get("Content-Type") != "application/json" {
		w.t.Fatalf("%s is answered with %d %s, want %d and JSON:\n%s", path, r.StatusCode, r.Header.Get("Content-Type"), status, text)
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		w.t.Fatalf("%s: %v\n%s", path, err, text)
	}
}

// TestEmptyLists asks an app in which nothing has happened: lists are empty, not null.
func TestEmptyLists(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	for path, want := range map[string]string{"flows": `{"flows":[]}`, "unfinished": `{"flows":[]}`, "turned": `{"turned":[],"all":0}`} {
		var got json.RawMessage
		if w.api("/api/v1/"+path, http.StatusOK, &got); string(got) != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

func TestAPI(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	flows := w.lived()
	var app struct {
		API   int
		App   string
		Texts []struct{ Name, Text string }
	}
	w.api("/api/v1/app", http.StatusOK, &app)
	names := map[string]bool{}
	for _, x := range app.Texts {
		names[x.Name] = strings.Contains(x.Text, "\n")
	}
	if app.API != 1 || app.App == "" || !names["auth.sync"] || !names["profile.concept"] {
		t.Errorf("the app is told as %d %q with the texts %v", app.API, app.App, names)
	}
	var list struct{ Flows []string }
	w.api("/api/v1/flows?limit=3", http.StatusOK, &list)
	if len(list.Flows) != 3 {
		t.Fatalf("of the flows, 3 at most, there are %v", list.Flows)
	}
	first := list.Flows[2]
	w.api("/api/v1/flows?before="+first+"&limit=1", http.StatusOK, &list)
	if len(list.Flows) != 1 || list.Flows[0] >= first {
		t.Errorf("before %s there is %v", first, list.Flows)
	}
	var flow struct {
		Rested  bool
		Summary struct{ Request, Outcome string }
		Answer  struct{ Title string }
		Record  []byte
	}
	w.api("/api/v1/flows/"+flows["failed login"], http.StatusOK, &flow)
	entries, err := journal.Read(flow.Record)
	if err != nil || len(entries) == 0 || !flow.Rested || flow.Summary.Request != "POST /auth/login" || flow.Answer.Title == "" {
		t.Errorf("the flow is told as %+v (%d entries, %v)", flow, len(entries), err)
	}
	for name, id := range flows {
		w.api("/api/v1/flows/"+id, http.StatusOK, &flow)
		for _, secret := range []string{"correct horse", "wrong horse", "$argon2id$", w.session} {
			if secret != "" && strings.Contains(string(flow.Record), secret) {
				t.Errorf("the record of %s has %q in it", name, secret)
			}
		}
	}
	var problem struct {
		Error    string
		Versions []int
	}
	for path, status := range map[string]int{
		"/api/v1/flows/00000000-0000-7000-8000-000000000000": 404, "/api/v1/flows/x": 400, "/api/v1/flows?limit=0": 400,
		"/api/v1/flows?before=x": 400, "/api/v2/app": 404, "/api/": 404,
	} {
		problem.Error = ""
		if w.api(path, status, &problem); problem.Error == "" {
			t.Errorf("%s does not say what is wrong", path)
		}
	}
	if len(problem.Versions) == 0 {
		w.api("/api/v2/app", 404, &problem)
	}
	if len(problem.Versions) != 1 || problem.Versions[0] != 1 {
		t.Errorf("of the versions of the interface it is said that they are %v", problem.Versions)
	}
	closed := open(t, legible.Inspect{}, nil)
	if closed.api("/api/v1/app", http.StatusUnauthorized, &problem); strings.Contains(problem.Error, closed.pages.Token()) {
		t.Errorf("a stranger is told %q", problem.Error)
	}
}

// TestTurnedAway sends what opens no flow: the list, the page, the interface
// and the search must know it, and nothing secret of it.
func TestTurnedAway(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	send := func(method, path, text string) string {
		r := httptest.NewRequest(method, path, strings.NewReader(text))
		r.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		w.app.Handler().ServeHTTP(rec, r)
		return rec.Header().Get("X-Trace-Id")
	}
	traces := map[string]string{
		"no sync answers POST /auth/Login; the nearest path is /auth/login": send("POST", "/auth/Login?token=mysecret", `{"username": "ann", "password": "correct horse"}`),
		"/auth/login takes POST, not PUT":                                   send("PUT", "/auth/login", `{}`),
		"the field password is missing; you sent pasword":                   send("POST", "/auth/login", `{"username": "ann", "pasword": "correct horse"}`),
		"the body is not JSON":                                              send("POST", "/auth/login", `{"username": `),
		"no sync answers POST /a/b/…":                                       send("POST", "/a/b/mysecret", `{}`),
	}
	list := outline(w.page("/"))
	only := outline(w.page("/?outcome=away"))
	var told struct {
		Turned []struct{ Trace, Reason string }
	}
	w.api("/api/v1/turned", http.StatusOK, &told)
	if len(told.Turned) != len(traces) {
		t.Errorf("%d requests were turned away, and %d are told", len(traces), len(told.Turned))
	}
	all := list + only
	for reason, trace := range traces {
		for _, page := range []string{list, only} {
			if !strings.Contains(page, reason) {
				t.Errorf("the list does not have %q:\n%s", reason, page)
			}
		}
		if r := w.get("/?q=" + trace); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/turned/"+trace {
			t.Errorf("a search for the trace of %q is answered with %d %s", reason, r.StatusCode, r.Header.Get("Location"))
		}
		page := w.page("/turned/" + trace)
		all += page
		if !strings.Contains(outline(page), reason) {
			t.Errorf("the page of %q reads\n%s", reason, outline(page))
		}
	}
	for _, secret := range []string{"mysecret", "correct horse"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q of a request that was turned away is shown", secret)
		}
	}
	if text := outline(w.page("/?sync=LogIn")); strings.Contains(text, "turned away |") {
		t.Errorf("who looks for a sync is shown what reached none:\n%s", text)
	}
	for outcome, want := range map[string]int{"405": 1, "4xx": len(traces), "5xx": 0, "refused": 0} {
		if n := strings.Count(w.page("/?outcome="+outcome), `<tr id="f-`); n != want {
			t.Errorf("looking for the outcome %s finds %d requests, want %d", outcome, n, want)
		}
	}
	for range 300 {
		send("POST", "/auth/Login", `{}`)
	}
	if r := w.get("/turned/" + traces["the body is not JSON"]); r.StatusCode != http.StatusNotFound {
		t.Errorf("one of more than 256 requests ago is answered with %d", r.StatusCode)
	}
	w.page("/") // and all of them are on pages
}

// TestAPILive follows what happens.
func TestAPILive(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	lines, status := listen(t, w.serve()+"api/v1/live")
	if status != http.StatusOK {
		t.Fatalf("the stream was answered with %d", status)
	}
	<-lines // it is there
	_, flow, _ := w.ask("/notes/count", `{"n": 1}`)
	_, away, _ := w.ask("/notes/Count", `{"n": 1}`)
	var got []string
	for len(got) < 4 {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatal("the stream has ended")
			}
			if line != "" && line[0] != ':' {
				got = append(got, line)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("the stream says no more than %q", got)
		}
	}
	if got[0] != "event: flow" || !strings.Contains(got[1], flow) || got[2] != "event: turned" || !strings.Contains(got[3], away) {
		t.Errorf("of the flow %s and the request %s the stream tells %q", flow, away, got)
	}
	w.pages.Close()
	for range lines { // ends
	}
}

// TestNote serves with a file that tells where.
func TestNote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reader.db.inspector")
	w := open(t, legible.Inspect{Note: path}, nil)
	l, err := inspect.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- w.pages.Serve(ctx, l) }()
	var note *api.Note
	for wait := time.Now().Add(10 * time.Second); note == nil; time.Sleep(time.Millisecond) {
		if note, err = api.ReadNote(path); err != nil && time.Now().After(wait) {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has the mode %v (%v); others can read the token", info.Mode(), err)
	}
	if note.Token != w.pages.Token() || note.Address != "http://"+l.Addr().String() || note.Process != os.Getpid() {
		t.Errorf("the file says %+v", note)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file is there after the end (%v)", err)
	}
}
