package legible_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/mailing"
	"github.com/legible-lang/legible/concepts/mailing/smtptest"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/store/postgres"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const mailApp = `app Post

use Requesting
use Mailing

sync Ask
when
    Requesting.request (path: "/ask", to) : (request)
then
    Mailing.send (to, subject: "Hello", body: "Are you there?") : (messageId)
    Requesting.respond (request, messageId)

sync Tell
when
    Requesting.request (path: "/tell", to) : (request)
then
    Requesting.respond (request, message: "Thank you.")
    Mailing.send (to, subject: "Hello", body: "Are you there?")

sync Cancelled
when
    Requesting.request (path: "/tell", to) : (request)
    Mailing.send (to) : (error)
then
    Mailing.send (to: "boss@example.org", subject: "It did not work", body: error)
`

// mailApps opens an app that sends mail by a server.
func openMail(t *testing.T, storeName, server string, tries legible.Tries) *legible.App {
	t.Helper()
	app, err := legible.New(fstest.MapFS{"a.app": {Data: []byte(mailApp)}}, requesting.New,
		mailing.With(mailing.Options{Server: server, From: "post@example.com"})).Open(t.Context(), legible.Options{
		Store: storeName, Log: slog.New(slog.DiscardHandler), Tries: tries,
		Limits: legible.Limits{Patience: 300 * time.Millisecond}, Inspect: &legible.Inspect{},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return app
}

func post(app *legible.App, path, to string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(`{"to": "`+to+`"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	app.Handler().ServeHTTP(w, r)
	return w
}

// soon waits until something holds that is about to.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

// TestWhatTheClientSees of a flow that waits for a mail server.
func TestWhatTheClientSees(t *testing.T) {
	s := smtptest.Start(t)
	app := openMail(t, "memory:", s.Addr, legible.Tries{})
	if w := post(app, "/ask", "ann@example.org"); w.Code != 200 || !strings.Contains(w.Body.String(), "@example.com") {
		t.Errorf("what was sent is answered with %d %s", w.Code, w.Body)
	}
	s.Say("RCPT", "451 Later.")
	w := post(app, "/ask", "ann@example.org")
	if w.Code != 202 || !strings.Contains(w.Body.String(), `{"pending":"Mailing.send","message":"The request is stored and will be carried out. Please do not send it again.","trace":"`) {
		t.Errorf("what will be sent is answered with %d %s", w.Code, w.Body)
	}
	soon(t, "the message is sent after all", func() bool { return len(s.Messages()) == 2 })
	s.Say("MAIL", "553 Not you.")
	w = post(app, "/ask", "ann@example.org")
	stranded := w.Header().Get("X-Trace-Id")
	if w.Code != 500 || stranded == "" {
		t.Errorf("what is parked is answered with %d %s", w.Code, w.Body)
	}
	s.Say("MAIL", "553 Not you.")
	w = post(app, "/tell", "ann@example.org")
	tell := w.Header().Get("X-Trace-Id")
	if w.Code != 200 {
		t.Errorf("what was answered before is answered with %d %s", w.Code, w.Body)
	}
	if w := post(app, "/ask", "ann"); w.Code != 422 || !strings.Contains(w.Body.String(), "BAD_ADDRESS") {
		t.Errorf("what is refused is answered with %d %s", w.Code, w.Body)
	}
	soon(t, "two are parked", func() bool {
		waiting, parked := app.Engine(private.Access{}).Waiting()
		return waiting == 0 && parked == 2
	})
	for path, want := range map[string]string{
		"/metrics":           "legible_flows_parked 2",
		"/":                  "Mailing.send is parked",
		"/flows/" + tell:     "answered by Tell, Mailing.send is parked",
		"/flows/" + stranded: "to continue, use legible flow retry or legible flow cancel",
	} {
		in := app.Inspector(private.Access{})
		r := httptest.NewRequest("GET", "http://127.0.0.1"+path, nil)
		r.Header.Set("Authorization", "Bearer "+in.Token())
		w := httptest.NewRecorder()
		in.ServeHTTP(w, r)
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s gives %d and does not say %q:\n%s", path, w.Code, want, w.Body)
		}
	}
}

// TestDecidedFromOutside: another process leaves word in the store of an app,
// which runs or is at rest.
func TestDecidedFromOutside(t *testing.T) {
	s := smtptest.Start(t)
	path := filepath.Join(t.TempDir(), "post.db")
	decide := func(trace, code string) {
		t.Helper()
		id, err := value.ParseID(trace)
		if err != nil {
			t.Fatal(err)
		}
		outside, err := sqlite.Open(path, sqlite.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer outside.Close()
		if err := outside.Decide(t.Context(), store.Decision{Flow: id, Name: trace + code, Code: code, Reason: "Ann has moved."}); err != nil {
			t.Fatal(err)
		}
	}
	app := openMail(t, "sqlite:"+path, s.Addr, legible.Tries{})
	refuse := func() string {
		t.Helper()
		s.Say("MAIL", "553 Not you.")
		_, before := app.Engine(private.Access{}).Waiting()
		w := post(app, "/tell", "ann@example.org")
		soon(t, "it is parked", func() bool { _, n := app.Engine(private.Access{}).Waiting(); return n == before+1 })
		return w.Header().Get("X-Trace-Id")
	}
	first, second, third := refuse(), refuse(), refuse()
	// While others write.
	var busy sync.WaitGroup
	for range 4 {
		busy.Go(func() {
			for range 50 {
				if w := post(app, "/tell", "eve"); w.Code != 200 {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			}
		})
	}
	decide(first, "retry")
	soon(t, "the running app has sent it", func() bool { return to(s, "ann") == 1 })
	busy.Wait()
	const boss = 4 * 50 // each of the others is told on, perhaps after its answer
	soon(t, "the others are at rest", func() bool { return to(s, "boss") == boss })
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	decide(second, "cancel")
	decide(third, "retry")
	app = openMail(t, "sqlite:"+path, s.Addr, legible.Tries{})
	soon(t, "the app has taken both up as it started", func() bool { return to(s, "ann") == 2 && to(s, "boss") == boss+1 })
	soon(t, "nothing waits", func() bool { waiting, parked := app.Engine(private.Access{}).Waiting(); return waiting+parked == 0 })
	for _, m := range s.Messages() {
		if m.To == "boss@example.org" && strings.Contains(m.Text, "Ann has moved.") {
			return
		}
	}
	t.Error("the sync has not seen that it was cancelled, and why")
}

// to counts the messages to somebody.
func to(s *smtptest.Server, name string) (n int) {
	for _, m := range s.Messages() {
		if m.To == name+"@example.org" {
			n++
		}
	}
	return n
}

// TestEffectsInTheCluster: a node that is gone leaves flows that wait; another goes
// on with them, under the same keys, and decides about those that are parked.
func TestEffectsInTheCluster(t *testing.T) {
	url := pgtest.Start(t, "-c", "fsync=off").URL(t)
	s := smtptest.Start(t)
	one := openMail(t, url, s.Addr, legible.Tries{First: time.Hour})
	other := openMail(t, url, s.Addr, legible.Tries{First: time.Hour})
	s.Say("MAIL", "451 Later.", "553 Not you.", "553 Not you.")
	waits := post(one, "/tell", "waits@example.org").Header().Get("X-Trace-Id")
	soon(t, "it waits", func() bool { waiting, _ := one.Engine(private.Access{}).Waiting(); return waiting == 1 })
	for range 2 {
		post(one, "/tell", "parked@example.org")
	}
	soon(t, "two are parked", func() bool { _, parked := one.Engine(private.Access{}).Waiting(); return parked == 2 })
	outside, err := postgres.Open(t.Context(), url, postgres.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer outside.Close()
	decide := func(trace, code string) {
		t.Helper()
		id, err := value.ParseID(trace)
		if err != nil {
			t.Fatal(err)
		}
		if err := outside.Decide(t.Context(), store.Decision{Flow: id, Name: trace + code, Code: code}); err != nil {
			t.Fatal(err)
		}
	}
	left, err := outside.Unfinished(t.Context())
	if err != nil || len(left) != 3 {
		t.Fatalf("%d flows are unfinished, %v", len(left), err)
	}
	parked := []string{left[1].String(), left[2].String()}
	decide(parked[0], "retry")
	soon(t, "the node that has it tries it again", func() bool { return to(s, "parked") == 1 })
	if waiting, parked := other.Engine(private.Access{}).Waiting(); waiting+parked != 0 {
		t.Errorf("the other node has taken %d and %d flows of one that lives", waiting, parked)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	soon(t, "the other node has both", func() bool {
		waiting, parked := other.Engine(private.Access{}).Waiting()
		return waiting == 1 && parked == 1
	})
	decide(waits, "retry")
	decide(parked[1], "cancel")
	soon(t, "the other node goes on with both", func() bool { return to(s, "waits") == 1 && to(s, "boss") == 1 })
	soon(t, "all are at rest", func() bool {
		left, err := outside.Unfinished(context.Background())
		return err == nil && len(left) == 0
	})
	if n := to(s, "parked"); n != 1 {
		t.Errorf("what was cancelled was sent: %d", n)
	}
}
