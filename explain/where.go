package explain

import (
	"slices"
	"strconv"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/syntax"
	"github.com/legible-lang/legible/value"
)

// dropped says at which line of where a match lost its last frame, with the
// values of the variables that the line reads.
func (r *record) dropped(s *plan.Sync, m *journal.Entry) *verdict {
	v := &verdict{cost: 1}
	if len(m.Frames) == 0 {
		v.text = "sync " + s.Name + " matched, but its where kept nothing"
		return v
	}
	// The frame that came furthest says most.
	f := &m.Frames[0]
	for i := range m.Frames {
		if m.Frames[i].Line > f.Line {
			f = &m.Frames[i]
		}
	}
	if f.Line < 0 || f.Line >= len(s.Where) {
		v.text = "sync " + s.Name + " matched, but its where dropped it at " + f.Lost
		return v
	}
	line := s.Where[f.Line]
	v.text = "sync " + s.Name + " matched, but its where line at " + line.Span.String() + " (" + clip(line.Text) + ") " + outcome(line)
	v.text += with(s, line, f)
	switch n := len(m.Frames) - 1; {
	case n == 1:
		v.text += "; another frame was lost as well"
	case n > 1:
		v.text += "; " + strconv.Itoa(n) + " other frames were lost as well"
	}
	v.text += "; an else under that line could answer"
	return v
}

// outcome says what a line did to the frame that it dropped.
func outcome(line *plan.Line) string {
	switch {
	case line.Mode == syntax.NoLine:
		return "found what must not be there"
	case line.Filter != nil:
		return "was not true"
	case line.Is != nil, line.Member != nil, line.Read != nil && !line.Read.SubjectBinds && !line.Read.ObjectBinds:
		return "did not hold"
	case line.Query != nil && slices.ContainsFunc(line.Query.Out, compares),
		line.View != nil && slices.ContainsFunc(line.View.Out, func(p plan.Pass) bool { return !p.Binds && !p.Term.Any }):
		return "gave nothing that agrees"
	case line.Fold != nil:
		return "gave something else"
	}
	return "gave nothing"
}

func compares(o plan.Output) bool { return !o.Binds && !o.Term.Any }

// with lists the variables that a line reads: `, with user = "u1"`. A question
// about nothing has no answer, and that is said.
func with(s *plan.Sync, line *plan.Line, f *journal.Frame) string {
	text, nulls := "", ""
	asked := asksOf(line)
	for _, slot := range reads(line) {
		b := binding(s, f, slot)
		if b == nil {
			continue
		}
		if text == "" {
			text = ", with "
		} else {
			text += ", "
		}
		text += b.Name + " = " + show(b.Value, s.Types[slot])
		if b.Value.IsNull() && slices.Contains(asked, slot) {
			nulls += "; " + b.Name + " is null, and what is asked of nothing gives nothing"
		}
	}
	return text + nulls
}

func binding(s *plan.Sync, f *journal.Frame, slot int) *journal.Binding {
	for i := range f.Bindings {
		if b := &f.Bindings[i]; b.Slot == slot && slot < len(s.Slots) && s.Slots[slot] == b.Name {
			return b
		}
	}
	return nil
}

// reads gives the slots that a line takes its values from, in the order in
// which they stand.
func reads(line *plan.Line) []int {
	var list []int
	slot := func(i int) {
		if i >= 0 && !slices.Contains(list, i) {
			list = append(list, i)
		}
	}
	expr := func(e *plan.Expr) {
		if e != nil {
			for _, i := range e.Slots {
				slot(i)
			}
		}
	}
	term := func(t *plan.Term) {
		slot(t.Slot)
		expr(t.Expr)
	}
	switch {
	case line.Query != nil:
		for i := range line.Query.In {
			term(&line.Query.In[i].Term)
		}
		for i := range line.Query.Out {
			if !line.Query.Out[i].Binds {
				term(&line.Query.Out[i].Term)
			}
		}
	case line.Read != nil:
		if !line.Read.SubjectBinds {
			term(&line.Read.Subject)
		}
		if !line.Read.ObjectBinds {
			term(&line.Read.Object)
		}
	case line.Member != nil:
		if !line.Member.Binds {
			term(&line.Member.Subject)
		}
	case line.View != nil:
		for i := range line.View.In {
			term(&line.View.In[i].Term)
		}
		for i := range line.View.Out {
			if !line.View.Out[i].Binds {
				term(&line.View.Out[i].Term)
			}
		}
	case line.Is != nil:
		if !line.Is.Binds {
			slot(line.Is.Slot)
		}
		expr(line.Is.Expr)
	case line.Filter != nil:
		expr(line.Filter)
	case line.Fold != nil:
		if !line.Fold.Binds {
			slot(line.Fold.Slot)
		}
		for _, inner := range line.Fold.Lines {
			for _, i := range reads(inner) {
				slot(i)
			}
		}
		expr(line.Fold.Expr)
	}
	return list
}

// asksOf gives the slots of which a line asks something that nothing can be
// asked of: the needed inputs of a query, the sides of a relation, a member.
func asksOf(line *plan.Line) []int {
	var list []int
	if line.Mode == syntax.NoLine {
		return nil // there, nothing is what keeps the frame
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
		list = append(list, line.Member.Subject.Slot)
	}
	return list
}

// stopped says why a sync that fired did not ask what is wanted of it, in the
// frame that came furthest.
func (r *record) stopped(s *plan.Sync, m *journal.Entry, wanted func(*plan.Ask) bool) *verdict {
	best, furthest := "", -1
	for i := range m.Frames {
		f := &m.Frames[i]
		lines := s.Then
		if f.Line >= 0 && f.Line < len(s.Where) {
			lines = s.Where[f.Line].Else
		}
		text, at := r.branch(s, m, uint32(i), f, lines, wanted)
		if at > furthest {
			best, furthest = text, at
		}
	}
	if best == "" {
		return nil
	}
	return &verdict{text: best}
}

// branch goes along the lines that one frame asked, to the one at which it
// stopped, and tells how far that was.
func (r *record) branch(s *plan.Sync, m *journal.Entry, frame uint32, f *journal.Frame, lines []*plan.Ask, wanted func(*plan.Ask) bool) (string, int) {
	if !slices.ContainsFunc(lines, wanted) {
		what := s.Asks[slices.IndexFunc(s.Asks, wanted)].Action.FullName()
		if f.Line < 0 || f.Line >= len(s.Where) {
			return "sync " + s.Name + " fired, but only an else of it asks " + what, 0
		}
		line := s.Where[f.Line]
		return "sync " + s.Name + " took the else of its where line at " + line.Span.String() + " (" + clip(line.Text) + ")" +
			with(s, line, f) + ", and that else does not ask " + what, 0
	}
	for i, line := range lines {
		a := r.byID[journal.ActionID{Firing: m.Number, Frame: frame, Line: uint32(line.Line)}]
		place := line.Action.FullName() + " at " + line.Span.String()
		switch {
		case a == nil:
			return "sync " + s.Name + " fired, but the flow ended before it asked " + place, i
		case wanted(line) && a.outcome == journal.Refused:
			return "sync " + s.Name + " fired, but " + place + " " + a.ended() + given(a), i
		case wanted(line):
			return "sync " + s.Name + " fired, but " + place + " " + a.ended(), i
		case !line.Awaited, s.Together && a.outcome == journal.Undone:
			continue // a decision was undone by a later line
		case a.outcome != journal.Returned:
			return "sync " + s.Name + " fired, but " + place + " " + a.ended() + ", so the lines below it were not asked" + r.taken(a), i
		}
		if no := unlike(s, line, a, f); no != "" {
			return "sync " + s.Name + " fired, but " + place + " returned " + no + ", so the lines below it were not asked", i
		}
	}
	return "sync " + s.Name + " fired", len(lines)
}

// given lists what a refused respond was asked with as its request.
func given(a *action) string {
	if i := a.spec.Input("request"); i >= 0 {
		return ", with request = " + clip(a.in[i].String())
	}
	return ""
}

// taken names the syncs that matched a refusal: it is theirs to answer.
func (r *record) taken(a *action) string {
	var names []string
	for i := range r.matches {
		m := &r.matches[i]
		if m.Kind == journal.Fired && slices.Contains(m.Matched, a.id) && !slices.Contains(names, m.Sync) {
			names = append(names, m.Sync)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; that refusal was matched by sync " + enumerate(names) + ", which did not answer either"
}

// unlike says in which output an action that returned is not what its line wants.
func unlike(s *plan.Sync, line *plan.Ask, a *action, f *journal.Frame) string {
	for _, o := range line.Out {
		got := a.column(plan.Column{Out: true, Index: o.Column})
		switch {
		case o.Term.Any, value.Gone(got):
		case o.Term.Slot < 0:
			if !same(got, o.Term.Literal) {
				return o.Name + " = " + clip(got.String()) + ", where the line wants " + o.Term.Literal.String()
			}
		case got.IsNull() && !o.Optional:
			return "no " + o.Name
		case !o.Binds:
			if b := binding(s, f, o.Term.Slot); b != nil && !same(got, b.Value) {
				t := s.Types[o.Term.Slot]
				return o.Name + " = " + show(got, t) + ", where " + b.Name + " is " + show(b.Value, t)
			}
		}
	}
	return ""
}

// same compares two values of the record. What was secret is not known and may
// be the same.
func same(a, b value.Value) bool {
	return a.IsNull() && b.IsNull() || value.Gone(a) || value.Gone(b) || value.Equal(a, b)
}
