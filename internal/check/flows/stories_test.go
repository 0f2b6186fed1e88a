package flows_test

import (
	"os"
	"path/filepath"
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

// A file of testdata/stories holds a program with a typical mistake, or with
// something that looks like one, and the findings. Concepts that a program does not
// declare come from catalogue.concept there.
func TestStories(t *testing.T) {
	names, err := filepath.Glob("testdata/stories/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	text, err := os.ReadFile("testdata/stories/catalogue.concept")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, found := syntax.Parse(source.NewFile("catalogue.concept", string(text)))
	for _, d := range found {
		t.Errorf("%s: %s", d.Span, d.Message)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := findings(a, catalogue)
			at := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "findings" })
			if *update {
				if at < 0 {
					a.Files, at = append(a.Files, txtar.File{Name: "findings"}), len(a.Files)
				}
				a.Files[at].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if at < 0 || string(a.Files[at].Data) != got {
				t.Errorf("the findings are not what the file expects (-update rewrites it); got:\n%s", got)
			}
		})
	}
}

// findings checks the program of an archive and formats the findings.
func findings(a *txtar.Archive, catalogue *syntax.File) string {
	var files []*syntax.File
	var all []diag.Diagnostic
	for _, f := range a.Files {
		if f.Name == "findings" {
			continue
		}
		tree, ds := syntax.Parse(source.NewFile(f.Name, string(f.Data)))
		files, all = append(files, tree), append(all, ds...)
	}
	_, ds := flows.Check(files, check.Options{Concept: func(name string) *syntax.File {
		for _, c := range catalogue.Concepts {
			if c.Name.Text == name {
				return catalogue
			}
		}
		return nil
	}})
	var b strings.Builder
	if err := diag.WriteText(&b, diag.Sort(append(all, ds...)), diag.TextOptions{}); err != nil {
		return err.Error()
	}
	return b.String()
}
