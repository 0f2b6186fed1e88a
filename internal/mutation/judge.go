package mutation

import (
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// Judge finds out what is said about a mutation.
func (m *Mutation) Judge() Result {
	j := &judge{Mutation: m}
	verdict, by := j.safely()
	switch {
	case m.By == "nothing" && by != "check" && by != "start":
		verdict = Right // the change is no mistake, and its answers may differ
	case m.By == "nothing":
		verdict = Wrong
	case m.By == "check" && by != "check" && verdict < Equivalent:
		j.note("check must name it, and says nothing")
		verdict = Silent
	case verdict == Right && !strings.HasPrefix(by, m.By):
		j.note("%s must name it, and %s does", m.By, by)
		verdict = Wrong
	}
	return Result{Mutation: m, Verdict: verdict, By: by, Said: j.said.String()}
}

// A judge is one run of Judge.
type judge struct {
	*Mutation
	files   []*source.File
	further []outcome // of the original program, with the further steps
	said    strings.Builder
}

func (j *judge) note(format string, args ...any) { fmt.Fprintf(&j.said, format+"\n", args...) }

// safely judges a panic as a message that names no place.
func (j *judge) safely() (verdict Verdict, by string) {
	defer func() {
		if p := recover(); p != nil {
			j.note("panic: %v\n%s", p, debug.Stack())
			verdict, by = Wrong, "panic"
		}
	}()
	return j.run()
}

func (j *judge) run() (Verdict, string) {
	files, err := j.texts()
	if err != nil {
		j.note("%v", err)
		return Silent, "the change cannot be made"
	}
	if j.files = files; j.Steps != "" {
		if err := j.playSteps(); err != nil {
			j.note("%v", err)
			return Silent, "the steps fail without the change"
		}
	}
	analysis, found := j.Program.check(files)
	if len(found) > 0 {
		return j.judgeFindings(found), "check"
	}
	if printed(analysis.Program) == j.Program.plan {
		return Equivalent, "the plan is the same"
	}
	return j.judgeRun()
}

// stepsTitle is the title of the scenario that has the further steps of a mutation.
const stepsTitle = "further steps"

// playSteps adds the further steps of the mutation, and plays them with the original
// program.
func (j *judge) playSteps() error {
	steps := source.NewFile("steps.scenario", "scenario "+stepsTitle+"\n"+j.Steps)
	j.files = append(j.files, steps)
	outcomes, err := play(j.Program.program(append(slices.Clone(j.Program.files), steps)), stepsTitle)
	if err == nil && outcomes[len(outcomes)-1].Failure != nil {
		err = errors.New(outcomes[len(outcomes)-1].Failure.String())
	}
	j.further = outcomes
	return err
}

// most is how many findings one mistake may have: one for each of two places that
// contradict each other, and one for what does not work without it.
const most = 3

// judgeFindings judges what the checker says.
func (j *judge) judgeFindings(found []diag.Diagnostic) Verdict {
	right, others := 0, 0
	for _, d := range found {
		mark := " "
		switch j.names(d) {
		case true:
			right++
		default:
			others++
			mark = "!"
		}
		j.note("%s %s: %s [%s]", mark, d.Span, d.Message, d.Code)
		if d.Fix != nil {
			j.note("    fix: %s", d.Fix.Title)
		}
	}
	switch {
	case right == 0:
		return Wrong
	case others > 0:
		return Noise
	case right > most:
		j.note("  one cause has %d findings", right)
		return Noise
	}
	if hidden := j.hides(found); hidden != "" {
		j.note("  the fixes hide the mistake: %s", hidden)
		return Noise
	}
	return Right
}

// names reports whether a finding names the place: it is there, or it refers to it.
func (j *judge) names(d diag.Diagnostic) bool {
	if j.at(d.Span) || slices.ContainsFunc(d.Related, func(r diag.Related) bool { return j.at(r.Span) }) {
		return true
	}
	if d.Fix != nil && slices.ContainsFunc(d.Fix.Edits, func(e diag.Edit) bool { return j.at(e.Span) }) {
		return true
	}
	return j.isWord(d.Span) || j.isNamed(d.Message)
}

// isNamed reports whether a message has one of the texts that stand for the place.
func (j *judge) isNamed(message string) bool {
	return slices.ContainsFunc(j.Named, func(text string) bool { return strings.Contains(message, text) })
}

func (j *judge) at(s source.Span) bool {
	if !s.Known() {
		return false
	}
	line := s.Position().Line
	return slices.ContainsFunc(j.Places, func(p Place) bool { return p.holds(s.File.Name, line) })
}

// isWord reports whether a span is one of the words of the change, in the same item.
func (j *judge) isWord(s source.Span) bool {
	if !s.Known() || !slices.Contains(j.Words, strings.TrimSuffix(s.Text(), "?")) {
		return false
	}
	line := s.Position().Line
	return slices.ContainsFunc(j.Places, func(p Place) bool {
		first, last := itemLines(s.File, p.First)
		return p.File == s.File.Name && first <= line && line <= last
	})
}

// itemLines returns the lines of the item around a line: from one without indentation
// that begins a declaration to the next.
func itemLines(f *source.File, line int) (first, last int) {
	begins := func(n int) bool {
		word, _, _ := strings.Cut(f.Line(n), " ")
		return slices.Contains([]string{"sync", "view", "app", "concept", "scenario"}, word)
	}
	first = min(line, f.Lines())
	for first > 1 && !begins(first) {
		first--
	}
	last = first
	for last < f.Lines() && !begins(last+1) {
		last++
	}
	return first, last
}

// hides applies the offered fixes until none is left. It returns "" if the program is
// the original one again, or if a finding is left that names the place.
func (j *judge) hides(found []diag.Diagnostic) string {
	files := slices.Clone(j.files)
	var titles []string
	for range 10 {
		changed := false
		for i, f := range files {
			var edits []diag.Edit
			for _, d := range found {
				if d.Fix == nil || !slices.ContainsFunc(d.Fix.Edits, func(e diag.Edit) bool { return e.Span.File == f }) {
					continue
				}
				with := append(slices.Clone(edits), d.Fix.Edits...)
				if _, err := diag.Apply(f, with); err == nil {
					edits, titles = with, append(titles, d.Fix.Title)
				}
			}
			if text, err := diag.Apply(f, edits); err == nil && text != f.Text {
				files[i], changed = source.NewFile(f.Name, text), true
			}
		}
		if !changed {
			if len(titles) > 0 && !slices.ContainsFunc(found, j.names) {
				return strings.Join(titles, "; ")
			}
			return ""
		}
		analysis, left := j.Program.check(files)
		if len(left) > 0 {
			found = left
			continue
		}
		if printed(analysis.Program) == j.Program.plan || j.renamed(files) {
			return ""
		}
		return strings.Join(titles, "; ")
	}
	return ""
}

// renamed reports whether texts are the original ones but for a variable that was
// misspelt and now has its new name everywhere.
func (j *judge) renamed(files []*source.File) bool {
	if j.Class != "misspell variable" || len(j.Edits) != 1 {
		return false
	}
	name := regexp.MustCompile(`\b` + regexp.QuoteMeta(j.Edits[0].Text) + `\b`)
	for i, f := range j.Program.files {
		if name.ReplaceAllLiteralString(files[i].Text, j.Edits[0].Span.Text()) != f.Text {
			return false
		}
	}
	return true
}

// judgeRun plays the scenarios of the changed program up to the first request whose
// outcome differs.
func (j *judge) judgeRun() (Verdict, string) {
	program := j.Program.program(j.files)
	var earlier *outcome
	for _, title := range j.order() {
		outcomes, err := play(program, title)
		if err != nil {
			j.note("the app does not open: %v", err)
			if j.mentions(err.Error()) {
				return Right, "start"
			}
			return Wrong, "start"
		}
		original := j.Program.played[title]
		if title == stepsTitle {
			original = j.further
		}
		for i := range outcomes {
			o := &outcomes[i]
			if i >= len(original) {
				break
			}
			if o.Failure == nil && o.answered == original[i].answered {
				if o.record != original[i].record && earlier == nil && j.judgeTrees(o, original[i], nil) != "" {
					earlier = o
				}
				continue
			}
			by, spoke := j.judgeOutcome(o, original[i])
			switch {
			case by == "" && o.Failure != nil && j.Gone:
				return Right, "scenario"
			case by != "":
				return Right, by
			case earlier != nil:
				return Right, "why, an earlier step"
			case spoke:
				return Wrong, "answer"
			}
			return Wrong, "scenario"
		}
		if earlier != nil {
			return Right, "why, though the answers are the same"
		}
	}
	return Silent, ""
}

// order returns the titles of the scenarios: first those that reach an item that was
// changed.
func (j *judge) order() []string {
	items := map[string]bool{}
	for _, e := range j.Edits {
		first, _ := itemLines(e.Span.File, e.Span.Position().Line)
		if words := strings.Fields(e.Span.File.Line(first)); len(words) > 1 {
			items[words[1]] = true
		}
	}
	var near, far []string
	for _, title := range j.Program.titles {
		reached := false
		for sync := range j.Program.reached[title] {
			reached = reached || items[sync]
		}
		if reached {
			near = append(near, title)
		} else {
			far = append(far, title)
		}
	}
	if j.Steps != "" {
		near = slices.Insert(near, 0, stepsTitle)
	}
	return append(near, far...)
}

// judgeOutcome looks for the place in everything that is said about a step. It returns
// what names it, and whether the answer named another place.
func (j *judge) judgeOutcome(o *outcome, original outcome) (by string, spoke bool) {
	if o.Failure != nil {
		j.note("%s", o.Failure)
	} else {
		j.note("the answer was %s\nand is %s", original.answered, o.answered)
	}
	if j.mentions(o.Body) || j.isNamed(o.Body) {
		return "answer", true
	}
	if o.Failure != nil && (j.mentions(o.Failure.String()) || j.isNamed(o.Failure.String())) {
		return "scenario", true
	}
	return j.judgeTrees(o, original, j.note), placed.MatchString(o.Body)
}

// judgeTrees returns the command whose explanation of a step names the place.
func (j *judge) judgeTrees(o *outcome, original outcome, note func(string, ...any)) string {
	for _, t := range o.explanations(original) {
		if j.mentions(t.text()) {
			return t.by
		}
		if note != nil {
			note("%s:\n%s", t.by, t.text())
		}
	}
	return ""
}

var placed = regexp.MustCompile(`([\w./-]+\.(?:app|sync|concept|scenario)):(\d+)`)

// mentions reports whether a text names the place as file:line.
func (j *judge) mentions(text string) bool {
	for _, m := range placed.FindAllStringSubmatch(text, -1) {
		line, err := strconv.Atoi(m[2])
		if err == nil && slices.ContainsFunc(j.Places, func(p Place) bool { return p.holds(m[1], line) }) {
			return true
		}
	}
	return false
}
