package main

import (
	"sync"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/scenario"
)

// testProgram is the program with the least work for a password that there is: how much
// it is in earnest is the concept's to test.
var testProgram = sync.OnceValue(func() *legible.Program {
	return newProgram(profile.Options{Memory: 8, Time: 1, Threads: 1})
})

// testAnalysis is testProgram as the checker sees it.
var testAnalysis = sync.OnceValues(func() (*flows.Analysis, error) {
	checked, _, err := testProgram().Checked(private.Access{})
	return checked, err
})

// TestScenarios plays the .scenario files: together they reach every line of
// every sync. In them the password "crowded horse" comes while too many are hashed.
func TestScenarios(t *testing.T) {
	program := func() *legible.Program { return crowdedProgram(usualLimits()) }
	scenario.Suite{Program: program, FullCoverage: true}.Run(t)
}
