package main

import (
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/scenario"
)

// testApp is the app with the least work for a password that there is: how much
// it is in earnest is the concept's to test.
func testApp() *legible.App {
	return newApp(profile.Options{Memory: 8, Time: 1, Threads: 1})
}

// TestScenarios plays the .scenario files: together they reach every line of
// every sync. In them the password "crowded horse" comes while too many are hashed.
func TestScenarios(t *testing.T) {
	app := func() *legible.App { return crowdedApp(usualLimits()) }
	scenario.Suite{App: app, FullCoverage: true}.Run(t)
}
