package flows

import (
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// CheckWithoutJoins is Check in which equal states do not join.
func CheckWithoutJoins(files []*syntax.File) (*Analysis, []diag.Diagnostic) {
	return checkWith(files, options{noJoin: true})
}

// CheckSerially is Check with one worker.
func CheckSerially(files []*syntax.File) (*Analysis, []diag.Diagnostic) {
	return checkWith(files, options{serial: true})
}

func checkWith(files []*syntax.File, opt options) (*Analysis, []diag.Diagnostic) {
	p, found := check.Check(files, check.Options{})
	an := &analyzer{program: p, opt: opt}
	an.run()
	return &Analysis{p, an.entries}, diag.Sort(append(found, an.found...))
}
