package explain_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/explain"
)

// TestRunAgain runs the programs and changes in testdata/replays twice: run again
// as it was, a flow goes the same way, whatever identities it makes; with the
// change it goes otherwise where the prediction is sure that it does, and only
// there.
func TestRunAgain(t *testing.T) {
	files, err := filepath.Glob("testdata/replays/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	otherwise := 0
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		program := string(archive.Files[0].Data)
		was := build(t, "a.sync", program)
		for _, f := range archive.Files[1:] {
			change, _, _ := strings.Cut(string(f.Data), "\n")
			parts := strings.Split(strings.ReplaceAll(change, `\n`, "\n"), "`")
			first, _ := flow(t, was, f.Name)
			second, _ := flow(t, was, f.Name)
			if again := explain.RunAgain(was, first, second, &explain.Identities{}); len(again.Differences) > 0 {
				t.Errorf("%s %s: run again without a change, it goes otherwise: %s", name, f.Name, again.Differences[0].Title)
			}
			now := build(t, "a.sync", strings.Replace(program, parts[1], parts[3], 1))
			changed, _ := flow(t, now, f.Name)
			again := explain.RunAgain(now, first, changed, &explain.Identities{})
			predicted := explain.WithTexts(was, now, first)
			if predicted.Unknown > 0 {
				continue
			}
			if before, after := predicted.Before.String() != predicted.After.String(), len(again.Differences) > 0; before && !after {
				t.Errorf("%s %s\n%s\nit is predicted to be %s, but nothing is told of the second run", name, f.Name, change, &predicted.After)
			}
			if predicted.Same() && len(again.Differences) > 0 {
				t.Errorf("%s %s\n%s\nit is predicted to go the same way, but %s", name, f.Name, change, again.Differences[0].Title)
			}
			if len(again.Differences) > 0 {
				otherwise++
			}
		}
	}
	if otherwise < 5 {
		t.Errorf("only %d changes made a difference: this tests nothing", otherwise)
	}
}
