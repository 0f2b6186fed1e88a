package explain

import (
	"fmt"
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
)

// WhyNot explains why a sync did not fire in a flow: which line of when no
// action matched and how the nearest action differs, or which line of where
// dropped which frame with which values. If the sync fired, WhyNot shows how far
// each frame came. The error means that the plan has no such sync, and suggests
// the nearest.
func WhyNot(p *plan.Plan, entries []journal.Entry, name string) (*Tree, error) {
	name, err := FindSync(p, name)
	if err != nil {
		return nil, err
	}
	r := read(p, entries)
	return r.complete(r.whyNotAlone(r.Sync(name))), nil
}

// whyNotAlone explains a sync that no other explanation contains.
func (r *record) whyNotAlone(s *plan.Sync) *Tree {
	if len(r.Actions) == 0 {
		const empty = "the record of this flow is empty"
		return &Tree{Kind: SyncNode, Sync: s.Name, Title: empty, Sentence: empty}
	}
	fired, dropped := 0, 0
	t := (&Tree{Kind: SyncNode, Sync: s.Name}).at(s.Span, "")
	for i := range r.Matches {
		m := r.Matches[i]
		if m.Sync != s.Name {
			continue
		}
		if m.Kind == journal.Fired {
			fired++
			t.add(r.fired(s, m))
			continue
		}
		v := r.dropped(s, m)
		if dropped++; dropped == 1 {
			t.Sentence = v.text
		}
		t.add(v.tree)
	}
	switch {
	case fired > 0:
		t.Title = "sync " + s.Name + " fired " + times(fired)
		if dropped > 0 {
			t.Title += ", and its where dropped " + fmt.Sprintf("%d further match", dropped)
			if dropped > 1 {
				t.Title += "es"
			}
		}
		t.Sentence = t.Title
		if t.single(); t.CauseNode() != nil {
			t.Sentence = r.firedSentence(s, t.Title)
		}
		return t
	case dropped == 1:
		return r.sole(t)
	case dropped > 1:
		t.Title = "sync " + s.Name + " matched " + times(dropped) + ", but its where dropped every frame"
		return t.single()
	}
	q := &question{seen: map[*plan.Sync]bool{s: true}, every: true}
	v := r.broke(s)
	if v == nil {
		v = r.unmatched(s, q)
	}
	v.tree.Sentence = v.text
	v.tree.single()
	if v.tree.CauseNode() == nil && len(r.Faults) > 0 {
		if _, fault := r.faulted(); fault != nil {
			v.tree.Children = nil
			v.tree.add(fault)
		}
	}
	return v.tree
}

// firedSentence says where the first frame that did not ask all lines of a sync that fired
// stopped, or which else it took.
func (r *record) firedSentence(s *plan.Sync, fired string) string {
	for _, m := range slices.Concat(r.Matches, r.Stages) {
		if m.Sync != s.Name || !m.Fired() {
			continue
		}
		for i := range m.Frames {
			f := &m.Frames[i]
			if line := s.Line(f.Line); line != nil {
				return fired + "; its " + whereLine(line) + " " + Outcome(line) +
					with(s, line, f) + ", so its else applied" + r.insideText(s, line, reason(m, f))
			}
			lines := r.Asked(m, uint32(i))
			if len(lines) == 0 {
				continue
			}
			text, at, n := r.branch(s, m, uint32(i), f, func(a *plan.Ask) bool { return a == lines[len(lines)-1] })
			if at < len(lines) && n.Kind == ThenNode {
				return text
			}
		}
	}
	return fired
}

// sole returns the only verdict of a tree, with the sentence of the tree.
func (r *record) sole(t *Tree) *Tree {
	only := t.Children[0]
	only.Sentence = t.Sentence
	return only
}

// FindSync returns the name of a sync in the plan. The error suggests the
// nearest name.
func FindSync(p *plan.Plan, name string) (string, error) {
	var names []string
	for _, s := range p.Syncs {
		if s.Name == name {
			return name, nil
		}
		names = append(names, s.Name)
	}
	near, ok := diag.Nearest(name, names)
	switch {
	case ok:
		return "", fmt.Errorf("there is no sync %s; did you mean %s?", name, near)
	case len(names) == 0:
		return "", fmt.Errorf("there is no sync %s; the program has no syncs", name)
	case len(names) <= 12:
		return "", fmt.Errorf("there is no sync %s; the syncs are %s", name, words.Enumerate(names, "and"))
	}
	return "", fmt.Errorf("there is no sync %s; the program has %d syncs", name, len(names))
}

// fired returns the node of a firing: what it matched, and how far each frame
// came.
func (r *record) fired(s *plan.Sync, m *history.Match) *Tree {
	t := (&Tree{Kind: FiringNode, Sync: s.Name, Title: fmt.Sprintf("firing %d", m.Number)}).at(s.Span, "")
	if m.From == nil {
		t.add(r.matchedLines(s, m)...)
	}
	for i := range m.Frames {
		f := &m.Frames[i]
		to := t
		if len(m.Frames) > 1 {
			to = note(fmt.Sprintf("frame %d of %d", i+1, len(m.Frames)))
			t.add(to)
		}
		if s.Line(f.Line) != nil {
			n := r.lostAt(s, m, f)
			n.Title += ", so its else applied"
			to.add(n)
		}
		to.add(r.lostRows(s, m, uint32(i))...)
		r.asked(to, s, m, uint32(i), f)
		for _, next := range m.Next {
			if next.Of.Frame == uint32(i) {
				n := r.fired(s, next)
				n.Title = laterTitle(next)
				to.add(n)
			}
		}
	}
	return t
}

// asked adds the lines that a frame asked with their outcomes, up to the line at
// which it stopped.
func (r *record) asked(t *Tree, s *plan.Sync, m *history.Match, frame uint32, f *journal.Frame) {
	for _, line := range r.Asked(m, frame) {
		id := journal.ActionID{Firing: m.Number, Frame: frame, Line: uint32(line.Line)}
		a := r.Action(id)
		n := (&Tree{Kind: ThenNode}).at(line.Span, line.Text)
		t.add(n)
		if each := m.Each(frame, line); each != nil && m.Line == 0 {
			n.Title = "asked for each of " + counted(len(each.Frames), "frame")
			if stoppedIn(line, each) {
				return
			}
			continue
		}
		if a == nil {
			n.Title = "the flow ended before it asked this line"
			return
		}
		n.Title, n.Action, n.Name, n.Outcome = a.Label()+" "+ended(a), id.String(), a.Name, a.Outcome.String()
		if a.Handler() != nil {
			n.Title += handledBelow
			continue
		}
		if !line.Awaited || a.Outcome == journal.Undone {
			continue
		}
		if a.Outcome != journal.Returned {
			n.Title += notAskedBelow
			n.Cause = true
			n.add(r.whatFor(a)...)
			return
		}
		if no := unlike(s, line, a, f); no != "" {
			n.Title = a.Label() + " returned " + no + notAskedBelow
			n.Cause = true
			n.add(r.whatFor(a)...)
			return
		}
	}
}

// syncs returns the names of the syncs that matched in a flow, each once, in the
// order of their first match: those that fired, and those whose where dropped
// every frame.
func syncs(matches []*history.Match) (fired, dropped []string) {
	for _, e := range matches {
		switch {
		case e.Kind == journal.Fired && !slices.Contains(fired, e.Sync):
			fired = append(fired, e.Sync)
		case e.Kind == journal.Dropped && !slices.Contains(dropped, e.Sync):
			dropped = append(dropped, e.Sync)
		}
	}
	return fired, dropped
}

// stoppedIn reports whether a line that is asked for each of several frames ended its own
// frame: an awaited action did not return.
func stoppedIn(line *plan.Ask, each *history.Match) bool {
	n := len(each.Asked)
	return line.Awaited && n > 0 && each.Asked[n-1].Outcome != journal.Returned && each.Asked[n-1].Handler() == nil
}
