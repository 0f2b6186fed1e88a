package reader

import (
	"embed"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/scenario"
)

//go:embed *.app *.sync
var texts embed.FS

func newApp() *legible.Program {
	return legible.New(texts, requesting.New, profile.New, sessioning.New)
}

func TestScenarios(t *testing.T) { scenario.App(t, newApp) }
