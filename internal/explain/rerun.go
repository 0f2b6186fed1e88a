package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A Rerun compares a recorded flow with a second run of its opening action.
type Rerun struct {
	Before, After Summary
	// Differences explain what differs. It is empty if nothing does.
	Differences []*Tree
}

// RunAgain compares the records of two runs of a flow. The plan is that of the
// second run. RunAgain adds the identities of this flow to ids, which has those
// of the flows before it.
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

// Tree returns the differences as one tree.
func (r *Rerun) Tree() *Tree {
	t := &Tree{Kind: FlowNode, Title: r.Before.String() + "; no difference"}
	if len(r.Differences) > 0 {
		t.Title = r.Before.String() + "; it now differs"
		if after := r.After.String(); after != r.Before.String() {
			t.Title = r.Before.String() + "; it is now " + strings.TrimPrefix(after, r.After.Request+": ")
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

// firings finds the syncs that fire less often or more often than before.
func (x *rerun) firings() {
	before, order := fired(x.was.Matches)
	after, fresh := fired(x.now.Matches)
	asked := x.was.Opening()
	for _, name := range order {
		n, m := before[name], after[name]
		switch {
		case m >= n:
		case x.now.Sync(name) == nil:
			x.found = append(x.found, &Tree{Kind: SyncNode, Sync: name, Title: fmt.Sprintf("%s no longer %s %s: the sync no longer exists", name, x.did(name), asked)})
		case m > 0:
			x.found = append(x.found, &Tree{Kind: SyncNode, Sync: name, Title: fmt.Sprintf("%s fired %s for %s and now fires %s", name, times(n), asked, times(m))})
		default:
			t := &Tree{Kind: SyncNode, Sync: name, Title: fmt.Sprintf("%s no longer %s %s", name, x.did(name), asked)}
			if why, err := WhyNot(x.plan, x.entries, name); err == nil {
				t.add(why)
			}
			x.found = append(x.found, t)
		}
	}
	for _, name := range fresh {
		if n, m := before[name], after[name]; m > n {
			t := &Tree{Kind: SyncNode, Sync: name, Title: fmt.Sprintf("%s did not fire for %s and now fires", name, asked)}
			if n > 0 {
				t.Title = fmt.Sprintf("%s fired %s for %s and now fires %s", name, times(n), asked, times(m))
			}
			if s := x.now.Sync(name); s != nil {
				t.at(s.Span, "")
			}
			x.found = append(x.found, t)
		}
	}
}

// did returns "answers" if the sync answered the request in the first run, and
// "fires for" otherwise.
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
	return "fires for"
}

// fired counts the firings of each sync and returns the names in order.
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

// outcomes finds the actions with another outcome than before: the first of
// each name, because the others may depend on it.
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
			Title: fmt.Sprintf("%s %s; it now %s", a.Label(), ended(a), ended(b))}
		if k := x.now.askingOf(b); k != nil && k.line != nil {
			t.at(k.line.Span, k.line.Text)
		}
		x.found = append(x.found, t)
	}
}

// answer finds the differences of the answer.
func (x *rerun) answer(r *Rerun) {
	a, _ := x.was.Ends()
	b, _ := x.now.Ends()
	switch {
	case a != nil && b != nil:
		x.fields(a, b)
	case a == nil && b == nil && r.Before.Outcome == r.After.Outcome && x.refusal(x.was) == x.refusal(x.now):
	case len(x.found) == 0: // otherwise the title reports it, and the other differences explain it
		t := &Tree{Kind: AnswerNode, Title: fmt.Sprintf("%s was %s and is now %s", r.Before.Request, said(r.Before), said(r.After))}
		if b == nil {
			t.add(WhyAnswer(x.plan, x.entries, true))
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

// said describes how a request was answered, without the request.
func said(s Summary) string { return strings.TrimPrefix(s.String(), s.Request+": ") }

// fields finds the fields in which two answers differ.
func (x *rerun) fields(a, b *action) {
	// Read the entries: the program may not have all fields of the first answer.
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
		if name == "request" || x.ids.same(was, now) && was.IsUnset() == now.IsUnset() {
			continue
		}
		title := fmt.Sprintf("%s was %s and is now %s", name, shortly(was), shortly(x.ids.Then(now)))
		list = append(list, &Tree{Kind: DifferenceNode, Title: title})
	}
	if len(list) == 0 {
		return
	}
	t := &Tree{Kind: AnswerNode, Title: "the answer to " + x.was.Opening() + " differs", Children: list}
	if k := x.now.askingOf(b); k != nil && k.line != nil {
		t.at(k.line.Span, k.line.Text)
	}
	x.found = append(x.found, t)
}

// shortly formats a value for people.
func shortly(v value.Value) string {
	return show(v, check.Type{})
}

// inputOf returns the recorded inputs of an action.
func inputOf(entries []journal.Entry, id journal.ActionID) value.Value {
	for _, e := range entries {
		if e.Kind == journal.Asked && e.ID == id {
			return value.Record(e.In)
		}
	}
	return value.Record(nil)
}
