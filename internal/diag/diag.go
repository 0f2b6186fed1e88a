// Package diag defines diagnostics: what the checker and the parser report.
//
// Its three main types are [Diagnostic], one finding at one place; [Code], the
// permanent number of a kind of finding; and [Entry], what the catalogue says
// of a code. It promises that every message anywhere comes in this one form,
// so that the terminal, an editor, a code scanner and a review page show the
// same words. It refuses to decide anything: finding faults is the work of
// syntax, check and their like.
package diag

import (
	"cmp"
	"slices"

	"github.com/legible-lang/legible/internal/source"
)

// A Severity says whether a program can run with the finding in it.
type Severity int

const (
	// Error keeps a program from running.
	Error Severity = iota
	// Warning lets it run; somebody should look.
	Warning
)

func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// A Code is the permanent number of a kind of finding, such as "L0203". Codes
// are never used again for something else.
type Code string

// A Diagnostic is one finding.
type Diagnostic struct {
	Code     Code
	Severity Severity
	Span     source.Span
	// Message names the user's own words, in lower case, without a full stop.
	Message string
	// Related are other places that the finding rests on.
	Related []Related
	// Notes are further sentences: what follows, and the way out.
	Notes []string
	// Fix is the one sure repair, if there is one.
	Fix *Fix
}

// Related is another place that a finding rests on, and what is there.
type Related struct {
	Span    source.Span
	Message string
}

// A Fix is an edit that removes the cause of a finding.
type Fix struct {
	Title string
	Edits []Edit
}

// An Edit replaces the text of a span.
type Edit struct {
	Span source.Span
	Text string
}

// HasErrors tells whether any of the findings keeps a program from running.
func HasErrors(ds []Diagnostic) bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sort orders findings by file, place and code, and removes exact repetitions.
func Sort(ds []Diagnostic) []Diagnostic {
	name := func(d Diagnostic) string {
		if d.Span.File == nil {
			return ""
		}
		return d.Span.File.Name
	}
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(name(a), name(b)),
			cmp.Compare(a.Span.Start, b.Span.Start),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(ds, func(a, b Diagnostic) bool {
		return a.Code == b.Code && a.Span == b.Span && a.Message == b.Message
	})
}
