package explain

import (
	"slices"
	"strconv"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// dropped says which line of where dropped the last frame of a match, with the
// values of the variables that the line reads.
func (r *record) dropped(s *plan.Sync, m *history.Match) *verdict {
	v := &verdict{cost: 1, tree: &Tree{Kind: SyncNode, Sync: s.Name, Title: "sync " + s.Name + " matched, but its where dropped every frame"}}
	v.tree.at(s.Span, "")
	if len(m.Frames) == 0 {
		v.text = "sync " + s.Name + " matched, but its where dropped every frame"
		v.tree.add(r.matchedLines(s, m)...)
		return v
	}
	// The frame that reached the last line explains most.
	f := &m.Frames[0]
	for i := range m.Frames {
		if m.Frames[i].Line > f.Line {
			f = &m.Frames[i]
		}
	}
	for i := range m.Frames {
		n := r.lostAt(s, m, &m.Frames[i])
		if &m.Frames[i] != f {
			n.Children = nil // only frame f is explained in full
			v.tree.add(n)
			continue
		}
		if c := n.CauseNode(); c == nil {
			n.Cause = true
		}
		v.tree.Children = append([]*Tree{n}, v.tree.Children...)
	}
	for _, n := range v.tree.Children[1:] {
		n.clearCauses()
	}
	v.tree.add(r.matchedLines(s, m)...)
	line := s.Line(f.Line)
	if line == nil {
		v.text = "sync " + s.Name + " matched, but its where dropped the match at " + f.DroppedAt
		return v
	}
	v.text = "sync " + s.Name + " matched, but its " + whereLine(line) + " " + Outcome(line)
	v.text += with(s, line, f) + r.insideText(s, line, reason(m, f))
	switch n := len(m.Frames) - 1; {
	case n == 1:
		v.text += "; another frame was dropped too"
	case n > 1:
		v.text += "; " + strconv.Itoa(n) + " other frames were dropped too"
	}
	if line.View != nil && reason(m, f) != nil {
		v.text += "; an else below the use of the view could answer"
	} else {
		v.text += "; an else below that line could answer"
	}
	return v
}

// matchedLines returns the nodes of the lines of when and their actions.
func (r *record) matchedLines(s *plan.Sync, m *history.Match) []*Tree {
	var list []*Tree
	for i, p := range s.When {
		if i < len(m.Matched) {
			if a := r.Action(m.Matched[i]); a != nil {
				list = append(list, r.matchedBy(i, p, a))
			}
		}
	}
	return list
}

// lostAt returns the node of a frame that a line of where dropped.
func (r *record) lostAt(s *plan.Sync, m *history.Match, f *journal.Frame) *Tree {
	line := s.Line(f.Line)
	if line == nil {
		return &Tree{Kind: WhereNode, Title: "the frame was dropped at a line that no longer exists", Place: f.DroppedAt}
	}
	t := (&Tree{Kind: WhereNode, Title: "this line of " + placeOf(line) + Outcome(line)}).at(line.Span, line.Text)
	b := &bindings{record: r, sync: s, match: m, frame: f}
	r.reading(t, b, line)
	end := t
	if e := reason(m, f); e != nil {
		if n := r.inside(t, s, line, e); n != nil {
			end = n
		}
	}
	for _, slot := range reads(line) {
		end.add(b.source(slot, begin()))
	}
	return t
}

// whereLine names a line of where in a sentence: "where line at a.sync:5:5 (x == y)".
func whereLine(line *plan.Line) string {
	return "where line at " + line.Span.String() + usedIn(line) + " (" + words.Clip(line.Text, shown) + ")"
}

// usedIn follows the place of a line of a view that answers.
func usedIn(line *plan.Line) string {
	if line.Use != "" {
		return ", in " + line.Use + ","
	}
	return ""
}

// placeOf names what a line is a line of, before its outcome.
func placeOf(line *plan.Line) string {
	if line.Use != "" {
		return line.Use + ", "
	}
	return "where "
}

// reading adds the variables that a line reads, with their origins.
func (r *record) reading(t *Tree, b *bindings, line *plan.Line) {
	asked := asksOf(line)
	for _, slot := range reads(line) {
		x := history.Binding(b.sync, b.frame, slot)
		if x == nil {
			continue
		}
		t.Values = append(t.Values, b.detail(slot))
		if x.Value.IsNull() && slices.Contains(asked, slot) {
			t.add(note(x.Name + nullFindsNothing))
		}
	}
}

// nullFindsNothing follows the name of a variable that is null.
const nullFindsNothing = " is null, and nothing is found for null"

// Outcome says why a line dropped a frame, as the predicate of a sentence.
func Outcome(line *plan.Line) string {
	switch {
	case line.Mode == syntax.NoLine:
		return "found something, but “no” requires nothing"
	case line.Block != nil:
		return "found nothing for which all of its lines hold"
	case line.Filter != nil:
		return "was false"
	case line.Is != nil, line.Member != nil && !line.Member.Binds && !line.Member.Subject.Any, line.Read != nil && !line.Read.SubjectBinds && !line.Read.Subject.Any && !line.Read.ObjectBinds:
		return "did not hold"
	case line.Query != nil && slices.ContainsFunc(line.Query.Out, compares),
		line.View != nil && slices.ContainsFunc(line.View.Out, func(p plan.Pass) bool { return !p.Binds && !p.Term.Any }):
		return "found nothing that agrees with the bound variables"
	case line.Has != nil && !line.Has.Binds && !line.Has.Item.Any:
		return "was false: the list has no such item"
	case line.Fold != nil:
		return "gave another value"
	}
	return "found nothing"
}

func compares(o plan.Output) bool { return !o.Binds && !o.Term.Any }

// with lists the variables that a line reads: `, with user = "u1"`. It adds a
// note for each variable that is null and therefore finds nothing.
func with(s *plan.Sync, line *plan.Line, f *journal.Frame) string {
	var list []Detail
	nulls := ""
	asked := asksOf(line)
	for _, slot := range reads(line) {
		b := history.Binding(s, f, slot)
		if b == nil {
			continue
		}
		list = append(list, Detail{Name: b.Name, Value: show(b.Value, s.Types[slot])})
		if b.Value.IsNull() && slices.Contains(asked, slot) {
			nulls += "; " + b.Name + nullFindsNothing
		}
	}
	return withValues(list) + nulls
}

// reads returns the slots that a line reads, each once.
func reads(line *plan.Line) []int {
	var list []int
	for _, slot := range line.Reads() {
		if !slices.Contains(list, slot) {
			list = append(list, slot)
		}
	}
	return list
}

// asksOf returns the slots for which null finds nothing: the required inputs of
// a query, the sides of a relation, a member.
func asksOf(line *plan.Line) []int {
	var list []int
	if line.Mode == syntax.NoLine {
		return nil // finding nothing keeps the frame
	}
	switch {
	case line.Query != nil:
		for _, in := range line.Query.In {
			if in.Term.Slot >= 0 && !line.Query.Query.Spec.Inputs[in.Column].Optional {
				list = append(list, in.Term.Slot)
			}
		}
	case line.Read != nil:
		if !line.Read.SubjectBinds {
			list = append(list, line.Read.Subject.Slot)
		}
		if !line.Read.ObjectBinds {
			list = append(list, line.Read.Object.Slot)
		}
	case line.Member != nil:
		if !line.Member.Binds {
			list = append(list, line.Member.Subject.Slot)
		}
		for _, f := range line.Member.Fields {
			if !f.Binds && !f.Optional && f.Term.Slot >= 0 {
				list = append(list, f.Term.Slot)
			}
		}
	}
	return list
}

// stopped says why a sync that fired did not ask a wanted line, in the frame
// that came furthest.
func (r *record) stopped(s *plan.Sync, m *history.Match, wanted func(*plan.Ask) bool) *verdict {
	var best *verdict
	furthest := -1
	for i := range m.Frames {
		text, at, n := r.branch(s, m, uint32(i), &m.Frames[i], wanted)
		if at <= furthest {
			continue
		}
		furthest = at
		t := (&Tree{Kind: SyncNode, Sync: s.Name, Title: "sync " + s.Name + " fired, but stopped", Children: []*Tree{n}}).at(s.Span, "")
		if n.CauseNode() == nil {
			n.Cause = true
		}
		t.add(r.matchedLines(s, m)...)
		best = &verdict{text: text, tree: t}
	}
	return best
}

// branch follows the lines that one frame asked to the line at which it
// stopped. It returns a sentence, the number of that line, and a node.
func (r *record) branch(s *plan.Sync, m *history.Match, frame uint32, f *journal.Frame, wanted func(*plan.Ask) bool) (string, int, *Tree) {
	lines := r.Asked(m, frame)
	if !slices.ContainsFunc(lines, wanted) && !m.LaterAsks(frame, wanted) {
		what := s.Asks[slices.IndexFunc(s.Asks, wanted)].Action.FullName()
		line := s.Line(f.Line)
		if line == nil {
			n := (&Tree{Kind: NoteNode, Title: "only an else of the sync asks " + what}).at(s.Span, "")
			return "sync " + s.Name + " fired, but only one of its elses asks " + what, 0, n
		}
		n := r.lostAt(s, m, f)
		n.Title += ", and its else does not ask " + what
		return "sync " + s.Name + " took the else of its " + whereLine(line) +
			with(s, line, f) + r.insideText(s, line, reason(m, f)) + ", and that else does not ask " + what, 0, n
	}
	for i, line := range lines {
		id := journal.ActionID{Firing: m.Number, Frame: frame, Line: uint32(line.Line)}
		a := r.Action(id)
		if each := m.Each(frame, line); each != nil && m.Line == 0 && !wanted(line) {
			if !stoppedIn(line, each) {
				continue
			}
			a = each.Asked[len(each.Asked)-1]
			id = a.ID
		}
		place := line.Action.FullName() + " at " + line.Span.String()
		fired := "sync " + s.Name + " fired, but "
		n := (&Tree{Kind: ThenNode, Title: "this line was not asked"}).at(line.Span, line.Text)
		if a != nil {
			n.Title, n.Action, n.Name = a.Label()+" "+ended(a), id.String(), a.Name
		}
		switch {
		case a == nil:
			n.Title = "the flow ended before it asked this line"
			n.add(r.faultNodes()...)
			return fired + "the flow ended before it asked " + place, i, n
		case wanted(line) && a.Outcome == journal.Refused:
			return fired + place + " " + ended(a) + given(a), i, n
		case wanted(line):
			return fired + place + " " + ended(a), i, n
		case !line.Awaited, a.Outcome == journal.Undone, a.Handler() != nil:
			continue // a later line undid it, or its else was asked
		case a.Outcome != journal.Returned:
			n.Title += notAskedBelow
			n.add(r.whatFor(a)...)
			if names := taken(a); len(names) > 0 {
				by := "sync " + words.Enumerate(names, "and") + " matched"
				if len(names) > 1 {
					by = "syncs " + words.Enumerate(names, "and") + " matched"
				}
				n.add(note(by + " this refusal"))
				return fired + place + " " + ended(a) + notAskedBelow + "; " + by + " this refusal but did not answer", i, n
			}
			return fired + place + " " + ended(a) + notAskedBelow, i, n
		}
		if no := unlike(s, line, a, f); no != "" {
			n.Title = a.Label() + " returned " + no + notAskedBelow
			n.add(r.whatFor(a)...)
			return fired + place + " returned " + no + notAskedBelow, i, n
		}
	}
	if f.Line < 0 && m.LaterAsks(frame, wanted) {
		n := (&Tree{Kind: NoteNode, Title: "the next stage was not entered"}).at(s.Span, "")
		n.add(r.faultNodes()...)
		return "sync " + s.Name + " fired, but its next stage was not entered", len(lines), n
	}
	return "sync " + s.Name + " fired", len(lines), (&Tree{Kind: NoteNode, Title: "sync " + s.Name + " fired"}).at(s.Span, "")
}

// handledBelow follows the outcome of a line whose else handled its refusal.
const handledBelow = ", so its else was asked"

// notAskedBelow follows the outcome of an awaited line at which a sync stopped.
const notAskedBelow = ", so the lines below it were not asked"

// whatFor returns the origins of the inputs of an action.
func (r *record) whatFor(a *action) []*Tree {
	var list []*Tree
	for i, v := range a.In {
		if !v.IsUnset() {
			list = append(list, r.origin(a, plan.Column{Index: i}, begin()))
		}
	}
	return list
}

// given describes the request that a refused respond was asked with.
func given(a *action) string {
	if a.Spec == nil {
		return ""
	}
	if i := a.Spec.Input("request"); i >= 0 {
		return ", with request = " + words.Clip(a.In[i].String(), shown)
	}
	return ""
}

// taken returns the names of the syncs that matched an action.
func taken(a *action) []string {
	var names []string
	for _, m := range a.Firings {
		if !slices.Contains(names, m.Sync) {
			names = append(names, m.Sync)
		}
	}
	return names
}

// unlike describes the first output of a returned action that does not match
// the pattern of its line, or returns "".
func unlike(s *plan.Sync, line *plan.Ask, a *action, f *journal.Frame) string {
	for _, o := range line.Out {
		got := a.Column(plan.Column{Out: true, Index: o.Column})
		switch {
		case value.Gone(got):
		case o.Term.Any:
			if got.IsNull() {
				return "no " + o.Name
			}
		case o.Term.Slot < 0:
			if !same(got, o.Term.Literal) {
				return o.Name + " = " + show(got, a.ColumnType(plan.Column{Out: true, Index: o.Column})) + ", but the line requires " + o.Term.Literal.String()
			}
		case got.IsNull() && !o.Optional:
			return "no " + o.Name
		case !o.Binds:
			if b := history.Binding(s, f, o.Term.Slot); b != nil && !same(got, b.Value) {
				t := s.Types[o.Term.Slot]
				return o.Name + " = " + show(got, t) + ", but " + b.Name + " is " + show(b.Value, t)
			}
		}
	}
	return ""
}
