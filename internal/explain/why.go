// Package explain explains from the plan and the record why something happened
// in a flow, or did not happen.
//
// [Why] goes back from an action to the request, [WhyNot] says where a sync
// stopped, [WhyAnswer] and [WhyUnanswered] explain how a request ended, and
// [Flow] shows what happened from the start. Each returns a [Tree], which the
// terminal and the browser show in the same way. Internally, a record is the
// history of one flow, and a verdict says how near a sync came and where it
// stopped.
//
// An explanation depends only on the plan and the record. It names the source
// position of each line that it mentions. It shows no secrets, because the
// record contains none, and it does not guess about state that the record does
// not contain.
package explain

import (
	"fmt"
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
)

// Why explains why an action was asked: the line that asked it, the variables
// in its inputs, the actions that its sync matched, and why those were asked,
// back to the request. The error means that the flow has no such action.
func Why(p *plan.Plan, entries []journal.Entry, id journal.ActionID) (*Tree, error) {
	r := read(p, entries)
	a := r.Action(id)
	if a == nil {
		return nil, fmt.Errorf("this flow has no action %s", id)
	}
	return r.complete(r.why(a, map[*action]bool{})), nil
}

// FindAction finds an action of a flow by its id ("1.0.2") or its name
// ("Sessioning.create"). For a name it returns the first action and the number
// of actions with it. The error suggests the nearest.
func FindAction(p *plan.Plan, entries []journal.Entry, text string) (id journal.ActionID, count int, err error) {
	r := read(p, entries)
	var names []string
	for _, a := range r.Actions {
		if a.ID.String() == text {
			return a.ID, 1, nil
		}
		if a.Name == text {
			if count++; count == 1 {
				id = a.ID
			}
		}
		if !slices.Contains(names, a.Name) {
			names = append(names, a.Name)
		}
	}
	if count > 0 {
		return id, count, nil
	}
	if near, ok := diag.Nearest(text, names); ok {
		return id, 0, fmt.Errorf("this flow has no action %s; did you mean %s?", text, near)
	}
	if len(names) > 8 {
		names = append(names[:8], "others")
	}
	return id, 0, fmt.Errorf("this flow has no action %s; it has %s", text, words.Enumerate(names, "and"))
}

// action returns the node of an action with its inputs and its outcome.
func (r *record) action(a *action) *Tree {
	t := &Tree{Kind: ActionNode, Action: a.ID.String(), Name: a.Name, Outcome: a.Outcome.String(), In: inputs(a), Out: outputs(a)}
	t.Title = a.Label() + " " + arguments(t.In) + " " + ended(a)
	if a.Outcome == journal.Returned && len(t.Out) > 0 {
		t.Title += " " + arguments(t.Out)
	}
	for i, e := range a.Tries {
		if i < len(a.Tries)-1 || a.Outcome != journal.Pending { // the title of a waiting action has the last try
			t.add(note("it " + effort(e)))
		}
	}
	return t
}

// why explains an action. An action that was explained before is only named.
func (r *record) why(a *action, seen map[*action]bool) *Tree {
	t := r.action(a)
	if seen[a] {
		t.Title = a.Label() + ", as above"
		return t
	}
	seen[a] = true
	k := r.askingOf(a)
	switch {
	case k == nil && a.ID == (journal.ActionID{}):
		text := "it was asked from outside and opened the flow"
		if a.Spec != nil && a.Spec.Role == plan.Request {
			text = "it was sent by the client and opened the flow"
		}
		t.add(note(text))
		for _, s := range r.slips(a) {
			t.add(note(s.String()))
		}
	case k == nil:
		t.add(note("the firing that asked it is missing in the record"))
	case k.line == nil:
		t.add(&Tree{Kind: FiringNode, Sync: k.match.Sync, Title: fmt.Sprintf("asked by sync %s, firing %d, whose text has changed since", k.match.Sync, k.match.Number)})
	default:
		t.add(r.askedBy(k, seen))
	}
	return t
}

// slips returns the probable slips in the names of a request's fields.
func (r *record) slips(a *action) []plan.Slip {
	if a.Spec == nil || a.Spec.Role != plan.Request {
		return nil
	}
	text := func(name string) string {
		s, _ := a.In[a.Spec.Input(name)].Text()
		return s
	}
	route := r.Plan.Routes.Route(text(check.MethodField), text(check.PathField))
	if route == nil {
		return nil
	}
	return route.Slips(func(f *plan.Field) bool {
		i := a.Spec.Input(f.Name)
		return i >= 0 && i < len(a.In) && a.In[i].IsNull()
	}, a.Further)
}

// askedBy returns the node of the line that asked an action, with its causes.
func (r *record) askedBy(k *asking, seen map[*action]bool) *Tree {
	title := fmt.Sprintf("asked by sync %s, firing %d", k.sync.Name, k.match.Number)
	if k.match.Stage > 0 {
		title += fmt.Sprintf(", stage %d", k.match.Stage+1)
	}
	if n := len(k.match.Frames); n > 1 {
		title += fmt.Sprintf(", frame %d of %d", k.index+1, n)
	}
	t := (&Tree{Kind: FiringNode, Sync: k.sync.Name, Title: title}).at(k.line.Span, k.line.Text)
	b := r.bindingsOf(k)
	t.Values = b.inputs(k.line)
	for i, p := range k.sync.When {
		if i >= len(k.match.Matched) {
			break
		}
		n := (&Tree{Kind: WhenNode, Title: fmt.Sprintf("line %d of when matched", i+1)}).at(p.Span, p.Text)
		if a := r.Action(k.match.Matched[i]); a != nil {
			n.Action = a.ID.String()
			n.add(r.why(a, seen))
		}
		t.add(n)
	}
	r.askedBefore(t, k, seen)
	return t
}

// askedBefore adds what happened before a line of a firing was asked: the lines of where
// that held, and the awaited lines. For a later stage, those of the earlier ones come
// first.
func (r *record) askedBefore(t *Tree, k *asking, seen map[*action]bool) {
	if from := k.match.From; from != nil {
		frame := k.match.Of.Frame
		before := &asking{match: from, sync: k.sync, index: frame, frame: from.Frame(frame), lines: r.Asked(from, frame)}
		if k.match.Line > 0 {
			before.line = k.line
		}
		r.askedBefore(t, before, seen)
	}
	stage := k.match.StageSpec()
	if stage == nil || k.frame == nil {
		return
	}
	where := stage.Where
	if k.match.Line > 0 {
		where = k.line.Where
	}
	b := r.bindingsOf(k)
	for _, line := range where {
		if line.Place >= 0 && k.frame.Line == line.Place {
			n := r.lostAt(k.sync, k.match, k.frame)
			n.Title += ", so its else applied"
			t.add(n)
			break
		}
		n := (&Tree{Kind: WhereNode, Title: "this line of where held"}).at(line.Span, line.Text)
		for _, slot := range line.Binds {
			if k.sync.Slots[slot] != "" {
				n.Values = append(n.Values, Detail{Name: k.sync.Slots[slot], Value: show(b.value(slot), k.sync.Types[slot])})
			}
		}
		n.add(r.rowsOf(k.sync, k.match, k.index, line)...)
		t.add(n)
	}
	for _, line := range k.lines {
		if line == k.line {
			break
		}
		if !line.Awaited || line.Where != nil && k.match.Line == 0 {
			continue
		}
		id := journal.ActionID{Firing: k.match.Number, Frame: k.index, Line: uint32(line.Line)}
		n := (&Tree{Kind: ThenNode, Title: "this line was awaited first"}).at(line.Span, line.Text)
		if a := r.Action(id); a != nil {
			n.Action = id.String()
			seen[a] = true // its asking is shown above
			if a.Handler() != nil {
				n.Title = "the action of this line was refused" + handledBelow
			}
			n.add(r.action(a))
		}
		t.add(n)
	}
}

// inputs returns the inputs that a line gave to its action, with their origins.
func (b *bindings) inputs(line *plan.Ask) []Detail {
	var list []Detail
	a := b.record.Action(journal.ActionID{Firing: b.match.Number, Frame: b.index, Line: uint32(line.Line)})
	for _, in := range line.In {
		d := Detail{Name: in.Name}
		if a != nil {
			d.Value = show(a.Column(plan.Column{Index: in.Column}), a.ColumnType(plan.Column{Index: in.Column}))
		}
		switch {
		case in.Term.Expr != nil:
			d.From, d.Place = "computed as "+words.Clip(in.Term.Expr.Text, shown), line.Span.String()
		case in.Term.Slot >= 0:
			v := b.detail(in.Term.Slot)
			d.From, d.Place = v.From, v.Place
		default:
			d.From, d.Place = "a literal in this line", line.Span.String()
		}
		list = append(list, d)
	}
	return list
}

// WhyAnswer explains how and why the request that opened a flow was answered:
// by a firing, or by the runtime if no sync answered. Rested means that the flow is at
// rest.
func WhyAnswer(p *plan.Plan, entries []journal.Entry, rested bool) *Tree {
	r := readOpen(p, entries, rested)
	t := r.whyAnswer()
	t.Sentence = r.cause()
	return r.complete(t)
}

func (r *record) whyAnswer() *Tree {
	if len(r.Actions) == 0 {
		return r.whyUnanswered()
	}
	root := r.Actions[0]
	if root.Spec == nil || root.Spec.Role != plan.Request {
		t := &Tree{Kind: AnswerNode, Title: root.Label() + " was asked from outside: it " + ended(root)}
		t.add(r.action(root))
		if _, fault := r.faulted(); fault != nil {
			t.add(fault)
		}
		return t
	}
	answer, refused := r.Ends()
	switch {
	case answer != nil:
		t := &Tree{Kind: AnswerNode, Title: r.Opening() + " was answered" + r.statusOf(answer)}
		if _, err := history.AnswerStatus(answer.Input("status")); err != nil {
			t.Title = r.Opening() + " was answered" + r.invalidStatus(answer)
			t.add(&Tree{Kind: FaultNode, Title: err.Error(), Cause: true})
		}
		if k := r.askingOf(answer); k != nil {
			t.Title += " by sync " + k.match.Sync
			t.Sync = k.match.Sync
			if k.line != nil {
				t.at(k.line.Span, "") // the line is explained below
			}
		}
		if answer.Late() {
			t.Title += ", after the client had received 202"
		}
		t.add(r.why(answer, map[*action]bool{}))
		for _, a := range r.Of(answer.Spec) {
			if k := r.askingOf(a); a.Outcome == journal.Refused && k != nil {
				n := &Tree{Kind: NoteNode, Sync: k.match.Sync, Title: "sync " + k.match.Sync + " also tried to answer: " + a.Label() + " " + ended(a)}
				if k.line != nil {
					n.at(k.line.Span, k.line.Text)
				}
				t.add(n)
			}
		}
		t.add(r.ignoredNodes(answer)...)
		t.add(r.alsoFaulted()...)
		return t
	case refused != nil:
		t := &Tree{Kind: AnswerNode, Title: fmt.Sprintf("%s was answered with status %d, a refusal", r.Opening(), plan.RefusalStatus(refused.RefusalKind()))}
		t.add(r.why(refused, map[*action]bool{}))
		if n := r.whyUnanswered(); len(n.Children) > 0 {
			t.add(&Tree{Kind: NoteNode, Title: "no sync answered", Children: n.Children})
		} else {
			t.add(r.alsoFaulted()...)
		}
		return t
	}
	return r.whyUnanswered()
}

// invalidStatus says what the client gets in place of an answer whose status is none: 400
// if the client has sent the status, else 500.
func (r *record) invalidStatus(a *action) string {
	if k := r.askingOf(a); k != nil && k.line != nil {
		for _, in := range k.line.In {
			if in.Name == "status" && (in.Term.Field != "" || in.Term.Expr != nil && len(in.Term.Expr.Fields) > 0) {
				return " with status 400 in place of the invalid one"
			}
		}
	}
	return " with status 500 in place of the invalid one"
}

// statusOf returns " with status 401", or 200 if the answer has no status.
func (r *record) statusOf(a *action) string {
	if i := a.Spec.Input("status"); i >= 0 && !a.In[i].IsNull() {
		return " with status " + words.Clip(a.In[i].String(), shown)
	}
	return " with status 200"
}
