package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// CheckApart returns the findings of Check, each at its own place.
func CheckApart(files []*syntax.File, opt Options) []diag.Diagnostic { return run(files, opt).diags }

// CheckPasses reports a pass that comes before one that it needs.
func CheckPasses(report func(format string, args ...any)) {
	var promised []string
	for _, p := range passes() {
		for _, need := range p.needs {
			if !slices.Contains(promised, need) {
				report("the pass %q needs %q, which no earlier pass promises", p.name, need)
			}
		}
		promised = append(promised, p.promises)
	}
}
