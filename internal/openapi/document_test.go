package openapi_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/openapi"
	"github.com/legible-lang/legible/internal/openapi/openapitest"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

var update = flag.Bool("update", false, "rewrite what the documents should be")

// program checks the texts of an archive, but what is expected of them.
func program(t *testing.T, a *txtar.Archive) *flows.Analysis {
	t.Helper()
	var files []*syntax.File
	for _, f := range a.Files {
		if filepath.Ext(f.Name) == ".json" || filepath.Ext(f.Name) == ".ts" {
			continue
		}
		tree, ds := syntax.Parse(source.NewFile(f.Name, string(f.Data)))
		for _, d := range ds {
			t.Errorf("%s: %s", d.Span, d.Message)
		}
		files = append(files, tree)
	}
	p, ds := flows.Check(files, check.Options{})
	for _, d := range ds {
		if d.Severity == diag.Error {
			t.Errorf("%s: %s", d.Span, d.Message)
		} else {
			t.Logf("%s: %s", d.Span, d.Message)
		}
	}
	return p
}

// TestDocuments holds the documents of small programs against testdata, and
// each against the standard.
func TestDocuments(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			opt := openapi.Options{Prefix: "/api", Refusals200: strings.Contains(string(a.Comment), "refusals 200")}
			got := openapi.Of(program(t, a), opt).Document()
			if again := openapi.Of(program(t, a), opt).Document(); !bytes.Equal(got, again) {
				t.Error("the same program gives two documents")
			}
			openapitest.Load(t, got)
			at := -1
			for i, f := range a.Files {
				if f.Name == "openapi.json" {
					at = i
				}
			}
			if *update {
				if at < 0 {
					a.Files, at = append(a.Files, txtar.File{Name: "openapi.json"}), len(a.Files)
				}
				a.Files[at].Data = got
				if err := os.WriteFile(name, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if at < 0 || !bytes.Equal(a.Files[at].Data, got) {
				t.Errorf("the document is not what %s expects (-update rewrites it); got:\n%s", name, got)
			}
		})
	}
}
