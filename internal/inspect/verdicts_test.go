package inspect_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/value"
)

// trying is a concept whose actions end as their input says.
const trying = `concept Trying

purpose
    end in every way

actions
    act (how: String) : (done: String)
        refuses NO as conflict "No."
        refuses WHO as unauthenticated "Who?"
        refuses WHAT "What?"
    effect send (how: String) : (done: String)
        refuses NO as conflict "No."
`

const endings = `app Endings

use Requesting
use Trying

sync Plain
when
    Requesting.request (path: "/plain", how) : (request)
then
    Trying.act (how) : (done)
    Requesting.respond (request, done)

sync NotAwaited
when
    Requesting.request (path: "/not-awaited", how) : (request)
then
    Trying.act (how)
    Requesting.respond (request, ok: true)

sync AnswerFirst
when
    Requesting.request (path: "/answer-first", how) : (request)
then
    Requesting.respond (request, ok: true)
    Trying.act (how)

sync Status
when
    Requesting.request (path: "/status", how) : (request)
then
    Requesting.respond (request, status: how, said: "so")

sync ErrorIn200
when
    Requesting.request (path: "/error", how) : (request)
then
    Requesting.respond (request, error: how)

sync Guarded
when
    Requesting.request (path: "/guarded", how) : (request)
where
    how == "return"
        else Requesting.respond (request, status: 401, error: "Please log in.")
then
    Trying.act (how) : (done)
    Requesting.respond (request, done)

sync Dropping
when
    Requesting.request (path: "/dropping", how) : (request)
where
    how == "return"
then
    Requesting.respond (request, ok: true)

sync Failing
when
    Requesting.request (path: "/expression", how) : (request)
where
    n is [how][how == "return" ? 0 : 7]
then
    Requesting.respond (request, n)

sync Handled
when
    Requesting.request (path: "/handled", how) : (request)
then
    Trying.act (how) : (done)
    Requesting.respond (request, done)

sync HandledRefusal
when
    Requesting.request (path: "/handled") : (request)
    Trying.act () : (error)
then
    Requesting.respond (request, status: 418, error)

sync Twice
when
    Requesting.request (path: "/twice", how) : (request)
then
    Requesting.respond (request, first: how)
    Requesting.respond (request, second: how)

sync Together
when
    Requesting.request (path: "/together", how) : (request)
then together
    Requesting.respond (request, ok: true) : ()
    Trying.act (how) : (done)

sync Sending
when
    Requesting.request (path: "/send", how) : (request)
then
    Trying.send (how) : (done)
    Requesting.respond (request, done)

sync SendingLater
when
    Requesting.request (path: "/send-later", how) : (request)
then
    Requesting.respond (request, ok: true)
    Trying.send (how)
`

// TestVerdicts ends flows in every way and prints how each ended: what the client
// received, what the pages say and what explain says. With -update it writes the
// table.
func TestVerdicts(t *testing.T) {
	program := legible.New(fstest.MapFS{"endings.app": {Data: []byte(endings)}}, requesting.New, func() legible.Concept {
		act := func(_ legible.Context, in, out []value.Value) error {
			switch how, _ := in[0].Text(); how {
			case "conflict":
				return &legible.Refusal{Code: "NO"}
			case "unauthenticated":
				return &legible.Refusal{Code: "WHO"}
			case "invalid":
				return &legible.Refusal{Code: "WHAT"}
			case "fault":
				return errors.New("it broke")
			case "park":
				return legible.Permanent(errors.New("it broke for good"))
			}
			out[0] = in[0]
			return nil
		}
		return legible.Concept{File: "trying.concept", Spec: trying, Build: func(*legible.Instance) legible.Methods {
			return legible.Methods{Actions: map[string]legible.Method{"act": act, "send": act}}
		}}
	})
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	app, err := program.Open(t.Context(), legible.Options{
		Inspect: &legible.Inspect{}, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	var b strings.Builder
	row := func(title string, received any, trace string) {
		id, err := value.ParseID(trace)
		if err != nil {
			t.Fatal(err)
		}
		page, explained := app.Inspector(private.Access{}).Verdicts(t.Context(), id)
		explained = regexp.MustCompile(`again at \S+Z`).ReplaceAllString(explained, "again at …") // some moments later
		fmt.Fprintf(&b, "%s\n    client   %v\n    page     %s\n    explain  %s\n", title, received, page, explained)
	}
	for _, x := range strings.Fields(`plain:return plain:conflict plain:unauthenticated plain:invalid plain:fault
		not-awaited:return not-awaited:conflict not-awaited:fault answer-first:conflict answer-first:fault
		status:200 status:204 status:302 status:404 status:503 status:2 status:text error:Wrong
		guarded:return guarded:no dropping:return dropping:no expression:return expression:no
		handled:return handled:conflict handled:fault twice:x together:return together:conflict together:fault
		send:return send:conflict send:fault send:park send-later:return send-later:conflict send-later:fault send-later:park`) {
		path, how, _ := strings.Cut(x, ":")
		text := fmt.Sprintf(`{"how": %q}`, how)
		if path == "status" && how != "text" {
			text = `{"how": ` + how + `}`
		}
		r := httptest.NewRequest("POST", "/"+path, strings.NewReader(text))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		app.Handler().ServeHTTP(w, r)
		row("POST /"+path+" "+text, w.Code, w.Header().Get("X-Trace-Id"))
	}
	for _, how := range []string{"return", "conflict", "fault"} {
		out, err := app.Ask(t.Context(), "Trying.act", legible.Field{Name: "how", Value: value.String(how)})
		if err != nil {
			t.Logf("%v", err)
		}
		row("Trying.act "+how, ending(out), out.Flow)
	}
	const file = "testdata/verdicts.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != b.String() {
		t.Errorf("%v: the verdicts are\n%s", err, &b)
	}
}

// ending says how an action that was asked from Go ended.
func ending(o legible.Outcome) string {
	switch {
	case o.Refused != nil:
		return "refused " + o.Refused.Code
	case o.Fault != nil:
		return "faulted"
	}
	return "returned"
}
