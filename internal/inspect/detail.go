package inspect

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/value"
)

// A selection is the selected part of a flow: an action, a match, or a sync
// that may not have fired.
type selection struct {
	step  *step
	match *match
	sync  *plan.Sync
}

// The query parameters that select.
const (
	byAction = "at"
	byMatch  = "match"
	bySync   = "sync"
)

func linkTo(x *step) string {
	return fmt.Sprintf("?%s=%d.%d.%d#detail", byAction, x.ID.Firing, x.ID.Frame, x.ID.Line)
}

func linkToMatch(m *match) string { return fmt.Sprintf("?%s=%d#detail", byMatch, m.Place) }

// selected reads the selection from a request. The default is the step that
// decided the result.
func (in *Inspector) selected(s *story, e ending, r *http.Request) selection {
	query := r.URL.Query()
	if text := query.Get(byAction); text != "" {
		var id journal.ActionID
		if n, _ := fmt.Sscanf(text, "%d.%d.%d", &id.Firing, &id.Frame, &id.Line); n == 3 && s.Action(id) != nil {
			return selection{step: s.Action(id)}
		}
	}
	if n, err := strconv.Atoi(query.Get(byMatch)); err == nil && n >= 0 && n < len(s.Matches) {
		return selection{match: s.Matches[n]}
	}
	if sync := in.byName[query.Get(bySync)]; sync != nil {
		return selection{sync: sync}
	}
	return selection{step: e.step}
}

// A detail is the data about the selected part.
type detail struct {
	Kind    string // "action", "firing", "drop", "sync"
	Over    string // a word above the title
	Title   string
	Class   class
	Mark    string // how it ended, in a word or two
	Text    string // the sentence of a refusal, or what a fault says
	Lead    string // what there is to say in a sentence or two
	Before  []link // what it rests on
	After   []link // what followed
	Alone   string // said where nothing followed
	In      []field
	Out     []field
	Frames  []frameRows
	Hidden  int // frames that are not shown
	Why     *reason
	WhyOf   string
	Source  *excerpt
	Caption string // of Source
	Spec    *excerpt
	SpecOf  string // the concept
}

// A link is a link to another part of the flow.
type link struct {
	Text, To, Note string
	Class          class
}

// A field is a named value with its origin.
type field struct {
	Name  string
	Value shown
	From  []link // text, where it can be looked at; several for an expression
}

// A frameRows is one frame of a firing with its variables.
type frameRows struct {
	Title  string
	Lost   string // the line that dropped it
	Values []field
	Asked  []link
}

// framesShown is the largest number of frames of a match on a page.
const framesShown = 12

// fieldsShown is the largest number of values of an action or a frame on a
// page.
const fieldsShown = 60

// detail collects the data about a selection.
func (in *Inspector) detail(s *story, e ending, at selection) *detail {
	switch {
	case at.step != nil:
		return in.stepDetail(s, e, at.step)
	case at.match != nil:
		return in.matchDetail(s, at.match)
	case at.sync != nil:
		return in.syncDetail(s, at.sync)
	}
	return nil
}

func (in *Inspector) stepDetail(s *story, e ending, x *step) *detail {
	d := &detail{Kind: "action", Over: "Action", Title: x.Name, Class: classOf(x), Mark: outcomeWords(x)}
	if x.Outcome == journal.Refused || x.Outcome == journal.Fault || x.Outcome == journal.Undone {
		d.Text = cut(trimName(x.Text, x.Name), longValue)
	}
	origins := s.origins(x)
	d.In = fields(inOrder(x), func(f value.Field) []link {
		o, ok := origins[f.Name]
		if !ok && x.By == nil {
			return nil
		}
		return from(o, f.Name)
	})
	d.Out = fields(x.Gave, nil)
	if m := x.By; m != nil {
		d.Before = append(d.Before, link{Text: "sync " + m.Sync, To: linkToMatch(m), Note: "asked it", Class: fine})
		for _, y := range m.Actions {
			if y != nil {
				d.Before = append(d.Before, link{Text: y.Name, To: linkTo(y), Note: outcomeWords(y), Class: classOf(y)})
			}
		}
	} else {
		d.Lead = "It came from outside and opened the flow."
	}
	for _, m := range s.Matches {
		if slices.Contains(m.Actions, x) {
			note, c := "fired", fine
			if !m.Fired() {
				note, c = "matched, but dropped in where", refused
			}
			d.After = append(d.After, link{Text: "sync " + m.Sync, To: linkToMatch(m), Note: note, Class: c})
		}
	}
	if len(d.After) == 0 {
		switch {
		case x == e.last && x.Outcome == journal.Refused:
			d.Alone = "No sync matches this refusal, so it is the answer."
		case x.Handler() != nil:
			d.Alone = "The else at " + place(x.Handler().Span) + " handled this refusal."
		case x.Outcome == journal.Refused:
			d.Alone = "No sync matches this refusal."
		case x.Is(plan.Respond) && x.Outcome == journal.Returned:
			d.Alone = "It is the answer."
		default:
			d.Alone = "No sync matched it."
		}
	}
	if x.By != nil && x.By.Spec != nil && x.Line != nil {
		marks := []mark{{x.Line.Span, "here", ended(x)}}
		if l := x.By.Else(x.ID.Frame); l != nil {
			marks = append(marks, mark{l.Span, "lost", explain.Outcome(l)})
		}
		d.Source = excerptOf(x.By.Spec.Span, marks...)
		d.Caption = "In the text of " + x.By.Sync
	}
	if tree, err := explain.Why(s.Plan, s.entries, x.ID); err == nil && x.By != nil {
		d.Why, d.WhyOf = in.reasonOf(tree), "Full explanation"
	}
	if x.Spec != nil && x.Spec.Spec.Tree != nil {
		var marks []mark
		for _, r := range x.Spec.Spec.Refusals {
			if x.Outcome == journal.Refused && r.Code == x.Code && r.Tree != nil {
				marks = append(marks, mark{r.Tree.Span, "here", "this refusal"})
			}
		}
		d.Spec, d.SpecOf = excerptOf(x.Spec.Spec.Tree.Span, marks...), x.Spec.Instance.Concept.Name
	}
	return d
}

// inOrder returns the inputs of a step in the order of the line that asked it.
func inOrder(x *step) []value.Field {
	list := slices.Clone(x.Given)
	if x.Line != nil {
		place := func(f value.Field) int {
			return slices.IndexFunc(x.Line.In, func(in plan.Input) bool { return in.Name == f.Name })
		}
		slices.SortStableFunc(list, func(a, b value.Field) int { return place(a) - place(b) })
	}
	return list
}

func ended(x *step) string {
	if x.Outcome == journal.Returned {
		return "this line asked it"
	}
	return "this line asked it: " + outcomeWords(x)
}

// fields returns rows of named values.
func fields(list []value.Field, from func(value.Field) []link) []field {
	var out []field
	for _, f := range list {
		if len(out) == fieldsShown {
			break
		}
		row := field{Name: cut(f.Name, 60), Value: show(f.Value, longValue)}
		if from != nil {
			row.From = from(f)
		}
		out = append(out, row)
	}
	return out
}

// from describes the origin of a value.
func from(o origin, name string) []link {
	var list []link
	switch {
	case o.step != nil:
		text := o.step.Name
		if o.name != name {
			text += ", " + o.name
		}
		list = append(list, link{Text: text, To: linkTo(o.step), Note: o.words})
	case o.place.Known():
		list = append(list, link{Text: place(o.place), To: sourceLink(o.place.File.Name, o.place.Position().Line), Note: o.words})
	case o.words != "":
		list = append(list, link{Note: o.words})
	}
	for _, m := range o.more {
		list = append(list, from(m, "")...)
	}
	return list
}

// place formats a span as "auth.sync, line 12".
func place(s source.Span) string {
	return fmt.Sprintf("%s, line %d", s.File.Name, s.Position().Line)
}

func (in *Inspector) matchDetail(s *story, m *match) *detail {
	d := &detail{Kind: "firing", Over: "Sync", Title: m.Sync, Class: fine, Mark: "fired"}
	if len(m.Frames) > 1 {
		d.Mark += " with " + count(len(m.Frames), "frame", "frames")
	}
	if !m.Fired() {
		d.Kind, d.Class, d.Mark = "drop", refused, "dropped in where"
		d.Lead = stopped(m)
	}
	for _, y := range m.Actions {
		if y != nil {
			d.Before = append(d.Before, link{Text: y.Name, To: linkTo(y), Note: outcomeWords(y), Class: classOf(y)})
		}
	}
	for _, y := range m.Asked {
		if len(d.After) == fieldsShown {
			break
		}
		d.After = append(d.After, link{Text: y.Name, To: linkTo(y), Note: outcomeWords(y), Class: classOf(y)})
	}
	if len(d.After) == 0 && m.Fired() {
		d.Alone = "It asked nothing: the flow ended first."
	}
	var marks []mark
	for i, f := range m.Frames {
		if i == framesShown {
			d.Hidden = len(m.Frames) - i
			break
		}
		row := frameRows{Title: "Frame " + strconv.Itoa(i+1)}
		if f.DroppedAt != "" {
			row.Lost = f.DroppedAt // a place in the text
			if m.Fired() {
				row.Lost += ", and its else applied"
			}
		}
		for _, b := range f.Bindings {
			if len(row.Values) == fieldsShown {
				break
			}
			row.Values = append(row.Values, field{Name: b.Name, Value: show(b.Value, shortValue)})
		}
		for _, x := range m.AskedFor(uint32(i)) {
			row.Asked = append(row.Asked, link{Text: x.Name, To: linkTo(x), Note: outcomeWords(x), Class: classOf(x)})
		}
		d.Frames = append(d.Frames, row)
		if m.Spec == nil {
			continue
		}
		if l := m.Spec.Line(f.Line); l != nil {
			marks = append(marks, mark{l.Span, "lost", explain.Outcome(l)})
		}
	}
	if m.Spec != nil {
		for i, p := range m.Spec.When {
			if i < len(m.Actions) {
				marks = append(marks, mark{p.Span, "met", "matched"})
			}
		}
		d.Source, d.Caption = excerptOf(m.Spec.Span, marks...), "The text of "+m.Sync
	}
	return d
}

// syncDetail explains whether a sync fired in a flow, and why not.
func (in *Inspector) syncDetail(s *story, sync *plan.Sync) *detail {
	fired, dropped := s.of(sync.Name)
	d := &detail{Kind: "sync", Over: "Sync", Title: sync.Name, Class: refused, Mark: "did not fire"}
	tree, lead := in.whyNot(s, sync)
	d.Lead = lead
	if tree != nil {
		d.Why, d.WhyOf = in.reasonOf(tree), "Explanation line by line"
	}
	var marks []mark
	switch {
	case len(fired) > 0:
		d.Class, d.Mark = fine, "fired "+times(len(fired))
		for i, p := range sync.When {
			if i < len(fired[0].Actions) {
				marks = append(marks, mark{p.Span, "met", "matched"})
			}
		}
	case len(dropped) > 0:
		d.Mark = "matched, but dropped in where"
		for _, m := range dropped {
			for _, f := range m.Frames {
				if l := sync.Line(f.Line); l != nil {
					marks = append(marks, mark{l.Span, "lost", "dropped here: it " + explain.Outcome(l)})
				}
			}
		}
	default:
		d.Mark = "did not match"
		marks = s.unmet(sync, tree)
	}
	for _, m := range append(fired, dropped...) {
		if len(d.After) == framesShown {
			break
		}
		note := "fired"
		if !m.Fired() {
			note = "dropped in where"
		}
		d.After = append(d.After, link{Text: "match " + strconv.Itoa(m.Place+1), To: linkToMatch(m), Note: note})
	}
	d.Source, d.Caption = excerptOf(sync.Span, marks...), "The text of "+sync.Name
	return d
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return strconv.Itoa(n) + " times"
}
