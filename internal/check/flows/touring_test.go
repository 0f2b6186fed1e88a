package flows_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// Entries are walked side by side. What is said is, to the letter, what walking
// them one after another says.
func TestSideBySide(t *testing.T) {
	seeds := 300
	if testing.Short() {
		seeds = 40
	}
	said := 0
	for seed := range seeds {
		said += strings.Count(sideBySide(t, randomProgram(rand.New(rand.NewPCG(uint64(seed), 2)))), "\n")
	}
	if said < 4*seeds {
		t.Errorf("%d random programs gave %d lines in all: too few to tell of an order", seeds, said)
	}
}

// Programs whose entries can go in too many ways share what may be looked at:
// how far an entry is followed depends on those before it, and on nothing else.
func TestSideBySideWhenCut(t *testing.T) {
	if testing.Short() {
		t.Skip("follows some 200,000 moments twice")
	}
	var b strings.Builder
	b.WriteString(walkConcepts)
	for i := range 24 {
		fmt.Fprintf(&b, "\nsync Ask%02[1]d\nwhen\n    Requesting.request (path: \"/%02[1]d\") : (request)\nthen\n    Thing.two (x: \"b\", kind: \"k\")\n    Requesting.respond (request)\n", i)
		fields := 12
		if i%4 == 1 {
			fields = 5
		}
		for n := range fields {
			fmt.Fprintf(&b, "\nsync Look%02[1]d%02[2]d\nwhen\n    Requesting.request (path: \"/%02[1]d\", c%[2]d) : ()\nwhere\n    c%[2]d != \"x\"\nthen\n    Thing.one (x: \"%[2]d\")\n", i, n)
		}
		fmt.Fprintf(&b, "\nsync Note%02[1]d\nwhen\n    Requesting.request (path: \"/%02[1]d\", c0) : ()\n    Thing.two (kind: \"k\") : ()\nwhere\n    c0 != \"x\"\nthen\n    Thing.three (item: c0)\n", i)
	}
	said := sideBySide(t, b.String())
	for _, want := range []string{"after 10001 different states", "after 101 different states"} {
		if !strings.Contains(said, want) {
			t.Errorf("no entry was left %s: this program tells nothing of limits", want)
		}
	}
}

// sideBySide gives what there was to say.
func sideBySide(t *testing.T, text string) string {
	t.Helper()
	file, found := syntax.Parse(source.NewFile("program", text))
	if len(found) > 0 {
		t.Fatalf("%s: %s\n%s", found[0].Span, found[0].Message, text)
	}
	p, together := flows.Check([]*syntax.File{file}, check.Options{})
	q, alone := flows.CheckAlone([]*syntax.File{file})
	if diag.HasErrors(together) {
		t.Fatalf("nothing is walked: %s", together[0].Message)
	}
	a, b := everything(p, together), everything(q, alone)
	if a != b {
		t.Fatalf("walked side by side the entries show\n%s\nand one after another\n%s\nin\n%s", a, b, text)
	}
	return a
}

// everything writes all that walks have to say.
func everything(p *flows.Analysis, ds []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range ds {
		fmt.Fprintf(&b, "%s %s %s %q\n", d.Span, d.Code, d.Message, d.Notes)
		for _, r := range d.Related {
			fmt.Fprintf(&b, "    %s %s\n", r.Span, r.Message)
		}
		if d.Fix != nil {
			fmt.Fprintf(&b, "    fix %s %v\n", d.Fix.Title, d.Fix.Edits[0].Text)
		}
	}
	for _, e := range p.Entries {
		fmt.Fprintf(&b, "%s, cut %v:", e, e.Cut)
		for _, s := range e.Syncs {
			b.WriteString(" " + s.Name)
		}
		for _, a := range e.Answers {
			fmt.Fprintf(&b, ", answer %s", a.Ask.Tree.Span)
		}
		for _, r := range e.Refusals {
			fmt.Fprintf(&b, ", refusal %s", r.Refusal.Code)
		}
		for _, l := range e.Lookups {
			fmt.Fprintf(&b, ", lookup %s", l.Tree.Span)
		}
		b.WriteString("\n")
	}
	return b.String()
}
