package inspect

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A guard decides which requests are admitted.
type guard struct {
	token  string
	open   bool // in development
	hosts  []string
	cookie string // its name: cookies do not keep the ports of one machine apart
	pass   string // what the cookie holds; from it nobody learns the token
}

func newGuard(o Options) guard {
	g := guard{token: o.Token, open: o.Development}
	for _, h := range o.Hosts {
		g.hosts = append(g.hosts, strings.ToLower(h))
	}
	var b [32]byte
	rand.Read(b[:]) // never fails: it ends the process where there is no randomness
	if g.token == "" {
		g.token = base64.RawURLEncoding.EncodeToString(b[:])
	}
	mac := hmac.New(sha256.New, []byte(g.token))
	mac.Write([]byte("the cookie of the inspector"))
	sum := mac.Sum(nil)
	g.cookie = "legible_inspector_" + hex.EncodeToString(sum[:4])
	g.pass = base64.RawURLEncoding.EncodeToString(sum[4:])
	return g
}

// Token returns the token that grants access. In development, no token is
// needed.
func (in *Inspector) Token() string { return in.guard.token }

// Address returns the address to open in a browser, for a listener's address.
func (in *Inspector) Address(addr net.Addr) string {
	if in.guard.open {
		return "http://" + addr.String() + "/"
	}
	return "http://" + addr.String() + "/?token=" + url.QueryEscape(in.guard.token)
}

// protect sets the headers that restrict what a page of the inspector can do
// in a browser.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
		"connect-src 'self'; require-trusted-types-for 'script'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}

// admits reports whether a request is admitted. Otherwise it answers the
// request.
func (g *guard) admits(in *Inspector, w http.ResponseWriter, r *http.Request) bool {
	switch {
	case !g.known(r.Host):
		// A name that another site has pointed at this address, so that its
		// page can read the inspector (DNS rebinding).
		in.problem(w, r, http.StatusMisdirectedRequest, "This host name is not allowed.",
			"The inspector accepts localhost and the addresses of this machine.")
		return false
	case foreign(r):
		in.problem(w, r, http.StatusForbidden, "Requests from other sites are not allowed.", "Open the page in a browser tab of its own.")
		return false
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		in.problem(w, r, http.StatusMethodNotAllowed, "The inspector is read-only.", "It accepts only GET requests.")
		return false
	case g.open, strings.HasPrefix(r.URL.Path, "/page/"):
		return true // style and script are not secret
	}
	if query := r.URL.Query(); query.Has("token") {
		if !same(query.Get("token"), g.token) {
			in.stranger(w, r)
			return false
		}
		http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: g.pass, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		// The token must not stay in the address or in the history.
		query.Del("token")
		to := url.URL{Path: "/" + strings.TrimLeft(r.URL.Path, "/"), RawQuery: query.Encode()}
		http.Redirect(w, r, to.String(), http.StatusSeeOther)
		return false
	}
	if c, err := r.Cookie(g.cookie); err == nil && same(c.Value, g.pass) {
		return true
	}
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && same(bearer, g.token) {
		return true
	}
	in.stranger(w, r)
	return false
}

func (in *Inspector) stranger(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="inspector"`)
	in.problem(w, r, http.StatusUnauthorized, "The inspector needs its token.",
		"Open the address that the app printed when it started; it ends in ?token= and the token.")
}

// same compares two texts in constant time.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// known reports whether a Host header names this machine.
func (g *guard) known(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if ip := net.ParseIP(name); ip != nil && ip.IsLoopback() {
		return true
	}
	return name == "localhost" || slices.Contains(g.hosts, name)
}

// foreign reports whether a request comes from a page of another site, other
// than by a followed link.
func foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "":
		origin := r.Header.Get("Origin") // an older browser sends no such header
		return origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host
	case "same-origin", "none":
		return false
	}
	return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
}
