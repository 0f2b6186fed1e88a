package plan_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

var update = flag.Bool("update", false, "rewrite what the tests hold the plans against")

// program reads the texts of an archive; those of other kinds are passed over.
func program(t *testing.T, archive *txtar.Archive) *check.Program {
	t.Helper()
	var trees []*syntax.File
	var findings []diag.Diagnostic
	for _, f := range archive.Files {
		if f.Name == "plan" {
			continue
		}
		tree, ds := syntax.Parse(source.NewFile(f.Name, string(f.Data)))
		trees, findings = append(trees, tree), append(findings, ds...)
	}
	p, ds := check.Check(trees, check.Options{})
	for _, d := range append(findings, ds...) {
		if d.Severity == diag.Error {
			t.Errorf("%s: %s", d.Span, d.Message)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return p
}

// TestPrint holds the plan of each program in testdata against the one that is
// written there, and prints it from a second reading, so that nothing in it
// hangs on the order of a map.
func TestPrint(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs in testdata: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var first, second strings.Builder
			if err := plan.Build(program(t, archive)).Print(&first); err != nil {
				t.Fatal(err)
			}
			if err := plan.Build(program(t, archive)).Print(&second); err != nil {
				t.Fatal(err)
			}
			if first.String() != second.String() {
				t.Errorf("the same program printed differently:\n%s\nand\n%s", &first, &second)
			}
			last := len(archive.Files) - 1
			if archive.Files[last].Name != "plan" {
				archive.Files = append(archive.Files, txtar.File{Name: "plan"})
				last++
			}
			if *update {
				archive.Files[last].Data = []byte(first.String())
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got, want := first.String(), string(archive.Files[last].Data); got != want {
				t.Errorf("the plan is not what %s says:\n%s", name, diff.Diff("want", []byte(want), "got", []byte(got)))
			}
		})
	}
}
