package check_test

import (
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// Every example of the catalogue has its fault, and no other.
func TestCatalogueExamples(t *testing.T) {
	seen := map[diag.Code]bool{}
	for _, e := range diag.Catalogue() {
		if seen[e.Code] {
			t.Errorf("%s stands twice in the catalogue", e.Code)
		}
		seen[e.Code] = true
		if e.Name == "" || e.Title == "" || e.Cause == "" || e.Repair == "" {
			t.Errorf("%s has an empty part in the catalogue", e.Code)
		}
		if e.Code == diag.TooLarge || strings.HasPrefix(string(e.Code), "L06") {
			continue // its example would be 4 MiB; or it is another package's
		}
		file, found := syntax.Parse(source.NewFile("example", e.Example))
		if !strings.HasPrefix(string(e.Code), "L01") {
			_, ds := check.Check([]*syntax.File{file}, check.Options{})
			found = append(found, ds...)
		}
		if len(found) == 0 {
			t.Errorf("nothing is found in the example of %s", e.Code)
		}
		for _, d := range found {
			if d.Code != e.Code {
				t.Errorf("the example of %s: %s: unexpected %s %s", e.Code, d.Span, d.Code, d.Message)
			}
		}
	}
}

// Each pass finds what it needs among what earlier ones have promised.
func TestPassOrder(t *testing.T) {
	check.HoldPasses(t.Errorf)
}
