package concepts_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/concepts"
	"github.com/legible-lang/legible/gen"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// folders are the folders of the catalogue.
func folders(t *testing.T) []string {
	t.Helper()
	specs, err := filepath.Glob("*/*.concept")
	if err != nil || len(specs) == 0 {
		t.Fatalf("the catalogue is empty: %v", err)
	}
	var dirs []string
	for _, s := range specs {
		dirs = append(dirs, filepath.Dir(s))
	}
	return slices.Compact(dirs)
}

func TestGeneratedGoIsFresh(t *testing.T) {
	for _, dir := range folders(t) {
		stale, findings, err := gen.Stale(dir)
		for _, d := range findings {
			t.Errorf("%s: %s", d.Span, d.Message)
		}
		if err != nil {
			t.Error(err)
		}
		if len(stale) > 0 {
			t.Errorf("%s is stale: run go generate ./concepts/%s", strings.Join(stale, ", "), dir)
		}
	}
}

// Every concept of the catalogue is found by its name, passes the checker, says
// what it is for, and shows its principle in a scenario.
func TestCatalogue(t *testing.T) {
	var dirs []string
	for _, name := range concepts.Names() {
		dirs = append(dirs, strings.ToLower(name))
		file, text, ok := concepts.Spec(name)
		if !ok {
			t.Errorf("the catalogue names %s and does not have it", name)
			continue
		}
		if onDisk, err := os.ReadFile(filepath.Join("..", file)); err != nil || string(onDisk) != text {
			t.Errorf("%s is not the file %s: %v", name, file, err)
		}
		src := source.NewFile(file, text)
		tree, findings := syntax.Parse(src)
		program, more := check.Check([]*syntax.File{tree}, check.Options{})
		for _, d := range append(findings, more...) {
			t.Errorf("%s: %s", d.Span, d.Message)
		}
		concept := program.Concepts[name]
		if concept == nil || len(tree.Concepts) != 1 {
			t.Errorf("%s holds something else than the concept %s", file, name)
			continue
		}
		if concept.Tree.Purpose == nil || concept.Tree.Principle == nil {
			t.Errorf("%s does not say its purpose and principle", name)
		}
		if name != "Requesting" && len(concept.Tree.Scenarios) == 0 {
			t.Errorf("%s has no scenario that shows its principle", name)
		}
		if formatted, _ := syntax.Format(src); formatted != text {
			t.Errorf("%s is not formatted", file)
		}
	}
	if want := folders(t); !slices.Equal(dirs, want) {
		t.Errorf("the names of the catalogue are %v, its folders %v", dirs, want)
	}
	for _, name := range []string{"", "profile", "Nothing", "../gen/Forms"} {
		if _, _, ok := concepts.Spec(name); ok {
			t.Errorf("the catalogue has a concept %q", name)
		}
	}
}
