package host_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/host"
)

const handed = `
sync Status
when
    Requesting.request (path: "/status", code, other?) : (request)
then
    Requesting.respond (request, status: code, other)

sync Reckoned
when
    Requesting.request (path: "/reckoned", code, other?) : (request)
then
    Requesting.respond (request, status: code + 1)

sync Header
when
    Requesting.request (path: "/header", a, b?) : (request)
then
    Requesting.respond (request, headers: {"X-A": a, "X-B": "b " + (b ?? ""), "X-C": "c"})

sync Headers
when
    Requesting.request (path: "/headers", all) : (request)
then
    Requesting.respond (request, headers: all)

sync Deep
when
    Requesting.request (path: "/deep", data) : (request)
then
    Requesting.respond (request, headers: {"X-A": data.names[1]})

sync Cookie
when
    Requesting.request (path: "/cookie", a, b?) : (request)
then
    Requesting.respond (request, cookies: {c: {value: a, path: b, maxAge: 1}})

sync Stored
when
    Requesting.request (path: "/stored", a) : (request)
where
    in Thing: _find (x: "a") : (y)
then
    Requesting.respond (request, headers: {"X-A": a, "X-Y": y + "\n"})

sync Done
when
    Requesting.request (path: "/done", x) : (request)
then
    Thing.do (x)
    Requesting.respond (request, headers: {"X-A": x})
`

// TestSentStraightOn lets a client send what becomes a status, a header or a cookie of
// its answer, and cannot be one: that is the client's error. What the program itself
// gives is not.
func TestSentStraightOn(t *testing.T) {
	front := host.New(startWith(t, "a.sync", handed, nil, writes), host.Options{Log: silent})
	for _, c := range []struct {
		path, body string
		status     int
		field      string
	}{
		{"/status", `{"code": 201}`, 201, ""},
		{"/status", `{"code": 100}`, 400, "code"},
		{"/status", `{"code": 200.5}`, 400, "code"},
		{"/status", `{"code": "x"}`, 400, "code"},
		{"/status", `{"code": 1e300}`, 400, "code"},
		{"/reckoned", `{"code": 599}`, 400, "code"},
		{"/header", `{"a": "a"}`, 200, ""},
		{"/header", `{"a": "a\r\nX-Evil: 1"}`, 400, "a"},
		{"/header", `{"a": {}}`, 400, "a"},
		{"/header", `{"a": "a", "b": "b\n"}`, 400, "b"},
		{"/headers", `{"all": {"X-A": "a"}}`, 200, ""},
		{"/headers", `{"all": "a"}`, 400, "all"},
		{"/headers", `{"all": {"X A": "a"}}`, 400, "all"},
		{"/headers", `{"all": {"Connection": "close"}}`, 400, "all"},
		{"/headers", `{"all": {"X-A": ["a", "b\u0000"]}}`, 400, "all"},
		{"/deep", `{"data": {"names": ["a", "b\n"]}}`, 400, "data"},
		{"/cookie", `{"a": "a", "b": "/"}`, 200, ""},
		{"/cookie", `{"a": "a;\u0000", "b": "/"}`, 400, "a"},
		{"/cookie", `{"a": 1, "b": "/"}`, 400, "a"},
		{"/cookie", `{"a": "a", "b": "/;\n"}`, 400, "b"},
		{"/stored", `{"a": "a"}`, 500, ""},
		{"/stored", `{"a": "a\n"}`, 400, "a"},
		{"/done", `{"x": "x\n"}`, 400, "x"},
	} {
		w := send(front, "POST", c.path, c.body)
		var said struct{ Error, Field string }
		_ = json.Unmarshal(w.Body.Bytes(), &said)
		if w.Code != c.status || said.Field != c.field {
			t.Errorf("%s %s is answered %d %s, want %d naming %q", c.path, c.body, w.Code, w.Body, c.status, c.field)
		}
		if c.status == 400 && (!strings.HasPrefix(said.Error, "the field "+c.field) || w.Header().Get("X-Evil") != "") {
			t.Errorf("%s %s: %s", c.path, c.body, said.Error)
		}
		if c.path == "/done" && !strings.Contains(said.Error, "is done all the same") {
			t.Errorf("what was done is not told: %s", said.Error)
		}
	}
}
