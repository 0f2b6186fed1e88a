package flows

import (
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// CheckApart is Check without making one of ways that come to the same moment.
func CheckApart(files []*syntax.File) (*Analysis, []diag.Diagnostic) {
	return checkWith(files, options{apart: true})
}

// CheckAlone is Check with the entries walked one after another.
func CheckAlone(files []*syntax.File) (*Analysis, []diag.Diagnostic) {
	return checkWith(files, options{alone: true})
}

func checkWith(files []*syntax.File, opt options) (*Analysis, []diag.Diagnostic) {
	p, found := check.Check(files, check.Options{})
	an := &analyzer{program: p, opt: opt}
	an.run()
	return &Analysis{p, an.entries}, diag.Sort(append(found, an.found...))
}
