package mailing_test

import (
	"testing"

	"github.com/legible-lang/legible/concepts/mailing"
	"github.com/legible-lang/legible/concepts/mailing/smtptest"
	"github.com/legible-lang/legible/scenario"
)

// TestScenarios plays the scenarios of the specification, with a mail server.
func TestScenarios(t *testing.T) {
	scenario.Concept(t, mailing.With(mailing.Options{Server: smtptest.Start(t).Addr, From: "Reader <reader@example.com>"}))
}
