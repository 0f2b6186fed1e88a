package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"log/slog"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/private"
)

// serve serves the app with a new store.
func serve(t *testing.T, args ...string) client {
	t.Helper()
	s, err := readSettings(append([]string{"--store", "sqlite:" + t.TempDir() + "/reader.db"}, args...), nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	s.options.Log = slog.New(slog.DiscardHandler)
	c, _ := serveProgram(t, testProgram(), s.options)
	return c
}

func serveProgram(t *testing.T, program *legible.Program, options legible.Options) (client, *legible.App) {
	t.Helper()
	app, err := program.Open(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(witnessed(t, program, app, options))
	t.Cleanup(func() {
		server.Close()
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return client{t, server.URL}, app
}

// fields are required fields of an answer.
type fields = map[string]any

const ann = `{"username": "ann", "password": "correct horse"}`

func TestChecker(t *testing.T) {
	program, findings, err := testProgram().Checked(private.Access{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range findings {
		if d.Severity == diag.Error {
			t.Errorf("%s: %s", d.Span, d.Message)
		} else {
			t.Logf("%s: %s", d.Span, d.Message)
		}
	}
	if program.Name != "FocusReader" {
		t.Errorf("the app is called %q", program.Name)
	}
}

// TestRoutes uses the routes as a client does.
func TestRoutes(t *testing.T) {
	c := serve(t)

	user := c.want("/api/Profile/createAccount", ann, 200,
		fields{"user": nil, "library": nil, "focusStats": nil, "settings": nil}).text("user")
	c.want("/api/Profile/createAccount", ann, 409,
		fields{"error": "Username 'ann' already exists.", "refusal": "USERNAME_TAKEN"})
	c.want("/api/Profile/createAccount", `{"username": "bob", "password": "short"}`, 422,
		fields{"error": "Password must be at least 8 characters long."})
	c.want("/api/Profile/createAccount", `{"username": "bob"}`, 400, fields{"error": nil})

	c.want("/api/Profile/authenticate", `{"username": "`+strings.Repeat("a", 1<<20)+`", "password": "correct horse"}`, 413,
		fields{"error": "the body is larger than 881 KiB, which is the limit"})

	c.want("/api/Profile/authenticate", ann, 200, fields{"user": user})
	wrong := c.want("/api/Profile/authenticate", `{"username": "ann", "password": "wrong horse"}`, 401,
		fields{"error": "Invalid username or password."})
	unknown := c.want("/api/auth/login", `{"username": "bob", "password": "correct horse"}`, 401, nil)
	if wrong.raw != unknown.raw {
		t.Errorf("a wrong password is answered %s and an unknown name %s", wrong.raw, unknown.raw)
	}

	login := c.want("/api/auth/login", ann, 200, fields{"user": user, "session": nil, "message": "Login successful"})
	session := login.text("session")
	if k := login.cookie; k == nil || k.Value != session || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" {
		t.Errorf("login set the cookie %v", login.cookie)
	}

	// The session may be in the body, a header or a cookie.
	c.want("/api/Profile/_getUserDetails", `{"session": "`+session+`"}`, 200, fields{"username": "ann"})
	c.want("/api/Profile/_getUserDetails", `{}`, 200, fields{"username": "ann"}, "Authorization", "Bearer "+session)
	c.want("/api/Profile/_getUserDetails", `{}`, 200, fields{"username": "ann"}, "Cookie", "session="+session)
	c.want("/api/Profile/_getUserDetails", `{"user": "`+user+`"}`, 401, nil)
	c.want("/api/Profile/_getUserDetails", `{"session": "made up"}`, 401, fields{"error": "Please log in."})

	change := func(old, new string) string {
		return `{"session": "` + session + `", "oldPassword": "` + old + `", "newPassword": "` + new + `"}`
	}
	c.want("/api/Profile/changePassword", change("wrong horse", "battery staple"), 403, fields{"error": "Incorrect old password."})
	c.want("/api/Profile/changePassword", change("correct horse", "correct horse"), 422,
		fields{"error": "New password cannot be the same as the old password."})
	c.want("/api/Profile/changePassword", change("correct horse", "battery staple"), 200, fields{"user": user})
	c.want("/api/Profile/authenticate", ann, 401, nil)

	out := c.want("/api/auth/logout", `{"session": "`+session+`"}`, 200, fields{"message": "Logged out successfully"})
	if out.cookie == nil || out.cookie.MaxAge >= 0 {
		t.Errorf("logout left the cookie: %v", out.cookie)
	}
	c.want("/api/auth/logout", `{"session": "`+session+`"}`, 404, fields{"error": "There is no such session."})
	c.want("/api/Profile/_getUserDetails", `{}`, 401, fields{"error": "Please log in."}, "Cookie", "session="+session)
}

// TestOlderClients requires refusals with status 200.
func TestOlderClients(t *testing.T) {
	c := serve(t, "--store", "memory:", "--refusals", "200")
	c.want("/api/Profile/createAccount", ann, 200, nil)
	c.want("/api/Profile/createAccount", ann, 200, fields{"error": "Username 'ann' already exists."})
	c.want("/api/auth/login", `{"username": "ann", "password": "wrong horse"}`, 200, fields{"error": "Invalid username or password."})
	c.want("/api/Profile/_getUserDetails", `{"session": "made up"}`, 200, fields{"error": "Please log in."})
}

// TestPaths requests unknown paths.
func TestPaths(t *testing.T) {
	c := serve(t, "--store", "memory:")
	c.want("/api/auth/Login", ann, 404, fields{"nearest": "/api/auth/login"})
	c.want("/auth/login", ann, 404, fields{"nearest": "/api/auth/login"})
	c.want("/nothing/of/the/kind", "{}", 404, fields{"error": nil})
	r, err := http.NewRequest("GET", c.base+"/api/auth/login", nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := c.send(r); a.status != 405 {
		t.Errorf("GET /api/auth/login answered %d: %s", a.status, a.raw)
	}
	page, err := http.Get(c.base + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	text, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	if page.StatusCode != 200 || !strings.Contains(string(text), c.base+"/api/Profile/createAccount") {
		t.Errorf("the page at / answered %d and does not say where the API is:\n%s", page.StatusCode, text)
	}
}

func TestSettings(t *testing.T) {
	env := []string{"FOCUSREADER_ADDR=127.0.0.1:9000", "FOCUSREADER_REFUSALS=200", "FOCUSREADER_DEV=true", "FOCUSREADER_SERVICE_HOST=10.0.0.1", "HOME=/"}
	var said strings.Builder
	s, err := readSettings([]string{"--addr", "127.0.0.1:0"}, env, &said)
	if err != nil {
		t.Fatal(err)
	}
	if o := s.options; o.Addr != "127.0.0.1:0" || !o.HTTP.Refusals200 || !o.HTTP.Development || o.Store != "sqlite:focusreader.db" {
		t.Errorf("the settings are %+v", o)
	}
	if said.Len() > 0 {
		t.Errorf("something is said of variables that are right, or others': %s", said.String())
	}
	_, err = readSettings(nil, []string{"FOCUSREADER_DURABILTY=relaxed", "FOCUSREADER_BEHINDTLS=true"}, &said)
	if want := "nothing reads the variable FOCUSREADER_DURABILTY; did you mean FOCUSREADER_DURABILITY?"; err != nil || !strings.Contains(said.String(), want) ||
		!strings.Contains(said.String(), "did you mean FOCUSREADER_BEHIND_TLS?") {
		t.Errorf("misspelt variables: %v, and said is %q, want %q", err, said.String(), want)
	}
	for _, x := range []struct {
		args  []string
		env   string
		age   time.Duration
		flows int
	}{
		{nil, "", 30 * 24 * time.Hour, 1_000_000},
		{nil, "7d", 7 * 24 * time.Hour, 1_000_000},
		{[]string{"--journal-age", "36h", "--journal-flows", "5"}, "7d", 36 * time.Hour, 5},
		{[]string{"--journal-age=all", "--journal-flows=all"}, "", -1, -1},
	} {
		s, err := readSettings(x.args, []string{"FOCUSREADER_JOURNAL_AGE=" + x.env}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if k := s.options.Keep; k.JournalAge != x.age || k.JournalFlows != x.flows {
			t.Errorf("%v with FOCUSREADER_JOURNAL_AGE=%q keeps the record for %v and of %d flows, want %v and %d", x.args, x.env, k.JournalAge, k.JournalFlows, x.age, x.flows)
		}
	}
	for _, x := range []struct{ arg, want string }{
		{"--adr=x", "there is no flag --adr; did you mean --addr?"},
		{"--refusals=kinds", `--refusals is kind or 200, not "kinds"`},
		{"--durability=ful", `durability is full, relaxed or memory, not "ful"`},
		{"--journal-age=month", `--journal-age: an age is written as 30d, 36h or 90m, or all for no limit, not "month"`},
		{"--journal-flows=0", `--journal-flows: it is a number above 0, or all, not "0"`},
		{"--at-once=0", `--at-once is a number above 0, not "0"`},
		{"--connections=none", `--connections is a number above 0, or auto, not "none"`},
		{"--addr=localhost", `--addr is HOST:PORT, as in 127.0.0.1:8000, not "localhost"`},
		{"--store=", "--store is empty: write sqlite:PATH"},
		{"serve", `unexpected argument "serve"`},
	} {
		var said strings.Builder
		if _, err := readSettings([]string{x.arg}, nil, &said); err != errUsage || !strings.Contains(said.String(), x.want) {
			t.Errorf("%s says %q (%v), want %q", x.arg, said.String(), err, x.want)
		}
	}
}

// A value that is neither true nor false must not silently leave cookies without
// Secure.
func TestVariablesThatAreFlags(t *testing.T) {
	for _, x := range []struct {
		value string
		tls   bool
		want  string
	}{
		{"", false, ""},
		{"true", true, ""},
		{"1", true, ""},
		{"TRUE", true, ""},
		{"false", false, ""},
		{"yes", false, `FOCUSREADER_BEHIND_TLS is true or false, not "yes"`},
	} {
		var said strings.Builder
		s, err := readSettings(nil, []string{"FOCUSREADER_BEHIND_TLS=" + x.value}, &said)
		switch {
		case x.want != "":
			if err != errUsage || !strings.Contains(said.String(), x.want) {
				t.Errorf("FOCUSREADER_BEHIND_TLS=%s says %q (%v), want %q", x.value, said.String(), err, x.want)
			}
		case err != nil:
			t.Errorf("FOCUSREADER_BEHIND_TLS=%q: %v", x.value, err)
		case s.options.HTTP.BehindTLS != x.tls:
			t.Errorf("FOCUSREADER_BEHIND_TLS=%q means %v, want %v", x.value, s.options.HTTP.BehindTLS, x.tls)
		}
	}
}

// If the inspector cannot start, the server does not report that it listens.
func TestStartSaysNothingTooEarly(t *testing.T) {
	var out, errOut strings.Builder
	err := run(t.Context(), []string{"--store", "memory:", "--addr", "127.0.0.1:0", "--inspect", "0.0.0.0:0"}, nil, &out, &errOut)
	if err == nil || status(err) != 2 || !strings.Contains(err.Error(), "can be reached from other machines") {
		t.Errorf("an inspector for everybody ends with %v, want a start that fails", err)
	}
	if out.String() != "" {
		t.Errorf("before it failed it said %q", out.String())
	}
}
