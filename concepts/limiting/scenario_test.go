package limiting_test

import (
	"testing"

	"github.com/legible-lang/legible/concepts/limiting"
	"github.com/legible-lang/legible/scenario"
)

// TestScenarios plays the scenarios of the specification.
func TestScenarios(t *testing.T) { scenario.Concept(t, limiting.New) }
