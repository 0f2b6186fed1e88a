package concepts_test

import (
	"path"
	"strings"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/focusstats"
	"github.com/legible-lang/legible/concepts/library"
	"github.com/legible-lang/legible/concepts/limiting"
	"github.com/legible-lang/legible/concepts/mailing"
	"github.com/legible-lang/legible/concepts/mailing/smtptest"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/concepts/textsettings"
	"github.com/legible-lang/legible/scenario"
)

// TestScenarios runs the scenarios of the specifications.
func TestScenarios(t *testing.T) {
	mail := mailing.With(mailing.Options{Server: smtptest.Start(t).Addr, From: "Reader <reader@example.com>"})
	for name, concept := range map[string]func() legible.Concept{
		"FocusStats": focusstats.New, "Library": library.New, "Limiting": limiting.New, "Mailing": mail,
		"Sessioning": sessioning.New, "TextSettings": textsettings.New,
	} {
		inFolder := func() legible.Concept {
			c := concept()
			c.File = path.Join(strings.ToLower(name), c.File) // its scenarios name files beside it
			return c
		}
		t.Run(name, func(t *testing.T) { scenario.Concept(t, inFolder) })
	}
}
