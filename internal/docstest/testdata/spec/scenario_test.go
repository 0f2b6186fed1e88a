package spec

import (
	"embed"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/scenario"

	"example.org/spec/shelving"
)

//go:embed *.app *.sync shelving/*.concept
var texts embed.FS

func TestScenarios(t *testing.T) {
	program := func() *legible.Program {
		return legible.New(texts, requesting.New, profile.New, sessioning.New, shelving.New)
	}
	scenario.Suite{Program: program, FullCoverage: true}.Run(t)
}

func TestConcept(t *testing.T) { scenario.Concept(t, shelving.New) }
