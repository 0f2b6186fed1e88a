// Package suggest finds lines of a checked program for which the language has a
// shorter form with the same meaning: relation lines about one member, guards that
// syncs share, and a sync that only answers for another one.
//
// [Find] returns suggestions: findings that are no mistakes, each with a fix. A fix is
// checked before it is offered: the changed program has no further findings, and its
// syncs have the same [flows.Meaning].
package suggest

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// Find returns suggestions for a program. The trees and options are those of its
// check. A program with errors gets none.
func Find(trees []*syntax.File, opt check.Options, a *flows.Analysis) []diag.Diagnostic {
	if a.Broken {
		return nil
	}
	f := &finder{trees: trees, opt: opt, analysis: a, before: meanings(a.Program)}
	_, found := check.Check(trees, opt)
	f.findings = len(found)
	f.members()
	f.stages()
	if len(f.found) == 0 { // they change the lines that guards are compared by
		f.guards()
	}
	return diag.Sort(f.found)
}

// A finder is one run of Find.
type finder struct {
	trees    []*syntax.File
	opt      check.Options
	analysis *flows.Analysis
	before   map[string]string // the meanings of the syncs, by their names
	findings int               // of the check without flows
	found    []diag.Diagnostic
}

func meanings(p *check.Program) map[string]string {
	all := map[string]string{}
	for _, s := range p.Syncs {
		all[s.Name] = flows.Meaning(s)
	}
	return all
}

func (f *finder) add(code diag.Code, span source.Span, message, title string, related []diag.Related, edits []diag.Edit) {
	f.found = append(f.found, diag.Diagnostic{Code: code, Severity: diag.Suggestion, Span: span, Message: message, Related: related,
		Fix: &diag.Fix{Title: title, Edits: edits}})
}

// changed returns the trees with the edits of one file, nil if the new text has a
// finding.
func (f *finder) changed(edits []diag.Edit) []*syntax.File {
	trees := slices.Clone(f.trees)
	for i, tree := range trees {
		if tree.Source != edits[0].Span.File {
			continue
		}
		text, err := diag.Apply(tree.Source, edits)
		if err != nil {
			return nil
		}
		var found []diag.Diagnostic
		if trees[i], found = syntax.Parse(source.NewFile(tree.Source.Name, text)); len(found) > 0 {
			return nil
		}
		return trees
	}
	return nil
}

// keepsMeaning reports whether every sync does the same after edits.
func (f *finder) keepsMeaning(edits []diag.Edit) bool {
	trees := f.changed(edits)
	if trees == nil {
		return false
	}
	p, found := check.Check(trees, f.opt)
	if p.Broken || len(found) > f.findings || len(p.Syncs) != len(f.before) {
		return false
	}
	for _, s := range p.Syncs {
		if flows.Meaning(s) != f.before[s.Name] {
			return false
		}
	}
	return true
}
