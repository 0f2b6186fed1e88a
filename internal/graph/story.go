package graph

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A Story is one endpoint with everything that may follow, in order: what an
// action triggers comes before the next line of the sync that asked it.
type Story struct {
	Endpoint *plan.Endpoint
	Note     string // the fields that come in
	Steps    []*Step
}

// A Step is one event with what it triggers.
type Step struct {
	Kind  Kind // Sync, Where, Action or Answer
	Label string
	Note  string
	Span  source.Span
	// Link says how it comes about.
	Link  Link
	Exits []Exit // ways on which the sync does not go on
	Steps []*Step
}

// An Exit is what comes of a line that drops, or of a refusal that no sync
// matches.
type Exit struct {
	Link   Link // Else or Refused
	Answer bool // a client is told it
	Label  string
	Note   string // the sentence
	Span   source.Span
}

// Tell returns the story of an endpoint.
func Tell(p *plan.Plan, d *plan.Endpoint) *Story {
	s := &Story{Endpoint: d}
	var fields []string
	for _, f := range d.Fields {
		name := f.Name
		if f.Optional {
			name += "?"
		}
		fields = append(fields, name)
	}
	s.Note = strings.Join(fields, ", ")
	t := &teller{plan: p, endpoint: d, told: map[*plan.Sync]bool{}}
	switch {
	case d.Query != nil:
		s.Steps = []*Step{{Kind: Answer, Label: "200 its rows", Note: strings.Join(d.Query.Outputs, ", "), Link: Then, Span: d.Span}}
	case d.Action != nil:
		x := &Step{Kind: Action, Label: d.Action.FullName(), Link: Starts, Span: d.Span}
		t.completes(x, d.Action, nil, true)
		x.Steps = append(x.Steps, &Step{Kind: Answer, Label: "200", Note: strings.Join(d.Action.Outputs, ", "), Link: Follows, Span: d.Span})
		s.Steps = []*Step{x}
	default:
		for _, sync := range d.Syncs {
			if !slices.ContainsFunc(sync.When, func(w *plan.Pattern) bool { return !d.Admits(w) }) {
				s.Steps = append(s.Steps, t.fires(sync, Starts))
			}
		}
	}
	for _, sync := range d.Syncs { // set off by an else, or in another order
		if !t.told[sync] {
			s.Steps = append(s.Steps, t.fires(sync, Follows))
		}
	}
	return s
}

// A teller follows a flow from its endpoint.
type teller struct {
	plan     *plan.Plan
	endpoint *plan.Endpoint
	// told are the syncs that were followed already; happened is what has
	// completed on the way.
	told     map[*plan.Sync]bool
	happened []happening
}

type happening struct {
	action  *plan.Action
	refused bool
}

// fires tells of a sync and its lines.
func (t *teller) fires(s *plan.Sync, link Link) *Step {
	x := &Step{Kind: Sync, Label: s.Name, Link: link, Span: s.Span}
	if t.told[s] {
		x.Note = "as told above"
		return x
	}
	t.told[s] = true
	for _, stage := range s.Stages {
		for _, l := range stage.Where {
			if stage.Index > 0 && len(l.Else) == 0 {
				continue // it drops no frame
			}
			if guard := t.guard(l); guard != nil {
				x.Steps = append(x.Steps, guard)
			}
		}
		if stage.Together {
			x.Note = "all or nothing"
		}
		for _, a := range stage.Then {
			x.Steps = append(x.Steps, t.asks(a, stage.Together))
		}
	}
	return x
}

// guard tells of a line of where that may drop; nil for others.
func (t *teller) guard(l *plan.Line) *Step {
	if len(l.Else) == 0 && !drops(l) {
		return nil
	}
	x := &Step{Kind: Where, Label: l.Text, Link: Then, Span: l.Span}
	if len(l.Else) == 0 {
		x.Exits = []Exit{{Link: Else, Label: "this sync ends", Span: l.Span}}
	}
	x.Exits = append(x.Exits, exits(l.Else, Else, "")...)
	return x
}

// exits returns what the lines of an else do. Their labels end with after.
func exits(lines []*plan.Ask, link Link, after string) []Exit {
	var list []Exit
	for _, a := range lines {
		if a.Action.Role != plan.Respond {
			list = append(list, Exit{Link: link, Label: "asks " + a.Action.FullName() + after, Span: a.Span})
			continue
		}
		status, text := answer(a)
		list = append(list, Exit{Link: link, Answer: true, Label: status + after, Note: text, Span: a.Span})
	}
	return list
}

// drops reports whether a line may drop a frame, as far as its form says.
func drops(l *plan.Line) bool {
	if l.Mode == syntax.MaybeLine || l.Mode == syntax.SurelyLine {
		return false
	}
	switch {
	case l.Mode == syntax.NoLine, l.Mode == syntax.SomeLine:
		return true
	case l.Query != nil:
		return l.Query.Query.Spec.Rows != syntax.OneRow
	case l.View != nil:
		return slices.ContainsFunc(l.View.Lines, drops)
	case l.Is != nil:
		return !l.Is.Binds
	case l.Fold != nil:
		return !l.Fold.Binds
	}
	return true
}

// asks tells of a line of then.
func (t *teller) asks(a *plan.Ask, together bool) *Step {
	if a.Action.Role == plan.Respond {
		status, text := answer(a)
		x := &Step{Kind: Answer, Label: status, Note: text, Link: Then, Span: a.Span}
		t.follow(x, a.Action, a, false, "")
		return x
	}
	name := a.Action.FullName()
	x := &Step{Kind: Action, Label: name, Note: strings.TrimSpace(strings.TrimPrefix(a.Text, name)), Link: Then, Span: a.Span}
	if a.Where != nil {
		x.Note += ", for each frame of its where"
	}
	t.completes(x, a.Action, a, a.Awaited || together)
	return x
}

// completes tells what follows when an action has returned, and when it was
// refused. What nobody matches is the answer, as far as it was awaited.
func (t *teller) completes(x *Step, action *plan.Action, a *plan.Ask, awaited bool) {
	t.follow(x, action, a, false, "")
	for _, r := range action.Spec.Refusals {
		var handler *plan.Handler
		if a != nil {
			handler = a.Handler(r.Code)
		}
		if handler != nil {
			t.follow(x, action, a, true, r.Code)
			x.Exits = append(x.Exits, exits(handler.Asks, Refused, " "+r.Code)...)
			continue
		}
		if t.follow(x, action, a, true, r.Code) || !awaited {
			continue
		}
		e := Exit{Link: Refused, Label: r.Code, Note: r.Sentence, Span: r.Tree.Span}
		for _, told := range t.endpoint.Refusals {
			if told.Action == action && told.Code == r.Code {
				e.Label, e.Answer = value.Number(float64(told.Status)).String()+" "+r.Code, true
			}
		}
		x.Exits = append(x.Exits, e)
	}
}

// follow adds the syncs that an action's completion may complete, and tells
// whether there are any.
func (t *teller) follow(x *Step, action *plan.Action, a *plan.Ask, refused bool, code string) bool {
	now := happening{action, refused}
	if !slices.Contains(t.happened, now) {
		t.happened = append(t.happened, now)
	}
	link, found := Follows, false
	if refused {
		link = Refused
	}
	for _, s := range t.endpoint.Syncs {
		here, lacks := false, false
		for _, w := range s.When {
			switch {
			case t.endpoint.Admits(w):
			case w.Action == action && w.Refused == refused && fits(w, a, code):
				here = true
			default:
				lacks = lacks || !slices.Contains(t.happened, happening{w.Action, w.Refused})
			}
		}
		if !here {
			continue
		}
		found = true
		if lacks { // it is told where the last of its lines is matched
			continue
		}
		if i := slices.IndexFunc(x.Steps, func(before *Step) bool { return before.Label == s.Name && before.Link == link }); i < 0 {
			x.Steps = append(x.Steps, t.fires(s, link))
		}
	}
	return found
}

// fits reports whether what a line asks may match a pattern: their literals do
// not differ.
func fits(w *plan.Pattern, a *plan.Ask, code string) bool {
	for _, test := range w.Tests {
		switch {
		case test.Column.Out && w.Refused:
			if text, isText := test.Literal.Text(); test.Column.Index == plan.RefusedCode && isText && text != code {
				return false
			}
		case test.Column.Out || a == nil:
		default:
			given := slices.IndexFunc(a.In, func(in plan.Input) bool { return in.Column == test.Column.Index })
			if given < 0 {
				return test.Literal.IsNull() && !test.Any
			}
			if in := a.In[given].Term; in.Slot < 0 && in.Expr == nil && !test.Any && !value.Equal(in.Literal, test.Literal) {
				return false
			}
		}
	}
	return true
}

// answer returns the status of an answer and what it says: its one literal
// sentence, or the names of its fields.
func answer(a *plan.Ask) (status, text string) {
	status = "200"
	var names []string
	for i, in := range a.In {
		switch {
		case in.Name == "status" && in.Term.Slot < 0 && in.Term.Expr == nil:
			status = in.Term.Literal.String()
		case in.Name == "status":
			status = "any status"
		case in.Name == "headers" || in.Name == "cookies" || i == 0 && in.Name == "request":
		case in.Name == "error" && in.Term.Slot < 0 && in.Term.Expr == nil:
			text, _ = in.Term.Literal.Text()
		default:
			names = append(names, in.Name)
		}
	}
	if text == "" {
		text = strings.Join(names, ", ")
	}
	return status, text
}

// Graph returns the story as boxes and arrows: an arrow leads from what happens
// to what it sets off and to what happens next, and to each way out.
func (s *Story) Graph() *Graph {
	g := &Graph{Name: title(s.Endpoint)}
	endpoint := g.add(Endpoint, "request", title(s.Endpoint), s.Note, s.Endpoint.Span)
	for _, x := range s.Steps {
		g.step(endpoint, x)
	}
	return g
}

// step draws a step behind another one and gives the box from which the next
// one goes on.
func (g *Graph) step(from *Node, x *Step) *Node {
	n := g.add(x.Kind, x.Kind.String()+" "+x.Label, x.Label, x.Note, x.Span)
	g.join(from, n, x.Link)
	for _, e := range x.Exits {
		out := g.add(Answer, "out "+e.Label, e.Label, e.Note, e.Span)
		g.join(n, out, e.Link)
	}
	before := n
	for _, inner := range x.Steps {
		last := g.step(before, inner)
		if x.Kind == Sync {
			before = last // its lines come one after the other
		}
	}
	return n
}
