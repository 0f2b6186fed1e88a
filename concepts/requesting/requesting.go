// Package requesting provides the specification of the concept Requesting, which
// stands for HTTP.
//
// Its one type of note is the specification itself, beside this file. It
// promises that syncs see a request as an action like any other, and that a
// request is answered once. It refuses to do any work: the engine is its
// implementation, so that there is no Go here to get between a request and the
// syncs.
package requesting

import (
	_ "embed"

	"github.com/legible-lang/legible"
)

//go:embed requesting.concept
var specText string

// New gives the concept, to be passed to legible.New.
func New() legible.Concept {
	return legible.Concept{File: "requesting.concept", Spec: specText, Build: func(*legible.Instance) legible.Methods {
		return legible.Methods{}
	}}
}
