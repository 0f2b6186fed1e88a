package host_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/value"
)

const everything = login + `
sync Typed
when
    Requesting.request (path: "/typed", text?, number?, flag?, when?, day?, binary?, json?, list?, secret?) : (request)
then
    Thing.typed (text, number, flag, when, day, binary, json, list, secret) : (z)
    Requesting.respond (request, z, binary)

sync Respond
when
    Requesting.request (path: "/respond", status?, headers?, cookies?, body?, set?, more?) : (request)
then
    Requesting.respond (request, status, headers: set, cookies, body, more)

sync Where
when
    Requesting.request (method, path: "/where/{x}/{y}", x, y, headers, session?) : (request)
where
    in Thing: _find (x) : (y: found)
    found == y
then
    Thing.do (x) : (z)
    Requesting.respond (request, got: headers)
`

// FuzzServe sends any method, path, headers and body: the front must never
// break, and always answers with a status and with JSON, but where a status has
// no body or the program chose another.
func FuzzServe(f *testing.F) {
	for _, s := range []struct{ method, path, query, kind, cookie, body string }{
		{"POST", "/login", "", "application/json", "", `{"username": "a", "password": "b"}`},
		{"GET", "/reset/a%2Fb", "a=b&a=c", "", "session=x", ""},
		{"HEAD", "/articles/x", "page=%41", "", "", ""},
		{"OPTIONS", "/articles/x", "", "", "", ""},
		{"POST", "/typed", "list=1&list=2", "", "", `{"text": "a", "number": 1, "flag": true, "when": "2030-01-31T12:00:00Z", "day": "2030-01-31", "binary": "YQ==", "json": [{}], "list": [1], "secret": "s"}`},
		{"POST", "/respond", "", "", "", `{"status": 204, "set": {"a": "b"}, "cookies": {"a": {"value": "b"}}, "body": [1]}`},
		{"PATCH", "/where/a/a", "", "text/plain", "", ""},
		{"PATCH", "/where/none/b", "", "application/x+json; charset=utf-8", "", "{}"},
		{"POST", "/login", "", "application/x-www-form-urlencoded", "", "username=a&password=b"},
		{"POST", "/typed", "", "application/x-www-form-urlencoded", "", "{\"binary\": \"Y\\u0051==\"}"},
		{"POST", "/typed", "text=a", "image/png", "", "abc"},
		{"POST", "/typed", "text=a", "multipart/form-data; boundary=b", "", "--b\r\nContent-Disposition: form-data; name=\"binary\"\r\n\r\nabc\r\n--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nabc\r\n--b--"},
		{"POST", "/typed", "binary=data:a/b;base64,YQ==", "", "", strings.Repeat("[", 300)},
	} {
		f.Add(s.method, s.path, s.query, s.kind, s.cookie, []byte(s.body))
	}
	var log bytes.Buffer
	front := host.New(start(f, "a.sync", everything, nil), host.Options{
		Development: true, MaxBody: 10_000, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))})
	f.Fuzz(func(t *testing.T, method, path, query, kind, cookie string, body []byte) {
		u := &url.URL{Path: path, RawQuery: query}
		if p, err := url.PathUnescape(path); err == nil {
			u.Path, u.RawPath = p, path
		}
		r := &http.Request{Method: method, URL: u, Host: "app.example.org", Header: http.Header{}, RemoteAddr: "192.0.2.1:1", RequestURI: path,
			Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
		if kind != "" {
			r.Header.Set("Content-Type", kind)
		}
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
			r.Header.Set("X-Other", cookie)
		}
		log.Reset()
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if strings.Contains(log.String(), "the front broke") {
			t.Fatalf("%q %q: %s", method, path, log.String())
		}
		if w.Code < 200 || w.Code > 599 {
			t.Errorf("%q %q: the status is %d", method, path, w.Code)
		}
		if _, err := value.ParseID(w.Header().Get("X-Trace-Id")); err != nil {
			t.Errorf("%q %q: %v", method, path, err)
		}
		for name, values := range w.Header() {
			for _, v := range values {
				if strings.ContainsAny(name+v, "\r\n\x00") {
					t.Errorf("%q %q: the header %q is %q", method, path, name, v)
				}
			}
		}
		if kind := w.Header().Get("Content-Type"); w.Code == 204 || w.Code == 304 || method == "HEAD" || kind != "application/json" {
			return
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q %q %q: the answer is no JSON: %q", method, path, body, w.Body)
		}
	})
}
