package sessioning_test

import (
	"testing"

	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/scenario"
)

// TestScenarios plays the scenarios of the specification.
func TestScenarios(t *testing.T) { scenario.Concept(t, sessioning.New) }
