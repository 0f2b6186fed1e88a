package gen_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/gen/internal/forms"
)

// ways lets values of all types in on every way that there is: exposed, straight
// from a request, and out of a field of any type.
const ways = `app Wrong

use Requesting
use Forming

expose Forming.put "a test"
expose Forming.maybe "a test"
expose Forming.collect "a test"
expose Forming._one "a test"
expose Forming._kinds "a test"

sync Direct
when
    Requesting.request (
        path: "/direct", texts?, sizes?, flags?, days?, moments?, keys?, scans?, extras?, authors?, forms?
    ) : (request)
then
    Forming.collect (texts, sizes, flags, days, moments, keys, scans, extras, authors, forms) : (count)
    Requesting.respond (request, count)

sync Get
when
    Requesting.request (method: "GET", path: "/get", texts?, sizes?, flags?, days?, moments?, extras?) : (request)
then
    Forming.collect (texts, sizes, flags, days, moments, extras) : (count)
    Requesting.respond (request, count)

sync Nested
when
    Requesting.request (path: "/nested", data) : (request)
then
    Forming.collect (
        texts: data.texts, sizes: data.sizes, flags: data.flags, days: data.days, moments: data.moments,
        scans: data.scans, extras: data.extras, authors: data.authors, forms: data.forms
    ) : (count)
    Requesting.respond (request, count)

sync Single
when
    Requesting.request (path: "/single", data) : (request)
where
    part is data.part
then
    Forming.maybe (
        name: part.name, size: part.size, done: part.done, moment: part.moment, scan: part.scan,
        extra: part.extra, author: part.author, labels: part.labels, steps: part.steps
    ) : ()
    Requesting.respond (request, done: true)

view Known (data) : (form)
where
    in Forming: _kinds (
        size: data.size, done: data.done, day: data.day, moment: data.moment, extra: data.extra, sizes: data.sizes
    ) : (form)

sync Ask
when
    Requesting.request (path: "/ask", data) : (request)
where
    all is each form
        Known (data) : (form)
then
    Requesting.respond (request, all)

sync Page
when
    Requesting.request (path: "/page", data) : (request)
where
    all is each form
        in Forming: _many () : (form)
        order by form
        limit data.most
    data.most > 1
        else Requesting.respond (request, status: 422, error: "Too few.")
then
    Requesting.respond (request, all, sum: data.most + data.more)
`

// openWays opens the app, whose log goes to the buffer.
func openWays(t *testing.T, log *bytes.Buffer) http.Handler {
	t.Helper()
	name, text, _ := strings.Cut(ways, "sync Direct")
	app, err := legible.New(fstest.MapFS{"wrong.app": {Data: []byte(name)}, "wrong.sync": {Data: []byte("sync Direct" + text)}}, requesting.New, forms.New).Open(t.Context(), legible.Options{Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelError}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return app.Handler()
}

// wrongItems are values of which each is wrong somewhere.
var wrongItems = []string{`null`, `true`, `0`, `-1e300`, `""`, `"x"`, `"\u0000"`, `"2030-13-45"`, `"data:;base64,?"`, `[]`, `[null]`, `[[]]`,
	`[[null]]`, `{}`, `{"a": null}`, `{"a": [{"b": [null]}]}`, strings.Repeat("[", 60) + strings.Repeat("]", 60)}

// TestWrongValues sends values of every type, and lists and records of them, to
// every field on every way in. Whatever is wrong is the client's: it is told
// the field, and nothing breaks.
func TestWrongValues(t *testing.T) {
	var log bytes.Buffer
	h := openWays(t, &log)
	ask := func(method, target, body string) *httptest.ResponseRecorder {
		t.Helper()
		log.Reset()
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 || log.Len() > 0 {
			t.Errorf("%s %s %s: %d %s\n%s", method, target, body, w.Code, w.Body, log.String())
		}
		return w
	}
	collections := []string{"texts", "sizes", "flags", "days", "moments", "keys", "scans", "extras", "authors", "forms"}
	values := []string{"name", "size", "done", "day", "moment", "token", "scan", "extra", "author", "labels", "steps", "form"}
	try := func(path, field string, around func(string) string) {
		t.Helper()
		for _, x := range wrongItems {
			for _, v := range []string{x, "[" + x + "]", `["x", ` + x + "]", `[1, ` + x + "]", `[[` + x + "]]", `{"a": ` + x + "}"} {
				w := ask("POST", path, around(`{"`+field+`": `+v+"}"))
				if w.Code != 200 && w.Code != 400 && w.Code != 422 {
					t.Errorf("%s: %s %s: %d %s", path, field, v, w.Code, w.Body)
				}
				named := field
				if path == "/page" {
					named = "data" // of one expression over two parts
				}
				var said struct{ Error, Field string }
				if err := json.Unmarshal(w.Body.Bytes(), &said); w.Code == 400 && (err != nil || !strings.Contains(said.Error, named)) {
					t.Errorf("%s: %s %s: the answer does not name the field: %s", path, field, v, w.Body)
				}
			}
		}
	}
	bare := func(s string) string { return s }
	in := func(s string) string { return `{"data": ` + s + "}" }
	for _, field := range collections {
		try("/Forming/collect", field, bare)
		try("/direct", field, bare)
		try("/nested", field, in)
	}
	for _, field := range values {
		try("/Forming/maybe", field, bare)
		try("/single", field, func(s string) string { return `{"data": {"part": ` + s + "}}" })
		try("/ask", field, in)
		try("/Forming/_kinds", field, bare)
	}
	for _, field := range []string{"most", "more"} {
		try("/page", field, func(s string) string {
			other := map[string]string{"most": "more", "more": "most"}[field]
			return `{"data": ` + strings.TrimSuffix(s, "}") + `, "` + other + `": 2}}`
		})
		try("/page", field, in)
	}
	for _, x := range wrongItems {
		for _, path := range []string{"/nested", "/single", "/ask", "/page"} {
			ask("POST", path, `{"data": `+x+"}")
		}
		ask("POST", "/single", `{"data": {"part": `+x+"}}")
		for _, field := range collections {
			q := url.Values{field: {strings.Trim(x, `"`), "x", ""}}.Encode()
			ask("GET", "/get?"+q, "")
			r := httptest.NewRequest("POST", "/direct", strings.NewReader(q))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code >= 500 {
				t.Errorf("the form %s: %d %s", q, w.Code, w.Body)
			}
		}
	}
}

// TestWrongItemsAreNamed holds that the answer says where the wrong item is.
func TestWrongItemsAreNamed(t *testing.T) {
	var log bytes.Buffer
	h := openWays(t, &log)
	for _, c := range []struct{ path, body, want string }{
		{"/direct", `{"texts": [null]}`, `{"error":"the field texts[0] must be there, and is null","field":"texts"}`},
		{"/direct", `{"texts": ["a", 1]}`, `{"error":"the field texts[1] must be a text, not a number","field":"texts"}`},
		{"/direct", `{"sizes": [1, "x"], "moments": [null]}`, `{"error":"the field sizes[1] must be a number, not this text; the field moments[0] must be there, and is null","field":"sizes","fields":["sizes","moments"]}`},
		{"/Forming/collect", `{"keys": [{}]}`, `{"error":"the field keys[0] must be a text, not a record","field":"keys"}`},
		{"/Forming/collect", `{"scans": ["YQ==", "?"]}`, `{"error":"the field scans[1] must be binary data in base64, not this text","field":"scans"}`},
		{"/nested", `{"data": {"texts": ["a", null]}}`, `{"error":"the field data.texts[1] must be a text, not null","field":"data"}`},
		{"/nested", `{"data": {"sizes": "x"}}`, `{"error":"the field data.sizes must be a list, not a text","field":"data"}`},
		{"/single", `{"data": {"part": {"labels": [[]]}}}`, `{"error":"the field data.part.labels[0] must be a text, not a list","field":"data"}`},
		{"/ask", `{"data": {"sizes": [null]}}`, `{"error":"the field data.sizes[0] must be a number, not null","field":"data"}`},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", c.path, strings.NewReader(c.body)))
		if got := w.Body.String(); w.Code != 400 || got != c.want {
			t.Errorf("%s %s: %d %s\nwant 400 %s", c.path, c.body, w.Code, got, c.want)
		}
	}
	for _, good := range []string{`{"keys": ["a", "b"], "moments": ["2030-01-01T00:00:00Z"], "scans": ["YQ=="], "extras": [{"a": [null]}]}`} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/direct", strings.NewReader(good)))
		if w.Code != 200 || !slices.Contains([]string{`{"count":5}`}, w.Body.String()) {
			t.Errorf("%s: %d %s %s", good, w.Code, w.Body, fmt.Sprint(log.String()))
		}
	}
}
