package docstest

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/cli"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// TestHowTos does what each page of docs/howto says, in its order and in a
// folder of its own: examples "in FILE" are written, or change the file if they
// are a diff; a "store in FILE" is what the store then holds; the commands of a
// console must print what is shown.
func TestHowTos(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(top, "docs", "howto", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("there are no pages (%v)", err)
	}
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			list := fences(t, page)
			t.Chdir(t.TempDir())
			for _, f := range list {
				if len(f.words) == 2 && f.words[0] == "in" {
					switch f.kind {
					case "diff":
						change(t, f, f.words[1])
					case "store":
						fill(t, f, list)
					default:
						write(t, f.words[1], f.text)
					}
				}
				if f.kind == "console" && len(f.words) == 0 { // others have a test of their own
					for _, c := range commands(f) {
						if strings.HasPrefix(c.input, "curl ") {
							continue // TestCurl asks that, and TestScaleOut
						}
						howTo(t, c)
					}
				}
			}
		})
	}
}

// howTo runs a command; what it prints tells whether it did as the page says.
func howTo(t *testing.T, c command) {
	t.Helper()
	var out bytes.Buffer
	words := strings.Fields(c.input)
	if words[0] == "legible" {
		cli.Run(words[1:], strings.NewReader(""), &out, &out)
	} else if text, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s:%d: %s: %v\n%s", c.doc, c.line, c.input, err, text)
	}
	if !shown(c.output).MatchString(out.String()) {
		t.Fatalf("%s:%d: %s prints\n%s\nand the document shows\n%s", c.doc, c.line, c.input, &out, c.output)
	}
}

var (
	memberLine = regexp.MustCompile(`^(\S+) (\S+)((?: \w+=(?:"[^"]*"|[^\s"]+))*)$`)
	memberPart = regexp.MustCompile(`(\w+)=("[^"]*"|\S+)`)
)

// fill puts members into a store of the page's program, as an app would have:
// each line is a set, an identity and values of texts and binary data.
func fill(t *testing.T, f fence, page []fence) {
	t.Helper()
	var trees []*syntax.File
	for _, x := range page {
		if x.kind == "app" || x.kind == "concept" {
			tree, _ := syntax.Parse(source.NewFile(x.doc, x.inPlace()))
			trees = append(trees, tree)
		}
	}
	program, _ := check.Check(trees, check.Options{Concept: catalogue})
	schema := engine.Schema(plan.Build(program))
	st, err := sqlite.Open(f.words[1], sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Prepare(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	flow := st.NewSession(value.NewIDs().At(time.Now()))
	for line := range strings.Lines(f.text) {
		m := memberLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			t.Fatalf("%s:%d: %q is no member", f.doc, f.line, line)
		}
		for _, table := range schema.Tables {
			if table.Name() != m[1] {
				continue
			}
			row := make(store.Row, len(table.Columns))
			for _, part := range memberPart.FindAllStringSubmatch(m[3], -1) {
				i, text := table.Column(part[1]), strings.Trim(part[2], `"`)
				row[i] = value.String(text)
				if table.Columns[i].Type == store.Blob {
					blob, err := st.PutBlob(t.Context(), strings.NewReader(text), "text/plain")
					if err != nil {
						t.Fatal(err)
					}
					row[i] = value.Binary(blob)
				}
			}
			if err := flow.Insert(table, m[2], row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(flow.Commit(nil), flow.Finish(nil), st.Close()); err != nil {
		t.Fatal(err)
	}
}
