package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// CheckApart is Check without making one of ways that come to the same moment.
func CheckApart(files []*syntax.File) (*Program, []diag.Diagnostic) {
	return Check(files, Options{apart: true})
}

// CheckAlone is Check with the entries walked one after another.
func CheckAlone(files []*syntax.File) (*Program, []diag.Diagnostic) {
	return Check(files, Options{alone: true})
}

// HoldPasses reports a pass that stands before one that it rests on.
func HoldPasses(report func(format string, args ...any)) {
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
