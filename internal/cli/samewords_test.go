package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	app "github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/internal/cli"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

const trying = `concept Trying

purpose
    end in every way

state
    a set of Things with
        a label String

actions
    act (how: String) : (done: String)
        refuses NO as conflict "No."
    effect send (how: String) : (done: String)

queries
    _label (thing: String) : optional (label: String)
    _all () : many (label: String, note?: String)
`

// A sameWords is a request and the sync that decides how it ends.
type sameWords struct {
	name, text string // the syncs
	how        string
	status     int
	at         string // a part of the line that is the cause; all tools name its place
	whynot     string // the sync that did not answer, "" if one answered
}

var sameWordsCases = []sameWords{
	{name: "a condition", how: "x", status: 500, whynot: "S", at: `how == "yes"`,
		text: "where\n    how == \"yes\"\nthen\n    Requesting.respond (request)\n"},
	{name: "a query", how: "x", status: 500, whynot: "S", at: `in Trying: _label (thing: how) : (label)`,
		text: "where\n    in Trying: _label (thing: how) : (label)\nthen\n    Requesting.respond (request, label)\n"},
	{name: "a relation", how: "x", status: 500, whynot: "S", at: `in Trying: label of how is label`,
		text: "where\n    in Trying: label of how is label\nthen\n    Requesting.respond (request, label)\n"},
	{name: "no", how: "known", status: 500, whynot: "S", at: `no in Trying: _label`,
		text: "where\n    no in Trying: _label (thing: how) : ()\nthen\n    Requesting.respond (request)\n"},
	{name: "a view", how: "x", status: 500, whynot: "S", at: `in Trying: _label (thing: k)`,
		text: "where\n    Label (k: how) : (label)\nthen\n    Requesting.respond (request, label)\n"},
	{name: "a view in a view", how: "known", status: 500, whynot: "S", at: `label == k`,
		text: "where\n    Outer (k: how) : (label)\nthen\n    Requesting.respond (request, label)\n"},
	{name: "a fold", how: "x", status: 500, whynot: "S", at: `n == 0`,
		text: "where\n    n is count\n        in Trying: _all () : (label)\n    n == 0\nthen\n    Requesting.respond (request, n)\n"},
	{name: "some", how: "x", status: 500, whynot: "S", at: `label == how`,
		text: "where\n    some\n        in Trying: _all () : (label)\n        label == how\nthen\n    Requesting.respond (request)\n"},
	{name: "an action that nothing asked", how: "x", status: 500, whynot: "T", at: `Trying.send () : ()`,
		text: "then\n    Trying.act (how)\n\nsync T\nwhen\n    Requesting.request (path: \"/s\") : (request)\n    Trying.send () : ()\nthen\n    Requesting.respond (request)\n"},
	{name: "an output", how: "x", status: 500, whynot: "S", at: `Trying.act (how) : (done: "y")`,
		text: "then\n    Trying.act (how) : (done: \"y\")\n    Requesting.respond (request)\n"},
	{name: "a refusal", how: "conflict", status: 409, at: `Trying.act (how) : ()`,
		text: "then\n    Trying.act (how) : ()\n    Requesting.respond (request)\n"},
	{name: "a refusal that a silent sync matches", how: "conflict", status: 500, whynot: "S", at: `Trying.act (how) : ()`,
		text: "then\n    Trying.act (how) : ()\n    Requesting.respond (request)\n\nsync T\nwhen\n    Trying.act () : (error)\nthen\n    Trying.act (how: \"x\")\n"},
	{name: "a refusal with an else", how: "conflict", status: 418, at: `Trying.act (how) : ()`,
		text: "then\n    Trying.act (how) : ()\n        else Requesting.respond (request, status: 418, error)\n    Requesting.respond (request)\n"},
	{name: "a refusal with a sync", how: "conflict", status: 418, at: `Trying.act (how) : ()`,
		text: "then\n    Trying.act (how) : ()\n    Requesting.respond (request)\n\nsync T\nwhen\n    Requesting.request (path: \"/s\") : (request)\n    Trying.act () : (error)\nthen\n    Requesting.respond (request, status: 418, error)\n"},
	{name: "a refusal that nothing handles", how: "conflict", status: 200, at: `Requesting.respond (request)`,
		text: "then\n    Trying.act (how)\n    Requesting.respond (request)\n"},
	{name: "a fault", how: "fault", status: 500, whynot: "S", at: `Trying.act (how) : ()`,
		text: "then\n    Trying.act (how) : ()\n    Requesting.respond (request)\n"},
	{name: "an expression", how: "x", status: 500, whynot: "S", at: `n is [label][7]`,
		text: "where\n    in Trying: _all () : (label)\n    n is [label][7]\nthen\n    Requesting.respond (request, n)\n"},
	{name: "an else", how: "x", status: 401, at: `how == "yes"`,
		text: "where\n    how == \"yes\"\n        else Requesting.respond (request, status: 401, error: \"no\")\nthen\n    Requesting.respond (request)\n"},
	{name: "an answering view", how: "x", status: 404, at: "in Trying: _label (thing: k) : (label)\n        else Req",
		text: "where\n    Told (request, k: how) : (label)\nthen\n    Requesting.respond (request, label)\n"},
	{name: "the else of a use", how: "x", status: 404, at: `in Trying: _label (thing: k)`,
		text: "where\n    Label (k: how) : (label)\n        else Requesting.respond (request, status: 404, error: \"no\")\nthen\n    Requesting.respond (request, label)\n"},
	{name: "a later stage", how: "x", status: 404, at: `in Trying: _label (thing: done)`,
		text: "then\n    Trying.act (how) : (done)\nwhere\n    in Trying: _label (thing: done) : (label)\n        else Requesting.respond (request, status: 404, error: \"no\")\nthen\n    Requesting.respond (request, label)\n"},
	{name: "a decision", how: "conflict", status: 409, at: `Trying.act (how) : ()`,
		text: "then together\n    Requesting.respond (request) : ()\n    Trying.act (how) : ()\n"},
	{name: "a parked effect", how: "park", status: 500, whynot: "S", at: `Trying.send (how) : ()`,
		text: "then\n    Trying.send (how) : ()\n    Requesting.respond (request)\n"},
}

const sameWordsViews = `
view Label (k) : (label)
where
    in Trying: _label (thing: k) : (label)

view Inner (k) : (label)
where
    Label (k) : (label)
    label == k

view Outer (k) : (label)
where
    Inner (k) : (label)

view Told (request, k) : (label)
where
    in Trying: _label (thing: k) : (label)
        else Requesting.respond (request, status: 404, error: "no")
`

// TestSameWords asks why a request ended as it did: the command, the inspector and the
// answer in development begin with the same sentence, which names the place of the
// cause; so does whynot, if no sync answered.
func TestSameWords(t *testing.T) {
	for _, c := range sameWordsCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
}

func (c *sameWords) run(t *testing.T) {
	dir := t.TempDir()
	text := "sync S\nwhen\n    Requesting.request (path: \"/s\", how) : (request)\n" + c.text + sameWordsViews
	for name, data := range map[string]string{
		"same.app":       "app Same\n\nuse Requesting\nuse Trying\n\nopen POST \"/s\" \"It is a test.\"\n",
		"s.sync":         text,
		"trying.concept": trying,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	spec, err := os.ReadFile("../../concepts/requesting/requesting.concept")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "requesting.concept"), spec, 0o666); err != nil {
		t.Fatal(err)
	}
	place := ""
	if i := strings.Index(text, c.at); c.at != "" && i >= 0 {
		line := strings.Count(text[:i], "\n") + 1
		place = fmt.Sprintf("s.sync:%d:", line)
	} else if c.at != "" {
		t.Fatalf("the text has no line %s", c.at)
	}

	store := "sqlite:" + filepath.Join(dir, "same.db")
	status, trace, reason, page := c.ask(t, dir, store)
	if status != c.status {
		t.Errorf("the status is %d, want %d", status, c.status)
	}
	why := c.command(t, dir, "why", trace, "--app", dir, "--store", store)
	if !strings.Contains(why, place) {
		t.Errorf("legible why does not name %s (%s): %s", place, c.at, why)
	}
	if !strings.Contains(page, why) {
		t.Errorf("legible why says\n%s\nbut the inspector\n%s", why, page)
	}
	if reason == "" && status == 500 {
		t.Error("the answer in development has no reason")
	}
	if reason != "" && words.Sentence(reason) != why {
		t.Errorf("legible why says\n%s\nbut the answer in development\n%s", why, reason)
	}
	if c.whynot != "" {
		if said := c.command(t, dir, "whynot", c.whynot, trace, "--app", dir, "--store", store); !strings.Contains(said, place) {
			t.Errorf("legible whynot %s does not name %s: %s", c.whynot, place, said)
		} else if c.name != "a fault" && c.name != "a parked effect" && c.name != "an expression" && said != why && !strings.Contains(said, "fired") {
			t.Errorf("legible why says\n%s\nbut whynot %s\n%s", why, c.whynot, said)
		}
	}
}

// ask sends the request to the app and returns what it and its inspector say.
func (c *sameWords) ask(t *testing.T, dir, store string) (status int, trace, reason, page string) {
	act := func(_ app.Context, in, out []value.Value) error {
		switch how, _ := in[0].Text(); how {
		case "conflict":
			return &app.Refusal{Code: "NO"}
		case "fault":
			return errors.New("it broke")
		case "park":
			return app.Permanent(errors.New("it broke for good"))
		}
		out[0] = in[0]
		return nil
	}
	queries := map[string]app.QueryMethod{
		"_label": func(_ app.Context, in []value.Value, rows *app.Rows) error {
			if thing, _ := in[0].Text(); thing == "known" {
				rows.Add()[0] = value.String("label")
			}
			return nil
		},
		"_all": func(_ app.Context, _ []value.Value, rows *app.Rows) error {
			rows.Add()[0] = value.String("one")
			return nil
		},
	}
	program := app.New(os.DirFS(dir), requesting.New, func() app.Concept {
		return app.Concept{File: "trying.concept", Spec: trying, Build: func(*app.Instance) app.Methods {
			return app.Methods{Actions: map[string]app.Method{"act": act, "send": act}, Queries: queries}
		}}
	})
	running, err := program.Open(t.Context(), app.Options{
		Store: store, Log: slog.New(slog.DiscardHandler), Inspect: &app.Inspect{Development: true}, HTTP: app.HTTP{Development: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := running.Close(); err != nil {
			t.Error(err)
		}
	}()
	r := httptest.NewRequest("POST", "/s", strings.NewReader(fmt.Sprintf(`{"how": %q}`, c.how)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	running.Handler().ServeHTTP(w, r)
	trace = w.Header().Get("X-Trace-Id")
	var answer struct{ Reason string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil && w.Body.Len() > 0 {
		t.Errorf("the answer is %q: %v", w.Body, err)
	}
	in := running.Inspector(private.Access{})
	look := httptest.NewRequest("GET", "http://127.0.0.1/flows/"+trace, nil)
	look.Header.Set("Authorization", "Bearer "+in.Token())
	shown := httptest.NewRecorder()
	in.ServeHTTP(shown, look)
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(shown.Body.String(), "")
	return w.Code, trace, answer.Reason, html.UnescapeString(text)
}

// command runs a command and returns the first line that it prints.
func (c *sameWords) command(t *testing.T, dir string, args ...string) string {
	var out, errOut bytes.Buffer
	cli.Run(args, strings.NewReader(""), &out, &errOut)
	first, _, _ := strings.Cut(out.String(), "\n")
	if first == "" {
		t.Errorf("legible %s prints nothing, and %s", strings.Join(args, " "), &errOut)
	}
	return strings.ReplaceAll(first, dir+"/", "")
}
