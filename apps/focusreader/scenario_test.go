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

// testProgram hashes passwords with the least work; the concept has tests for the
// real work.
var testProgram = sync.OnceValue(func() *legible.Program {
	return newProgram(profile.Options{Memory: 8, Time: 1, Threads: 1})
})

// testAnalysis is the analysis of testProgram.
var testAnalysis = sync.OnceValues(func() (*flows.Analysis, error) {
	checked, _, err := testProgram().Checked(private.Access{})
	return checked, err
})

// TestScenarios runs the .scenario files, which together reach every line of every
// sync. In them the password "crowded horse" arrives while too many are being
// hashed.
func TestScenarios(t *testing.T) {
	program := func() *legible.Program { return crowdedProgram(usualLimits()) }
	scenario.Suite{Program: program, FullCoverage: true}.Run(t)
}
