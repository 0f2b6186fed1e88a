package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
)

// TestLoginRaces logs in repeatedly while the password is changed or the account is
// deleted. Hashing takes as long as in production, so most logins have read the old
// hash when the change commits. No session that began with the old password remains.
func TestLoginRaces(t *testing.T) {
	t.Parallel()
	accounts := 2
	if testing.Short() {
		accounts = 1
	}
	nodes := map[string]func(t *testing.T) []client{
		"sqlite": func(t *testing.T) []client { return []client{racer(t, "sqlite:"+t.TempDir()+"/reader.db")} },
		"memory": func(t *testing.T) []client { return []client{racer(t, "memory")} },
		"postgres": func(t *testing.T) []client {
			url := pgtest.Start(t, "-c", "fsync=off").URL(t)
			return []client{racer(t, url), racer(t, url)}
		},
	}
	for name, open := range nodes {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "memory" {
				t.Skip("the memory store shows it; the others are left out with -short")
			}
			clients := open(t)
			first, last := clients[0], clients[len(clients)-1]
			for n := range accounts {
				who := fmt.Sprintf("reader %d", n)
				body := object("username", who, "password", "correct horse")
				if n%2 == 1 {
					raceLogins(t, last, first, body, func(session string) {
						first.want("/api/Profile/deleteAccount", object("session", session), 200, nil)
					})
					continue
				}
				kept := raceLogins(t, last, first, body, func(session string) {
					change := object("session", session, "oldPassword", "correct horse", "newPassword", "battery staple")
					a := first.post("/api/Profile/changePassword", change)
					for ; a.text("refusal") == "BUSY"; a = first.post("/api/Profile/changePassword", change) {
						time.Sleep(10 * time.Millisecond) // the logins fill the queue of passwords
					}
					if a.status != 200 {
						t.Errorf("changing the password was answered %d: %s", a.status, a.raw)
					}
				})
				first.want("/api/Profile/_getUserDetails", object("session", kept), 200, fields{"username": who})
			}
		})
	}
}

// raceLogins makes an account, logs in at one node until that is refused, changes
// the account at another, and checks that no session of these logins remains. It
// returns the session that changed the account.
func raceLogins(t *testing.T, logins, other client, body string, change func(session string)) string {
	t.Helper()
	other.want("/api/Profile/createAccount", body, 200, nil)
	kept := other.want("/api/auth/login", body, 200, nil).fields["session"].(string)
	var mu sync.Mutex
	var sessions []string
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for {
				switch a := logins.post("/api/auth/login", body); a.status {
				case 200:
					mu.Lock()
					sessions = append(sessions, a.fields["session"].(string))
					mu.Unlock()
				case 429, 503: // busy
					time.Sleep(10 * time.Millisecond)
				case 401:
					return
				default:
					t.Errorf("a login answered %d: %s", a.status, a.raw)
					return
				}
			}
		})
	}
	for begun := 0; begun < 3; time.Sleep(5 * time.Millisecond) {
		mu.Lock()
		begun = len(sessions)
		mu.Unlock()
	}
	change(kept)
	group.Wait()
	for i, session := range sessions {
		if a := other.post("/api/Profile/_getUserDetails", object("session", session)); a.status != 401 {
			t.Errorf("session %d of %d is alive: %d %s", i+1, len(sessions), a.status, a.raw)
		}
	}
	return kept
}

// racer serves the app with the password hashing of production, or with -short a
// quarter of its work.
func racer(t *testing.T, place string) client {
	t.Helper()
	s, err := readSettings([]string{"--store", place}, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	s.options.Log = slog.New(slog.DiscardHandler)
	var passwords profile.Options
	if testing.Short() {
		passwords.Memory = 16 << 10
	}
	app, err := newProgram(passwords).Open(t.Context(), s.options)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler(app))
	t.Cleanup(func() {
		server.Close()
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return client{t, server.URL}
}
