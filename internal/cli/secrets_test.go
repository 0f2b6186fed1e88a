package cli_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf16"

	app "github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/gen/slot"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
	"github.com/legible-lang/legible/value"
)

// A form is one way in which a secret, or a part of a value that is secret, goes
// through a program. HUSH stands for the secret in what is sent.
type form struct {
	name   string
	sync   string // its lines behind "when"; the path is /NAME unless path says another one
	path   string
	method string
	target string // the path that is asked, with its query string
	body   string
	header string
	status int    // wanted
	answer string // wanted to be in the answer
	shows  bool   // the answer may hold the secret
	also   string // further items
	wrong  bool   // the check refuses it, so it does not run
}

// forms are all ways that are known. Where the pattern is REQUEST (…), it is
// that of a request at the form's path.
var forms = []form{
	{name: "plain", sync: `REQUEST (code, name) : (request)
then
    Vault.make (code, name) : (item)
    Requesting.respond (request, item)`, body: `{"code": HUSH, "name": "ann"}`, status: 200},
	{name: "record", sync: `REQUEST (user: account) : (request)
then
    Vault.make (code: account.password, name: account.username) : (item)
    Requesting.respond (request, name: account.username)`, body: `{"user": {"username": "ann", "password": HUSH, "pasword": HUSH}}`, status: 200, answer: `"ann"`},
	{name: "deep", sync: `REQUEST (user: account) : (request)
then
    Vault.make (code: account.login.password, name: account.login.names[1], age: account.age, adult: account.adult, born: account.born, extra: account.extra) : (item)
    Requesting.respond (request, item)`, status: 200,
		body: `{"user": {"login": {"names": ["a", "b"], "password": HUSH}, "age": 7, "adult": true, "born": null, "extra": {"of": [1]}}}`},
	{name: "item", sync: `REQUEST (pair) : (request)
then
    Vault.make (code: pair[1], name: pair[0]) : (item)
    Requesting.respond (request, item)`, body: `{"pair": ["ann", HUSH]}`, wrong: true, status: 200},
	{name: "alias", sync: `REQUEST (user: {login: {name, password}}) : (request)
where
    login is {name, password}
    code is login["password"]
then
    Vault.make (code, name: login.name) : (item)
    Requesting.respond (request, item)`, body: `{"user": {"login": {"name": "ann", "password": HUSH}}}`, status: 200},
	{name: "conditional", sync: `REQUEST (user: account, other?) : (request)
where
    code is other == null ? account.password : other
then
    Vault.make (code, name: "ann") : (item)
    Requesting.respond (request, item)`, body: `{"user": {"password": HUSH}}`, status: 200},
	{name: "default", sync: `REQUEST (user: account) : (request)
then
    Vault.make (code: account.code ?? account.password, name: "ann") : (item)
    Requesting.respond (request, item)`, body: `{"user": {"password": HUSH}}`, status: 200},
	{name: "built", sync: `REQUEST (word) : (request)
then
    Vault.make (code: "x" + trim(word), name: "ann") : (item)
    Requesting.respond (request, item)`, body: `{"word": HUSH}`, status: 200},
	{name: "compared", sync: `REQUEST (code, confirm) : (request)
where
    code == confirm
        else Requesting.respond (request, status: 400, error: "They differ.")
then
    Vault.make (code, name: "ann") : (item)
    Requesting.respond (request, item)`, body: `{"code": "something", "confirm": HUSH}`, status: 400},
	{name: "short", sync: `REQUEST (user: account) : (request)
where
    len(account.password) > 1000
        else Requesting.respond (request, status: 400, error: "Too short.")
then
    Vault.make (code: account.password, name: "ann") : (item)
    Requesting.respond (request, item)`, body: `{"user": {"password": HUSH}}`, status: 400},
	{name: "dropped", sync: `REQUEST (user: {password, hint}) : (request)
where
    in Vault: _find (code: password) : (item)
    hint == "nobody has this"
then
    Requesting.respond (request, item)`, body: `{"user": {"password": HUSH, "hint": "x"}}`, status: 500},
	{name: "folds", sync: `REQUEST (user: account) : (request)
where
    all is each {it: account.password}
        x is 1
    best is max of account.password
        x is 1
    least is min of account.password
        x is 1
    one is first account.password
        x is 1
then
    Vault.make (code: best, name: "ann") : (item)
    Requesting.respond (request, item, n: len(all))`, body: `{"user": {"password": HUSH}}`, status: 200},
	{name: "sum", sync: `REQUEST (pin) : (request)
where
    total is sum of pin
        x is 1
then
    Vault.make (code: string(total), name: "ann") : (item)
    Requesting.respond (request, item)`, body: `{"pin": PIN}`, status: 200},
	{name: "list", sync: `REQUEST (users) : (request)
then
    Vault.set (codes: map(users, .code)) : ()
    Requesting.respond (request, names: map(users, .name))`, body: `{"users": [{"name": "ann", "code": HUSH}]}`, wrong: true, status: 200, answer: `["ann"]`},
	{name: "view", sync: `REQUEST (user: {password, name}) : (request)
where
    CodeOf (account: {password, name}) : (code)
then
    Vault.make (code, name: name) : (item)
    Requesting.respond (request, item)`, body: `{"user": {"password": HUSH, "name": "ann"}}`, status: 200,
		also: "view CodeOf (account) : (code)\nwhere\n    code is account.password\n"},
	{name: "asked", sync: `REQUEST (user: {password, name?}) : (request)
where
    HasCode (account: {password, name}) : (item)
        else Requesting.respond (request, status: 404, error: "Nobody.")
then
    Requesting.respond (request, item)`, body: `{"user": {"password": HUSH, "name": "ann"}}`, status: 404,
		also: "view HasCode (account) : (item)\nwhere\n    in Vault: _find (code: account.password) : (item)\n"},
	{name: "elsewhere", sync: `REQUEST (user: account) : (request)
then
    Vault.count (name: account.name) : (number)
    Requesting.respond (request, number)`, body: `{"user": {"password": HUSH, "name": "ann"}}`, status: 200,
		also: "sync Elsewhere2\nwhen\n    Requesting.request (path: \"/elsewhere\", user) : ()\nthen\n    Vault.make (code: user.password, name: \"x\") : (item)\n"},
	{name: "through", sync: `REQUEST (user: account) : (request)
then
    Vault.pass (doc: account) : ()
    Requesting.respond (request, done: true)`, body: `{"user": {"password": HUSH, "name": "ann"}}`, wrong: true, status: 200,
		also: "sync Through2\nwhen\n    Vault.pass (doc) : ()\nthen\n    Vault.make (code: doc.password, name: doc.name) : (item)\n"},
	{name: "given", sync: `REQUEST (name) : (request)
then
    Vault.bundle (name) : (bundle)
    Vault.make (code: bundle.code, name: bundle.name) : (item)
    Requesting.respond (request, item)`, body: `{"name": "ann"}`, wrong: true, status: 200},
	{name: "state", sync: `REQUEST (label) : (request)
where
    in Vault: _labelled (label) : (token)
    other is "it is " + token
then
    Vault.make (code: token, name: "ann") : (item)
    Requesting.respond (request, item)`, body: `{"label": "first"}`, status: 200},
	{name: "headers", sync: `REQUEST (headers) : (request)
then
    Vault.make (code: headers["x-key"], name: "ann") : (item)
    Requesting.respond (request, item)`, header: "X-Key", body: `{}`, wrong: true, status: 200},
	{name: "cookie", sync: `REQUEST (user: account) : (request)
then
    Vault.make (code: account.password, name: "ann") : (item)
    Requesting.respond (request, cookies: {first: {value: account.token, maxAge: account.age}}, headers: {"X-Password": account.password})`, body: `{"user": {"password": HUSH, "age": 5, "token": "t"}}`, status: 200, shows: true},
	{name: "query", method: "GET", sync: `REQUEST (code) : (request)
then
    Vault.make (code, name: "ann") : (item)
    Requesting.respond (request, item)`, target: "/query?code=HUSH&other=HUSH", status: 200},
	{name: "segment", path: "/segment/{code}", sync: `REQUEST (code) : (request)
then
    Vault.make (code, name: "ann") : (item)
    Requesting.respond (request, item)`, target: "/segment/HUSH", body: `{}`, status: 200},
	{name: "answer", sync: `REQUEST (user: {password, age?}) : (request)
then
    Vault.make (code: password, name: "ann") : (item)
    Requesting.respond (request, body: {password, age})`, body: `{"user": {"password": HUSH, "age": 5}}`, status: 200, shows: true},
	{name: "status", sync: `REQUEST (user: account) : (request)
then
    Vault.make (code: account.password, name: "ann") : (item)
    Requesting.respond (request, status: account.status)`, body: `{"user": {"password": HUSH, "status": 201}}`, status: 201},
	{name: "refused", sync: `REQUEST (user: account) : (request)
then
    Vault.decline (code: account.password, name: account.password2 ?? "ann") : ()
    Requesting.respond (request)`, body: `{"user": {"password": HUSH}}`, status: 422},
	{name: "faulting", sync: `REQUEST (user: account) : (request)
then
    Vault.fault (code: account.password, name: account.name) : ()
    Requesting.respond (request)`, body: `{"user": {"password": HUSH, "name": "ann"}}`, status: 500},
	{name: "panicking", sync: `REQUEST (user: account) : (request)
then
    Vault.panics (doc: account) : ()
    Requesting.respond (request)`, body: `{"user": {"password": HUSH, "name": "ann"}}`, status: 500, wrong: true,
		also: "sync Panicking2\nwhen\n    Requesting.request (path: \"/panicking\", user) : ()\n    Vault.pass () : ()\nthen\n    Vault.make (code: user.password, name: \"x\") : (item)\n"},
	{name: "asking", sync: `REQUEST (user: account) : (request)
where
    in Vault: _fail (code: account.password) : (item)
then
    Requesting.respond (request, item)`, body: `{"user": {"password": HUSH}}`, status: 500},
	{name: "unfit", sync: `REQUEST (user: account) : (request)
where
    n is fromJSON(account.password)
    m is account.name matches account.name
then
    Vault.make (code: account.password, name: "ann") : (item)
    Requesting.respond (request, item)`, body: `{"user": {"password": HUSH, "name": "ann"}}`, status: 400},
	{name: "limit", sync: `REQUEST (user: account) : (request)
where
    list is each x
        x is 1
        limit fromJSON(account.password)
then
    Vault.make (code: account.password, name: "ann") : (item)
    Requesting.respond (request, item)`, body: `{"user": {"password": HUSH}}`, status: 400},

	{name: "taken", sync: `REQUEST (user: account) : (request)
then
    Vault.unique (code: account.password) : ()
    Vault.unique (code: account.password) : ()
    Requesting.respond (request)`, body: `{"user": {"password": HUSH}}`, status: 500},
	{name: "sent", sync: `REQUEST (user: account) : (request)
then
    Vault.send (body: account.password) : ()
    Requesting.respond (request, done: true)`, body: `{"user": {"password": HUSH}}`, status: 202},
	{name: "missing", sync: `REQUEST (user: account, name) : (request)
then
    Vault.make (code: account.password, name) : (item)
    Requesting.respond (request, item)`, body: `{"user": {"password": HUSH}}`, status: 400},
	{name: "text", sync: `REQUEST (user: account) : (request)
then
    Vault.make (code: account.password, name: "ann") : (item)
    Requesting.respond (request, item)`, body: `{"user": HUSH}`, status: 400},
	{name: "number", sync: `REQUEST (user: account) : (request)
then
    Vault.make (code: account.password, name: "ann") : (item)
    Requesting.respond (request, item)`, body: `{"user": {"password": PIN}}`, status: 400},
	{name: "joint", sync: `REQUEST (user: account) : (request)
then together
    Vault.make (code: account.password, name: "ann") : (item)
    Vault.fault (code: account.password, name: "ann") : ()`, body: `{"user": {"password": HUSH}}`, status: 500},
	{name: "credential", sync: `REQUEST (visa, guess, more) : (request)
where
    right is visa == guess
    among is whether
        more has visa
then
    Requesting.respond (request, right, among)`, body: `{"visa": HUSH, "guess": HUSH, "more": ["a", HUSH]}`, status: 200, answer: `{"right":true,"among":true}`},
	{name: "credentials", sync: `REQUEST (visa: pass, guess, list) : (request)
where
    Match (x: pass, guess) : (y)
    mine is pass
    list has mine
then
    Requesting.respond (request, y)`, body: `{"visa": "v", "guess": HUSH, "list": ["v", HUSH]}`, status: 200, answer: `false`, also: `view Match (x, guess) : (y)
where
    y is x == guess
`},

	{name: "exposing", target: "/Vault/make", body: `{"code": HUSH, "nam": HUSH}`, status: 400},
	{name: "question", target: "/Vault/_fail", body: `{"code": HUSH}`, status: 500},
	{name: "document", sync: `REQUEST (user: account) : (request)
then
    Vault.keep (doc: {of: account.username, was: [account.password]}) : (item)
    Requesting.respond (request, item)
    Vault.make (code: account.password, name: "ann") : (item)`, body: `{"user": {"password": HUSH, "username": "ann"}}`, status: 500, wrong: true},
}

// wrong are the forms of which the check says that they show a secret.
var wrong = []string{"document", "answer", "cookie", "panicking", "through", "item", "list", "given", "headers"}

const vaultSpec = `concept Vault

purpose
    keep codes

state
    a set of Items with
        a code Secret
        a name String
        an optional extra Json
    a set of Marks with
        a unique mark Secret

actions
    make (code: Secret, name: String, age?: Number, adult?: Flag, born?: DateTime, extra?: Json) : (item: Item)
        effects adds an item
    keep (doc: Json) : (item: Item)
    pass (doc: Json) : ()
    set (codes: set of Secret) : ()
    count (name: String) : (number: Number)
    bundle (name: String) : (bundle: Json)
    decline (code: Secret, name: String) : ()
        refuses WRONG "{name} has the wrong code: {reason}."
    fault (code: Secret, name: String) : ()
    panics (doc: Json) : ()
    unique (code: Secret) : ()
    effect send (body: Secret) : ()

queries
    _find (code: Secret) : (item: Item)
    _fail (code: Secret) : (item: Item)
    _labelled (label: String) : (token: String)
`

// vault is a concept that does what a concept should not: it tells what it was
// given wherever it can.
func vault(given string) app.Concept {
	text := func(v value.Value) string { s, _ := v.Text(); return s }
	return app.Concept{File: "vault.concept", Spec: vaultSpec, Build: func(in *app.Instance) app.Methods {
		log, items, marks := in.Log, in.Table("Item"), in.Table("Mark")
		return app.Methods{
			Actions: map[string]app.Method{
				"make": func(ctx app.Context, in, out []value.Value) error {
					in0 := app.SecretOf(text(in[0]))
					for _, v := range in[2:] {
						if v.IsSecret() {
							return errors.New("a part of a secret value that is none comes as one")
						}
					}
					log.Debug("made", "in", in, "one", in[0], "secret", in0, "row", struct{ s app.Secret }{in0})
					out[0] = value.String(ctx.NewID())
					return ctx.State().Insert(items, text(out[0]), []value.Value{value.String(string(in0.Digest())), value.String(text(in[1])), slot.OrNull(in[5])})
				},
				"keep": func(ctx app.Context, in, out []value.Value) error {
					out[0] = value.String(ctx.NewID())
					return ctx.State().Insert(items, text(out[0]), []value.Value{value.String("x"), value.String("doc"), in[0]})
				},
				"pass": func(app.Context, []value.Value, []value.Value) error { return nil },
				"set": func(_ app.Context, in, _ []value.Value) error {
					for _, x := range in[0].Items() {
						if _, ok := x.Text(); !ok {
							return errors.New("a code is no text")
						}
					}
					return nil
				},
				"count": func(_ app.Context, _, out []value.Value) error { out[0] = value.Number(1); return nil },
				"bundle": func(_ app.Context, in, out []value.Value) error {
					out[0] = value.Record([]value.Field{{Name: "code", Value: value.String(given)}, {Name: "name", Value: in[0]}})
					return nil
				},
				"decline": func(_ app.Context, in, _ []value.Value) error {
					return &engine.Refusal{Code: "WRONG", With: map[string]string{"reason": text(in[0]) + " is no code"}}
				},
				"fault": func(_ app.Context, in, _ []value.Value) error {
					return fmt.Errorf("no: %s %q %s %s %v", text(in[0]), text(in[0]), url.QueryEscape(text(in[0])), text(in[1]), in)
				},
				"panics": func(_ app.Context, in, _ []value.Value) error { panic(in[0].RevealAll()) },
				"unique": func(ctx app.Context, in, _ []value.Value) error {
					return ctx.State().Insert(marks, ctx.NewID(), []value.Value{value.String(string(app.SecretOf(text(in[0])).Digest()))})
				},
				"send": func(_ app.Context, in, _ []value.Value) error { return errors.New("it is not sent: " + text(in[0])) },
			},
			Queries: map[string]app.QueryMethod{
				"_find": func(app.Context, []value.Value, *app.Rows) error { return nil },
				"_fail": func(_ app.Context, in []value.Value, _ *app.Rows) error {
					return errors.New("not found: " + text(in[0]))
				},
				"_labelled": func(_ app.Context, _ []value.Value, rows *app.Rows) error {
					rows.Add()[0] = value.String(given)
					return nil
				},
			},
		}
	}}
}

// secretOf is the secret of a form, and pinOf one that is a number. They need
// escapes in every way of writing.
func secretOf(name string) string { return "hush/\u00e9 \"" + name + "\"&x" }

func pinOf(n int) string { return strconv.Itoa(471100000 + n*1013) }

// tellings are the ways in which a secret may be written somewhere.
func tellings(secret string) map[string]string {
	told := map[string]string{
		"itself": secret, "quoted": strings.Trim(strconv.Quote(secret), `"`), "ascii": strings.Trim(strconv.QuoteToASCII(secret), `"`),
		"hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"query": url.QueryEscape(secret), "path": url.PathEscape(secret), "html": html.EscapeString(secret),
	}
	j, _ := json.Marshal(secret)
	told["json"] = strings.Trim(string(j), `"`)
	reversed := []byte(secret)
	slices.Reverse(reversed)
	told["reversed"] = string(reversed)
	var wide []byte
	for _, u := range utf16.Encode([]rune(secret)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	told["wide"] = string(wide)
	for i := range 3 { // wherever it begins in what was encoded
		b := base64.RawStdEncoding.EncodeToString(append(make([]byte, i), secret...))
		told["base64 "+strconv.Itoa(i)] = b[(i*8+5)/6 : len(b)-2]
	}
	return told
}

// A searcher looks for the secrets of all forms.
type searcher struct {
	t       *testing.T
	secrets map[string][]string // by form
}

func (s *searcher) look(where string, text []byte, except ...string) {
	s.t.Helper()
	for name, list := range s.secrets {
		if slices.Contains(except, name) {
			continue
		}
		for _, secret := range list {
			for how, told := range tellings(secret) {
				if i := bytes.Index(text, []byte(told)); i >= 0 {
					s.t.Errorf("%s holds the secret of the form %s (%s): …%q…", where, name, how, text[max(0, i-120):min(len(text), i+len(told)+40)])
					break
				}
			}
		}
	}
}

// noise is a log that several goroutines write.
type noise struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *noise) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *noise) bytes() []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return bytes.Clone(n.b.Bytes())
}

// TestSecretsAreNowhere sends a secret through every form of program, and looks
// for it wherever something is recorded, kept, shown, logged or answered.
func TestSecretsAreNowhere(t *testing.T) {
	for _, kind := range []string{"memory", "sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			if kind == "postgres" && testing.Short() {
				t.Skip("starts a server")
			}
			secretsAreNowhere(t, kind)
		})
	}
}

func secretsAreNowhere(t *testing.T, kind string) {
	dir := t.TempDir()
	const head = "app Hush\n\nuse Requesting\n    visa from body, header \"Visa\"\nuse Vault\n\nexpose Vault.pass \"to try\"\nexpose Vault.make \"to try\"\nexpose Vault._fail \"to try\"\n\n"
	text, sound := head, head
	for _, f := range forms {
		if f.sync == "" {
			continue
		}
		path := cmp.Or(f.path, "/"+f.name)
		request := fmt.Sprintf("Requesting.request (path: %q, ", path)
		if f.method != "" {
			request = fmt.Sprintf("Requesting.request (method: %q, path: %q, ", f.method, path)
		}
		one := "sync " + strings.ToUpper(f.name[:1]) + f.name[1:] + "\nwhen\n    " + strings.Replace(f.sync, "REQUEST (", request, 1) + "\n\n" + f.also + "\n"
		if text += one; !f.wrong {
			sound += one
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "vault.concept"), []byte(vaultSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	given := secretOf("given")
	hush := func(text string) *app.Program {
		return app.New(fstest.MapFS{"hush.app": {Data: []byte(text)}}, requesting.New, func() app.Concept { return vault(given) })
	}
	storeName := map[string]string{"memory": "memory:", "sqlite": "sqlite:" + filepath.Join(dir, "data", "hush.db")}[kind]
	if kind == "postgres" {
		storeName = pgtest.Start(t, "-c", "fsync=off").URL(t)
	}
	sound = divided(t, sound, hush)
	if err := os.WriteFile(filepath.Join(dir, "hush.app"), []byte(sound), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}

	_, findings, err := hush(text).Checked(private.Access{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, d := range findings {
		switch d.Code {
		case diag.SecretFlows, diag.SecretAnswered:
		case diag.SecretPart:
			if d.Fix != nil {
				continue // the test makes it
			}
		default:
			continue // Open reports other mistakes
		}
		sync := enclosing(text, d.Span.Start)
		found[sync] = true
		if !slices.Contains(wrong, sync) {
			t.Errorf("%s: %s: %s", sync, d.Code, d.Message)
		}
	}
	for _, name := range wrong {
		if !found[name] {
			t.Errorf("nothing is said of the form %s", name)
		}
	}

	logged, journaled := &noise{}, &noise{}
	options := app.Options{
		Store: storeName, Limits: app.Limits{Patience: 50 * time.Millisecond}, Inspect: &app.Inspect{Development: true},
		Log: slog.New(handlers{
			slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}),
			slog.NewJSONHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}),
		}),
		HTTP:     app.HTTP{Development: true},
		Recorder: func(_ value.ID, entries []byte, _ bool) { journaled.Write(entries) },
	}
	program := hush(sound)
	a, err := program.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	s := &searcher{t, map[string][]string{}}
	traces := map[string]string{}
	for n, f := range forms {
		secret, pin := secretOf(f.name), pinOf(n)
		s.secrets[f.name] = []string{secret, pin}
	}
	s.secrets["state"] = []string{given}
	s.secrets["asked from Go"] = []string{secretOf("from Go")}
	for n, f := range forms {
		if f.wrong {
			continue
		}
		secret, pin := secretOf(f.name), pinOf(n)
		quoted, _ := json.Marshal(secret)
		body := strings.NewReplacer("HUSH", string(quoted), "PIN", pin).Replace(f.body)
		target := cmp.Or(strings.ReplaceAll(f.target, "HUSH", url.QueryEscape(secret)), "/"+f.name)
		if !strings.Contains(f.target, "?") {
			target = cmp.Or(strings.ReplaceAll(f.target, "HUSH", url.PathEscape(secret)), "/"+f.name)
		}
		r := httptest.NewRequest(cmp.Or(f.method, "POST"), target, strings.NewReader(body))
		if body == "" {
			r.Body = http.NoBody
		}
		r.Header.Set("Content-Type", "application/json")
		if f.header != "" {
			r.Header.Set(f.header, secret)
		}
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		if w.Code != f.status || !strings.Contains(w.Body.String(), f.answer) {
			t.Errorf("%s: the answer is %d %s, want %d %s", f.name, w.Code, w.Body, f.status, f.answer)
		}
		if !f.shows {
			s.look("the answer to "+f.name, []byte(fmt.Sprint(w.Header())+w.Body.String()))
		}
		if !slices.Contains([]string{"missing", "exposing", "question", "text", "number"}, f.name) { // those open no flow
			traces[f.name] = w.Header().Get("X-Trace-Id")
		}
	}
	for action, in := range map[string][]app.Field{
		"Requesting.request": {{Name: "method", Value: value.String("POST")}, {Name: "path", Value: value.String("/record")}, {Name: "user.password", Value: value.String(secretOf("from Go"))}, {Name: "user.username", Value: value.String("ann")}},
	} {
		if out, err := a.Ask(t.Context(), action, in...); err != nil || out.Fault != nil {
			t.Errorf("%s: %v, %v", action, err, out.Fault)
		}
	}
	pages := []string{"/", "/program", "/concepts", "/concepts/Vault", "/concepts/Vault/Item", "/concepts/Vault/Mark", "/routes", "/metrics", "/api/v1/flows", "/api/v1/unfinished", "/api/v1/turned"}
	for _, id := range traces {
		pages = append(pages, "/flows/"+id, "/api/v1/flows/"+id)
	}
	for _, page := range pages {
		r := httptest.NewRequest("GET", "http://127.0.0.1"+page, nil)
		w := httptest.NewRecorder()
		a.Inspector(private.Access{}).ServeHTTP(w, r)
		s.look("the page "+page, w.Body.Bytes())
	}
	r := httptest.NewRequest("GET", "/openapi.json", nil)
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	s.look("the description", w.Body.Bytes())
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if kind != "memory" {
		a, err := program.Open(t.Context(), options) // what was under way goes on without its secrets
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		t.Chdir(dir)
		run := func(args ...string) {
			_, out, errOut := legible(append(args, "--store", storeName)...)
			s.look(strings.Join(args, " "), []byte(out+errOut))
			if args[0] == "flow" && out == "" && (args[1] != "scenario" || !strings.Contains(errOut, "a part of it is secret") && !strings.Contains(errOut, ", not by a request")) {
				t.Errorf("legible %s says nothing: %s", strings.Join(args, " "), errOut)
			}
		}
		for name, id := range traces {
			if testing.Short() && !slices.Contains([]string{"record", "refused", "faulting", "sent"}, name) {
				continue // each reads and checks the program again
			}
			run("flow", "show", id)
			run("flow", "show", id, "--entries")
			run("flow", "show", id, "--json")
			run("flow", "scenario", id)
			run("why", id)
		}
		run("flow", "list")
		run("trace")
		run("journal", "export", filepath.Join(dir, "export.jsonl"))
		run("journal", "verify")
		run("backup", filepath.Join(dir, "backup.db"))
	}
	s.look("the log", logged.bytes())
	s.look("the record", journaled.bytes())
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		s.look(filepath.Base(name), b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if kind == "postgres" {
		s.look("the database", dumped(t, storeName))
	}
}

// divided returns a program with the fixes for secrets that are parts of a field.
func divided(t *testing.T, text string, program func(string) *app.Program) string {
	for range 100 {
		_, findings, err := program(text).Checked(private.Access{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(findings, func(d diag.Diagnostic) bool { return d.Code == diag.SecretPart && d.Fix != nil })
		if i < 0 {
			return text
		}
		if text, err = diag.Apply(findings[i].Span.File, findings[i].Fix.Edits); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the fixes do not end")
	return ""
}

// enclosing names the form whose sync a place in the text is in.
func enclosing(text string, at int) string {
	_, rest, _ := strings.Cut(text[strings.LastIndex(text[:at], "\nsync "):], "sync ")
	name, _, _ := strings.Cut(rest, "\n")
	return strings.TrimRight(strings.ToLower(name), "2")
}

// handlers are several that are told the same.
type handlers []slog.Handler

func (h handlers) Enabled(context.Context, slog.Level) bool { return true }
func (h handlers) Handle(ctx context.Context, r slog.Record) error {
	for _, x := range h {
		if err := x.Handle(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (h handlers) WithAttrs(attrs []slog.Attr) slog.Handler {
	all := slices.Clone(h)
	for i, x := range all {
		all[i] = x.WithAttrs(attrs)
	}
	return all
}

func (h handlers) WithGroup(name string) slog.Handler {
	all := slices.Clone(h)
	for i, x := range all {
		all[i] = x.WithGroup(name)
	}
	return all
}

// dumped is all that a database server holds, as pg_dumpall writes it.
func dumped(t *testing.T, url string) []byte {
	if _, err := exec.LookPath("pg_dumpall"); err != nil {
		t.Skip("the tables are not looked at: ", err)
	}
	url, _, _ = strings.Cut(url, "?")
	out, err := exec.Command("pg_dumpall", "--inserts", "--dbname", url).CombinedOutput()
	if err != nil {
		t.Fatalf("pg_dumpall: %v: %s", err, out)
	}
	return out
}
