package docstest

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/internal/cli"
)

// TestFindOutWhy runs the app of the page, on a store in memory, and does what
// the consoles say that are marked as "running": curl is answered by the app,
// and shows the status and the trace id.
func TestFindOutWhy(t *testing.T) {
	list := fences(t, filepath.Join(top, "docs", "howto", "find-out-why.md"))
	t.Chdir(t.TempDir())
	for _, f := range list {
		if len(f.words) == 2 && f.words[0] == "in" {
			write(t, f.words[1], f.text)
		}
	}
	app, err := legible.New(os.DirFS("."), requesting.New, profile.New, sessioning.New).
		Open(t.Context(), legible.Options{Log: slog.New(slog.DiscardHandler), Inspect: &legible.Inspect{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := app.ListenInspector(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat("reader.inspector"); err == nil {
			break
		} else if time.Now().After(end) {
			t.Fatal("the app leaves no file")
		}
	}
	asked := 0
	for _, f := range list {
		if f.kind != "console" || len(f.words) != 1 || f.words[0] != "running" {
			continue
		}
		for _, c := range commands(f) {
			var out bytes.Buffer
			if args, ok := strings.CutPrefix(c.input, "legible "); !ok {
				curled(t, app, c.input, &out)
			} else {
				cli.Run(strings.Fields(args), strings.NewReader(""), &out, io.Discard)
			}
			asked++
			// A last line of … stands for all the lines that follow.
			want, long := strings.CutSuffix(c.output, "\n…\n")
			if got := out.String(); long && !begins(got, want) || !long && !shown(c.output).MatchString(got) {
				t.Errorf("%s:%d: %s prints\n%s\nand the document shows\n%s", c.doc, c.line, c.input, got, c.output)
			}
		}
	}
	if asked < 6 {
		t.Errorf("the page shows %d commands: this tests nothing", asked)
	}
}

// begins tells whether a text begins with the lines that are shown.
func begins(text, want string) bool {
	n := strings.Count(want, "\n") + 1
	lines := strings.SplitN(text, "\n", n+1)
	return len(lines) > n && shown(want).MatchString(strings.Join(lines[:n], "\n"))
}

var whyCurl = regexp.MustCompile(`^curl -i --json '([^']*)' (\S+)$`)

// curled asks the app what a line of curl says, and prints of the answer the
// lines that the page shows.
func curled(t *testing.T, app *legible.App, line string, out io.Writer) {
	t.Helper()
	m := whyCurl.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("%s: this is asked in another way than %s", line, whyCurl)
	}
	u, err := url.Parse(m[2])
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", u.Path, strings.NewReader(m[1]))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	app.Handler().ServeHTTP(w, r)
	fmt.Fprintf(out, "HTTP/1.1 %d %s\nX-Trace-Id: %s\n", w.Code, http.StatusText(w.Code), w.Header().Get("X-Trace-Id"))
}
