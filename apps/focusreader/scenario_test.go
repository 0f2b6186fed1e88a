package main

import (
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/scenario"
)

// testProgram is the program with the least work for a password that there is: how much
// it is in earnest is the concept's to test.
func testProgram() *legible.Program {
	return newProgram(profile.Options{Memory: 8, Time: 1, Threads: 1})
}

// TestScenarios plays the .scenario files: together they reach every line of
// every sync. In them the password "crowded horse" comes while too many are hashed.
func TestScenarios(t *testing.T) {
	program := func() *legible.Program { return crowdedProgram(usualLimits()) }
	scenario.Suite{Program: program, FullCoverage: true}.Run(t)
}
