package main

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/value"
)

// firings counts from the records how often each sync fired.
type firings struct {
	mu    sync.Mutex
	t     *testing.T
	flows map[value.ID][]byte
}

func (f *firings) record(flow value.ID, entries []byte, _ bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flows[flow] = append(f.flows[flow], entries...)
}

func (f *firings) of(sync string) int {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, bytes := range f.flows {
		entries, err := journal.Read(bytes)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, e := range entries {
			if e.Kind == journal.Fired && e.Sync == sync {
				n++
			}
		}
	}
	return n
}

// loginApp is the part of the app that a login uses.
const loginApp = `
app Login

use Requesting
    session from body, bearer, cookie "session"
use Profile
use Sessioning [User = Profile.User]
`

// try serves the concepts of a login with other syncs.
func try(t *testing.T, syncs string) (client, *firings) {
	t.Helper()
	f := &firings{t: t, flows: map[value.ID][]byte{}}
	options := legible.Options{Log: slog.New(slog.DiscardHandler), Recorder: f.record}
	options.HTTP.Prefix, options.HTTP.Development = prefix, true
	c, _ := serveProgram(t, legible.New(fstest.MapFS{
		"program.app":  {Data: []byte(loginApp)},
		"program.sync": {Data: []byte(syncs)},
	}, requesting.New, profile.With(profile.Options{Memory: 8}), sessioning.New), options)
	return c, f
}

const signUp = `
sync SignUp
when
    Requesting.request (path: "/signup", username, password) : (request)
then
    Profile.createAccount (username, password) : (user)
    Requesting.respond (request, user)
`

// TestLoginForms logs in through syncs in three forms: with an action that uses the
// output of the previous one; split so that each sync only uses outputs of others;
// and as one sync. For a client they are equal.
func TestLoginForms(t *testing.T) {
	for name, form := range map[string]struct {
		syncs string
		fired map[string]int
	}{
		"as it was first written": {`
sync LogIn
when
    Requesting.request (path: "/auth/login", username, password) : (request)
    Profile.authenticate () : (user)
then
    Sessioning.create (user) : (session)
    Requesting.respond (request, user, session, message: "Login successful")

sync HandleLoginRequest
when
    Requesting.request (path: "/auth/login", username, password) : (request)
then
    Profile.authenticate (username, password) : (user)
`, map[string]int{"LogIn": 1, "HandleLoginRequest": 2}},
		"split in stages": {`
sync HandleLoginRequest
when
    Requesting.request (path: "/auth/login", username, password) : (request)
then
    Profile.authenticate (username, password)

sync CreateSession
when
    Requesting.request (path: "/auth/login") : (request)
    Profile.authenticate () : (user)
then
    Sessioning.create (user)

sync RespondWithSession
when
    Requesting.request (path: "/auth/login") : (request)
    Profile.authenticate () : (user)
    Sessioning.create (user) : (session)
then
    Requesting.respond (request, user, session, message: "Login successful")
`, map[string]int{"HandleLoginRequest": 2, "CreateSession": 1, "RespondWithSession": 1}},
		"one sync, and one for the refusal": {`
sync LogIn
when
    Requesting.request (path: "/auth/login", username, password) : (request)
then
    Profile.authenticate (username, password) : (user)
    Sessioning.create (user) : (session)
    Requesting.respond (request, user, session, message: "Login successful")

sync RespondToFailedAuthentication
when
    Requesting.request (path: "/auth/login") : (request)
    Profile.authenticate () : (error, refusal)
then
    Requesting.respond (request, status: 401, error, refusal)
`, map[string]int{"LogIn": 2, "RespondToFailedAuthentication": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			c, fired := try(t, signUp+form.syncs)
			user := c.want("/api/signup", ann, 200, nil).text("user")
			c.want("/api/auth/login", ann, 200, fields{"user": user, "session": nil, "message": "Login successful"})
			refused := c.want("/api/auth/login", `{"username": "ann", "password": "wrong horse"}`, 401, nil)
			if want := `{"error":"Invalid username or password.","refusal":"INVALID_CREDENTIALS"}`; refused.raw != want {
				t.Errorf("a wrong password is answered %s, want %s", refused.raw, want)
			}
			for sync, want := range form.fired {
				if got := fired.of(sync); got != want {
					t.Errorf("%s fired %d times in two logins, want %d", sync, got, want)
				}
			}
		})
	}
}

// TestOnceForEachMatch joins the request with each of three actions of its flow: the
// same request is part of each match.
func TestOnceForEachMatch(t *testing.T) {
	c, fired := try(t, signUp+`
sync Begin
when
    Requesting.request (path: "/begin", username, password) : (request)
then
    Profile.authenticate (username, password) : (user)
    Sessioning.create (user) : (session)
    Requesting.respond (request, session)

sync EndThree
when
    Requesting.request (path: "/end", one, two, three) : (request)
then
    Sessioning.delete (session: one) : ()
    Sessioning.delete (session: two) : ()
    Sessioning.delete (session: three) : ()
    Requesting.respond (request, message: "All three have ended.")

sync NoteEnd
when
    Requesting.request (path: "/end") : (request)
    Sessioning.delete () : ()
then
    Sessioning.deleteAll (user: "nobody")
`)
	c.want("/api/signup", ann, 200, nil)
	session := func() string { return c.want("/api/begin", ann, 200, fields{"session": nil}).text("session") }
	body := `{"one": "` + session() + `", "two": "` + session() + `", "three": "` + session() + `"}`
	c.want("/api/end", body, 200, fields{"message": "All three have ended."})
	if got := fired.of("NoteEnd"); got != 3 {
		t.Errorf("NoteEnd fired %d times for three deletions, want 3", got)
	}
	if got := fired.of("EndThree"); got != 1 {
		t.Errorf("EndThree fired %d times for one request, want 1", got)
	}
	// A session cannot end twice; then nothing is recorded.
	c.want("/api/end", body, 404, fields{"error": "There is no such session."})
	if got := fired.of("NoteEnd"); got != 3 {
		t.Errorf("NoteEnd fired for a refused deletion")
	}
}

// TestSilentDrop sends a request that a line without else drops: the answer comes at
// once and names the line.
func TestSilentDrop(t *testing.T) {
	c, fired := try(t, `
sync WhoAmI
when
    Requesting.request (path: "/whoami", session) : (request)
where
    in Sessioning: _getUser (session) : (user)
then
    Requesting.respond (request, user)
`)
	a := c.want("/api/whoami", `{"session": "made up"}`, 500, fields{"error": nil})
	if !strings.Contains(a.raw, "program.sync:6:5") || !strings.Contains(a.raw, "WhoAmI") {
		t.Errorf("the answer does not name the line that dropped the frame: %s", a.raw)
	}
	if strings.Contains(a.raw, "made up") {
		t.Errorf("the answer shows the session: %s", a.raw)
	}
	if got := fired.of("WhoAmI"); got != 0 {
		t.Errorf("WhoAmI fired %d times, want 0", got)
	}
}
