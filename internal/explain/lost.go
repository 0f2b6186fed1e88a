package explain

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
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
		if samePlace(l.Span, place) {
			return []*plan.Line{l}
		}
		if rest := chainTo(l.Inner(), place); rest != nil {
			return append([]*plan.Line{l}, rest...)
		}
	}
	return nil
}

// samePlace reports whether a recorded place is that of a span. The folder of the file may
// have changed since, so only its base name, line and column count.
func samePlace(s source.Span, place string) bool {
	return s.Known() && base(s.String()) == base(place)
}

// inside adds the line inside of a line that dropped the frame, with the lines that lead
// to it. It returns its node, nil if there is none.
func (r *record) inside(t *Tree, s *plan.Sync, use *plan.Line, e *journal.Entry) *Tree {
	chain := chainTo(use.Inner(), e.Place)
	if samePlace(use.Span, e.Place) && use.View != nil {
		t.add(gaveOther(s, use, e)...)
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
		t.add(gaveOther(s, use, e)...)
	}
	return t
}

// insideOf names what a line is inside of: "in view Own, this line ".
func insideOf(use, line *plan.Line) string {
	if use.View != nil {
		return "in view " + use.View.Name + ", this line "
	}
	if use.Fold != nil {
		return "this line "
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
func gaveOther(s *plan.Sync, use *plan.Line, e *journal.Entry) []*Tree {
	if len(e.Frames) == 0 {
		return nil
	}
	var list []*Tree
	for _, out := range use.View.Out {
		if out.Binds || out.Term.Any {
			continue
		}
		for _, b := range e.Frames[0].Bindings {
			if b.Slot == out.Inner && b.Slot < len(s.Types) {
				list = append(list, note("the view gave "+out.Name+" = "+show(b.Value, s.Types[b.Slot])))
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
	if samePlace(use.Span, e.Place) && use.View != nil {
		var list []string
		for _, n := range gaveOther(s, use, e) {
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

// lostRows returns a node for each line that dropped rows of a frame of a sync.
func (r *record) lostRows(s *plan.Sync, m *history.Match, frame uint32) []*Tree {
	var list []*Tree
	for _, line := range s.AllLines() {
		for _, n := range r.rowsOf(s, m, frame, line) {
			n.walk(func(n *Tree) bool {
				if n.Kind == LostNode {
					n.Children = nil
					list = append(list, n)
				}
				return true
			})
		}
	}
	return list
}

// rowsOf returns a node for each line inside of a line, at any depth: whether it held or
// dropped rows, and why. The lines of a view, a fold and a block decide what the line
// gives, so they are shown even if they dropped nothing.
func (r *record) rowsOf(s *plan.Sync, m *history.Match, frame uint32, line *plan.Line) []*Tree {
	var list []*Tree
	for _, l := range line.Inner() {
		n := r.rowOf(s, m, frame, line, l)
		if inner := r.rowsOf(s, m, frame, l); len(inner) > 0 {
			n.add(inner...)
			if n.Kind == WhereNode {
				n.Title = insideOf(line, l) + "dropped rows inside of it"
			}
		}
		list = append(list, n)
	}
	return list
}

func (r *record) rowOf(s *plan.Sync, m *history.Match, frame uint32, of, line *plan.Line) *Tree {
	n := (&Tree{Kind: WhereNode, Title: insideOf(of, line) + heldInside(of)}).at(line.Span, line.Text)
	if frame := m.Frame(frame); of.View != nil && frame != nil {
		n.Values = viewValues(s, frame, of, line)
	}
	for _, e := range m.Lost {
		if e.Rows == 0 || e.Of.Frame != frame || !samePlace(line.Span, e.Place) {
			continue
		}
		n.Kind = LostNode
		n.Title = strconv.Itoa(int(e.Rows)) + " of " + counted(int(e.Rows+e.Kept), "row") + " dropped: this line " + lostBy(line, e, true)
		if of.Fold != nil && of.Fold.Slot < len(s.Names) {
			n.Title = s.Names[of.Fold.Slot] + ": " + n.Title
		}
		n.Values = lostValues(s, e)
		break
	}
	return n
}

// heldInside says what a line that dropped no row did inside of another, as the predicate
// of a sentence.
func heldInside(of *plan.Line) string {
	switch {
	case of.Fold != nil:
		return "dropped no row"
	case of.If == nil && (of.Mode == syntax.PlainLine || of.Mode == syntax.SomeLine || of.Mode == syntax.SurelyLine):
		return "held"
	}
	return "was read"
}

// viewValues returns the outputs of a view that a line of it binds. The record has no
// other variables of a view.
func viewValues(s *plan.Sync, f *journal.Frame, use, line *plan.Line) []Detail {
	var list []Detail
	for _, out := range use.View.Out {
		if !out.Binds || !slices.Contains(line.Binds, out.Inner) {
			continue
		}
		if b := history.Binding(s, f, out.Term.Slot); b != nil {
			list = append(list, Detail{Name: out.Name, Value: show(b.Value, s.Types[out.Term.Slot])})
		}
	}
	return list
}
