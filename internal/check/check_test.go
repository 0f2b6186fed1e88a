package check_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

var update = flag.Bool("update", false, "rewrite what the tests expect")

// read parses the files of an archive except for "program", the expected result.
// Files whose names end in ".catalogue" are available through Options.Concept.
func read(t testing.TB, a *txtar.Archive) ([]*syntax.File, check.Options, []diag.Diagnostic) {
	t.Helper()
	var files []*syntax.File
	var found []diag.Diagnostic
	var catalogue []*syntax.File
	for _, f := range a.Files {
		if f.Name == "program" {
			continue
		}
		tree, ds := syntax.Parse(source.NewFile(f.Name, string(f.Data)))
		found = append(found, ds...)
		if strings.HasSuffix(f.Name, ".catalogue") {
			catalogue = append(catalogue, tree)
		} else {
			files = append(files, tree)
		}
	}
	return files, check.Options{Concept: func(name string) *syntax.File {
		for _, f := range catalogue {
			for _, c := range f.Concepts {
				if c.Name.Text == name {
					return f
				}
			}
		}
		return nil
	}}, found
}

var expectation = regexp.MustCompile(`# (ERROR|WARN) (L\d+) "([^"]*)"`)

// A file of testdata/errors holds a program. A comment on a line is the finding
// expected there; there must be no other findings.
func TestErrors(t *testing.T) {
	names, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			addRequesting(a)
			files, opt, found := read(t, a)
			_, ds := flows.Check(files, opt)
			compare(t, a, append(found, ds...))
		})
	}
}

// Every code of the check is tested by a file of testdata/errors.
func TestEveryCodeIsTested(t *testing.T) {
	names, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, e := range diag.Catalogue() {
		if suggested := e.Code >= "L0430" && e.Code < "L0440"; suggested {
			continue // package suggest tests them
		}
		if e.Code > "L02" && e.Code < "L05" && !strings.Contains(all.String(), " "+string(e.Code)+" ") {
			t.Errorf("no file of testdata/errors has the fault %s, %s", e.Code, e.Name)
		}
	}
}

// addRequesting adds the concept that stands for HTTP to an archive.
func addRequesting(a *txtar.Archive) {
	a.Files = append(a.Files, txtar.File{Name: "requesting.catalogue", Data: []byte(requestingText)})
}

const requestingText = `concept Requesting

state
    a set of Requests

actions
    request (method: String, path: String, headers: Json, ...) : (request: Request)

    respond (request: Request, status?: Number, headers?: Json, cookies?: Json, body?: Json, ...) : ()
        refuses ALREADY_ANSWERED as conflict "This request has been answered already."
`

func compare(t *testing.T, a *txtar.Archive, found []diag.Diagnostic) {
	t.Helper()
	type place struct {
		file string
		line int
	}
	byPlace := map[place][]diag.Diagnostic{}
	for _, d := range found {
		at := place{"-", 0}
		if d.Span.Known() {
			at = place{d.Span.File.Name, d.Span.Position().Line}
		}
		byPlace[at] = append(byPlace[at], d)
	}
	for _, f := range a.Files {
		for i, line := range strings.Split(string(f.Data), "\n") {
			at := place{f.Name, i + 1}
			for _, m := range expectation.FindAllStringSubmatch(line, -1) {
				want := regexp.MustCompile(m[3])
				hit := slices.IndexFunc(byPlace[at], func(d diag.Diagnostic) bool {
					return string(d.Code) == m[2] && (d.Severity == diag.Warning) == (m[1] == "WARN") && want.MatchString(d.Message)
				})
				if hit < 0 {
					t.Errorf("%s:%d: nothing found like %s", at.file, at.line, m[0])
					continue
				}
				byPlace[at] = slices.Delete(byPlace[at], hit, hit+1)
			}
		}
	}
	for _, d := range found {
		at := place{"-", 0}
		if d.Span.Known() {
			at = place{d.Span.File.Name, d.Span.Position().Line}
		}
		for _, rest := range byPlace[at] {
			if rest.Message == d.Message && rest.Code == d.Code && rest.Span == d.Span {
				t.Errorf("%s: unexpected %s %s: %s", d.Span, d.Severity, d.Code, d.Message)
			}
		}
	}
}

// A file of testdata/resolve holds a program without errors, and the resolved program.
func TestResolve(t *testing.T) {
	names, err := filepath.Glob("testdata/resolve/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			b := &txtar.Archive{Files: slices.Clone(a.Files)}
			addRequesting(b)
			files, opt, found := read(t, b)
			p, ds := check.Check(files, opt)
			for _, d := range append(found, ds...) {
				t.Errorf("%s: %s %s: %s", d.Span, d.Severity, d.Code, d.Message)
			}
			got := dump(p)
			at := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "program" })
			if *update {
				if at < 0 {
					a.Files, at = append(a.Files, txtar.File{Name: "program"}), len(a.Files)
				}
				a.Files[at].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if at < 0 || string(a.Files[at].Data) != got {
				t.Errorf("the program is not what the file expects (-update rewrites it); got:\n%s", got)
			}
		})
	}
}
