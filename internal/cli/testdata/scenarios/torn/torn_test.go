package torn

import (
	"testing"

	"github.com/legible-lang/legible/scenario"
)

func TestScenarios(t *testing.T) { scenario.App(t, nobodyKnows) }
