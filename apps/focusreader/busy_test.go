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
)

// A crowdedProfile is a Profile of which all passwords are "correct horse", and
// whose hashing has no place left while busy is set.
type crowdedProfile struct {
	profile.Actions
	*profile.State
	busy *bool
}

var errCrowded = &legible.Refusal{Code: profile.ErrBusy.Code, After: time.Second}

func (c *crowdedProfile) CreateAccount(ctx legible.Context, in profile.CreateAccountIn) (profile.CreateAccountOut, error) {
	user, err := c.Users.Insert(ctx, profile.UserRow{Username: in.Username, PasswordHash: "none"})
	return profile.CreateAccountOut{User: user}, err
}

func (c *crowdedProfile) Authenticate(ctx legible.Context, in profile.AuthenticateIn) (profile.AuthenticateOut, error) {
	user, _, known := c.Users.ByUsername(ctx, in.Username)
	switch {
	case *c.busy:
		return profile.AuthenticateOut{}, errCrowded
	case !known || in.Password.Reveal() != "correct horse":
		return profile.AuthenticateOut{}, profile.ErrInvalidCredentials
	}
	return profile.AuthenticateOut{User: user}, nil
}

func (c *crowdedProfile) ChangePassword(_ legible.Context, in profile.ChangePasswordIn) (profile.ChangePasswordOut, error) {
	if *c.busy {
		return profile.ChangePasswordOut{}, errCrowded
	}
	return profile.ChangePasswordOut{User: in.User}, nil
}

func (c *crowdedProfile) GetUserDetails(ctx legible.Context, in profile.GetUserDetailsIn) (profile.GetUserDetailsOut, bool, error) {
	row, known := c.Users.Get(ctx, in.User)
	return profile.GetUserDetailsOut{Username: row.Username}, known, nil
}

// A password that nobody has looked at costs no try: strangers who fill the queue
// before the hashing use up nobody's tries.
func TestBusyCostsNoTry(t *testing.T) {
	busy := false
	crowded := func() legible.Concept {
		return profile.Define(func(s *profile.State) profile.Actions { return &crowdedProfile{State: s, busy: &busy} })
	}
	two := limiting.Budget{Tries: 2, Every: 15 * time.Minute}
	app := legible.New(texts, requesting.New, crowded, sessioning.New, limiting.With(limitsOf(two, two, limiting.Budget{})),
		library.New, annotation.New, focusstats.New, textsettings.New)
	s, err := readSettings([]string{"--store", "memory:"}, nil, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	s.options.Log = slog.New(slog.DiscardHandler)
	s.options.Clock = func() time.Time { return time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC) }
	if err := app.Open(t.Context(), s.options); err != nil {
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
	const change = `{"oldPassword": "correct horse", "newPassword": "battery staple"}`
	tries := []struct{ path, body string }{
		{"/auth/login", account("ann")}, {"/Profile/authenticate", account("ann")}, {"/Profile/changePassword", change},
	}
	busy = true
	for range 4 {
		for _, try := range tries {
			w := g.knock(away, try.path, try.body, "Authorization", "Bearer "+session)
			const want = `{"error":"Too many passwords are being checked just now. Please try again in a moment.","refusal":"BUSY"}`
			if got := strings.TrimSpace(w.Body.String()); w.Code != 429 || got != want || w.Header().Get("Retry-After") != "1" {
				t.Fatalf("%s: %d %q %s", try.path, w.Code, w.Header().Get("Retry-After"), got)
			}
		}
	}
	busy = false
	for _, try := range tries {
		g.want(200, away, try.path, try.body, "Authorization", "Bearer "+session)
	}
	// A wrong one costs a try as ever.
	for _, status := range []int{401, 401, 429} {
		g.want(status, "198.51.100.2:1", "/auth/login", `{"username": "bob", "password": "wrong horse"}`)
	}
}
