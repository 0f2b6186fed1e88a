package host_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/value"
)

const foreignRoutes = `
sync Enter
when
    Requesting.request (path: "/enter", username?) : (request)
then
    Thing.do (x: "in") : (z)
    Requesting.respond (request, cookies: {session: z})

sync Any
when
    Requesting.request (method, path: "/any", username?) : (request)
then
    Thing.do (x: method) : (z)
    Requesting.respond (request, cookies: {session: z})

sync Follow
when
    Requesting.request (method: "GET", path: "/follow", username?) : (request)
then
    Thing.do (x: "in") : (z)
    Requesting.respond (request, z)

sync Theme
when
    Requesting.request (method: "GET", path: "/theme") : (request)
then
    Requesting.respond (request, cookies: {theme: "dark"})

sync Look
when
    Requesting.request (method: "GET", path: "/look") : (request)
then
    Requesting.respond (request, seen: true)

sync Keep
when
    Requesting.request (path: "/keep", file) : (request)
then
    Thing.typed (binary: file) : (z)
    Requesting.respond (request, z)
`

// TestForeignPages holds that no page of another origin can send what may change
// something without a preflight, whatever the body is and says that it is; and that
// the server's own pages, those of allowed origins, and programs can.
func TestForeignPages(t *testing.T) {
	const object, form = `{"username": "mallory"}`, "username=mallory"
	const parts = "--b\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nmallory\r\n--b--\r\n"
	done := 0
	e := startWith(t, "a.sync", foreignRoutes, nil, func(m map[string]engine.Methods) {
		count := func(_ engine.Context, in, out []value.Value) error {
			done++
			out[0] = in[0]
			return nil
		}
		m["Thing"].Actions["do"], m["Thing"].Actions["typed"], m["Thing"].Actions["greet"] = count, count, count
	})
	front := host.New(e, host.Options{Log: silent, AllowOrigins: []string{"https://friend.example"}})
	origins := []struct {
		name    string
		headers []string
		foreign bool
	}{
		{"another site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://evil.example"}, true},
		{"another site, by the one header", []string{"Sec-Fetch-Site", "cross-site"}, true},
		{"another site, followed as a link", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, true},
		{"another subdomain", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://www.app.example"}, true},
		{"another port, by the one header", []string{"Origin", "http://app.example:8001"}, true},
		{"an origin that is hidden", []string{"Origin", "null"}, true},
		{"an old browser", []string{"Origin", "http://evil.example"}, true},
		{"an origin that is none", []string{"Origin", "://"}, true},
		{"a word that nobody knows", []string{"Sec-Fetch-Site", "elsewhere"}, true},
		{"its own page", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://app.example"}, false},
		{"its own page, in an old browser", []string{"Origin", "http://app.example"}, false},
		{"the address bar", []string{"Sec-Fetch-Site", "none"}, false},
		{"an allowed origin", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://friend.example"}, false},
		{"a program", nil, false},
	}
	requests := []struct {
		method, path, body string
		kinds              []string // of the Content-Type
		may                bool     // also a page of another origin
	}{
		{"POST", "/enter", object, nil, false},
		{"POST", "/enter", object, []string{""}, false},
		{"POST", "/enter", object, []string{"application/json"}, true},
		{"POST", "/enter", object, []string{"application/json; charset=utf-8"}, true},
		{"POST", "/enter", object, []string{"text/plain"}, false},
		{"POST", "/enter", object, []string{"text/plain; application/json"}, false},
		{"POST", "/enter", object, []string{"text/plain, application/json"}, false},
		{"POST", "/enter", object, []string{"application/json", "text/plain"}, false},
		{"POST", "/enter", object, []string{"text/plain;"}, false},
		{"POST", "/enter", object, []string{";"}, false},
		{"POST", "/enter", object, []string{"nonsense"}, false},
		{"POST", "/enter", object, []string{"TEXT/PLAIN; charset=UTF-8"}, false},
		{"POST", "/enter", object, []string{"application/x-www-form-urlencoded"}, false},
		{"POST", "/enter", form, []string{"application/x-www-form-urlencoded; a=b"}, false},
		{"POST", "/enter", parts, []string{"multipart/form-data; boundary=b"}, false},
		{"POST", "/enter", "", nil, false},
		{"POST", "/enter?" + form, "", nil, false},
		{"POST", "/Thing/do", `{"x": "in"}`, nil, false},
		{"POST", "/keep", "a file", []string{"application/epub+zip"}, true},
		{"POST", "/keep", "a file", []string{"multipart/form-data; boundary=b"}, false},
		{"GET", "/any?" + form, "", nil, false},
		{"HEAD", "/any?" + form, "", nil, false},
		{"OPTIONS", "/any?" + form, "", nil, false},
		{"PUT", "/any?" + form, "", nil, true},
		{"GET", "/follow?" + form, "", nil, false},
		{"HEAD", "/follow?" + form, "", nil, false},
		{"GET", "/theme", "", nil, false},
		{"GET", "/look", "", nil, true},
		{"HEAD", "/look", "", nil, true},
	}
	for _, o := range origins {
		for _, q := range requests {
			r := httptest.NewRequest(q.method, "http://app.example"+q.path, strings.NewReader(q.body))
			for i := 0; i < len(o.headers); i += 2 {
				r.Header.Set(o.headers[i], o.headers[i+1])
			}
			r.Header["Content-Type"] = q.kinds
			if q.kinds == nil {
				delete(r.Header, "Content-Type")
			}
			r.Header.Set("X-Http-Method-Override", "GET")
			done = 0
			w := httptest.NewRecorder()
			front.ServeHTTP(w, r)
			what := o.name + ": " + q.method + " " + q.path + " as " + strings.Join(q.kinds, " and ")
			if !o.foreign || q.may {
				if w.Code == http.StatusForbidden {
					t.Errorf("%s was refused: %s", what, w.Body)
				}
				continue
			}
			if w.Code != http.StatusForbidden || done > 0 || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s was answered %d %v %s", what, w.Code, w.Header(), w.Body)
			}
			if q.method != "HEAD" && !strings.Contains(w.Body.String(), "AllowOrigins") {
				t.Errorf("%s: the answer names no remedy: %s", what, w.Body)
			}
		}
	}
}

// What a sync does after an answer is done for each request that is answered.
func TestForeignPagesAfterAnswers(t *testing.T) {
	done := 0
	e := startWith(t, "a.sync", foreignRoutes+`
sync Count
when
    Requesting.respond (seen: true) : ()
then
    Thing.do (x: "seen")
`, nil, func(m map[string]engine.Methods) {
		m["Thing"].Actions["do"] = func(_ engine.Context, in, out []value.Value) error {
			done++
			out[0] = in[0]
			return nil
		}
	})
	front := host.New(e, host.Options{Log: silent})
	for site, status := range map[string]int{"cross-site": http.StatusForbidden, "same-origin": http.StatusOK} {
		r := httptest.NewRequest("GET", "http://app.example/look", nil)
		r.Header.Set("Sec-Fetch-Site", site)
		done = 0
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if w.Code != status || (done > 0) != (status == http.StatusOK) {
			t.Errorf("from %s: %d, and %d were done: %s", site, w.Code, done, w.Body)
		}
	}
}
