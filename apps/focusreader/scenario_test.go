package main

import (
	"testing"

	"github.com/legible-lang/legible/scenario"
)

// TestScenarios plays the .scenario files: together they reach every line of
// every sync.
func TestScenarios(t *testing.T) { scenario.Suite{App: newApp, FullCoverage: true}.Run(t) }
