package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/annotation"
	"github.com/legible-lang/legible/concepts/focusstats"
	"github.com/legible-lang/legible/concepts/library"
	"github.com/legible-lang/legible/concepts/limiting"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/concepts/textsettings"
	"github.com/legible-lang/legible/value"
)

// crowdedProgram is FocusReader with a full queue of password hashing for the
// password "crowded horse".
func crowdedProgram(limits limiting.Options) *legible.Program {
	crowded := func() legible.Concept {
		c := profile.With(profile.Options{Memory: 8, Time: 1, Threads: 1, RefuseCommon: true})()
		build := c.Build
		c.Build = func(i *legible.Instance) legible.Methods {
			m := build(i)
			for _, name := range []string{"authenticate", "changePassword"} {
				method := m.Actions[name]
				m.Actions[name] = func(ctx legible.Context, in, out []value.Value) error {
					const password = 1 // the index of the password of authenticate, and of the old password
					if text, _ := in[password].Reveal().Text(); text == "crowded horse" {
						return &legible.Refusal{Code: profile.ErrBusy.Code, After: time.Second}
					}
					return method(ctx, in, out)
				}
			}
			return m
		}
		return c
	}
	return legible.New(texts, requesting.New, crowded, sessioning.New, limiting.With(limits),
		library.New, annotation.New, focusstats.New, textsettings.New)
}

// A password that was not checked costs no try: strangers who fill the queue of
// password hashing do not use up the tries of others.
func TestBusyCostsNoTry(t *testing.T) {
	two := limiting.Budget{Tries: 2, Every: 15 * time.Minute}
	program := crowdedProgram(limitsOf(two, two, limiting.Budget{}))
	s, err := readSettings([]string{"--store", "memory:"}, nil, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	s.options.Log = slog.New(slog.DiscardHandler)
	s.options.Clock = func() time.Time { return time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC) }
	app, err := program.Open(t.Context(), s.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	g := &gate{t, handler(app)}
	const home, away = "203.0.113.7:1", "198.51.100.1:1"
	g.want(200, home, "/Profile/createAccount", account("ann"))
	session := ""
	for _, c := range g.knock(home, "/auth/login", account("ann")).Result().Cookies() {
		if c.Name == "session" {
			session = c.Value
		}
	}
	tries := []struct{ path, body string }{
		{"/auth/login", account("ann")},
		{"/Profile/authenticate", account("ann")},
		{"/Profile/changePassword", `{"oldPassword": "correct horse", "newPassword": "battery staple"}`},
	}
	for range 4 {
		for _, try := range tries {
			w := g.knock(away, try.path, strings.Replace(try.body, "correct", "crowded", 1), "Authorization", "Bearer "+session)
			const want = `{"error":"Too many passwords are being checked just now. Please try again in a moment.","refusal":"BUSY"}`
			if got := strings.TrimSpace(w.Body.String()); w.Code != 429 || got != want || w.Header().Get("Retry-After") != "1" {
				t.Fatalf("%s: %d %q %s", try.path, w.Code, w.Header().Get("Retry-After"), got)
			}
		}
	}
	for _, try := range tries {
		g.want(200, away, try.path, try.body, "Authorization", "Bearer "+session)
	}
	// A wrong password costs a try as usual.
	for _, status := range []int{401, 401, 429} {
		g.want(status, "198.51.100.2:1", "/auth/login", `{"username": "bob", "password": "wrong horse"}`)
	}
}
