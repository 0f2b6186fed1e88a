package inspect_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/inspect"
)

// everyPage are the addresses of all pages, with the id of a flow in them.
func everyPage(flow string) []string {
	return []string{
		"/", "/?q=ann", "/?q=nowhere&outcome=refused&sync=LogIn", "/flows/" + flow, "/flows/" + flow + "?at=0.0.0", "/flows/" + flow + "?match=0",
		"/flows/" + flow + "?sync=LogOut", "/program", "/program?sync=LogIn&file=auth.sync", "/concepts", "/concepts/Profile",
		"/concepts/Profile/User", "/concepts/Noting/Note", "/concepts/Sessioning/Session", "/routes", "/source/auth.sync?line=3",
	}
}

func TestToken(t *testing.T) {
	w := open(t, legible.Inspect{Token: "the right one"}, nil)
	for _, address := range []string{"/", "/?token=", "/?token=the+wrong+one", "/flows/x", "/live", "/metrics", "/source/auth.sync"} {
		r := w.get(address)
		if text := body(t, r); r.StatusCode != http.StatusUnauthorized || strings.Contains(text, "LogIn") || strings.Contains(text, "/program") {
			t.Errorf("%s without the token answered %d:\n%s", address, r.StatusCode, text)
		}
	}
	for _, bearer := range []string{"Bearer", "Bearer ", "Bearer the wrong one", "Basic the right one"} {
		if r := w.get("/", "Authorization", bearer); r.StatusCode != http.StatusUnauthorized {
			t.Errorf("%q let in with %d", bearer, r.StatusCode)
		}
	}
	if r := w.get("/", "Authorization", "Bearer the right one"); r.StatusCode != http.StatusOK {
		t.Errorf("the right bearer was answered with %d", r.StatusCode)
	}
	r := w.get("/program?sync=LogIn&token=the+right+one")
	if to := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || to != "/program?sync=LogIn" {
		t.Fatalf("the right token was answered with %d and leads to %q; it must lead to the page without the token", r.StatusCode, to)
	}
	cookies := r.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("the right token sets %d cookies, want one", len(cookies))
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie %s can be read by scripts or is sent elsewhere", c)
	}
	if strings.Contains(c.Value, "right") {
		t.Error("the cookie holds the token itself")
	}
	if r := w.get("/", "Cookie", c.Name+"="+c.Value); r.StatusCode != http.StatusOK {
		t.Errorf("the cookie was answered with %d", r.StatusCode)
	}
	if r := w.get("/", "Cookie", c.Name+"="+c.Value+"x"); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("another cookie was answered with %d", r.StatusCode)
	}
	if to := w.get("//elsewhere.example/?token=the+right+one").Header.Get("Location"); strings.HasPrefix(to, "//") {
		t.Errorf("the token leads to another site: %q", to)
	}
	if r := w.get("/page/style.css"); r.StatusCode != http.StatusOK {
		t.Errorf("the style of the page that asks for the token was answered with %d", r.StatusCode)
	}
}

// TestTokensAreMade wants an inspector that was given no token to have one of
// its own.
func TestTokensAreMade(t *testing.T) {
	a, b := open(t, legible.Inspect{}, nil), open(t, legible.Inspect{}, nil)
	if x, y := a.pages.Token(), b.pages.Token(); x == y || len(x) < 40 {
		t.Fatalf("the tokens are %q and %q", x, y)
	}
	r := a.get("/?token=" + url.QueryEscape(a.pages.Token()))
	if r.StatusCode != http.StatusSeeOther {
		t.Errorf("its own token was answered with %d", r.StatusCode)
	}
	if r := b.get("/?token=" + url.QueryEscape(a.pages.Token())); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("another's token was answered with %d", r.StatusCode)
	}
}

func TestHost(t *testing.T) {
	w := open(t, legible.Inspect{Development: true, Hosts: []string{"dev.box"}}, nil)
	for host, want := range map[string]int{
		"127.0.0.1:9000": 200, "localhost:9000": 200, "LocalHost": 200, "[::1]:9000": 200, "127.9.8.7": 200, "dev.box:1": 200,
		"": 421, "evil.example": 421, "127.0.0.1.evil.example:9000": 421, "localhost.evil.example": 421, "192.168.0.1:9000": 421,
		"0.0.0.0:9000": 421, "[::]:9000": 421, "evil.example:9000@127.0.0.1": 421, "127.0.0.1:80:80": 421,
	} {
		if r := w.get("/", "Host", host); r.StatusCode != want {
			t.Errorf("asked for as %q it answers %d, want %d", host, r.StatusCode, want)
		}
	}
	for _, test := range []struct {
		site, mode, dest string
		want             int
	}{
		{"same-origin", "cors", "empty", 200}, {"none", "navigate", "document", 200}, {"cross-site", "navigate", "document", 200},
		{"cross-site", "cors", "empty", 403}, {"same-site", "no-cors", "script", 403}, {"cross-site", "navigate", "iframe", 403},
	} {
		if r := w.get("/", "Sec-Fetch-Site", test.site, "Sec-Fetch-Mode", test.mode, "Sec-Fetch-Dest", test.dest); r.StatusCode != test.want {
			t.Errorf("asked from %s by %s for a %s it answers %d, want %d", test.site, test.mode, test.dest, r.StatusCode, test.want)
		}
	}
}

func TestOriginOfOlderBrowsers(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	for origin, want := range map[string]int{"http://localhost:9000": 200, "http://localhost:8000": 403, "http://evil.example": 403, "null": 403} {
		if r := w.get("/", "Host", "localhost:9000", "Origin", origin); r.StatusCode != want {
			t.Errorf("asked by a page of %s it answers %d, want %d", origin, r.StatusCode, want)
		}
	}
}

func TestOnlyReads(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		r := httptest.NewRequest(method, "/", strings.NewReader("x"))
		r.Host = "localhost"
		rec := httptest.NewRecorder()
		w.pages.ServeHTTP(rec, r)
		if rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s was answered with %d", method, rec.Code)
		}
	}
}

var (
	inline  = regexp.MustCompile(`(?i)<style|<script[^>]*>[^<]|\sstyle=|\son[a-z]+=|javascript:`)
	outside = regexp.MustCompile(`(?i)(?:src|href|action)="(?:https?:)?//|:\s*url\(|@import|https?://`)
)

// TestPolicy wants every page to say what it may do, to need nothing that this
// forbids, and to load nothing from elsewhere.
func TestPolicy(t *testing.T) {
	w := open(t, legible.Inspect{Development: true}, nil)
	_, flow, _ := w.ask("/auth/login", `{"username": "ann", "password": "correct horse"}`)
	for _, address := range append(everyPage(flow), "/nothing", "/flows/none") {
		r := w.get(address)
		policy := r.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s has the policy %q, without %s", address, policy, part)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %q", address, policy)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s has %s: %q, want %q", address, name, got, want)
			}
		}
		text := body(t, r)
		if found := inline.FindString(text); found != "" {
			t.Errorf("%s has %q in it, which the policy forbids", address, found)
		}
		if found := outside.FindString(text); found != "" {
			t.Errorf("%s leads elsewhere: %q", address, found)
		}
		if problem := unbalanced(text); problem != "" {
			t.Errorf("%s: %s", address, problem)
		}
	}
	for _, name := range []string{"style.css", "script.js"} {
		text, err := os.ReadFile("page/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if found := outside.FindString(string(text)); found != "" {
			t.Errorf("%s loads from elsewhere: %q", name, found)
		}
	}
}

var tag = regexp.MustCompile(`</?([a-zA-Z0-9]+)(?:\s[^<>]*?)?(/?)>`)

// unbalanced says which element of a page is not closed, or closed twice, and
// which id two elements share.
func unbalanced(text string) string {
	var open []string
	for _, m := range tag.FindAllStringSubmatch(text, -1) {
		switch name := m[1]; {
		case m[2] == "/" || strings.Contains(" meta link img input br ", " "+name+" "):
		case strings.HasPrefix(m[0], "</"):
			if len(open) == 0 || open[len(open)-1] != name {
				return "</" + name + "> closes what is not open: " + strings.Join(open, " ")
			}
			open = open[:len(open)-1]
		default:
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		return "not closed: " + strings.Join(open, " ")
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if seen[m[1]] {
			return "two elements have the id " + m[1]
		}
		seen[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`aria-labelledby="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if !seen[m[1]] {
			return "nothing has the id " + m[1] + ", which is to be a label"
		}
	}
	return ""
}

func TestListen(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.org:0", "nothing", "*:0"} {
		if l, err := inspect.Listen(addr); err == nil {
			l.Close()
			t.Errorf("it listens on %s", addr)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:0", ":0"} {
		l, err := inspect.Listen(addr)
		if err != nil {
			t.Errorf("%s: %v", addr, err)
			continue
		}
		if host := l.Addr().String(); !strings.HasPrefix(host, "127.") && !strings.HasPrefix(host, "[::1]") {
			t.Errorf("for %s it listens on %s", addr, host)
		}
		l.Close()
	}
}
