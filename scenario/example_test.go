package scenario_test

import (
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/scenario"
)

// newProgram returns a program with a scenario. Scenarios may also be in .scenario files
// beside the test.
func newProgram() *legible.Program {
	return legible.New(fstest.MapFS{
		"greetings.app": {Data: []byte("app Greetings\n\nuse Requesting\n")},
		"hello.sync": {Data: []byte(`sync Hello
when
    Requesting.request (method: "GET", path: "/hello", name) : (request)
then
    Requesting.respond (request, text: "Hello " + name)
`)},
		"hello.scenario": {Data: []byte(`scenario a greeting
    GET /hello {"name": "Emma"} => 200 {"text": "Hello Emma"}
    fired Hello once
`)},
	}, requesting.New)
}

// A test of an app plays its scenarios, each as a subtest.
func ExampleApp() {
	_ = func(t *testing.T) { // func TestScenarios(t *testing.T)
		scenario.App(t, newProgram)
	}
}

// A Suite has options, and may demand that the scenarios reach every line of every sync.
func ExampleSuite() {
	_ = func(t *testing.T) { // func TestScenarios(t *testing.T)
		scenario.Suite{Program: newProgram, FullCoverage: true}.Run(t)
	}
}

// A test of a concept plays the scenarios in its specification.
func ExampleConcept() {
	_ = func(t *testing.T) { // func TestScenarios(t *testing.T)
		scenario.Concept(t, sessioning.New)
	}
}

// TestExamples runs what the examples show.
func TestExamples(t *testing.T) {
	scenario.Suite{Program: newProgram, FullCoverage: true}.Run(t)
	scenario.Concept(t, sessioning.New)
}
