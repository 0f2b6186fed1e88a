package focusstats_test

import (
	"testing"

	"github.com/legible-lang/legible/concepts/focusstats"
	"github.com/legible-lang/legible/scenario"
)

// TestScenarios plays the scenarios of the specification.
func TestScenarios(t *testing.T) { scenario.Concept(t, focusstats.New) }
