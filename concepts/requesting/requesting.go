// Package requesting provides the specification of the concept Requesting, which
// represents HTTP.
//
// It has no types of its own; the specification is in the file next to this one. It
// promises that a request is an action like any other for syncs, and that it is
// answered once. It refuses to do any work: the engine implements the concept, so no
// Go code stands between a request and the syncs.
package requesting

import (
	_ "embed"

	"github.com/legible-lang/legible"
)

//go:embed requesting.concept
var specText string

// New makes the concept, to be passed to legible.New.
func New() legible.Concept {
	return legible.Concept{File: "requesting.concept", Spec: specText, Build: func(*legible.Instance) legible.Methods {
		return legible.Methods{}
	}}
}
