package check

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// Each form that is not implemented is an error in a text that has it, whichever
// kind of item it stands in.
func TestPending(t *testing.T) {
	names, _ := filepath.Glob("../syntax/testdata/contract/*")
	var files []*syntax.File
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, _ := syntax.Parse(source.NewFile(name, string(text)))
		files = append(files, f)
	}
	found := map[string]bool{}
	_, ds := Check(files, Options{})
	for _, d := range ds {
		found[d.Message] = true
	}
	for _, form := range pendingForms() {
		if !found[form.message] {
			t.Errorf("no error says %q", form.message)
		}
	}
}

// A concept of the catalogue is not better than one of the program.
func TestPendingInCatalogue(t *testing.T) {
	f, _ := syntax.Parse(source.NewFile("c.concept", "concept C\n\nactions\n    a (b: String or null) : ()\n"))
	app, _ := syntax.Parse(source.NewFile("a.app", "app A\n\nuse C\n"))
	_, ds := Check([]*syntax.File{app}, Options{Concept: func(string) *syntax.File { return f }, Known: []string{"C"}})
	if len(ds) != 1 || ds[0].Message != "“or null” is not implemented yet" {
		t.Errorf("the findings are %v", ds)
	}
}
