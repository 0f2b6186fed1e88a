package legible_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/value"
)

const slowWork = `concept Working

purpose
    work slowly

actions
    effect work (name: String) : (word: String)
`

const slowApp = `app Slow

use Requesting
    session from bearer
use Working

sync Work
when
    Requesting.request (path: "/work", session?, name) : (request)
then
    Working.work (name) : (word)
    Requesting.respond (request, status: 201, word)
`

// TestLateAnswer fetches an answer that was given after the client had been told to wait.
// Only the caller gets it, with the credentials of the request.
func TestLateAnswer(t *testing.T) {
	leave := make(chan struct{})
	working := func() legible.Concept {
		return legible.Concept{File: "working.concept", Spec: slowWork, Build: func(*legible.Instance) legible.Methods {
			return legible.Methods{Actions: map[string]legible.Method{"work": func(_ legible.Context, in, out []value.Value) error {
				<-leave
				out[0] = in[0]
				return nil
			}}}
		}}
	}
	program := legible.New(fstest.MapFS{"a.app": {Data: []byte(slowApp)}}, requesting.New, working)
	app, err := program.Open(t.Context(), legible.Options{Store: "memory:", HTTP: legible.HTTP{Prefix: "/api"}, Limits: legible.Limits{Patience: 10 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	send := func(method, path, token, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		app.Handler().ServeHTTP(w, r)
		return w
	}
	w := send("POST", "/api/work", "ann's", `{"name": "much"}`)
	place := w.Header().Get("Location")
	if w.Code != 202 || place != "/api/_answers/"+w.Header().Get("X-Trace-Id") {
		t.Fatalf("it is answered with %d %s, Location %q", w.Code, w.Body, place)
	}
	others := func() {
		t.Helper()
		for _, token := range []string{"", "bob's"} {
			if w := send("GET", place, token, ""); w.Code != 404 || strings.Contains(w.Body.String(), "much") {
				t.Errorf("somebody else with %q gets %d %s", token, w.Code, w.Body)
			}
		}
	}
	others()
	if w := send("GET", place, "ann's", ""); w.Code != 202 || !strings.Contains(w.Body.String(), `"pending":"Working.work"`) {
		t.Errorf("before the end the caller gets %d %s", w.Code, w.Body)
	}
	close(leave)
	soon(t, "the answer is there", func() bool { return send("GET", place, "ann's", "").Code == 201 })
	if w := send("GET", place, "ann's", ""); strings.TrimSpace(w.Body.String()) != `{"word":"much"}` {
		t.Errorf("the caller gets %d %s", w.Code, w.Body)
	}
	others()
	if w := send("GET", "/api/_answers/"+strings.Repeat("0", 36), "ann's", ""); w.Code != 404 {
		t.Errorf("what is no trace id gets %d", w.Code)
	}
}
