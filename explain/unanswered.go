// Package explain answers why something happened in a flow, and why something
// did not, from the plan and the record alone.
//
// Its main types are record, the journal of one flow held against the plan;
// and verdict, how near a sync came and where it stopped. It promises that it
// changes nothing, that the same record gives the same words, that a place in
// the text is named wherever one is meant, and that no secret is shown: the
// record holds none. It refuses to guess at state that has changed since: what
// is not in the record is not said.
package explain

import (
	"slices"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
)

// Unanswered says why nobody answered the request that opened a flow: which
// sync that could have answered came nearest, and where it stopped, with the
// values that it stopped at. Where a sync waited for an action that nothing
// asked, it goes on to who would have asked it. It is one sentence, without a
// full stop, and not empty.
func Unanswered(p *plan.Plan, entries []journal.Entry) string {
	r := read(p, entries)
	if len(r.actions) == 0 {
		return "the record of this flow is empty"
	}
	if text := r.faulted(); text != "" {
		return text
	}
	respond := p.Routes.Respond
	if respond == nil {
		return "the program has no Requesting.respond, so nothing can answer"
	}
	answers := func(a *plan.Ask) bool { return a.Action == respond }
	if v := r.nearest(answers, map[*plan.Sync]bool{}); v != nil {
		return v.text
	}
	return r.nobody(respond, answers)
}

// A verdict says how near a sync came to asking something.
type verdict struct {
	// cost is 0 for a sync that fired, 1 for one that matched, and more for one
	// that did not match, the more the less of it fits.
	cost int
	text string
}

// less keeps the nearer of two verdicts, the first of equal ones.
func (v *verdict) less(w *verdict) bool { return v != nil && (w == nil || v.cost < w.cost) }

// chain is how many syncs an explanation goes through: what lies behind five
// others is no cause that a reader could hold.
const chain = 5

// nearest gives the verdict of the sync that came nearest to asking what is
// wanted. Seen are the syncs that the explanation has come through already.
func (r *record) nearest(wanted func(*plan.Ask) bool, seen map[*plan.Sync]bool) *verdict {
	var best *verdict
	if len(seen) == chain {
		return nil
	}
	for _, s := range r.plan.Syncs {
		if seen[s] || !slices.ContainsFunc(s.Asks, wanted) {
			continue
		}
		seen[s] = true
		if v := r.whyNot(s, wanted, seen); v.less(best) {
			best = v
		}
		delete(seen, s)
	}
	return best
}

// whyNot says where a sync stopped on the way to what is wanted of it; nil for
// a sync that has nothing to do with the flow.
func (r *record) whyNot(s *plan.Sync, wanted func(*plan.Ask) bool, seen map[*plan.Sync]bool) *verdict {
	var best *verdict
	for i := range r.matches {
		m := &r.matches[i]
		if m.Sync != s.Name {
			continue
		}
		v := r.dropped(s, m)
		if m.Kind == journal.Fired {
			v = r.stopped(s, m, wanted)
		}
		if v.less(best) {
			best = v
		}
	}
	if best != nil {
		return best
	}
	return r.unmatched(s, seen)
}

// nobody is said where no sync that could answer has to do with the request.
func (r *record) nobody(respond *plan.Action, answers func(*plan.Ask) bool) string {
	text := "no sync that " + r.request() + " reaches asks " + respond.FullName()
	var fired []string
	for i := range r.matches {
		if m := &r.matches[i]; m.Kind == journal.Fired && !slices.Contains(fired, m.Sync) {
			fired = append(fired, m.Sync)
		}
	}
	if len(fired) == 0 {
		return text + ", and none fired"
	}
	if len(fired) > 5 {
		fired = append(fired[:5], "others")
	}
	return text + "; what fired is " + enumerate(fired)
}

// faulted names the first thing that broke, if anything did: then what did not
// follow needs no other reason.
func (r *record) faulted() string {
	for _, a := range r.actions {
		if a.outcome == journal.Fault {
			return a.name + " " + a.ended()
		}
	}
	if len(r.faults) > 0 {
		return "the flow faulted: " + r.faults[0]
	}
	return ""
}
