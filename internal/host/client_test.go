package host_test

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/host"
)

const whoSync = `
sync Who
when
    Requesting.request (path: "/who", http) : (request)
then
    Requesting.respond (request, client: http.client, network: http.network, all: http)

sync WhoWithName
when
    Requesting.request (path: "/named", name, http) : (request)
then
    Requesting.respond (request, name, client: http.client)
`

func proxies(t *testing.T, networks ...string) (list []netip.Prefix) {
	for _, n := range networks {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

// The client is who has connected, unless that is a trusted proxy: then who it
// says, from the right up to the first that is no proxy.
func TestClient(t *testing.T) {
	trusting := host.New(start(t, "a.sync", whoSync, nil), host.Options{
		TrustedProxies: proxies(t, "10.0.0.0/8", "fd00::/8", "::ffff:192.168.1.0/120"),
	})
	plain := host.New(start(t, "a.sync", whoSync, nil), host.Options{})
	for _, c := range []struct {
		name, peer string
		headers    []string // name: value
		plain      bool     // no proxy is trusted
		want       string
	}{
		{name: "no proxy", peer: "198.51.100.9:4711", want: "198.51.100.9"},
		{name: "no proxy is trusted", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 203.0.113.7"}, plain: true, want: "10.0.0.1"},
		{name: "this one is not", peer: "198.51.100.9:4711", headers: []string{"X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7"}, want: "198.51.100.9"},
		{name: "one hop", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 203.0.113.7"}, want: "203.0.113.7"},
		{name: "what the client wrote itself", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 1.2.3.4, 203.0.113.7"}, want: "203.0.113.7"},
		{name: "what the client wrote as a proxy's", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 1.2.3.4, 10.9.9.9, 203.0.113.7"}, want: "203.0.113.7"},
		{name: "in several lines", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 203.0.113.7"}, want: "203.0.113.7"},
		{name: "several proxies", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 203.0.113.7, 10.0.0.3,10.0.0.2"}, want: "203.0.113.7"},
		{name: "nothing but proxies", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 10.0.0.3, 10.0.0.2"}, want: "10.0.0.3"},
		{name: "nothing", peer: "10.0.0.1:1", want: "10.0.0.1"},
		{name: "an empty header", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For:"}, want: "10.0.0.1"},
		{name: "no address", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 203.0.113.7, somebody"}, want: "10.0.0.1"},
		{name: "no address behind a proxy", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: somebody, 10.0.0.2"}, want: "10.0.0.2"},
		{name: "a comma at the end", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 203.0.113.7,"}, want: "10.0.0.1"},
		{name: "with ports", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 203.0.113.7:4711"}, want: "203.0.113.7"},
		{name: "v6", peer: "[fd00::1]:1", headers: []string{"X-Forwarded-For: 2001:DB8:0::1"}, want: "2001:db8::1"},
		{name: "v6 in brackets", peer: "[fd00::1]:1", headers: []string{"X-Forwarded-For: [2001:db8::1]"}, want: "2001:db8::1"},
		{name: "v6 with a port", peer: "[fd00::1]:1", headers: []string{"X-Forwarded-For: [2001:db8::1]:80"}, want: "2001:db8::1"},
		{name: "v6 with a zone", peer: "[fe80::1%eth0]:1", want: "fe80::1"},
		{name: "v4 as v6", peer: "[::ffff:198.51.100.9]:1", want: "198.51.100.9"},
		{name: "a proxy as v6", peer: "[::ffff:10.0.0.1]:1", headers: []string{"X-Forwarded-For: ::ffff:203.0.113.7"}, want: "203.0.113.7"},
		{name: "a network as v6", peer: "192.168.1.4:1", headers: []string{"X-Forwarded-For: 203.0.113.7"}, want: "203.0.113.7"},
		{name: "Forwarded", peer: "10.0.0.1:1", headers: []string{`Forwarded: for=1.2.3.4, For="203.0.113.7:4711";proto=https;by=10.0.0.1`}, want: "203.0.113.7"},
		{name: "Forwarded v6", peer: "10.0.0.1:1", headers: []string{`Forwarded: proto=https; for="[2001:db8::1]:4711"`}, want: "2001:db8::1"},
		{name: "Forwarded with a comma in quotes", peer: "10.0.0.1:1", headers: []string{`Forwarded: for=203.0.113.7;host="a,for=1.2.3.4"`}, want: "203.0.113.7"},
		{name: "Forwarded hides", peer: "10.0.0.1:1", headers: []string{"Forwarded: for=203.0.113.7, for=_hidden, for=10.0.0.2"}, want: "10.0.0.2"},
		{name: "Forwarded does not know", peer: "10.0.0.1:1", headers: []string{"Forwarded: for=unknown"}, want: "10.0.0.1"},
		{name: "Forwarded says nothing", peer: "10.0.0.1:1", headers: []string{"Forwarded: proto=https"}, want: "10.0.0.1"},
		{name: "Forwarded says two", peer: "10.0.0.1:1", headers: []string{"Forwarded: for=203.0.113.7;for=203.0.113.8"}, want: "10.0.0.1"},
		{name: "Forwarded with a quote open", peer: "10.0.0.1:1", headers: []string{`Forwarded: for="203.0.113.7, for=1.2.3.4`}, want: "10.0.0.1"},
		{name: "both agree", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7"}, want: "203.0.113.7"},
		{name: "both differ", peer: "10.0.0.1:1", headers: []string{"X-Forwarded-For: 203.0.113.7", "Forwarded: for=1.2.3.4"}, want: "10.0.0.1"},
		{name: "no address at all", peer: "@", want: "unknown"},
		{name: "an empty address", peer: "", want: "unknown"},
	} {
		front := trusting
		if c.plain {
			front = plain
		}
		r := httptest.NewRequest("POST", "/who", strings.NewReader("{}"))
		r.RemoteAddr = c.peer
		for _, h := range c.headers {
			name, v, _ := strings.Cut(h, ":")
			r.Header.Add(name, strings.TrimSpace(v))
		}
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if w.Code != 200 || !strings.HasPrefix(w.Body.String(), `{"client":"`+c.want+`",`) {
			t.Errorf("%s: %d %s, want the client %s", c.name, w.Code, w.Body, c.want)
		}
	}
}

// What one client has for itself is the key to count by.
func TestNetwork(t *testing.T) {
	front := host.New(start(t, "a.sync", whoSync, nil), host.Options{})
	for peer, want := range map[string]string{
		"198.51.100.9:1":           "198.51.100.9",
		"[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::/64",
		"[::ffff:198.51.100.9]:1":  "198.51.100.9",
		"[::1]:1":                  "::/64",
		"@":                        "unknown",
	} {
		r := httptest.NewRequest("POST", "/who", nil)
		r.RemoteAddr = peer
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), `,"network":"`+want+`",`) {
			t.Errorf("from %s: %s, want the network %s", peer, w.Body, want)
		}
	}
}

// Whatever a client sends under the name http does not reach the program.
func TestClientCannotBeSet(t *testing.T) {
	front := host.New(start(t, "a.sync", whoSync, nil), host.Options{})
	for _, c := range []struct{ target, kind, body string }{
		{"/named", "application/json", `{"name": "ann", "http": {"client": "1.2.3.4"}}`},
		{"/named?http=1.2.3.4&http.client=1.2.3.4", "application/json", `{"name": "ann", "http": "1.2.3.4"}`},
		{"/named?http=1.2.3.4", "application/x-www-form-urlencoded", "name=ann&http=1.2.3.4"},
		{"/named", "application/json", `{"name": "ann", "http": null}`},
	} {
		r := httptest.NewRequest("POST", c.target, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		r.Header.Set("Http", "1.2.3.4")
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if want := `{"name":"ann","client":"192.0.2.1"}`; w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s with %s: %d %s, want %s", c.target, c.body, w.Code, w.Body, want)
		}
	}
	// It is no field that a client could have forgotten.
	if w := send(front, "POST", "/named", `{}`); w.Code != 400 || !strings.Contains(w.Body.String(), "the field name is missing") || strings.Contains(w.Body.String(), "http") {
		t.Errorf("without a name: %d %s", w.Code, w.Body)
	}
}
