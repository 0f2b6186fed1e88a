package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/internal/workspace"
)

// maxRounds is how often texts are fixed and checked again, because a fix may reveal
// further findings. Suggestions are applied one after the other and need more rounds.
const (
	maxRounds        = 30
	maxSuggestRounds = 300
)

// fixAll applies the fixes of the findings in the programs of the paths until none is
// left, with those of suggestions if suggesting, and formats the files. It reads the
// texts through files, reports each change, and returns the number of files that it has
// written. It writes no file before it has applied all fixes.
func fixAll(talk io.Writer, files *workspace.Texts, paths []string, suggesting bool) (int, error) {
	w, err := openWith(files, paths)
	if err != nil {
		return 0, err
	}
	f := &fixer{texts: files, before: map[string]string{}, states: map[string][]string{}, held: map[string]bool{}}
	twice := map[string]bool{} // a folder may be named in two ways
	for _, p := range w.Programs {
		for _, name := range p.Names {
			if twice[workspace.Full(name)] || !p.Wanted(name) {
				continue
			}
			twice[workspace.Full(name)] = true
			text, err := files.Read(name)
			if err != nil {
				return 0, err
			}
			f.names = append(f.names, name)
			f.before[name], f.states[name] = text.File.Text, []string{text.File.Text}
		}
	}
	slices.Sort(f.names)
	rounds := maxRounds
	if suggesting {
		rounds = maxSuggestRounds
	}
	for range rounds {
		w, err := openWith(files, paths)
		if err != nil {
			return 0, err
		}
		findings, err := checkAll(w, suggesting)
		if err != nil {
			return 0, err
		}
		if !f.round(findings) {
			break
		}
	}
	f.style()
	return f.write(talk)
}

// A fixer makes edits in texts that are not written yet.
type fixer struct {
	texts  *workspace.Texts
	names  []string            // of the files that may be changed, sorted
	before map[string]string   // what they were
	states map[string][]string // all versions so far
	held   map[string]bool     // files that are not changed
	done   []edited
}

// edited is a fix that was applied.
type edited struct {
	name string
	text string // for a person
}

// round applies the fixes that do not overlap, and reports whether there were any.
// Other fixes wait for the next round, when they may no longer be needed.
func (f *fixer) round(findings []diag.Diagnostic) bool {
	changed := false
	for _, name := range f.names {
		if f.held[name] {
			continue
		}
		text := f.texts.Get(name)
		var mine []diag.Diagnostic
		for _, d := range findings {
			if d.Span.File == text.File {
				mine = append(mine, d)
			}
		}
		if slices.ContainsFunc(mine, func(d diag.Diagnostic) bool { return gradeOf(d) == unreadGrade && d.Fix == nil }) {
			f.hold(name) // what else is wrong with it is not known
			continue
		}
		var edits []diag.Edit
		var done []diag.Diagnostic
		for g := unreadGrade; g <= suggestGrade && len(edits) == 0; g++ {
			edits, done = f.choose(text, mine, g)
		}
		after, err := diag.Apply(text.File, edits)
		if err != nil || slices.Contains(f.states[name], after) {
			continue // nothing to do, or fixes that contradict each other
		}
		was := unread(text.Findings)
		now := unread(f.texts.Put(name, after).Findings)
		if now > 0 && now >= was { // the fix did not help
			f.hold(name)
			continue
		}
		f.states[name] = append(f.states[name], after)
		for _, d := range done {
			f.done = append(f.done, edited{name, fmt.Sprintf("%s: %s [%s]", d.Span, d.Fix.Title, d.Code)})
		}
		changed = true
	}
	return changed
}

// hold restores a file and excludes it from further fixes.
func (f *fixer) hold(name string) {
	f.held[name] = true
	if f.texts.Get(name).File.Text != f.before[name] {
		f.texts.Put(name, f.before[name])
	}
	f.done = slices.DeleteFunc(f.done, func(e edited) bool { return e.name == name })
}

// The grades of findings, in the order in which they are fixed. A syntax error hides
// other findings, an unknown name causes others, and a warning may be a consequence of
// an error.
type grade int

const (
	unreadGrade grade = iota
	nameGrade
	errorGrade
	warnGrade
	suggestGrade
)

func gradeOf(d diag.Diagnostic) grade {
	switch {
	case d.Severity == diag.Suggestion:
		return suggestGrade
	case d.Severity != diag.Error:
		return warnGrade
	case strings.HasPrefix(string(d.Code), "L01"):
		return unreadGrade
	case strings.HasPrefix(string(d.Code), "L02"):
		return nameGrade
	}
	return errorGrade
}

// shadowed reports whether a finding is a warning in an item with an error: an unused
// variable may be misspelt in the next line.
func shadowed(tree *syntax.File, d diag.Diagnostic, findings []diag.Diagnostic) bool {
	if gradeOf(d) != warnGrade {
		return false
	}
	around := itemAround(tree, d.Span)
	return slices.ContainsFunc(findings, func(e diag.Diagnostic) bool {
		return e.Severity == diag.Error && around.Start <= e.Span.Start && e.Span.Start <= around.End
	})
}

// itemAround returns the span of the sync or view that contains a place, or of the whole
// text.
func itemAround(tree *syntax.File, at source.Span) source.Span {
	var items []source.Span
	for _, x := range tree.Syncs {
		items = append(items, x.Span)
	}
	for _, x := range tree.Views {
		items = append(items, x.Span)
	}
	for _, x := range items {
		if x.Start <= at.Start && at.Start <= x.End {
			return x
		}
	}
	return at.File.Span(0, len(at.File.Text))
}

// choose returns the edits of the fixes of one grade, in the order of the text, without
// fixes that overlap one before.
func (f *fixer) choose(text *workspace.Text, findings []diag.Diagnostic, only grade) (edits []diag.Edit, done []diag.Diagnostic) {
	for _, d := range findings {
		if d.Fix == nil || gradeOf(d) != only || shadowed(text.Tree, d, findings) {
			continue
		}
		fits := len(d.Fix.Edits) > 0
		for i := 0; fits && i < len(d.Fix.Edits); i++ {
			e := d.Fix.Edits[i]
			fits = e.Span.File == text.File && !slices.ContainsFunc(edits, func(other diag.Edit) bool { return meet(e, other) })
		}
		if fits {
			edits, done = append(edits, d.Fix.Edits...), append(done, d)
		}
	}
	return edits, done
}

// meet reports whether two edits change the same text, or one inserts where the other
// begins or ends.
func meet(a, b diag.Edit) bool {
	inserts := a.Span.Start == a.Span.End || b.Span.Start == b.Span.End
	touch := a.Span.Start <= b.Span.End && b.Span.Start <= a.Span.End
	overlap := a.Span.Start < b.Span.End && b.Span.Start < a.Span.End
	return overlap || inserts && touch
}

// unread counts the errors of the parser.
func unread(findings []diag.Diagnostic) int {
	n := 0
	for _, d := range findings {
		if d.Severity == diag.Error {
			n++
		}
	}
	return n
}

// style formats the texts. Those that still have syntax errors are restored.
func (f *fixer) style() {
	for _, name := range f.names {
		text := f.texts.Get(name)
		if unread(text.Findings) > 0 {
			f.hold(name)
			continue
		}
		if styled, _ := syntax.Format(text.File); !f.held[name] && styled != text.File.Text {
			f.texts.Put(name, styled)
			f.done = append(f.done, edited{name, slash(name) + ": write it in the one style"})
		}
	}
}

// write writes the files that have changed, and reports the changes.
func (f *fixer) write(talk io.Writer) (int, error) {
	var changed []string
	for _, name := range f.names {
		if f.texts.Get(name).File.Text == f.before[name] {
			continue
		}
		now, err := os.ReadFile(name)
		if err != nil {
			return 0, fmt.Errorf("fixing: %w", err)
		}
		if string(now) != f.before[name] {
			return 0, fmt.Errorf("fixing: %s was changed meanwhile; no file was written; run the command again", slash(name))
		}
		changed = append(changed, name)
	}
	for i, name := range changed {
		if err := overwrite(name, f.texts.Get(name).File.Text); err != nil {
			if i > 0 {
				return 0, fmt.Errorf("fixing: %w; written before that: %s", err, slash(strings.Join(changed[:i], ", ")))
			}
			return 0, fmt.Errorf("fixing: %w", err)
		}
	}
	for _, e := range f.done {
		fmt.Fprintf(talk, "fixed %s\n", e.text)
	}
	return len(changed), nil
}

// fixedSo begins the sentence that sums up: how many files were changed, and
// whether there are fixes among what is left, for a person to judge.
func fixedSo(changed int, left []diag.Diagnostic) string {
	n := 0
	for _, d := range left {
		if d.Fix != nil {
			n++
		}
	}
	said := "changed nothing; "
	switch {
	case changed > 0:
		said = fmt.Sprintf("changed %s; ", words.Counted(changed, "file"))
	case n == 0:
		said = "nothing to fix; "
	}
	switch n {
	case 0:
		return said
	case 1:
		return said + "left 1 fix to you; "
	}
	return said + fmt.Sprintf("left %d fixes for you; ", n)
}
