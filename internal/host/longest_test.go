package host_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/host"
)

const lengths = `
sync SignUp
when
    Requesting.request (path: "/signup", name, password, day?) : (request)
then
    Thing.typed (text: name, secret: password, day) : (z)
    Requesting.respond (request, z)

sync Anything
when
    Requesting.request (path: "/anything", json, name?) : (request)
then
    Thing.typed (json, text: name) : (z)
    Requesting.respond (request)

sync Names
when
    Requesting.request (path: "/names", names) : (request)
then
    Thing.typed (names) : (z)
    Requesting.respond (request)

sync Look
when
    Requesting.request (method: "GET", path: "/names/{name}", name) : (request)
then
    Thing.typed (text: name) : (z)
    Requesting.respond (request)
`

// TestFieldsHaveLengths sends fields that are as long as they may be, in every
// way in which they may be written, and longer ones.
func TestFieldsHaveLengths(t *testing.T) {
	const most = 100
	front := host.New(start(t, "a.sync", lengths, nil), host.Options{MaxText: most, Log: slog.New(slog.DiscardHandler)})
	full := strings.Repeat("𝄞", most) // four bytes each
	escaped := strings.Repeat(`\ud834\udd1e`, most)
	form := func(name string) string { return url.Values{"name": {name}, "password": {"p"}}.Encode() }
	for _, c := range []struct {
		what, method, path, kind, body string
		status                         int
		answer                         string
	}{
		{"the longest", "POST", "/signup", "application/json", `{"name": "` + full + `", "password": "` + full + `"}`, 200, ""},
		{"the longest, escaped", "POST", "/signup", "application/json", `{"name": "` + escaped + `", "password": "` + escaped + `"}`, 200, ""},
		{"the longest in a form", "POST", "/signup", "application/x-www-form-urlencoded", form(full), 200, ""},
		{"one more", "POST", "/signup", "application/json", `{"name": "` + full + `x", "password": "p"}`, 413,
			`{"error":"the field name is longer than 100 characters, which is the limit","field":"name","limit":100}`},
		{"one more in a form", "POST", "/signup", "application/x-www-form-urlencoded", form(full + "x"), 413, "the field name is longer"},
		{"a secret", "POST", "/signup", "application/json", `{"name": "n", "password": "` + full + `x"}`, 413, "the field password is longer than 100"},
		{"a field nobody reads", "POST", "/signup", "application/json", `{"name": "n", "password": "p", "other": "` + strings.Repeat("x", 60_000) + `"}`, 200, ""},
		{"too much of one", "POST", "/signup", "application/json", `{"name": "n", "password": "p", "other": "` + strings.Repeat("x", 70_000) + `"}`, 413,
			`{"error":"the body is larger than 68 KiB, which is the limit","limit":69632}`},
		{"anything", "POST", "/anything", "application/json", `{"json": "` + strings.Repeat("x", 200_000) + `"}`, 200, ""},
		{"beside anything", "POST", "/anything", "application/json", `{"json": 1, "name": "` + full + `x"}`, 413, "the field name is longer"},
		{"many items", "POST", "/names", "application/json", `{"names": ["` + strings.Repeat(`ann", "`, 20_000) + `"]}`, 200, ""},
		{"a long item", "POST", "/names", "application/json", `{"names": ["ann", "` + full + `x"]}`, 413, "an item of the field names is longer than 100"},
		{"in the path", "GET", "/names/" + strings.Repeat("x", most), "", "", 200, ""},
		{"one more in the path", "GET", "/names/" + strings.Repeat("x", most+1), "", "", 413, "the field name is longer than 100"},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.answer) {
			t.Errorf("%s: %d %.200s, want %d %s", c.what, w.Code, w.Body, c.status, c.answer)
		}
		if w.Code != 200 && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: the answer is no JSON: %s", c.what, w.Body)
		}
	}
}

// A tally counts what is read of a body without an end.
type tally struct{ read int }

func (c *tally) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	c.read += len(b)
	return len(b), nil
}

// TestLargeBodyIsNotRead refuses a body as soon as it is larger than the fields
// of its route can be: by what it promises, or by what has come.
func TestLargeBodyIsNotRead(t *testing.T) {
	front := host.New(start(t, "a.sync", lengths, nil), host.Options{Log: slog.New(slog.DiscardHandler)})
	for _, known := range []bool{true, false} {
		body := &tally{}
		r := httptest.NewRequest("POST", "/signup", io.MultiReader(strings.NewReader(`{"name": "`), body))
		r.Header.Set("Content-Type", "application/json")
		most := 1 << 20
		if r.ContentLength = -1; known {
			r.ContentLength, most = 8<<20, 0
		}
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if w.Code != 413 || body.read > most {
			t.Errorf("of a body without an end %d bytes were read (length known: %v); the answer is %d %s", body.read, known, w.Code, w.Body)
		}
	}
}
