package inspect_test

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/internal/inspect"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/value"
)

//go:embed testdata/reader
var reader embed.FS

// notes is a concept whose Go does as its inputs say, so that a test can have
// every way in which an action ends.
func notes() legible.Concept {
	return legible.Concept{
		File: "noting.concept",
		Spec: `concept Noting [User]

purpose
    keep short notes

principle
    after a user writes a note, it is among the notes of the user

state
    a set of Notes with
        a user User
        a text String
        an optional seal Secret
        a pinned Flag
        a written DateTime

actions
    write (user: User, text: String, seal?: Secret) : (note: Note)
        refuses EMPTY "A note needs a text."
        refuses FULL as limited "There is no room for '{text}'."
        effects adds a note

    read (note: Note) : (text: String)
        refuses UNKNOWN_NOTE as missing "There is no such note."

    greet (user: User) : ()

    count (i: Number) : (j: Number)

queries
    _upTo (n: Number) : many (i: Number)
`,
		Build: func(in *legible.Instance) legible.Methods {
			table := in.Table("Note")
			return legible.Methods{
				Actions: map[string]legible.Method{
					"write": func(ctx legible.Context, in, out []value.Value) error {
						switch text, _ := in[1].Text(); text {
						case "":
							return &legible.Refusal{Code: "EMPTY"}
						case "full":
							return &legible.Refusal{Code: "FULL", With: map[string]string{"text": text}}
						case "fire":
							return errors.New("the disk is on fire")
						}
						id := ctx.NewID()
						out[0] = value.String(id)
						seal := value.Null
						if s, ok := in[2].Text(); ok {
							seal = value.String(string(legible.SecretOf(s).Digest()))
						}
						return ctx.State().Insert(table, id, []value.Value{in[0], in[1], seal, value.Flag(false), value.Time(ctx.Now())})
					},
					"read": func(ctx legible.Context, in, out []value.Value) error {
						id, _ := in[0].Text()
						row, err := ctx.State().Get(table, id)
						if err != nil {
							return err
						}
						if row == nil {
							return &legible.Refusal{Code: "UNKNOWN_NOTE"}
						}
						out[0] = row[1]
						return nil
					},
					"count": func(_ legible.Context, in, out []value.Value) error { out[0] = in[0]; return nil },
					"greet": func(legible.Context, []value.Value, []value.Value) error { return nil },
				},
				Queries: map[string]legible.QueryMethod{
					"_upTo": func(_ legible.Context, in []value.Value, rows *legible.Rows) error {
						n, _ := in[0].Num()
						for i := range int(n) {
							rows.Add()[0] = value.Number(float64(i))
						}
						return nil
					},
				},
			}
		},
	}
}

// A world is an app with its inspector, and a clock that stands still.
type world struct {
	t     testing.TB
	app   *legible.App
	pages *inspect.Inspector
	now   time.Time
	// session is the secret of the session that lived has begun last.
	session string
}

// open opens the app of the tests, with some texts in the place of its own.
func open(t testing.TB, options legible.Inspect, texts map[string]string) *world {
	t.Helper()
	return openAs(t, legible.Options{Inspect: &options}, texts)
}

func openAs(t testing.TB, options legible.Options, texts map[string]string) *world {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(reader, "testdata/reader/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := reader.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(name, "testdata/reader/")] = &fstest.MapFile{Data: text}
	}
	for name, text := range texts {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	w := &world{t: t, now: time.Date(2030, 1, 2, 3, 4, 5, 678e6, time.UTC)}
	program := legible.New(files, requesting.New, profile.With(profile.Options{Memory: 8}), sessioning.New, notes)
	options.Clock, options.Log = func() time.Time { return w.now }, slog.New(slog.DiscardHandler)
	app, err := program.Open(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	w.app = app
	t.Cleanup(func() {
		if err := w.app.Close(); err != nil {
			t.Error(err)
		}
	})
	w.pages = w.app.Inspector(private.Access{})
	return w
}

// ask sends the app a request and gives the trace of its flow and its answer.
func (w *world) ask(path, body string) (status int, trace, answer string) {
	w.t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	w.app.Handler().ServeHTTP(rec, r)
	return rec.Code, rec.Header().Get("X-Trace-Id"), rec.Body.String()
}

// get asks the inspector for a page.
func (w *world) get(address string, headers ...string) *http.Response {
	w.t.Helper()
	r := httptest.NewRequest("GET", address, nil)
	r.Host = "127.0.0.1:9000"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.pages.ServeHTTP(rec, r)
	return rec.Result()
}

// page asks for a page that must be there, and gives its text.
func (w *world) page(address string) string {
	w.t.Helper()
	r := w.get(address)
	text := body(w.t, r)
	if r.StatusCode != http.StatusOK {
		w.t.Fatalf("%s answered %d:\n%s", address, r.StatusCode, text)
	}
	return text
}

// digest is what the state keeps of a secret.
func digest(secret string) string { return string(legible.SecretOf(secret).Digest()) }

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// lived makes a day in the life of the app, and gives the traces of its flows
// by name.
func (w *world) lived() map[string]string {
	w.t.Helper()
	traces := map[string]string{}
	do := func(name, path, body string, want int) {
		w.now = w.now.Add(1371 * time.Millisecond)
		status, trace, answer := w.ask(path, body)
		if status != want {
			w.t.Fatalf("%s: %s answered %d, want %d: %s", name, path, status, want, answer)
		}
		traces[name] = trace
	}
	do("sign up", "/Profile/createAccount", `{"username": "ann", "password": "correct horse"}`, 200)
	do("sign up again", "/Profile/createAccount", `{"username": "ann", "password": "battery staple"}`, 409)
	do("failed login", "/auth/login", `{"username": "ann", "password": "correct house"}`, 401)
	w.now = w.now.Add(1371 * time.Millisecond)
	traces["login"] = w.logIn()
	s := `{"session": "` + w.session + `", `
	do("write", "/notes/write", s+`"text": "Chapter 3 is the one to read again.", "seal": "hunter2hunter2"}`, 200)
	do("empty", "/notes/write", s+`"text": ""}`, 200)
	do("full", "/notes/write", s+`"text": "full"}`, 429)
	do("fault", "/notes/write", s+`"text": "fire"}`, 500)
	do("stranger", "/notes/write", `{"session": "guessed", "text": "hello"}`, 401)
	do("dropped", "/notes/read", s+`"note": "0190-no-such-note"}`, 500)
	do("logout", "/auth/logout", `{"session": "`+w.session+`"}`, 200)
	do("logout again", "/auth/logout", `{"session": "`+w.session+`"}`, 404)
	return traces
}

// logIn begins a session of ann, who must have signed up, and gives the trace
// of that.
func (w *world) logIn() string {
	w.t.Helper()
	status, trace, answer := w.ask("/auth/login", `{"username": "ann", "password": "correct horse"}`)
	v, err := value.ParseJSON([]byte(answer))
	if err != nil || status != 200 {
		w.t.Fatalf("logging in answered %d %s (%v)", status, answer, err)
	}
	w.session, _ = v.Get("session").Text()
	return trace
}

// entries gives the journal of a flow.
func (w *world) entries(id value.ID) []byte {
	w.t.Helper()
	b, err := w.app.Engine(private.Access{}).Store().Journal(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}
