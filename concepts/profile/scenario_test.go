package profile_test

import (
	"testing"

	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/scenario"
)

// TestScenarios runs the scenarios of the specification.
func TestScenarios(t *testing.T) {
	make := profile.New
	if testing.Short() {
		make = profile.With(profile.Options{Memory: 8}) // hashes with little work
	}
	scenario.Concept(t, make)
}
