package annotation_test

import (
	"testing"

	"github.com/legible-lang/legible/concepts/annotation"
	"github.com/legible-lang/legible/scenario"
)

// TestScenarios runs the scenarios of the specification.
func TestScenarios(t *testing.T) { scenario.Concept(t, annotation.New) }
