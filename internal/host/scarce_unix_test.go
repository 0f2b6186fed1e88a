//go:build unix

package host_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const scarce = `
sync Upload
when
    Requesting.request (method: "POST", path: "/books", file) : (request)
then
    Thing.typed (binary: file) : (z)
    Requesting.respond (request, body: z)

sync Read
when
    Requesting.request (method: "GET", path: "/books", x) : (request)
where
    in Thing: _find (x) : (y)
then
    Requesting.respond (request, y)

sync Make
when
    Requesting.request (path: "/make", x) : (request)
then
    Thing.do (x: "first")
    Thing.do (x)
    Requesting.respond (request, done: true)
`

// opens makes the Go of Thing open a file: the action where x is a path, the query
// always.
func opens(m map[string]engine.Methods) {
	open := func(path string) error {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		return f.Close()
	}
	m["Thing"].Actions["do"] = func(ctx engine.Context, in, out []value.Value) error {
		x, _ := in[0].Text()
		if out[0] = in[0]; filepath.IsAbs(x) {
			if err := open(x); err != nil {
				return err
			}
		}
		return ctx.State().Insert(member, x, store.Row{in[0], value.Number(1)})
	}
	m["Thing"].Queries["_find"] = func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
		rows.Add()[0] = in[0]
		return open(os.DevNull)
	}
}

// runOut opens files until the process has none left.
func runOut(t *testing.T) (files []*os.File) {
	t.Helper()
	for {
		f, err := os.Open(os.DevNull)
		if errors.Is(err, syscall.EMFILE) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
}

// TestOutOfFiles lets a process with few files run out of them. What needs one is
// answered 503 and done later, what needs none is answered as ever, and the server
// goes on to take connections.
func TestOutOfFiles(t *testing.T) {
	if os.Getenv("LEGIBLE_FEW_FILES") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestOutOfFiles$", "-test.timeout=2m")
		cmd.Env = append(os.Environ(), "LEGIBLE_FEW_FILES=yes")
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, said)
		}
		return
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 100, Max: 100}); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	st, err := sqlite.Open(filepath.Join(dir, "a.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := startWith(t, "a.sync", scarce, st, opens)
	front := host.New(e, host.Options{Log: silent})
	want := func(status int, method, target, kind, body string) (said string) {
		t.Helper()
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if w.Code != status || status == 503 && (w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), `"done"`)) {
			t.Errorf("%s %s is answered %d %v %s, want %d", method, target, w.Code, w.Header(), w.Body, status)
		}
		return w.Body.String()
	}
	file := filepath.Join(dir, "made")
	const book = "a book that is no text, and long enough to be kept as it is"
	at := served(t, front, host.Options{Log: silent})
	idle, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	want(200, "POST", "/books", "application/epub+zip", book)

	files := runOut(t)
	want(503, "POST", "/books", "application/epub+zip", book)
	want(503, "POST", "/books", "application/epub+zip", book+", another one")
	want(503, "GET", "/books?x=a", "", "")
	made := want(503, "POST", "/make", "application/json", `{"x": "`+file+`"}`)
	want(200, "POST", "/make", "application/json", `{"x": "second"}`)
	// There is a file for the client, and none for the server.
	files[0].Close()
	client := &http.Client{Timeout: 30 * time.Second}
	r, err := client.Post("http://"+at+"/make", "application/json", strings.NewReader(`{"x": "third"}`))
	if err != nil {
		t.Fatalf("a connection is not taken: %v", err)
	}
	if said, _ := io.ReadAll(r.Body); r.StatusCode != 200 || !bytes.Contains(said, []byte("true")) {
		t.Errorf("a request is answered %d %s", r.StatusCode, said)
	}
	r.Body.Close()
	client.CloseIdleConnections()
	for _, f := range files[1:] {
		f.Close()
	}
	if err := e.Rescue(context.Background(), nil); err != nil {
		t.Error(err)
	}
	// What was not said to be undone is done later.
	if _, err := os.Stat(file); (err == nil) == strings.Contains(made, `"done":"nothing"`) {
		t.Errorf("the client was told %s; later the file is there: %t", made, err == nil)
	}
	left, err := st.Unfinished(context.Background())
	if err != nil || len(left) > 0 {
		t.Errorf("%d flows are left over (%v)", len(left), err)
	}
	want(200, "POST", "/books", "application/epub+zip", book+", another one")
	want(200, "GET", "/books?x=a", "", "")
}
