// Package mutation measures how well Legible names the cause of a mistake: it changes
// one place of a program and looks at what speaks first.
//
// Its main types are [Program], a program that passes the checker and its scenarios;
// [Mutation], a change of it with the place that must be named; and [Result], what was
// said about the changed program, with a [Verdict]. Operators make mutations from the
// syntax trees (see the table in operators.go), and the files in testdata/handwritten
// have those that a person wrote. The same texts give the same mutations, in the same
// order.
//
// A mutated program is checked first. If the checker finds nothing, the scenarios of the
// program run in this process, on memory stores. At the first request whose outcome
// differs from that of the original program, the package looks at what the answer in
// development, the failure of the scenario, why and whynot name.
//
// The package does not judge whether a message is well written.
package mutation

import (
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// A Mutation is a change of a program in one place.
type Mutation struct {
	Program *Program
	// ID names the mutation in lists and stays the same when other parts of the
	// program change: "guestbook book.sync Sign: misspell variable user".
	ID string
	// Class is the operator, or the file of a handwritten mutation.
	Class string
	Edits []diag.Edit // of files of Program
	// Places are the lines of the changed texts of which one must be named.
	Places []Place
	// Words also count as the place when a finding is exactly at one of them in the
	// item of the change: the names in a line that was removed.
	Words []string
	// Named are texts that name the place in a message: a path, "Limiting.spend".
	Named []string
	// Gone is set if what is missing has no place: a scenario that fails is enough.
	Gone bool
	// By is what must name the place: "check", "answer", "scenario", "why" or
	// "whynot". Empty means any of them; "nothing" that the change is no mistake, so that
	// nothing may be said.
	By string
	// Steps are further steps of a scenario, which the original program passes.
	Steps string
}

// A Place is a range of lines of a file.
type Place struct {
	File        string
	First, Last int
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.First) }

func (p Place) holds(file string, line int) bool {
	return p.File == file && p.First <= line && line <= p.Last
}

// texts returns the texts of the changed program.
func (m *Mutation) texts() ([]*source.File, error) {
	files := make([]*source.File, len(m.Program.files))
	for i, f := range m.Program.files {
		text, err := diag.Apply(f, m.Edits)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.ID, err)
		}
		if files[i] = f; text != f.Text {
			files[i] = source.NewFile(f.Name, text)
		}
	}
	return files, nil
}

// placed sets the places to the changed lines, or to those around a gap.
func (m *Mutation) placed() {
	moved := map[*source.File]int{}
	for _, e := range m.Edits {
		f := e.Span.File
		first := e.Span.Position().Line + moved[f]
		last := first + strings.Count(strings.TrimSuffix(e.Text, "\n"), "\n")
		if e.Text == "" && strings.Contains(e.Span.Text(), "\n") {
			first--
		}
		m.Places = append(m.Places, Place{f.Name, first, last})
		moved[f] += strings.Count(e.Text, "\n") - strings.Count(e.Span.Text(), "\n")
	}
}

// Diff shows the change: the lines before and after it.
func (m *Mutation) Diff() string {
	files, err := m.texts()
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	for i, old := range m.Program.files {
		changed := files[i]
		if changed == old {
			continue
		}
		first := 1
		for first < old.Lines() && first < changed.Lines() && old.Line(first) == changed.Line(first) {
			first++
		}
		fromEnd := 0
		for old.Lines()-fromEnd >= first && changed.Lines()-fromEnd >= first && old.Line(old.Lines()-fromEnd) == changed.Line(changed.Lines()-fromEnd) {
			fromEnd++
		}
		fmt.Fprintf(&b, "    %s:%d\n", old.Name, first)
		for n := first; n <= old.Lines()-fromEnd; n++ {
			fmt.Fprintf(&b, "    - %s\n", old.Line(n))
		}
		for n := first; n <= changed.Lines()-fromEnd; n++ {
			fmt.Fprintf(&b, "    + %s\n", changed.Line(n))
		}
	}
	return b.String()
}

// A Verdict says whether what spoke first named the place of a mutation.
type Verdict int

const (
	// Right means that the first message names the place.
	Right Verdict = iota
	// Noise means that the place is named, beside unrelated findings or with a fix
	// that hides the mistake.
	Noise
	// Wrong means that only other places are named.
	Wrong
	// Silent means that nothing is said.
	Silent
	// Equivalent means that the changed program does the same.
	Equivalent
	// Unknowable means that nobody can know that the change is a mistake.
	Unknowable
)

var verdicts = [...]string{"right", "noise", "wrong", "silent", "equivalent", "unknowable"}

func (v Verdict) String() string { return verdicts[v] }

// A Result is what was said about a mutation.
type Result struct {
	*Mutation
	Verdict Verdict
	By      string // what named the place, or spoke first
	Said    string // the messages, for a person
}
