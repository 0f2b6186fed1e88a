package host_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const books = `
sync Upload
when
    Requesting.request (path: "/books", file, name) : (request)
then
    Thing.typed (binary: file)
    Requesting.respond (request, name)

sync Key
when
    Requesting.request (path: "/keyed", file, key) : (request)
then
    Thing.typed (binary: file)
    Requesting.respond (request, done: true)

sync Read
when
    Requesting.request (method: "GET", path: "/books", file) : (request)
then
    Thing.typed (binary: file)
    Requesting.respond (request, body: file)

sync Note
when
    Requesting.request (path: "/notes", text) : (request)
then
    Thing.do (x: text)
    Requesting.respond (request, done: true)
`

var silent = slog.New(slog.DiscardHandler)

// A sink is a store that takes large values and keeps none.
type sink struct {
	store.Store
	sizes []int64
}

func (s *sink) PutBlob(ctx context.Context, r io.Reader, mediaType string) (*value.Blob, error) {
	b, err := store.CopyBlob(ctx, io.Discard, r, mediaType)
	if err == nil {
		s.sizes = append(s.sizes, b.Size)
	}
	return b, err
}

// endless gives the same byte for ever.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'A'
	}
	return len(p), nil
}

// TestUploadsAreStreamed sends files that are much larger than what is
// allocated for them.
func TestUploadsAreStreamed(t *testing.T) {
	const size = 32 << 20
	const head = "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"
	for _, c := range []struct {
		name, kind   string
		before       string
		size         int64
		after        string
		known        bool
		most, stored int64
	}{
		{"the whole body", "application/epub+zip", "", size, "", true, 1 << 20, size},
		{"of unknown length", "application/epub+zip", "", size, "", false, 1 << 20, size},
		{"a part", "multipart/form-data; boundary=b", head, size, "\r\n--b--\r\n", true, 1 << 20, size},
		{"a part that nobody wants", "multipart/form-data; boundary=b", strings.Replace(head, `"file"`, `"fil"`, 1), size, "\r\n--b--\r\n", true, 1 << 20, 0},
		// The last of the buffers has the body in it, and those before it no more together.
		{"JSON", "", `{"name": "a", "file": "`, 8 << 20, `"}`, true, 17 << 20, 6 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := &sink{Store: memory.New(memory.Options{})}
			front := host.New(start(t, "a.sync", books, st), host.Options{Log: silent})
			body := io.MultiReader(strings.NewReader(c.before), io.LimitReader(endless{}, c.size), strings.NewReader(c.after))
			r := httptest.NewRequest("POST", "/books?name=a", body)
			r.ContentLength = -1
			if c.known {
				r.ContentLength = int64(len(c.before)+len(c.after)) + c.size
			}
			if c.kind != "" {
				r.Header.Set("Content-Type", c.kind)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			w := httptest.NewRecorder()
			front.ServeHTTP(w, r)
			runtime.ReadMemStats(&after)
			if took := int64(after.TotalAlloc - before.TotalAlloc); took > c.most {
				t.Errorf("%d bytes were allocated for a body of %d, wanted at most %d", took, c.size, c.most)
			}
			if c.stored == 0 {
				if w.Code != 400 || len(st.sizes) != 0 {
					t.Errorf("%d %s, and the store has values of %v bytes, wanted none", w.Code, w.Body, st.sizes)
				}
				return
			}
			if w.Code != 200 || len(st.sizes) != 1 || st.sizes[0] != c.stored {
				t.Errorf("%d %s, and the store has values of %v bytes, wanted one of %d", w.Code, w.Body, st.sizes, c.stored)
			}
		})
	}
}

// unread fails the test when it is read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read, though something is missing that it cannot bring")
	return 0, io.EOF
}

func TestWhatIsMissingIsSaidBeforeTheUpload(t *testing.T) {
	front := host.New(start(t, "a.sync", books, nil), host.Options{Log: silent})
	for _, c := range []struct {
		target, kind string
		length       int64
		status       int
	}{
		{"/books", "application/epub+zip", -1, 400},
		{"/keyed", "application/epub+zip", -1, 401},
		{"/keyed", "multipart/form-data; boundary=b", -1, 401},
		{"/books?name=a", "application/epub+zip", 65 << 20, 413},
		{"/books?name=a", "multipart/form-data; boundary=b", 65 << 20, 413},
		{"/books?name=a", "application/json", 17 << 20, 413},
		{"/notes", "multipart/form-data; boundary=b", 17 << 20, 413},
		{"/notes", "image/png", -1, 415},
	} {
		r := httptest.NewRequest("POST", c.target, unread{t})
		r.ContentLength = c.length
		r.Header.Set("Content-Type", c.kind)
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s with %s: %d %s, wanted %d", c.target, c.kind, w.Code, w.Body, c.status)
		}
	}
}

func form(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--b\r\n" + p + "\r\n")
	}
	return b.String() + "--b--\r\n"
}

func part(name, file, content string) string {
	head := fmt.Sprintf("Content-Disposition: form-data; name=%q", name)
	if file != "" {
		head += fmt.Sprintf("; filename=%q", file)
	}
	return head + "\r\n\r\n" + content
}

func TestLimitsOfForms(t *testing.T) {
	front := host.New(start(t, "a.sync", books, nil), host.Options{Log: silent, MaxUpload: 1 << 20, MaxBody: 1 << 20})
	many := func(n int, make func(i int) string) string {
		parts := []string{part("file", "x", "x")}
		for i := range n {
			parts = append(parts, make(i))
		}
		return form(parts...)
	}
	for _, c := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"1000 fields", many(999, func(i int) string { return part(fmt.Sprint("f", i), "", "") }), 200, ""},
		{"1001 fields", many(1000, func(i int) string { return part(fmt.Sprint("f", i), "", "") }), 400, "more than 1000 fields"},
		{"100 files", many(99, func(i int) string { return part(fmt.Sprint("f", i), "x", "x") }), 200, ""},
		{"101 files", many(100, func(i int) string { return part(fmt.Sprint("f", i), "x", "x") }), 400, "more than 100 files"},
		{"a long name", form(part(strings.Repeat("x", 201), "", "")), 400, "a name that is longer than 200 bytes"},
		{"a name that is no text", form(part("x", "", ""), "Content-Disposition: form-data; name=\"\xff\"\r\n\r\n"), 400, "not valid UTF-8"},
		{"a text that is none", form(part("x", "", "\xff")), 400, "the field x of the form is not valid UTF-8"},
		{"long headers", form("X: " + strings.Repeat("x", 20<<10) + "\r\n" + part("x", "", "")), 431, "headers that are too long"},
		{"much before the first part", strings.Repeat("x\r\n", 10<<10) + form(part("x", "", "")), 431, "headers that are too long"},
		{"a large file", form(part("file", "x", strings.Repeat("x", 1<<20))), 413, "larger than 1 MiB"},
		{"a large file in unwanted parts", form(part("y", "x", strings.Repeat("x", 1<<19)), part("z", "x", strings.Repeat("x", 1<<19))), 413, "larger than 1 MiB"},
		{"broken off in a file", strings.TrimSuffix(form(part("file", "x", "x")), "--b--\r\n"), 400, "ends before its last part"},
	} {
		r := httptest.NewRequest("POST", "/books?name=a", io.MultiReader(strings.NewReader(c.body)))
		r.ContentLength = -1
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, wanted %d with %q", c.name, w.Code, w.Body, c.status, c.want)
		}
	}
}

// TestLimitsOfBodies: only where binary data may stand, a body may be as large
// as that takes.
func TestLimitsOfBodies(t *testing.T) {
	front := host.New(start(t, "a.sync", books, nil), host.Options{Log: silent, MaxBody: 100, MaxBinary: 1000})
	for _, c := range []struct {
		path, body string
		status     int
	}{
		{"/books", fmt.Sprintf(`{"name": "a", "file": %q}`, strings.Repeat("AAAA", 200)), 200},
		{"/books", fmt.Sprintf(`{"name": "a", "file": %q}`, strings.Repeat("AAAA", 250)), 413},
		{"/notes", fmt.Sprintf(`{"text": %q}`, strings.Repeat("x", 80)), 200},
		{"/notes", fmt.Sprintf(`{"text": %q}`, strings.Repeat("x", 100)), 413},
	} {
		if w := send(front, "POST", c.path, c.body); w.Code != c.status {
			t.Errorf("%d bytes to %s: %d %s, wanted %d", len(c.body), c.path, w.Code, w.Body, c.status)
		}
	}
}

// TestBase64 holds what is taken for base64 against the library, at the ends of
// the pieces in which it is decoded, too.
func TestBase64(t *testing.T) {
	front := host.New(start(t, "a.sync", books, nil), host.Options{Log: silent})
	for _, n := range []int{0, 1020, 1024, 2048} {
		for _, tail := range []string{"", "YQ==", "YQ=", "YQ", "Y", "=", "==", "====", "YWI=", "YQ==\n", "YQ\n==", "YQ==YQ==", "YWI=YQ==", "Y\r\nQ==", "YQ== ", "YQ==\n=", "YWJj", "é", "Y-Q=", "YR=="} {
			text := strings.Repeat("A", n) + tail
			_, err := base64.StdEncoding.DecodeString(text)
			w := send(front, "POST", "/books", fmt.Sprintf(`{"name": "a", "file": %q}`, text))
			if (w.Code == 200) != (err == nil) {
				t.Errorf("%d A and %q: %d %s, but the library says %v", n, tail, w.Code, w.Body, err)
			}
		}
	}
}

// TestBudget fills the memory that bodies may take with requests that wait.
func TestBudget(t *testing.T) {
	entered, leave := make(chan struct{}, 100), make(chan struct{})
	e := startWith(t, "a.sync", books, nil, func(m map[string]engine.Methods) {
		m["Thing"].Actions["do"] = func(_ engine.Context, in, out []value.Value) error {
			entered <- struct{}{}
			<-leave
			out[0] = in[0]
			return nil
		}
	})
	front := host.New(e, host.Options{Log: silent, MaxBody: 10_000, MaxBuffered: 50_000})
	note := func(n int) *httptest.ResponseRecorder {
		return send(front, "POST", "/notes", fmt.Sprintf(`{"text": %q}`, strings.Repeat("x", n)))
	}
	// Each has its 9 kB once while it waits, and twice while it is read.
	for range 2 {
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				if w := note(9000); w.Code != 200 {
					t.Errorf("one of four got %d %s", w.Code, w.Body)
				}
			})
			<-entered
		}
		w := note(9000)
		if w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("the fifth got %d %v %s", w.Code, w.Header(), w.Body)
		}
		wait.Go(func() {
			if w := note(100); w.Code != 200 {
				t.Errorf("a small one got %d %s", w.Code, w.Body)
			}
		})
		<-entered
		for range 5 {
			leave <- struct{}{}
		}
		wait.Wait() // and then there is room again
	}
	w := send(front, "POST", "/notes", `{"text": "a", "more": [`+strings.TrimSuffix(strings.Repeat("0,", 4000), ",")+`]}`)
	if w.Code != 413 || !strings.Contains(w.Body.String(), "too many values") {
		t.Errorf("values that become fifty times as large: %d %s", w.Code, w.Body)
	}
}

// TestAbandonedUploads looks at what the store has of uploads that were refused
// or broke off.
func TestAbandonedUploads(t *testing.T) {
	st := memory.New(memory.Options{})
	server := httptest.NewServer(host.New(start(t, "a.sync", books, st), host.Options{Log: silent}))
	defer server.Close()
	swept := func() int {
		n, err := st.SweepBlobs(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	resp, err := http.Post(server.URL+"/books", "multipart/form-data; boundary=b", strings.NewReader(form(part("file", "x", "hello"))))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if n := swept(); resp.StatusCode != 400 || n != 1 {
		t.Errorf("a form that lacks a field: %d, and %d values are swept, wanted 400 and 1", resp.StatusCode, n)
	}
	for _, kind := range []string{"application/epub+zip", "multipart/form-data; boundary=b"} {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST /books?name=a HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 1000000\r\n\r\n", kind)
		io.WriteString(c, strings.TrimSuffix(form(part("file", "x", strings.Repeat("x", 100_000))), "\r\n--b--\r\n"))
		c.(*net.TCPConn).CloseWrite()
		answer, _ := io.ReadAll(c)
		c.Close()
		if n := swept(); !bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")) || !bytes.Contains(answer, []byte("the body ended before it was complete")) || n != 0 {
			t.Errorf("%s that breaks off: %q, and %d values are swept, wanted 400 and none", kind, answer, n)
		}
	}
}

// TestParts asks for parts of binary data.
func TestParts(t *testing.T) {
	var log bytes.Buffer
	front := host.New(start(t, "a.sync", books, nil), host.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	get := func(method string, headers ...string) *httptest.ResponseRecorder {
		t.Helper()
		log.Reset()
		r := httptest.NewRequest(method, "/books?file=aGVsbG8gd29ybGQ%3D", nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if want := fmt.Sprintf("status=%d duration=", w.Code); !strings.Contains(log.String(), want) {
			t.Errorf("%v: the log says %s, wanted %s", headers, log.String(), want)
		}
		if want := fmt.Sprintf(" bytes=%d ", w.Body.Len()); !strings.Contains(log.String(), want) {
			t.Errorf("%v: the log says %s, wanted %s", headers, log.String(), want)
		}
		return w
	}
	whole := get("GET")
	tag := whole.Header().Get("Etag")
	if whole.Body.String() != "hello world" || tag == "" || whole.Header().Get("Content-Length") != "11" {
		t.Fatalf("%d %v %s", whole.Code, whole.Header(), whole.Body)
	}
	for _, c := range []struct {
		method  string
		headers []string
		status  int
		body    string
		length  string
	}{
		{"HEAD", nil, 200, "", "11"},
		{"HEAD", []string{"Range", "bytes=0-4"}, 206, "", "5"},
		{"GET", []string{"Range", "bytes=6-"}, 206, "world", "5"},
		{"GET", []string{"Range", "bytes=-5"}, 206, "world", "5"},
		{"GET", []string{"Range", "lines=1-2"}, 200, "hello world", "11"},
		{"GET", []string{"Range", "bytes=x"}, 200, "hello world", "11"},
		{"GET", []string{"Range", "bytes=-"}, 200, "hello world", "11"},
		{"GET", []string{"Range", "bytes=11-"}, 416, `{"error":"the binary data has 11 bytes, and the Range is outside of them"}`, "74"},
		{"HEAD", []string{"Range", "bytes=11-"}, 416, "", "74"},
		{"GET", []string{"Range", "bytes=0-4", "If-Range", tag}, 206, "hello", "5"},
		{"GET", []string{"Range", "bytes=0-4", "If-Range", `"other"`}, 200, "hello world", "11"},
		{"GET", []string{"If-None-Match", tag}, 304, "", ""},
		{"GET", []string{"If-None-Match", `"other", W/` + tag}, 304, "", ""},
		{"HEAD", []string{"If-None-Match", "*"}, 304, "", ""},
		{"GET", []string{"If-None-Match", `"other"`}, 200, "hello world", "11"},
		{"GET", []string{"If-Match", `"other"`}, 412, "", ""},
	} {
		w := get(c.method, c.headers...)
		if w.Code != c.status || w.Body.String() != c.body || w.Header().Get("Content-Length") != c.length {
			t.Errorf("%s %v: %d %q of length %q, wanted %d %q of length %q", c.method, c.headers,
				w.Code, w.Body, w.Header().Get("Content-Length"), c.status, c.body, c.length)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %v: the headers are %v", c.method, c.headers, w.Header())
		}
		if got := w.Header().Get("Content-Type"); c.status == 416 && got != "application/json" || c.status == 416 && w.Header().Get("Content-Range") != "bytes */11" {
			t.Errorf("%s %v: the headers are %v", c.method, c.headers, w.Header())
		}
	}
	w := get("GET", "Range", "bytes=0-0,6-8")
	kind, params, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if w.Code != 206 || kind != "multipart/byteranges" || err != nil {
		t.Fatalf("two parts: %d %v", w.Code, w.Header())
	}
	parts := multipart.NewReader(w.Body, params["boundary"])
	for _, want := range []string{"bytes 0-0/11: h", "bytes 6-8/11: wor"} {
		p, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(p)
		if got := p.Header.Get("Content-Range") + ": " + string(text); got != want {
			t.Errorf("a part is %s, wanted %s", got, want)
		}
	}
	if p, err := parts.NextPart(); err != io.EOF {
		t.Errorf("there is a third part: %v, %v", p, err)
	}
}

// TestSlowUploads sends one for longer than other requests may take, and one
// that comes by drops.
func TestSlowUploads(t *testing.T) {
	for _, c := range []struct {
		name        string
		piece       int
		times       int
		status      string
		after, most time.Duration
	}{
		{"steady", 128 << 10, 200, "200", 199 * time.Second, 202 * time.Second},
		{"by drops", 1, 200, "408", 60 * time.Second, 62 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := &sink{Store: memory.New(memory.Options{})}
				l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
				ctx, stop := context.WithCancel(context.Background())
				ended := make(chan error, 1)
				go func() {
					ended <- host.Serve(ctx, l, host.New(start(t, "a.sync", books, st), host.Options{Log: silent}), host.Options{Log: silent})
				}()
				client, server := net.Pipe()
				l.conns <- server
				began := time.Now()
				var sending sync.WaitGroup
				sending.Go(func() {
					fmt.Fprintf(client, "POST /books?name=a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: a/b\r\nContent-Length: %d\r\n\r\n", c.piece*c.times)
					for range c.times {
						time.Sleep(time.Second)
						if _, err := client.Write(make([]byte, c.piece)); err != nil {
							return
						}
					}
				})
				got, _ := io.ReadAll(client)
				if took := time.Since(began); took < c.after || took > c.most {
					t.Errorf("it took %v, wanted from %v to %v", took, c.after, c.most)
				}
				if !strings.HasPrefix(string(got), "HTTP/1.1 "+c.status) {
					t.Errorf("the answer is %.200q, wanted %s", got, c.status)
				}
				client.Close()
				sending.Wait()
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
