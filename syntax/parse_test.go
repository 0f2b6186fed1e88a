package syntax

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/legible-lang/legible/source"
)

// The examples of the contract must all be read without a finding.
func TestContractExamples(t *testing.T) {
	files, err := filepath.Glob("testdata/contract/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, ds := Parse(source.NewFile(name, string(text)))
		for _, d := range ds {
			t.Errorf("%s: %s: %s", d.Span, d.Code, d.Message)
		}
		if len(f.Concepts)+len(f.Apps)+len(f.Syncs)+len(f.Views)+len(f.Scenarios) == 0 {
			t.Errorf("%s: nothing was read", name)
		}
		golden(t, "testdata/tree/"+filepath.Base(name)+".want", dump(f))
	}
}
