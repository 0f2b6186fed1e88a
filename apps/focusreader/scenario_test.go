package main

import (
	"testing"

	"github.com/legible-lang/legible/scenario"
)

// TestScenarios plays focusreader.scenario.
func TestScenarios(t *testing.T) { scenario.App(t, newApp) }
