package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/limiting"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
)

// A gate is an app with clients at several addresses.
type gate struct {
	t *testing.T
	http.Handler
}

// openGate opens an app with flags.
func openGate(t *testing.T, flags ...string) *gate {
	t.Helper()
	var said strings.Builder
	s, err := readSettings(append([]string{"--store", "memory:"}, flags...), nil, &said)
	if err != nil {
		t.Fatal(err, said.String())
	}
	program := newProgram(profile.Options{Memory: 8, Time: 1, Threads: 1, Waiting: 100, Wait: time.Minute}, s.limits)
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
	return &gate{t, handler(app)}
}

// knock sends a request from an address. Headers are pairs of a name and a value.
func (g *gate) knock(from, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/api"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	r.RemoteAddr = from
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

// want sends a request and checks the status.
func (g *gate) want(status int, from, path, body string, headers ...string) {
	g.t.Helper()
	w := g.knock(from, path, body, headers...)
	if w.Code != status {
		g.t.Errorf("%s %s from %s %q answered %d, want %d: %s", path, body, from, headers, w.Code, status, w.Body)
	}
	if again := w.Header().Get("Retry-After"); (again != "") != (w.Code == 429) {
		g.t.Errorf("%s from %s answered %d with Retry-After %q", path, from, w.Code, again)
	}
}

func account(name string) string {
	return fmt.Sprintf(`{"username": %q, "password": "correct horse"}`, name)
}

// New accounts from one address are limited, whether or not they can be created,
// independently of other addresses. An IPv6 network counts as one client.
func TestLimitOfAccounts(t *testing.T) {
	g := openGate(t, "--limit-accounts=3/10m")
	g.want(200, "203.0.113.7:1", "/Profile/createAccount", account("ann"))
	g.want(409, "203.0.113.7:2", "/Profile/createAccount", account("ann"))
	g.want(400, "203.0.113.7:3", "/Profile/createAccount", `{"username": "bob"}`) // no sync sees it
	g.want(200, "203.0.113.7:3", "/Profile/createAccount", account("bob"))
	g.want(429, "203.0.113.7:4", "/Profile/createAccount", account("carl"))
	g.want(429, "203.0.113.7:4", "/Profile/createAccount", account("ann"))
	g.want(200, "203.0.113.8:1", "/Profile/createAccount", account("carl"))
	for i, status := range []int{200, 200, 200, 429} {
		g.want(status, fmt.Sprintf("[2001:db8:1:2::%d]:1", i+1), "/Profile/createAccount", account(fmt.Sprint("v6-", i)))
	}
	g.want(200, "[2001:db8:1:3::1]:1", "/Profile/createAccount", account("v6"))
	g.want(200, "203.0.113.7:1", "/auth/login", account("ann"))
}

// An address has a limited number of wrong passwords, for any names; right passwords
// are not counted. A network with many people does not block itself.
func TestLimitOfAnAddress(t *testing.T) {
	g := openGate(t, "--limit-address=4/10m")
	g.want(200, "203.0.113.7:1", "/Profile/createAccount", account("ann"))
	for range 20 {
		g.want(200, "203.0.113.7:1", "/auth/login", account("ann"))
		g.want(200, "203.0.113.7:1", "/Profile/authenticate", account("ann"))
	}
	for i := range 4 {
		path := []string{"/auth/login", "/Profile/authenticate"}[i%2]
		g.want(401, "203.0.113.7:1", path, account(fmt.Sprint("nobody ", i)))
	}
	g.want(429, "203.0.113.7:1", "/auth/login", account("nobody"))
	g.want(429, "203.0.113.7:1", "/Profile/authenticate", account("ann"))
	g.want(429, "203.0.113.7:1", "/auth/login", account("ann"))
	g.want(200, "203.0.113.8:1", "/auth/login", account("ann"))
}

// A known browser can log in from an address whose tries strangers have used up.
func TestKnownBrowserBehindNAT(t *testing.T) {
	g := openGate(t, "--limit-address=4/10m")
	g.want(200, "203.0.113.7:1", "/Profile/createAccount", account("ann"))
	device := ""
	for _, c := range g.knock("203.0.113.7:1", "/auth/login", account("ann")).Result().Cookies() {
		if c.Name == "device" {
			device = c.Value
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge != 30*24*60*60 {
				t.Errorf("the cookie device is %s", c)
			}
		}
	}
	for i := range 5 {
		g.knock("203.0.113.7:1", "/auth/login", account(fmt.Sprint("nobody ", i)))
	}
	g.want(429, "203.0.113.7:1", "/auth/login", account("ann"))
	g.want(429, "203.0.113.7:1", "/auth/login", account("ann"), "Cookie", "device=made-up")
	g.want(200, "203.0.113.7:1", "/auth/login", account("ann"), "Cookie", "device="+device)
	// The cookie logs nobody in, neither as a session nor with another name.
	g.want(401, "203.0.113.7:1", "/Profile/_getUserDetails", `{}`, "Authorization", "Bearer "+device)
	g.want(401, "203.0.113.7:1", "/Profile/_getUserDetails", `{}`, "Cookie", "session="+device)
	g.want(429, "203.0.113.7:1", "/auth/login", account("bob"), "Cookie", "device="+device)
}

// Behind a trusted proxy each client counts separately; a header from the client
// itself has no effect.
func TestLimitsBehindAProxy(t *testing.T) {
	g := openGate(t, "--limit-accounts=1/10m", "--trusted-proxies=10.0.0.0/8, fd00::1")
	for i, from := range []string{"203.0.113.7", "203.0.113.8"} {
		g.want(200, "10.0.0.1:1", "/Profile/createAccount", account(fmt.Sprint(i)), "X-Forwarded-For", "198.51.100.1, "+from)
		g.want(429, "10.0.0.1:1", "/Profile/createAccount", account(fmt.Sprint(i, "b")), "X-Forwarded-For", "198.51.100.2, "+from)
	}
	g.want(200, "[fd00::1]:1", "/Profile/createAccount", account("v6"), "Forwarded", `for="[2001:db8::1]:4711"`)
	g.want(200, "203.0.113.9:1", "/Profile/createAccount", account("c"), "X-Forwarded-For", "198.51.100.3")
	g.want(429, "203.0.113.9:1", "/Profile/createAccount", account("d"), "X-Forwarded-For", "198.51.100.4")
}

func TestLimitsCanBeTurnedOff(t *testing.T) {
	g := openGate(t, "--limit-accounts=0", "--limit-address=0", "--limit-name=0")
	g.want(200, "203.0.113.7:1", "/Profile/createAccount", account("ann"))
	for i := range 120 {
		g.want(409, "203.0.113.7:1", "/Profile/createAccount", account("ann"))
		g.want(401, "203.0.113.7:1", "/auth/login", fmt.Sprintf(`{"username": "ann", "password": "wrong %d"}`, i))
	}
}

// With the default limits a class of thirty behind one address can sign up and log
// in, with some wrong passwords.
func TestUsualLimitsDoNotHurt(t *testing.T) {
	g := openGate(t)
	for i := range 30 {
		name := fmt.Sprint("pupil ", i)
		g.want(200, "203.0.113.7:1", "/Profile/createAccount", account(name))
		g.want(401, "203.0.113.7:1", "/auth/login", fmt.Sprintf(`{"username": %q, "password": "wrong"}`, name))
		g.want(401, "203.0.113.7:1", "/auth/login", fmt.Sprintf(`{"username": %q, "password": "wronger"}`, name))
		g.want(200, "203.0.113.7:1", "/auth/login", account(name))
	}
}

// Nodes on one database count together, also concurrently.
func TestNodesCountTogether(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PostgreSQL")
	}
	url := pgtest.Start(t, "-c", "fsync=off").URL(t)
	nodes := []*gate{openGate(t, "--store", url), openGate(t, "--store", url)}
	var mu sync.Mutex
	answers := map[int]int{}
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			w := nodes[i%2].knock(fmt.Sprintf("198.51.100.%d:1", i), "/auth/login", account("ann"))
			mu.Lock()
			answers[w.Code]++
			mu.Unlock()
		})
	}
	group.Wait()
	if answers[401] != 10 || answers[429] != 30 {
		t.Errorf("of 40 tries %v, want 10 that were looked at and 30 that were not", answers)
	}
}

func TestLimitFlags(t *testing.T) {
	for _, x := range []struct {
		flag string
		want string // the error; "" if the value is valid
	}{
		{"--limit-name=10/15m", ""}, {"--limit-address=1000/1s", ""}, {"--limit-accounts=0", ""},
		{"--limit-name=10", `--limit-name: it is TRIES/TIME`},
		{"--limit-name=-1/1m", `--limit-name: it is TRIES/TIME`},
		{"--limit-address=10/forever", `--limit-address: it is TRIES/TIME`},
		{"--limit-accounts=10/100h", `--limit-accounts: it is TRIES/TIME`},
		{"--trusted-proxies=10.0.0.1,fd00::/8", ""},
		{"--trusted-proxies=10.0.0.0/33", `--trusted-proxies: it is a list of networks`},
		{"--trusted-proxies=proxy.example.org", `--trusted-proxies: it is a list of networks`},
	} {
		var said strings.Builder
		_, err := readSettings([]string{x.flag}, nil, &said)
		if (err != nil) != (x.want != "") || !strings.Contains(said.String(), x.want) {
			t.Errorf("%s: %v, said %q, want %q", x.flag, err, said.String(), x.want)
		}
	}
	s, err := readSettings(nil, []string{"FOCUSREADER_LIMIT_NAME=3/1h", "FOCUSREADER_TRUSTED_PROXIES=127.0.0.1"}, io.Discard)
	if err != nil || s.limits.Budgets["name"] != (limiting.Budget{Tries: 3, Every: time.Hour}) || len(s.options.HTTP.TrustedProxies) != 1 {
		t.Errorf("of the environment is read %+v, %v", s, err)
	}
	var _ *legible.Program = newProgram(profile.Options{}) // the default limits
}
