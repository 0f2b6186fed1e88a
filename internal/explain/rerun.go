package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A Rerun is how a flow went when what opened it was asked again.
type Rerun struct {
	Before, After Summary
	// Differences are stories of what is otherwise; none means that it went the
	// same way.
	Differences []*Tree
}

// RunAgain holds the record of a flow against that of its second run, with the
// program of the second. Identities are those of the flows before it; it learns
// from this one.
func RunAgain(p *plan.Plan, was, now []journal.Entry, ids *Identities) *Rerun {
	x := &rerun{plan: p, was: read(p, was), now: read(p, now), first: was, entries: now, ids: ids}
	ids.Learn(was, now)
	r := &Rerun{Before: x.was.summary(), After: x.now.summary()}
	if len(x.was.Actions) > 0 && len(x.now.Actions) > 0 {
		x.firings()
		x.outcomes()
		x.answer(r)
	}
	r.Differences = x.found
	return r
}

// Tree draws the second run.
func (r *Rerun) Tree() *Tree {
	t := &Tree{Kind: FlowNode, Title: r.Before.String() + "; it went the same way again"}
	if len(r.Differences) > 0 {
		t.Title = r.Before.String() + "; it differs now"
		if after := r.After.String(); after != r.Before.String() {
			t.Title = r.Before.String() + "; it is " + strings.TrimPrefix(after, r.After.Request+": ") + " now"
		}
	}
	t.Children = r.Differences
	return t
}

type rerun struct {
	plan     *plan.Plan
	was, now *record
	first    []journal.Entry // of the first run
	entries  []journal.Entry // of the second
	ids      *Identities
	found    []*Tree
}

// firings tells which syncs fire less often, or more often, than they did.
func (x *rerun) firings() {
	before, order := fired(x.was.Matches)
	after, fresh := fired(x.now.Matches)
	asked := x.was.Opening()
	for _, name := range order {
		n, m := before[name], after[name]
		switch {
		case m >= n:
		case x.now.Sync(name) == nil:
			x.found = append(x.found, &Tree{Kind: SyncNode, Sync: name, Title: fmt.Sprintf("%s no longer %s when %s: there is no sync %s any more", name, x.did(name), asked, name)})
		case m > 0:
			x.found = append(x.found, &Tree{Kind: SyncNode, Sync: name, Title: fmt.Sprintf("%s fired %s when %s, and fires %s now", name, times(n), asked, times(m))})
		default:
			t := &Tree{Kind: SyncNode, Sync: name, Title: fmt.Sprintf("%s no longer %s when %s", name, x.did(name), asked)}
			if why, err := WhyNot(x.plan, x.entries, name); err == nil {
				t.add(why)
			}
			x.found = append(x.found, t)
		}
	}
	for _, name := range fresh {
		if n, m := before[name], after[name]; m > n {
			t := &Tree{Kind: SyncNode, Sync: name, Title: fmt.Sprintf("%s fires now when %s, and did not", name, asked)}
			if n > 0 {
				t.Title = fmt.Sprintf("%s fired %s when %s, and fires %s now", name, times(n), asked, times(m))
			}
			if s := x.now.Sync(name); s != nil {
				t.at(s.Span, "")
			}
			x.found = append(x.found, t)
		}
	}
}

// did says what a sync did in the first run: it answered, or it fired.
func (x *rerun) did(sync string) string {
	for i := range x.was.Matches {
		m := x.was.Matches[i]
		if m.Kind != journal.Fired || m.Sync != sync {
			continue
		}
		for _, a := range x.was.Actions {
			if a.ID.Firing == m.Number && a.ID != (journal.ActionID{}) && a.Spec != nil && a.Spec.Role == plan.Respond && a.Outcome == journal.Returned {
				return "answers"
			}
		}
	}
	return "fires"
}

// fired counts the firings of each sync, and gives their names in order.
func fired(matches []*history.Match) (count map[string]int, order []string) {
	count = map[string]int{}
	for _, m := range matches {
		if m.Kind == journal.Fired {
			if count[m.Sync]++; count[m.Sync] == 1 {
				order = append(order, m.Sync)
			}
		}
	}
	return count, order
}

// outcomes tells which actions end otherwise than they did: the first of each
// name, as what follows rests on it.
func (x *rerun) outcomes() {
	told := map[string]bool{}
	for _, a := range x.was.Actions {
		b := x.now.Action(a.ID)
		if told[a.Name] || b == nil || b.Name != a.Name || a.Spec != nil && a.Spec.Role == plan.Respond {
			continue
		}
		if a.Outcome == b.Outcome && a.Code == b.Code {
			continue
		}
		told[a.Name] = true
		t := &Tree{Kind: ActionNode, Action: b.ID.String(), Name: b.Name, Outcome: b.Outcome.String(),
			Title: fmt.Sprintf("%s %s; now it %s", a.Label(), ended(a), ended(b))}
		if k := askingOf(b); k != nil && k.line != nil {
			t.at(k.line.Span, k.line.Text)
		}
		x.found = append(x.found, t)
	}
}

// answer tells how the answer differs.
func (x *rerun) answer(r *Rerun) {
	a, _ := x.was.Ends()
	b, _ := x.now.Ends()
	switch {
	case a != nil && b != nil:
		x.fields(a, b)
	case a == nil && b == nil && r.Before.Outcome == r.After.Outcome && x.refusal(x.was) == x.refusal(x.now):
	case len(x.found) == 0: // else the title says it, and the others why
		t := &Tree{Kind: AnswerNode, Title: fmt.Sprintf("%s was %s, and is %s now", r.Before.Request, said(r.Before), said(r.After))}
		if b == nil {
			t.add(WhyAnswer(x.plan, x.entries))
		}
		x.found = append(x.found, t)
	}
}

func (x *rerun) refusal(r *record) string {
	if _, refused := r.Ends(); refused != nil {
		return refused.Code
	}
	return ""
}

// said is how a request was answered, without the request.
func said(s Summary) string { return strings.TrimPrefix(s.String(), s.Request+": ") }

// fields tells which fields of two answers differ.
func (x *rerun) fields(a, b *action) {
	// The record itself: the program may not know a field of the first any more.
	before, after := inputOf(x.first, a.ID), inputOf(x.entries, b.ID)
	var names []string
	for _, f := range append(before.Fields(), after.Fields()...) {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	var list []*Tree
	for _, name := range names {
		was, now := before.Get(name), after.Get(name)
		if name == "request" || x.ids.same(was, now) {
			continue
		}
		words := map[bool]string{true: "nothing"}
		title := fmt.Sprintf("%s was %s, and is %s now", name, cmp.Or(words[was.IsNull()], shortly(was)), cmp.Or(words[now.IsNull()], shortly(x.ids.Then(now))))
		list = append(list, &Tree{Kind: DifferenceNode, Title: title})
	}
	if len(list) == 0 {
		return
	}
	t := &Tree{Kind: AnswerNode, Title: "the answer to " + x.was.Opening() + " differs", Children: list}
	if k := askingOf(b); k != nil && k.line != nil {
		t.at(k.line.Span, k.line.Text)
	}
	x.found = append(x.found, t)
}

// shortly writes a value for a person.
func shortly(v value.Value) string {
	return show(v, check.Type{})
}

// inputOf is what an action was given, as the record has it.
func inputOf(entries []journal.Entry, id journal.ActionID) value.Value {
	for _, e := range entries {
		if e.Kind == journal.Asked && e.ID == id {
			return value.Record(e.In)
		}
	}
	return value.Record(nil)
}
