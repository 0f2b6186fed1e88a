package flows_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// Several workers give exactly the result of one worker.
func TestWorkers(t *testing.T) {
	seeds := 300
	if testing.Short() {
		seeds = 40
	}
	text, explored := 0, 0
	for seed := range seeds {
		// Some random programs bind a variable twice: nothing of these is explored.
		if all, ok := compareWorkers(t, randomProgram(rand.New(rand.NewPCG(uint64(seed), 2)))); ok {
			explored++
			text += strings.Count(all, "\n")
		}
	}
	if explored < seeds*3/4 {
		t.Errorf("only %d of %d random programs have no errors", explored, seeds)
	}
	if text < 4*seeds {
		t.Errorf("%d random programs gave only %d lines", seeds, text)
	}
}

// The entry points of a program share a limit of states: how many states of an
// entry point are explored depends on the entry points before it and on nothing
// else.
func TestWorkersTruncated(t *testing.T) {
	if testing.Short() {
		t.Skip("explores about 200,000 states twice")
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
	text, ok := compareWorkers(t, b.String())
	if !ok {
		t.Fatalf("nothing is explored:\n%s", text)
	}
	// An exploration stops as soon as it has more states than its limit.
	for _, want := range []string{"after 1000[0-9] different states", "after 10[0-9] different states"} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no entry point ends %s: the program does not reach the limits", want)
		}
	}
}

// compareWorkers returns the result, which must not depend on the number of workers,
// and whether the program has no errors.
func compareWorkers(t *testing.T, text string) (string, bool) {
	t.Helper()
	file, found := syntax.Parse(source.NewFile("program", text))
	if len(found) > 0 {
		t.Fatalf("%s: %s\n%s", found[0].Span, found[0].Message, text)
	}
	p, parallel := flows.Check([]*syntax.File{file}, check.Options{})
	q, serial := flows.CheckSerially([]*syntax.File{file})
	a, b := everything(p, parallel), everything(q, serial)
	if a != b {
		t.Fatalf("several workers give\n%s\nand one gives\n%s\nin\n%s", a, b, text)
	}
	return a, !diag.HasErrors(parallel)
}

// everything formats all results.
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
	for _, e := range p.EntryPoints {
		fmt.Fprintf(&b, "%s, cut %v:", e, e.Truncated)
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
