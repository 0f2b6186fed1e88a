package host_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/value"
)

var update = flag.Bool("update", false, "rewrite what is wanted")

// TestAnswers runs the files in testdata/answers. Each has a program (a.sync)
// and requests as they come over the wire, up to a line "---"; below it stands
// the answer: its status, the headers that not every answer has, and its body,
// with TRACE for the trace. A line "options:" in the head of the file sets the
// options of the front.
func TestAnswers(t *testing.T) {
	files, err := filepath.Glob("testdata/answers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var front *host.Front
			var log bytes.Buffer
			for i := range archive.Files {
				f := &archive.Files[i]
				if f.Name == "a.sync" {
					o := optionsOf(t, string(archive.Comment))
					o.Log = slog.New(slog.NewTextHandler(&log, nil))
					front = host.New(start(t, f.Name, string(f.Data), nil), o)
					continue
				}
				request, want, _ := strings.Cut(string(f.Data), "---\n")
				got := exchange(t, f.Name, front, request)
				if got != want && !*update {
					t.Errorf("%s\n got:\n%s\nwant:\n%s", f.Name, got, want)
				}
				f.Data = []byte(request + "---\n" + got)
			}
			if strings.Contains(log.String(), "hunter2") {
				t.Errorf("the log holds a secret:\n%s", log.String())
			}
			if *update {
				if err := os.WriteFile(name, txtar.Format(archive), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func optionsOf(t *testing.T, comment string) host.Options {
	var o host.Options
	for line := range strings.Lines(comment) {
		words, ok := strings.CutPrefix(line, "options:")
		if !ok {
			continue
		}
		for _, word := range strings.Fields(words) {
			name, v, _ := strings.Cut(word, "=")
			switch name {
			case "prefix":
				o.Prefix = v
			case "refusals200":
				o.Refusals200 = true
			case "development":
				o.Development = true
			case "origin":
				o.AllowOrigins = append(o.AllowOrigins, v)
			case "tls":
				o.BehindTLS = true
			case "body":
				o.MaxBody, _ = strconv.ParseInt(v, 10, 64)
			case "upload":
				o.MaxUpload, _ = strconv.ParseInt(v, 10, 64)
			default:
				t.Fatalf("there is no option %q", name)
			}
		}
	}
	return o
}

// exchange sends a request and writes the answer down.
func exchange(t *testing.T, title string, h http.Handler, text string) string {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	body = strings.TrimSuffix(body, "\n")
	line, headers, _ := strings.Cut(strings.TrimSpace(head), "\n")
	raw := line + " HTTP/1.1\r\nHost: app.example.org\r\n"
	if body != "" {
		raw += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	for h := range strings.Lines(headers) {
		raw += strings.TrimSpace(h) + "\r\n"
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw + "\r\n" + body)))
	if err != nil {
		t.Fatalf("%s: %v", title, err)
	}
	r.RemoteAddr = "192.0.2.1:1234"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return written(t, title, r.Method, w)
}

// everywhere are headers that every answer has, with what they are held to.
var everywhere = map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Type": "application/json"}

func written(t *testing.T, title, method string, w *httptest.ResponseRecorder) string {
	t.Helper()
	trace := w.Header().Get("X-Trace-Id")
	if _, err := value.ParseID(trace); err != nil {
		t.Errorf("%s: the trace %q is no id", title, trace)
	}
	body := w.Body.String()
	if n := w.Header().Get("Content-Length"); w.Code != 204 && w.Code != 304 && method != "HEAD" && n != strconv.Itoa(len(body)) {
		t.Errorf("%s: the answer has %d bytes, and its Content-Length is %q", title, len(body), n)
	}
	var out strings.Builder
	fmt.Fprintln(&out, w.Code)
	var names []string
	for name := range w.Header() {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range w.Header()[name] {
			if everywhere[name] != v && name != "X-Trace-Id" && name != "Content-Length" {
				fmt.Fprintf(&out, "%s: %s\n", name, v)
			}
		}
	}
	if w.Header().Get("Cache-Control") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: the answer lacks headers that every answer has: %v", title, w.Header())
	}
	if body != "" {
		fmt.Fprintln(&out, goPlace.ReplaceAllString(strings.ReplaceAll(body, trace, "TRACE"), "(FILE.go:LINE)"))
	}
	return out.String()
}

// goPlace is where Go code has panicked.
var goPlace = regexp.MustCompile(`\(\w+/\w+\.go:\d+\)`)
