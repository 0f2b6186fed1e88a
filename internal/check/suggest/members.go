package suggest

import (
	"maps"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// members suggests one line about a member for several relation lines about it.
func (f *finder) members() {
	for _, s := range f.analysis.Syncs {
		for _, stage := range s.Stages {
			f.membersIn(stage.Where)
			for _, a := range stage.Then {
				f.membersIn(a.Where)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.analysis.Views)) {
		f.membersIn(f.analysis.Views[name].Where)
	}
}

func (f *finder) membersIn(lines []*check.Line) {
	for i := 0; i < len(lines); {
		n := relationRun(lines[i:])
		if n > 1 {
			f.member(lines[i : i+n])
		}
		if lines[i].Use == nil {
			f.membersIn(lines[i].Inner())
		}
		i += max(n, 1)
	}
}

// relationRun returns how many lines at the beginning of a list relate one member to
// the values of different fields.
func relationRun(lines []*check.Line) int {
	var first *check.FieldLine
	var fields []*check.Field
	var objects []*check.Var
	plain := false
	for i, l := range lines {
		b, ok := l.Body.(*check.FieldLine)
		if !ok || b.Has || l.If != nil || l.Use != nil || len(l.Else) > 0 || b.Subject.Var == nil || b.Set.Kind == syntax.ElementDecl ||
			l.Mode != syntax.PlainLine && (l.Mode != syntax.MaybeLine || !b.ObjectBinds || b.SubjectBinds) ||
			slices.Contains(fields, b.Field) || b.Object.Var != nil && slices.Contains(objects, b.Object.Var) || b.Object.Var == b.Subject.Var {
			return done(i, plain)
		}
		if first == nil {
			first = b
		}
		if b.Instance != first.Instance || b.Set != first.Set || b.Subject.Var != first.Subject.Var {
			return done(i, plain)
		}
		plain = plain || l.Mode == syntax.PlainLine
		fields = append(fields, b.Field)
		objects = append(objects, b.Object.Var)
	}
	return done(len(lines), plain)
}

// done gives the length of a run, 0 if no line requires a member.
func done(n int, plain bool) int {
	if !plain {
		return 0
	}
	return n
}

func (f *finder) member(lines []*check.Line) {
	first := lines[0].Body.(*check.FieldLine)
	span := lines[0].Tree.Span.To(lines[len(lines)-1].Tree.Span)
	if strings.Contains(span.Text(), "#") {
		return // a comment would be lost
	}
	var fields []string
	for _, l := range lines {
		b := l.Body.(*check.FieldLine)
		text := b.Field.Name
		if l.Mode == syntax.MaybeLine {
			text += "?"
		}
		if object := b.Object.Span.Text(); object != b.Field.Name {
			text += ": " + object
		}
		fields = append(fields, text)
	}
	text := "in " + first.Instance.Name + ": " + first.Subject.Span.Text() + " is " + article(first.Set.Name) + " " + first.Set.Name + " (" + strings.Join(fields, ", ") + ")"
	edits := []diag.Edit{{Span: span, Text: text}}
	if f.keepsMeaning(edits) {
		f.add(diag.OneMemberLine, source.Span{File: span.File, Start: span.Start, End: lines[0].Tree.Span.End},
			"this line and those below it about “"+first.Subject.Var.Name+"” can be one line", "write "+text, nil, edits)
	}
}

// article returns the article before a name: “an Article”, “a User”.
func article(name string) string {
	if strings.ContainsRune("AEIOU", rune(name[0])) && !strings.HasPrefix(name, "Us") && !strings.HasPrefix(name, "Uni") {
		return "an"
	}
	return "a"
}
