package explain

import (
	"slices"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
)

// Unanswered returns the sentence of [WhyUnanswered], without a full stop. It
// is never empty.
func Unanswered(p *plan.Plan, entries []journal.Entry) string {
	return WhyUnanswered(p, entries).Sentence
}

// WhyUnanswered explains why no sync answered the request that opened a flow:
// which of the syncs that could have answered came nearest, where it stopped,
// and with which values. If a sync waited for an action that was not asked, the
// explanation continues with the sync that could have asked that action.
func WhyUnanswered(p *plan.Plan, entries []journal.Entry) *Tree {
	return read(p, entries).whyUnanswered()
}

func (r *record) whyUnanswered() *Tree {
	t := &Tree{Kind: AnswerNode}
	say := func(sentence string) *Tree { t.Sentence = sentence; return t }
	if len(r.Actions) == 0 {
		t.Title = "no action was asked"
		return say("the record of this flow is empty")
	}
	t.Title = r.Opening() + " was not answered"
	if sentence, fault := r.faulted(); fault != nil {
		t.add(fault)
		return say(sentence)
	}
	if h := r.Held; h != nil {
		if a := r.Action(h.ID); a != nil {
			n := r.action(a)
			n.Cause = true
			if k := r.askingOf(a); k != nil && k.line != nil {
				n.at(k.line.Span, k.line.Text)
			}
			t.Title = r.Opening() + " is not answered yet"
			t.add(n)
			return say(h.Action + " " + effort(h))
		}
	}
	if a := r.running(); a != nil {
		n := r.action(a)
		n.Cause, n.Title = true, a.Label()+" "+arguments(n.In)+" runs, or has not run yet"
		if k := r.askingOf(a); k != nil && k.line != nil {
			n.at(k.line.Span, k.line.Text)
		}
		t.Title = r.Opening() + " is not answered yet"
		t.add(n)
		return say(a.Name + " has not returned yet; a client that waits too long receives 202")
	}
	respond := r.Plan.Routes.Respond
	if respond == nil {
		return say("the program has no Requesting.respond, so no sync can answer")
	}
	q := &question{wanted: func(a *plan.Ask) bool { return a.Action == respond }, seen: map[*plan.Sync]bool{}}
	list := r.verdicts(q)
	if len(list) == 0 {
		sentence := r.nobody(respond)
		t.add(note(sentence))
		return say(sentence)
	}
	for i, v := range list[:min(len(list), 4)] {
		if i > 0 {
			v.tree.clearCauses()
		}
		t.add(v.tree)
	}
	return say(list[0].text)
}

// running returns the effect action that the flow waits for, if no try of it has ended.
func (r *record) running() *action {
	for _, a := range r.Actions {
		if a.Outcome == journal.Pending && a.Spec != nil && a.Spec.IsEffect() {
			return a
		}
	}
	return nil
}

// A verdict says how near a sync came to asking a wanted line.
type verdict struct {
	// cost is 0 for a sync that fired, 1 for one that matched, and higher for
	// one that did not match: it grows with the number of differences.
	cost int
	text string
	tree *Tree
}

// less reports whether v is nearer than w.
func (v *verdict) less(w *verdict) bool { return v != nil && (w == nil || v.cost < w.cost) }

// A question selects what a sync should have asked.
type question struct {
	// wanted reports whether a line of then or else is one of those.
	wanted func(*plan.Ask) bool
	// seen are the syncs that the explanation already contains.
	seen map[*plan.Sync]bool
	// every includes syncs over requests with another path.
	every bool
}

func (q *question) about(wanted func(*plan.Ask) bool) *question {
	return &question{wanted, q.seen, q.every}
}

// chain is the largest number of syncs in the chain of one explanation. Longer
// chains would be hard to follow.
const chain = 5

// nearest returns the verdict of the sync that came nearest to asking a wanted
// line.
func (r *record) nearest(q *question) *verdict {
	if list := r.verdicts(q); len(list) > 0 {
		return list[0]
	}
	return nil
}

// verdicts returns those of all syncs that could have asked a wanted line,
// nearest first.
func (r *record) verdicts(q *question) []*verdict {
	var list []*verdict
	if len(q.seen) == chain {
		return nil
	}
	for _, s := range r.Plan.Syncs {
		if q.seen[s] || !slices.ContainsFunc(s.Asks, q.wanted) {
			continue
		}
		q.seen[s] = true
		if v := r.whyNot(s, q); v != nil {
			list = append(list, v)
		}
		delete(q.seen, s)
	}
	slices.SortStableFunc(list, func(a, b *verdict) int { return a.cost - b.cost })
	return list
}

// whyNot says where a sync stopped before it asked a wanted line. It returns nil
// for a sync that has nothing to do with the flow.
func (r *record) whyNot(s *plan.Sync, q *question) *verdict {
	var best *verdict
	for i := range r.Matches {
		m := r.Matches[i]
		if m.Sync != s.Name {
			continue
		}
		var v *verdict
		if m.Kind == journal.Fired {
			v = r.stopped(s, m, q.wanted)
		} else {
			v = r.dropped(s, m)
		}
		if v.less(best) {
			best = v
		}
	}
	for _, m := range r.Stages { // the last stage came furthest
		if m.Sync == s.Name {
			if v := r.stopped(s, m, q.wanted); v != nil {
				best = v
			}
		}
	}
	if best != nil {
		return best
	}
	if v := r.broke(s); v != nil {
		return v
	}
	return r.unmatched(s, q)
}

// nobody is the sentence for a request that no answering sync is about.
func (r *record) nobody(respond *plan.Action) string {
	text := "no sync about " + r.Opening() + " asks " + respond.FullName()
	var fired []string
	for i := range r.Matches {
		if m := r.Matches[i]; m.Kind == journal.Fired && !slices.Contains(fired, m.Sync) {
			fired = append(fired, m.Sync)
		}
	}
	if len(fired) == 0 {
		return text + ", and no sync fired"
	}
	if len(fired) > 5 {
		fired = append(fired[:5], "others")
	}
	return text + "; the syncs that fired are " + words.Enumerate(fired, "and")
}

// faulted returns the first fault of the flow, as a sentence and a node. A fault
// is reason enough for everything that did not happen after it.
func (r *record) faulted() (string, *Tree) {
	for _, a := range r.Actions {
		if a.Outcome == journal.Fault {
			t := r.action(a)
			t.Kind, t.Cause = FaultNode, true
			if k := r.askingOf(a); k != nil && k.line != nil {
				t.at(k.line.Span, k.line.Text)
			}
			return r.named(a) + " " + ended(a), t
		}
	}
	if len(r.Faults) > 0 {
		t := &Tree{Kind: FaultNode, Title: "the flow faulted: " + r.Faults[0], Cause: true}
		if s, span, text := r.faultPlace(r.Faults[0]); s != nil {
			t.Sync = s.Name
			t.at(span, text)
		}
		return "the flow faulted: " + r.Faults[0], t
	}
	return "", nil
}
