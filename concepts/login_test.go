package concepts_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
)

// app is the first page of many apps: the three concepts joined as people join
// them.
const app = `app LoggingIn

use Requesting
use Profile
use Sessioning [User = Profile.User]
`

const syncs = `sync Register
when
    Requesting.request (path: "/register", username, password) : (request)
then
    Profile.createAccount (username, password) : (user)
    Requesting.respond (request, user)

sync LogIn
when
    Requesting.request (path: "/login", username, password) : (request)
then
    Profile.authenticate (username, password) : (user)
    Sessioning.create (user) : (session)
    Requesting.respond (request, user, session, message: "Login successful")

sync WhoAmI
when
    Requesting.request (path: "/me", session) : (request)
where
    in Sessioning: _getUser (session) : (user)
        else Requesting.respond (request, status: 401, error: "Please log in.")
    in Profile: _getUserDetails (user) : (username)
    users is each name
        in Profile: _getAllUsers () : (username: name)
then
    Requesting.respond (request, username, users)

sync LogOut
when
    Requesting.request (path: "/logout", session) : (request)
then
    Sessioning.delete (session) : ()
    Requesting.respond (request, message: "Logged out successfully")
`

func TestTheConceptsTogether(t *testing.T) {
	a, err := legible.New(fstest.MapFS{"app.app": {Data: []byte(app)}, "app.sync": {Data: []byte(syncs)}},
		requesting.New, profile.With(profile.Options{Memory: 8}), sessioning.New).Open(t.Context(), legible.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	post := func(path, body string, status int) map[string]any {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		var out map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != status {
			t.Errorf("POST %s %s is answered %d %s, want %d", path, body, w.Code, w.Body, status)
		}
		return out
	}
	is := func(out map[string]any, name, want string) {
		t.Helper()
		if out[name] != want {
			t.Errorf("the answer %v should have %s %q", out, name, want)
		}
	}
	ann := `{"username": "ann", "password": "correct horse"}`
	created := post("/register", ann, 200)
	is(post("/register", ann, 409), "error", "Username 'ann' already exists.")
	is(post("/login", `{"username": "ann", "password": "wrong horse"}`, 401), "error", "Invalid username or password.")
	in := post("/login", ann, 200)
	is(in, "message", "Login successful")
	if in["user"] != created["user"] {
		t.Errorf("logging in gives %v, want the user %v", in, created)
	}
	token, _ := in["session"].(string)
	session := `{"session": "` + token + `"}`
	is(post("/me", session, 200), "username", "ann")
	is(post("/logout", session, 200), "message", "Logged out successfully")
	is(post("/logout", session, 404), "error", "There is no such session.")
	is(post("/me", session, 401), "error", "Please log in.")
}
