// Package diag defines diagnostics: what the checker and the parser report.
//
// Its three main types are [Diagnostic], one finding at one place; [Code], the
// permanent number of a kind of finding; and [CatalogueEntry], the text of the catalogue
// about a code. All findings have this one form, so that the terminal, an
// editor, a code scanner and a review page show the same message. Package diag
// does not look for errors; packages syntax, check and gen do.
package diag

import (
	"cmp"
	"slices"

	"github.com/legible-lang/legible/internal/source"
)

// A Severity says whether a program can run with the finding in it.
type Severity int

const (
	// Error prevents a program from running.
	Error Severity = iota
	// Warning does not prevent it.
	Warning
	// Suggestion is no mistake: the program can be written in a shorter form.
	Suggestion
)

func (s Severity) String() string { return [...]string{"error", "warning", "suggestion"}[s] }

// A Code is the permanent number of a kind of finding, such as "L0203". A code
// is never reused for another finding.
type Code string

// A Diagnostic is one finding.
type Diagnostic struct {
	Code     Code
	Severity Severity
	Span     source.Span
	// Message says what is wrong, in lower case and without a full stop. It
	// quotes the text of the user.
	Message string
	// Related are other places that explain the finding.
	Related []Related
	// Notes are further sentences, such as the consequence or the remedy.
	Notes []string
	// Fix is the correction, if there is exactly one that is certain. A finding that
	// may be a consequence of a mistake at another place has none: the fix would hide
	// the mistake. Its notes name the possible remedies.
	Fix *Fix
	// Origins are declarations that the finding depends on. One of them is the cause
	// if several findings depend on it.
	Origins []Origin
}

// An Origin is a declaration that a finding depends on: a binding, a credential, a line
// of a specification.
type Origin struct {
	Span    source.Span
	Message string // of a finding about it; “%s” stands for how many uses it concerns
	// Word is the name that the uses have in its place; "" if it is about something else.
	Word string
	// Also is another declaration that it depends on, nil for none.
	Also *Origin
	// Least is how many findings show that it is the cause, if more than two.
	Least int
	// Last is set if it can be the cause only if no other one is.
	Last bool
	// Unused is set if it can be the cause only if no use agrees with it.
	Unused bool
}

// Related is another place that explains a finding, and what is there.
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

// HasErrors reports whether a finding prevents the program from running.
func HasErrors(ds []Diagnostic) bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sort orders findings by file, place and code, and removes duplicates.
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
