package host_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/value"
)

// Whose name is "none" is let in nowhere.
const guarded = `
view Known (name) : (who)
where
    in Thing: _find (x: name) : (y: who)

sync Guarded
when
    Requesting.request (path: "/guarded", file, name) : (request)
where
    Known (name) : (who)
        else Requesting.respond (request, status: 403, error: "Not you, " + name)
    who != "nobody"
        else Requesting.respond (request, status: 403, error: "Nor you")
    n is count
        in Thing: _find (x: who) : (y)
    n == 1
        else Requesting.respond (request, status: 500)
then
    Thing.typed (binary: file)
    Requesting.respond (request, who)

sync Late
when
    Requesting.request (path: "/late", file, name) : (request)
where
    kept is file
    Known (name) : (who)
        else Requesting.respond (request, status: 403, error: "Too late")
then
    Thing.typed (binary: kept)
    Requesting.respond (request, who)

sync Tells
when
    Requesting.request (path: "/tells", file, name) : (request)
where
    Known (name) : (who)
        else Requesting.respond (request, status: 403, body: file)
then
    Thing.typed (binary: file)
    Requesting.respond (request, who)

sync Twice
when
    Requesting.request (path: "/twice", file, name) : (request)
where
    Known (name) : (who)
        else Requesting.respond (request, status: 403, error: "Not you")
then
    Thing.typed (binary: file)
    Requesting.respond (request, who)

sync TwiceAsWell
when
    Requesting.request (path: "/twice", file) : ()
then
    Thing.typed (binary: file)

sync Some
when
    Requesting.request (path: "/some", file, name) : (request)
where
    in Thing: _pairs (x: name) : (b)
    b == 1
        else Thing.typed (binary: file)
    Known (name) : (who)
        else Requesting.respond (request, status: 403, error: "Not you")
then
    Requesting.respond (request, who)

sync Ticket
when
    Requesting.request (path: "/ticket", file, session) : (request)
then
    Thing.typed (binary: file)
    Thing.greet (session) : (greeting)
    Requesting.respond (request, greeting)
`

// A counted reader tells how much of it was read.
type counted struct {
	io.Reader
	read int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += int64(n)
	return n, err
}

// TestFilesAreGuarded holds that the file of a request that the program does not
// let in is not taken to the store, and that the answer is the same as if it were.
func TestFilesAreGuarded(t *testing.T) {
	const size = 4 << 20
	const raw, form, inJSON = "application/epub+zip", "multipart/form-data; boundary=b", "application/json"
	named := func(name, value string) string { return "--b\r\n" + part(name, "", value) + "\r\n" }
	filePart := "--b\r\n" + part("file", "x", "")
	for _, c := range []struct {
		name, path, kind string
		before, after    string // around the file
		status           int
		answer           string
		stored           string // sizes of what the store was given
		all              bool   // the body is read to its end
	}{
		{"the body, let in", "/guarded?name=ann", raw, "", "", 200, `{"who":"ann"}`, "[4194304]", true},
		{"the body", "/guarded?name=none", raw, "", "", 403, `{"error":"Not you, none"}`, "[0]", false},
		{"the body, by the second line", "/guarded?name=nobody", raw, "", "", 403, `{"error":"Nor you"}`, "[0]", false},
		{"JSON, let in", "/guarded", inJSON, `{"name": "ann", "file": "`, `"}`, 200, `{"who":"ann"}`, "[3145728]", true},
		{"JSON", "/guarded", inJSON, `{"name": "none", "file": "`, `"}`, 403, `{"error":"Not you, none"}`, "[0]", true},
		{"a form, let in", "/guarded", form, named("name", "ann") + filePart, "", 200, `{"who":"ann"}`, "[4194304]", true},
		{"a form", "/guarded", form, named("name", "none") + filePart, "", 403, `{"error":"Not you, none"}`, "[0]", true},
		{"a form, the name in the query string", "/guarded?name=none", form, filePart, "", 403, `{"error":"Not you, none"}`, "[0]", true},
		{"a form that tells the name too late", "/guarded", form, filePart, named("name", "none"), 403, `{"error":"Not you, none"}`, "[4194304]", true},
		{"a guard behind a line that needs the file", "/late?name=none", raw, "", "", 403, `{"error":"Too late"}`, "[4194304]", true},
		{"an else that tells of the file, which this store has not kept", "/tells?name=none", raw, "", "", 500, "", "[4194304]", true},
		{"a second sync that wants it", "/twice?name=none", raw, "", "", 403, `{"error":"Not you"}`, "[4194304]", true},
		{"a form that tells another name behind the file", "/guarded?name=none", form, filePart, named("name", "ann"), 400,
			`{"error":"the file came before the fields that allow it: put files last in the form"}`, "[0]", true},
		{"a line before that takes the file for some frames", "/some?name=none", raw, "", "", 403, `{"error":"Not you"}`, "[4194304]", true},
		{"a credential before the file", "/ticket", form, named("session", "s") + filePart, "", 200, `{"greeting":"hello s"}`, "[4194304]", true},
		{"a credential behind the file", "/ticket", form, filePart, named("session", "s"), 401,
			`{"error":"Please log in: session is missing. It may come as the field session of the body, in the header Authorization as Bearer TOKEN, in the cookie session or in the header X-Session. In a form it comes before the file.","field":"session"}`, "[]", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := &sink{Store: memory.New(memory.Options{})}
			front := host.New(start(t, "a.sync", guarded, st), host.Options{Log: silent, MaxBinary: 8 << 20})
			after := c.after
			if c.kind == form {
				after = "\r\n" + after + "--b--\r\n"
			}
			body := &counted{Reader: io.MultiReader(strings.NewReader(c.before), io.LimitReader(endless{}, size), strings.NewReader(after))}
			r := httptest.NewRequest("POST", c.path, body)
			r.Header.Set("Content-Type", c.kind)
			w := httptest.NewRecorder()
			front.ServeHTTP(w, r)
			if got := strings.TrimSpace(w.Body.String()); w.Code != c.status || c.answer != "" && got != c.answer {
				t.Errorf("the answer is %d %.300s\nwanted %d %s", w.Code, got, c.status, c.answer)
			}
			if got := fmt.Sprint(st.sizes); got != c.stored {
				t.Errorf("the store was given %s bytes, wanted %s", got, c.stored)
			}
			if all := body.read >= size; all != c.all {
				t.Errorf("%d bytes of the body were read", body.read)
			}
		})
	}
}

// TestAFileThatWasLeftIsNotTakenForEmpty holds that a request whose file was left
// where it is is not let in after all, when the state has changed meanwhile.
func TestAFileThatWasLeftIsNotTakenForEmpty(t *testing.T) {
	open := false
	st := &sink{Store: memory.New(memory.Options{})}
	e := startWith(t, "a.sync", guarded, st, func(m map[string]engine.Methods) {
		m["Thing"].Queries["_find"] = func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
			if open {
				rows.Add()[0] = in[0]
			}
			return nil
		}
	})
	front := host.New(e, host.Options{Log: silent})
	opens := readerFunc(func([]byte) (int, error) { open = true; return 0, io.EOF })
	body := "--b\r\n" + part("name", "", "ann") + "\r\n--b\r\n" + part("file", "x", "") + strings.Repeat("A", 64<<10)
	r := httptest.NewRequest("POST", "/guarded", io.MultiReader(strings.NewReader(body), opens, strings.NewReader("\r\n--b--\r\n")))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	w := httptest.NewRecorder()
	front.ServeHTTP(w, r)
	const want = `{"error":"What the file depends on changed during the upload. The file was not stored. Please send it again."}`
	if got := strings.TrimSpace(w.Body.String()); w.Code != 503 || got != want || w.Header().Get("Retry-After") != "1" {
		t.Errorf("the answer is %d %s %v\nwanted 503 %s", w.Code, got, w.Header(), want)
	}
	if got := fmt.Sprint(st.sizes); got != "[0]" {
		t.Errorf("the store was given %s bytes", got)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestAPatternWithoutPathWantsFiles holds that a sync that looks at the requests
// of every route has the file of one that another sync does not let in.
func TestAPatternWithoutPathWantsFiles(t *testing.T) {
	const every = `
sync Every
when
    Requesting.request (file) : ()
then
    Thing.typed (binary: file)
`
	st := &sink{Store: memory.New(memory.Options{})}
	front := host.New(start(t, "a.sync", guarded+every, st), host.Options{Log: silent})
	r := httptest.NewRequest("POST", "/guarded?name=none", strings.NewReader("PK"))
	r.Header.Set("Content-Type", "application/epub+zip")
	w := httptest.NewRecorder()
	front.ServeHTTP(w, r)
	if got := fmt.Sprint(w.Code, st.sizes); got != "403 [2]" {
		t.Errorf("status and sizes in the store: %s, wanted 403 and the whole file", got)
	}
}
