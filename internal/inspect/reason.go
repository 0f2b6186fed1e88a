package inspect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
)

// A Reason is an explanation for a page: a tree of limited size.
type reason struct {
	Title, Text   string
	Place, Source string // where it stands, and a link to it
	Action        string // a link to the action that it is about
	Cause         bool   // this is where it came to its end
	Values        []explain.Detail
	Children      []*reason
	More          bool // what is below is not shown
}

const (
	reasonNodes = 150
	reasonDepth = 24
)

// reasonOf converts an explanation.
func (in *Inspector) reasonOf(t *explain.Tree) *reason {
	left := reasonNodes
	var make func(t *explain.Tree, depth int) *reason
	make = func(t *explain.Tree, depth int) *reason {
		left--
		r := &reason{Title: cut(t.Title, 400), Text: cut(t.Text, 200), Cause: t.Cause}
		r.Place, r.Source = in.placeLink(t.Place)
		if t.Action != "" {
			id := t.Action
			if id == "0" {
				id = "0.0.0"
			}
			r.Action = "?" + byAction + "=" + id + "#detail"
		}
		for _, v := range t.Values {
			v.Value = cut(v.Value, shortValue)
			r.Values = append(r.Values, v)
		}
		for _, c := range t.Children {
			if left <= 0 || depth == reasonDepth {
				r.More = true
				break
			}
			r.Children = append(r.Children, make(c, depth+1))
		}
		return r
	}
	return make(t, 0)
}

// placeLink returns the link of a place in the program, "file:line:col".
func (in *Inspector) placeLink(place string) (text, to string) {
	parts := strings.Split(place, ":")
	if len(parts) < 3 {
		return "", ""
	}
	file := strings.Join(parts[:len(parts)-2], ":")
	line, err := strconv.Atoi(parts[len(parts)-2])
	if err != nil || in.sources.files[file] == nil {
		return place, ""
	}
	return file + ":" + parts[len(parts)-2], sourceLink(file, line)
}

// nearest returns the sync that came nearest to answering the request, or nil.
func (in *Inspector) nearest(s *story) (nearest *plan.Sync) {
	tree := explain.WhyUnanswered(s.Plan, s.entries)
	var find func(t *explain.Tree)
	find = func(t *explain.Tree) {
		if nearest == nil {
			nearest = in.byName[t.Sync]
		}
		for _, c := range t.Children {
			find(c)
		}
	}
	find(tree)
	return nearest
}

// whyNot explains why a sync did not fire, or that it did.
func (in *Inspector) whyNot(s *story, sync *plan.Sync) (tree *explain.Tree, lead string) {
	tree, err := explain.WhyNot(s.Plan, s.entries, sync.Name)
	if err != nil {
		return nil, words.Sentence(err.Error())
	}
	return tree, words.Sentence(tree.Sentence)
}

// stopped says where the where of a sync dropped a match.
func stopped(m *match) string {
	if m.Spec == nil {
		return "The program no longer has this sync."
	}
	for _, f := range m.Frames {
		l := m.Spec.Line(f.Line)
		if l == nil {
			continue
		}
		text := fmt.Sprintf("Its when matched, but its line of where at %s (%s) %s", place(l.Span), cut(l.Text, 100), explain.Outcome(l))
		if n := len(m.Frames) - 1; n > 0 {
			text += "; " + count(n, "other frame was", "other frames were") + " dropped too"
		}
		return text + ". There is no else below that line, so no action was asked."
	}
	return "It matched, but its where dropped every frame."
}

// unmet marks the lines of a sync's when: those that match an action of the
// flow on their own, and those that do not.
func (s *story) unmet(sync *plan.Sync, tree *explain.Tree) []mark {
	var marks []mark
	culprit := ""
	if tree != nil && tree.CauseNode() != nil {
		culprit = tree.CauseNode().Place
	}
	for _, p := range sync.When {
		if p.Span.String() != culprit && slices.ContainsFunc(s.Actions, func(x *step) bool { return x.Fits(p) }) {
			marks = append(marks, mark{p.Span, "met", "matched"})
		} else {
			marks = append(marks, mark{p.Span, "lost", "no action matches"})
		}
	}
	return marks
}
