package explain

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// reason returns the entry about the line inside of a dropping line that is the reason
// why it dropped a frame; nil if there is none.
func reason(m *history.Match, f *journal.Frame) *journal.Entry {
	for _, e := range m.Lost {
		if e.Rows == 0 && m.Frame(e.Of.Frame) == f {
			return e
		}
	}
	return nil
}

// chainTo returns the lines that lead to the line at a place inside of other lines, from
// the outermost to that line; nil if there is none.
func chainTo(lines []*plan.Line, place string) []*plan.Line {
	for _, l := range lines {
		if l.Span.String() == place {
			return []*plan.Line{l}
		}
		if rest := chainTo(l.Inner(), place); rest != nil {
			return append([]*plan.Line{l}, rest...)
		}
	}
	return nil
}

// inside adds the line inside of a line that dropped the frame, with the lines that lead
// to it. It returns its node, nil if there is none.
func (r *record) inside(t *Tree, s *plan.Sync, use *plan.Line, e *journal.Entry) *Tree {
	chain := chainTo(use.Inner(), e.Place)
	if use.Span.String() == e.Place && use.View != nil {
		t.add(gaveOther(use, e)...)
		return nil
	}
	for i, line := range chain {
		n := (&Tree{Kind: WhereNode, Title: insideOf(use, line) + lostBy(line, e, i == len(chain)-1)}).at(line.Span, line.Text)
		t.add(n)
		t, use = n, line
	}
	if len(chain) == 0 {
		return nil
	}
	t.Values = lostValues(s, e)
	t.Cause = true
	if use.View != nil {
		t.add(gaveOther(use, e)...)
	}
	return t
}

// insideOf names what a line is inside of: "in view Own, this line ".
func insideOf(use, line *plan.Line) string {
	if use.View != nil {
		return "in view " + use.View.Name + ", this line "
	}
	return "below it, this line "
}

// lostBy says why a line dropped rows, as the predicate of a sentence. Last means that
// the record has the values of the line.
func lostBy(line *plan.Line, e *journal.Entry, last bool) string {
	if last && e.Null != "" {
		return "gave a row without " + e.Null
	}
	if null := unset(line); last && null != "" {
		return "found nothing: " + null + " is null"
	}
	return Outcome(line)
}

// unset names the field whose absence is the likely reason why a line that reads a field
// of a member found nothing: an optional field, read without “maybe”.
func unset(line *plan.Line) string {
	read := line.Read
	if read == nil || read.SubjectBinds || !read.ObjectBinds || read.Has || line.Mode != syntax.PlainLine {
		return ""
	}
	if f := read.Table.Set.Fields[read.Column]; f.Optional {
		return f.Name
	}
	return ""
}

// lostValues returns the variables of the first row that was dropped.
func lostValues(s *plan.Sync, e *journal.Entry) []Detail {
	if len(e.Frames) == 0 {
		return nil
	}
	var list []Detail
	for _, b := range e.Frames[0].Bindings {
		if b.Slot < len(s.Types) {
			list = append(list, Detail{Name: b.Name, Value: show(b.Value, s.Types[b.Slot])})
		}
	}
	return list
}

// gaveOther notes the outputs of a view that differ from bound variables.
func gaveOther(use *plan.Line, e *journal.Entry) []*Tree {
	if len(e.Frames) == 0 {
		return nil
	}
	var list []*Tree
	for _, out := range use.View.Out {
		if out.Binds || out.Term.Any {
			continue
		}
		for _, b := range e.Frames[0].Bindings {
			if b.Slot == out.Inner {
				list = append(list, note("the view gave "+out.Name+" = "+words.Clip(b.Value.String(), shown)))
			}
		}
	}
	return list
}

// insideText is the clause about the line inside of a dropping line: "; in view Own, the
// line at a.sync:3:5 (…) found nothing, with user = "u1"".
func (r *record) insideText(s *plan.Sync, use *plan.Line, e *journal.Entry) string {
	if e == nil {
		return ""
	}
	if use.Span.String() == e.Place && use.View != nil {
		var list []string
		for _, n := range gaveOther(use, e) {
			list = append(list, n.Title)
		}
		if len(list) == 0 {
			return ""
		}
		return "; " + strings.Join(list, "; ")
	}
	chain := chainTo(use.Inner(), e.Place)
	if len(chain) == 0 {
		return ""
	}
	line, of := chain[len(chain)-1], use
	if len(chain) > 1 {
		of = chain[len(chain)-2]
	}
	text := "; " + strings.TrimSuffix(insideOf(of, line), "this line ") + "the line at " + line.Span.String() + " (" + words.Clip(line.Text, shown) + ") " + lostBy(line, e, true)
	return text + withValues(lostValues(s, e))
}

// withValues formats variables: `, with user = "u1", x = 3`.
func withValues(list []Detail) string {
	parts := make([]string, len(list))
	for i, d := range list {
		parts[i] = d.Name + " = " + d.Value
	}
	if len(parts) == 0 {
		return ""
	}
	return ", with " + strings.Join(parts, ", ")
}

// lostRows returns a node for each line that dropped rows of a frame, inside the folds of
// the lines; of all lines if there are none.
func (r *record) lostRows(s *plan.Sync, m *history.Match, frame uint32, lines ...*plan.Line) []*Tree {
	if len(lines) == 0 {
		lines = s.AllLines()
	}
	var list []*Tree
	for _, e := range m.Lost {
		if e.Rows == 0 || e.Of.Frame != frame {
			continue
		}
		chain := chainTo(lines, e.Place)
		if len(chain) == 0 {
			continue
		}
		line := chain[len(chain)-1]
		n := (&Tree{Kind: WhereNode}).at(line.Span, line.Text)
		n.Title = rows(int(e.Rows+e.Kept)) + ", " + strconv.Itoa(int(e.Rows)) + " dropped"
		if fold := foldOf(chain); fold != nil && fold.Fold.Slot < len(s.Names) {
			n.Title = s.Names[fold.Fold.Slot] + ": " + n.Title
		}
		n.Title += ": this line " + lostBy(line, e, true)
		n.Values = lostValues(s, e)
		list = append(list, n)
	}
	return list
}

// foldOf returns the last fold in a chain of lines before its end.
func foldOf(chain []*plan.Line) *plan.Line {
	for _, l := range slices.Backward(chain[:len(chain)-1]) {
		if l.Fold != nil {
			return l
		}
	}
	return nil
}

func rows(n int) string { return counted(n, "row") }
