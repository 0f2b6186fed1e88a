package docstest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/cli"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// A command is a line behind "$ " and what the document shows below it.
type command struct {
	fence
	line   int
	input  string
	output string
}

func commands(f fence) []command {
	var list []command
	for i, line := range strings.SplitAfter(f.text, "\n") {
		switch input, ok := strings.CutPrefix(line, "$ "); {
		case ok:
			list = append(list, command{fence: f, line: f.line + i, input: strings.TrimSpace(input)})
		case len(list) > 0:
			list[len(list)-1].output += line
		}
	}
	return list
}

// TestConsoles runs the legible commands that the documents show, from the top
// of the module, and holds what they print against what is shown.
func TestConsoles(t *testing.T) {
	t.Chdir(top)
	for _, doc := range []string{"README.md", "docs/*.md", "docs/*/*.md", "CONTRIBUTING.md"} {
		names, err := filepath.Glob(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			for _, f := range fences(t, name) {
				if f.kind != "console" {
					continue
				}
				for _, c := range commands(f) {
					args, ok := strings.CutPrefix(c.input, "go run ./cmd/legible ")
					if !ok {
						continue
					}
					var out bytes.Buffer
					cli.Run(strings.Fields(args), strings.NewReader(""), &out, &out)
					if !shown(c.output).MatchString(out.String()) {
						t.Errorf("%s:%d: %s prints\n%s\nand the document shows\n%s", c.doc, c.line, c.input, &out, c.output)
					}
				}
			}
		}
	}
}

// shown matches what a document shows, in which … stands for anything.
func shown(text string) *regexp.Regexp { return matches(text, ".*") }

func matches(text, dots string) *regexp.Regexp {
	return regexp.MustCompile(`^` + strings.ReplaceAll(regexp.QuoteMeta(text), "…", dots) + `$`)
}

// TestFindings holds what a document shows of the checker's words against what
// the checker says of the example before.
func TestFindings(t *testing.T) {
	for _, doc := range documents(t) {
		var wrong fence
		for _, f := range fences(t, doc) {
			if len(f.words) == 2 && f.words[0] == "wrong" {
				wrong = f
			}
			if f.kind != "finding" {
				continue
			}
			tree, findings := syntax.Parse(source.NewFile(f.words[0], wrong.text))
			var out strings.Builder
			if err := diag.WriteText(&out, append(findings, program(tree)...), diag.TextOptions{}); err != nil {
				t.Fatal(err)
			}
			if out.String() != f.text {
				t.Errorf("%s:%d: the checker says\n%s\nand the document shows\n%s", f.doc, f.line, &out, f.text)
			}
		}
	}
}

// TestQuotedSyncs verifies that an example "sync from FILE" stands in that file
// of the repository word for word.
func TestQuotedSyncs(t *testing.T) {
	quoted := 0
	for _, doc := range documents(t) {
		for _, f := range fences(t, doc) {
			if len(f.words) != 2 || f.words[0] != "from" {
				continue
			}
			quoted++
			text, err := os.ReadFile(filepath.Join(top, filepath.FromSlash(f.words[1])))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains("\n"+string(text)+"\n", "\n"+f.text+"\n") {
				t.Errorf("%s:%d: this %s does not stand in %s", f.doc, f.line, f.kind, f.words[1])
			}
		}
	}
	if quoted == 0 {
		t.Error("README.md quotes no sync of FocusReader")
	}
}

var (
	curlLine  = regexp.MustCompile(`^curl((?: -[bc] jar)*) --json '([^']*)' http://127\.0\.0\.1:8000(/\S*)$`)
	listening = regexp.MustCompile(`listening on (http://\S+)`)
)

// TestCurl starts FocusReader as the README says, on a free port, and asks it
// what the documents ask it. In an answer … stands for one value, and for no
// further fields.
func TestCurl(t *testing.T) {
	if testing.Short() {
		t.Skip("builds FocusReader: .ci/run runs it, as does go test without -short")
	}
	base := focusReader(t)
	for _, doc := range documents(t) {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fences(t, doc) {
			if f.kind != "console" || len(f.words) > 0 { // others have a test of their own
				continue
			}
			for _, c := range commands(f) {
				if !strings.HasPrefix(c.input, "curl ") {
					continue
				}
				m := curlLine.FindStringSubmatch(c.input)
				if m == nil {
					t.Errorf("%s:%d: %s is written otherwise than this test can read", c.doc, c.line, c.input)
					continue
				}
				client := &http.Client{}
				if m[1] != "" {
					client.Jar = jar
				}
				if got := post(t, client, base+m[3], m[2]); !matches(strings.TrimSpace(c.output), `[^"]*`).MatchString(got) {
					t.Errorf("%s:%d: %s answers\n%s\nand the document shows\n%s", c.doc, c.line, c.input, got, c.output)
				}
			}
		}
	}
}

func post(t *testing.T, client *http.Client, url, body string) string {
	t.Helper()
	if !json.Valid([]byte(body)) {
		t.Errorf("%s is no JSON", body)
	}
	w, err := client.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// focusReader starts the server in a folder of its own and gives its address.
func focusReader(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "focusreader")
	if text, err := exec.Command("go", "build", "-o", binary, top+"/apps/focusreader").CombinedOutput(); err != nil {
		t.Fatalf("building FocusReader: %v\n%s", err, text)
	}
	cmd := exec.Command(binary, "--addr", "127.0.0.1:0")
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait() // its error is that it was killed
	})
	line := make([]byte, 200)
	n, err := out.Read(line)
	m := listening.FindSubmatch(line[:n])
	if err != nil || m == nil {
		t.Fatalf("FocusReader said %q (%v)", line[:n], err)
	}
	return string(m[1])
}
