package check_test

import (
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/check/suggest"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// The example of each entry has this finding and no other, and the corrected
// example has none.
func TestCatalogueExamples(t *testing.T) {
	for _, e := range diag.Catalogue() {
		if group := e.Code[:3]; group == "L01" || group == "L06" {
			continue // packages syntax and gen test them
		}
		found := checkExample(e.Context, e.Example)
		if e.Code >= "L0430" && e.Code < "L0440" {
			found = append(found, suggestions(e.Context, e.Example)...)
		}
		if len(found) == 0 {
			t.Errorf("nothing is found in the example of %s", e.Code)
		}
		for _, d := range found {
			if d.Code != e.Code {
				t.Errorf("the example of %s: %s: unexpected %s %s", e.Code, d.Span, d.Code, d.Message)
			}
		}
		if e.Corrected == "" {
			t.Errorf("%s has no corrected example", e.Code)
		}
		for _, d := range checkExample(e.Context, e.Corrected) {
			t.Errorf("the corrected example of %s: %s: unexpected %s %s", e.Code, d.Span, d.Code, d.Message)
		}
	}
}

func checkExample(context, example string) []diag.Diagnostic {
	concepts, found := syntax.Parse(source.NewFile("concepts", context))
	file, more := syntax.Parse(source.NewFile("example", example))
	_, ds := flows.Check([]*syntax.File{concepts, file}, check.Options{})
	return append(append(found, more...), ds...)
}

func suggestions(context, example string) []diag.Diagnostic {
	concepts, _ := syntax.Parse(source.NewFile("concepts", context))
	file, _ := syntax.Parse(source.NewFile("example", example))
	trees := []*syntax.File{concepts, file}
	a, _ := flows.Check(trees, check.Options{})
	return suggest.Find(trees, check.Options{}, a)
}

// Each pass needs only what earlier passes promise.
func TestPassOrder(t *testing.T) {
	check.CheckPasses(t.Errorf)
}
