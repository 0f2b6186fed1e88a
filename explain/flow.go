package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
)

// A Summary is a flow in one line.
type Summary struct {
	Begun   time.Time `json:"begun"`
	Request string    `json:"request"` // "POST /auth/login", or the action that was asked from outside
	Path    string    `json:"path,omitempty"`
	// Outcome is answered, refused (the runtime answered with a refusal),
	// faulted, unanswered, or for a flow that has not come to its end waiting (an
	// effect action is to be tried again), parked (somebody is to decide about
	// one), or open. A
	// flow that was not opened by a request has the outcome of its first
	// action.
	Outcome string `json:"outcome"`
	// Status is what the answer said, as JSON; only answered flows have one.
	Status  string   `json:"status,omitempty"`
	Sync    string   `json:"sync,omitempty"`   // that answered
	Reason  string   `json:"reason,omitempty"` // of a refusal or a fault
	Actions int      `json:"actions"`
	Fired   []string `json:"fired,omitempty"`
	Dropped []string `json:"dropped,omitempty"`
	// Held is set for a flow that waits, also when it was answered.
	Held *Held `json:"held,omitempty"`
	// Concepts are the instances whose actions were asked.
	Concepts []string `json:"concepts,omitempty"`
}

// A Held says what a flow waits for.
type Held struct {
	Action string     `json:"action"`
	Tries  int        `json:"tries"`
	Reason string     `json:"reason"`
	Next   *time.Time `json:"next,omitempty"` // of the next try
	Parked bool       `json:"parked"`
	text   string
}

// State is "parked" or "waiting".
func (h *Held) State() string {
	if h.Parked {
		return "parked"
	}
	return "waiting"
}

func (r *record) heldUp(rested bool) *Held {
	e := r.held
	if e == nil || rested {
		return nil
	}
	h := &Held{Action: e.Action, Tries: int(e.Tries), Reason: e.Text, Parked: e.Kind == journal.Parked, text: e.Action + " " + effort(e)}
	if !h.Parked {
		h.Next = &e.Next
	}
	return h
}

// Summarize gives a flow in one line. Rested tells whether it has come to rest.
func Summarize(p *plan.Plan, entries []journal.Entry, rested bool) Summary {
	return read(p, entries).summary(rested)
}

func (r *record) summary(rested bool) Summary {
	s := Summary{Begun: r.begun, Actions: len(r.actions)}
	s.Fired, s.Dropped = syncs(r.matches)
	if len(r.actions) == 0 {
		s.Outcome = "open"
		return s
	}
	for _, a := range r.actions {
		if a.spec != nil && !slices.Contains(s.Concepts, a.spec.Instance.Name) {
			s.Concepts = append(s.Concepts, a.spec.Instance.Name)
		}
	}
	root := r.actions[0]
	s.Request = r.request()
	s.Held = r.heldUp(rested)
	open := "open"
	if s.Held != nil {
		open = s.Held.State()
	}
	reason, fault := r.faulted()
	if root.spec == nil || root.spec.Role != plan.Request {
		s.Outcome, s.Reason = root.outcome.String(), reason
		if root.outcome == journal.Refused {
			s.Reason = root.ended()
		}
		if root.outcome == journal.Pending && s.Held != nil {
			s.Outcome = open
		}
		return s
	}
	if i := root.spec.Input("path"); i >= 0 {
		s.Path, _ = root.in[i].Text()
	}
	answer, refused := r.answer()
	switch {
	case answer != nil:
		s.Outcome, s.Status = "answered", "200"
		if i := answer.spec.Input("status"); i >= 0 && !answer.in[i].IsNull() {
			s.Status = clip(answer.in[i].String())
		}
		if k := r.asking(answer.id); k != nil {
			s.Sync = k.match.Sync
		}
	case !rested:
		s.Outcome = open
	case refused != nil:
		s.Outcome, s.Reason = "refused", refused.name+" "+refused.ended()
	case fault != nil:
		s.Outcome, s.Reason = "faulted", reason
	default:
		s.Outcome = "unanswered"
	}
	return s
}

// String prints the summary without its moment.
func (s *Summary) String() string {
	text := s.Request + ": " + s.Outcome
	if s.Status != "" {
		text += " " + s.Status
	}
	if s.Sync != "" {
		text += " by " + s.Sync
	}
	if s.Reason != "" {
		text += ", " + s.Reason
	}
	if s.Held != nil {
		text += ", " + s.Held.text
	}
	return text
}

// Flow shows what happened in a flow, from its first action on: below an action
// the syncs that it set off, below a sync what it asked.
func Flow(p *plan.Plan, entries []journal.Entry, rested bool) *Tree {
	r := read(p, entries)
	s := r.summary(rested)
	t := &Tree{Kind: FlowNode, Title: s.String(), Outcome: s.Outcome}
	if len(r.actions) == 0 {
		t.Title = "nothing was asked"
		return t
	}
	asked := map[uint32][]*action{}
	for _, a := range r.actions {
		if a.id != (journal.ActionID{}) {
			asked[a.id.Firing] = append(asked[a.id.Firing], a)
		}
	}
	set := map[*action][]*journal.Entry{}
	for i := range r.matches {
		if a := r.trigger(&r.matches[i]); a != nil {
			set[a] = append(set[a], &r.matches[i])
		}
	}
	shown := map[*action]bool{}
	var grow func(a *action) *Tree
	grow = func(a *action) *Tree {
		n := r.action(a)
		if shown[a] { // only in a damaged record
			return n
		}
		shown[a] = true
		if k := r.asking(a.id); k != nil && k.line != nil {
			n.Place = k.line.Span.String()
		}
		for _, m := range set[a] {
			if m.Kind == journal.Dropped {
				n.add(r.lost(m))
				continue
			}
			f := &Tree{Kind: FiringNode, Sync: m.Sync, Title: fmt.Sprintf("sync %s, firing %d", m.Sync, m.Number)}
			if s := r.sync(m.Sync); s != nil {
				f.Place = s.Span.String()
				for i := range m.Frames {
					if at := m.Frames[i].Line; at >= 0 && at < len(s.Where) {
						x := r.lostAt(s, m, &m.Frames[i])
						x.Title, x.Children = x.Title+", so its else was asked", nil
						x.Values = nil
						f.add(x)
					}
				}
			}
			for _, b := range asked[m.Number] {
				f.add(grow(b))
			}
			n.add(f)
		}
		return n
	}
	t.add(grow(r.actions[0]))
	for _, a := range r.actions {
		if !shown[a] {
			t.add(grow(a))
		}
	}
	for _, text := range r.faults {
		n := &Tree{Kind: FaultNode, Title: "the flow faulted: " + text}
		if s, span, line := r.faultPlace(text); s != nil {
			n.at(span, line)
		}
		t.add(n)
	}
	return r.complete(t)
}

// lost shows a match whose where dropped every frame, in two lines.
func (r *record) lost(m *journal.Entry) *Tree {
	t := &Tree{Kind: SyncNode, Sync: m.Sync, Title: "sync " + m.Sync + " matched, but its where dropped every frame"}
	s := r.sync(m.Sync)
	if s == nil || len(m.Frames) == 0 {
		return t
	}
	n := r.lostAt(s, m, &m.Frames[0])
	n.Children = nil
	t.add(n)
	return t
}

// trigger gives the action that completed a match: the last one to end.
func (r *record) trigger(m *journal.Entry) *action {
	var last *action
	for _, id := range m.Matched {
		if a := r.byID[id]; a != nil && (last == nil || a.seq > last.seq) {
			last = a
		}
	}
	return last
}
