package stocking

import (
	"testing"

	"github.com/legible-lang/legible/scenario"
)

func TestScenarios(t *testing.T) { scenario.Concept(t, New) }
