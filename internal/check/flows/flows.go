// Package flows analyzes the possible executions of a checked program and
// reports what can go wrong in them: a request that is answered twice or not at
// all, a sync that never fires, syncs that lead to each other without end.
//
// Its main functions are [Check], which checks a program completely, and
// [Analyze], for a program that is resolved already; the main type is [Entry], a
// way into the program with what can become of it.
//
// entry.go finds the ways in, wired.go
// makes the program ready, rows.go and exist.go say what lines of where are sure to give;
// a walk (walk.go, step.go, joined.go) goes from moment to moment (moment.go) with what is
// known of the values (known.go, way.go, question.go, decide.go, bounds.go), merging ways
// that no longer differ; touring.go walks several entries at a time. What they show is told by outcomes.go, unanswered.go, never.go and
// open.go, as stories (story.go); answer.go says what routes are asked and answer.
package flows

import (
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// An Analysis is a checked program with the results of the analysis.
type Analysis struct {
	*check.Program
	// Entries are the ways into the program, routes first, and what can follow
	// from each. In a program with errors nothing follows.
	Entries []*Entry
}

// Check resolves the texts of one program and analyzes its flows. The analysis
// is never nil. The findings are all that can be said of the program, sorted by
// place.
func Check(files []*syntax.File, opt check.Options) (*Analysis, []diag.Diagnostic) {
	p, found := check.Check(files, opt)
	entries, more := Analyze(p)
	return &Analysis{p, entries}, diag.Sort(append(found, more...))
}

// Analyze finds the entries of a program and explores the flows that each can
// start. The findings do not repeat those of package check.
func Analyze(p *check.Program) ([]*Entry, []diag.Diagnostic) {
	an := &analyzer{program: p}
	an.run()
	return an.entries, an.found
}

// An analyzer is one run of Analyze.
type analyzer struct {
	program *check.Program
	entries []*Entry
	found   []diag.Diagnostic
	opt     options
}

// options choose slower ways to the same results, for tests.
type options struct {
	apart bool // ways that come to the same moment are followed apart
	alone bool // entries are walked one after another
}

func (an *analyzer) run() {
	an.entries = an.entrances()
	an.fields()
	an.opens()
	if an.program.Broken || diag.HasErrors(an.found) {
		return
	}
	an.outcomes()
}

func (an *analyzer) add(d diag.Diagnostic) { an.found = append(an.found, d) }
