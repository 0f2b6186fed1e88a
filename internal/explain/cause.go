package explain

import (
	"fmt"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
)

// Cause says in one sentence, without a full stop, why a flow ended as it did: which line
// of which sync decided it, and with which values. The command, the inspector and the
// answer in development all show this sentence.
func Cause(p *plan.Plan, entries []journal.Entry, rested bool) string {
	return readOpen(p, entries, rested).cause()
}

func (r *record) cause() string {
	root, result := r.Root(), r.Result()
	if root == nil {
		return "the record of this flow is empty"
	}
	x := result.Action
	text := ""
	switch result.Outcome {
	case history.Answered:
		text = r.answerCause(x)
	case history.Refused:
		text = r.named(x) + " " + ended(x)
		if root.Is(plan.Request) {
			text += fmt.Sprintf("; no line and no sync handles that refusal, so it is the answer: its kind %s is status %d", x.RefusalKind(), result.Status)
		}
	case history.Returned:
		text = x.Name + " returned"
	case history.Unanswered:
		return r.whyUnanswered().Sentence
	case history.Running:
		return "the flow is not at rest yet"
	case history.Waiting:
		return r.named(x) + " " + effort(r.Held)
	case history.Parked:
		return r.named(x) + " " + effort(r.Held) + decide
	default:
		if text, _ = r.faulted(); text == "" {
			text = result.Text
		}
	}
	if list := r.ignored(x); len(list) > 0 {
		a := list[0]
		text += "; " + r.named(a) + " " + ended(a) + ", and nothing handles it"
	}
	switch result.Outcome {
	case history.Answered, history.Refused, history.Returned:
		if len(r.Faults) > 0 {
			text += "; the flow also faulted: " + r.Faults[0]
		}
	}
	if h := r.held(); h != nil {
		if text += "; " + h.text; h.Parked {
			text += decide
		}
	}
	return text
}

// decide follows a parked action.
const decide = "; to continue, use legible flow retry or legible flow cancel"

// answerCause says which line of a sync asked the answer, and why that line and no other.
func (r *record) answerCause(answer *action) string {
	m := answer.By
	if m == nil {
		return answer.Name + " was asked from outside"
	}
	k := r.askingOf(answer)
	for _, x := range m.Asked {
		if x.ID.Frame == answer.ID.Frame && x.Handler() != nil {
			return "in sync " + m.Sync + ", " + r.named(x) + " " + ended(x) + ", so its else answered"
		}
	}
	if line := m.Else(answer.ID.Frame); line != nil && k.sync != nil {
		return "in sync " + m.Sync + ", the " + whereLine(line) + " " + Outcome(line) +
			with(k.sync, line, k.frame) + ", so its else answered" + r.insideText(k.sync, line, reason(m, k.frame))
	}
	for _, x := range m.Actions {
		if x != nil && x.Outcome == journal.Refused {
			return r.named(x) + " " + ended(x) + ", and sync " + m.Sync + " answers that refusal"
		}
	}
	if k.line == nil {
		return "sync " + m.Sync + " answered"
	}
	return "sync " + m.Sync + " answered at " + k.line.Span.String()
}

// named is the name of an action with the place of the line that asked it.
func (r *record) named(a *action) string {
	if k := r.askingOf(a); k != nil && k.line != nil {
		return a.Name + " at " + k.line.Span.String()
	}
	return a.Name
}

// ignored returns the actions besides one that were refused or faulted although neither an
// else nor a sync handled that, in the order of their completion. They are not the end
// of the flow, but probably a mistake.
func (r *record) ignored(besides *action) []*action {
	var list []*action
	for _, a := range r.Actions {
		failed := a.Unhandled() || a.Outcome == journal.Fault
		if failed && a != besides && !a.Is(plan.Respond) && a.ID != (journal.ActionID{}) {
			list = append(list, a)
		}
	}
	return list
}

// ignoredNodes returns a node for each ignored action.
func (r *record) ignoredNodes(besides *action) []*Tree {
	var list []*Tree
	for _, a := range r.ignored(besides) {
		n := r.action(a)
		n.Kind = NoteNode
		n.Title += ", and nothing handles it"
		if k := r.askingOf(a); k != nil && k.line != nil {
			n.at(k.line.Span, k.line.Text)
			n.Sync = k.match.Sync
			if !k.line.Awaited {
				n.add(note("the line is not awaited: with an output pattern, as in “: ()”, the lines below it would not be asked after a refusal"))
			}
		}
		list = append(list, n)
	}
	return list
}

// alsoFaulted returns a node for each fault outside of an action in a flow that ended
// otherwise. Such a fault is not the end of the flow, but probably a mistake.
func (r *record) alsoFaulted() []*Tree {
	var list []*Tree
	for _, text := range r.Faults {
		n := &Tree{Kind: FaultNode, Title: "the flow also faulted: " + text}
		if s, span, line := r.faultPlace(text); s != nil {
			n.Sync = s.Name
			n.at(span, line)
		}
		list = append(list, n)
	}
	return list
}
