package explain

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
)

// A Summary is a flow in one line.
type Summary struct {
	Begun   time.Time       `json:"begun"`
	Request string          `json:"request"` // "POST /auth/login", or the action asked from outside
	Path    string          `json:"path,omitempty"`
	Outcome history.Outcome `json:"outcome"`
	// Status is what the client of a request receives, such as "401"; "" if
	// unknown.
	Status  string   `json:"status,omitempty"`
	Sync    string   `json:"sync,omitempty"`   // that answered
	Reason  string   `json:"reason,omitempty"` // of a refusal or a fault
	Actions int      `json:"actions"`
	Fired   []string `json:"fired,omitempty"`
	Dropped []string `json:"dropped,omitempty"`
	// Held is set for a flow that waits, even if it was answered.
	Held *Held `json:"held,omitempty"`
	// Concepts are the instances whose actions were asked.
	Concepts []string `json:"concepts,omitempty"`
}

// A Held is what a flow waits for.
type Held struct {
	Action string     `json:"action"`
	Tries  int        `json:"tries"`
	Reason string     `json:"reason"`
	Next   *time.Time `json:"next,omitempty"` // of the next try
	Parked bool       `json:"parked"`
	text   string
}

func (r *record) held() *Held {
	e := r.Held
	if e == nil || r.Rested {
		return nil
	}
	h := &Held{Action: e.Action, Tries: int(e.Tries), Reason: e.Text, Parked: e.Kind == journal.Parked, text: e.Action + " " + effort(e)}
	if !h.Parked {
		h.Next = &e.Next
	}
	return h
}

// Summarize returns a flow in one line. Rested means that it is at rest.
func Summarize(p *plan.Plan, entries []journal.Entry, rested bool) Summary {
	return readOpen(p, entries, rested).summary()
}

func (r *record) summary() Summary {
	result := r.Result()
	s := Summary{
		Begun: r.Begun, Request: r.Opening(), Outcome: result.Outcome, Sync: result.Sync(),
		Actions: len(r.Actions), Held: r.held(),
	}
	s.Fired, s.Dropped = syncs(r.Matches)
	for _, a := range r.Actions {
		if a.Spec != nil && !slices.Contains(s.Concepts, a.Spec.Instance.Name) {
			s.Concepts = append(s.Concepts, a.Spec.Instance.Name)
		}
	}
	if root := r.Root(); root != nil && root.Is(plan.Request) {
		s.Path, _ = root.Input("path").Text()
	}
	if result.Status != 0 {
		s.Status = strconv.Itoa(result.Status)
	}
	switch a := result.Action; result.Outcome {
	case history.Refused:
		s.Reason = ended(a)
		if a != r.Root() {
			s.Reason = a.Name + " " + s.Reason
		}
	case history.Faulted:
		switch s.Reason = "the flow faulted: " + result.Text; {
		case a != nil && a.Outcome == journal.Fault:
			s.Reason = a.Name + " " + ended(a)
		case a != nil:
			s.Reason = result.Text
		}
	}
	return s
}

// Is reports whether the flow matches a word, as [history.Result.Is] does.
func (s *Summary) Is(word string) bool {
	r := history.Result{Outcome: s.Outcome}
	r.Status, _ = strconv.Atoi(s.Status)
	if s.Held != nil {
		if r.Held = history.Waiting; s.Held.Parked {
			r.Held = history.Parked
		}
	}
	return r.Is(word)
}

// String formats the summary without its time.
func (s *Summary) String() string {
	text := s.Request + ": " + string(s.Outcome)
	if s.Outcome == history.Answered || s.Outcome == history.Refused && s.Status != "" {
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

// Flow shows what happened in a flow from its first action: below an action are
// the syncs that it triggered, below a sync the actions that it asked.
func Flow(p *plan.Plan, entries []journal.Entry, rested bool) *Tree {
	r := readOpen(p, entries, rested)
	s := r.summary()
	t := &Tree{Kind: FlowNode, Title: s.String(), Outcome: string(s.Outcome)}
	if len(r.Actions) == 0 {
		t.Title = "no action was asked"
		return t
	}
	shown := map[*action]bool{}
	var grow func(a *action) *Tree
	grow = func(a *action) *Tree {
		n := r.action(a)
		if shown[a] { // possible only in a damaged record
			return n
		}
		shown[a] = true
		if k := r.askingOf(a); k != nil && k.line != nil {
			n.Place = k.line.Span.String()
		}
		for _, m := range a.Completed {
			if m.Kind == journal.Dropped {
				n.add(r.lost(m))
				continue
			}
			f := &Tree{Kind: FiringNode, Sync: m.Sync, Title: fmt.Sprintf("sync %s, firing %d", m.Sync, m.Number)}
			if s := r.Sync(m.Sync); s != nil {
				f.Place = s.Span.String()
				for i := range m.Frames {
					if s.Line(m.Frames[i].Line) != nil {
						x := r.lostAt(s, m, &m.Frames[i])
						x.Title, x.Children = x.Title+", so its else applied", nil
						x.Values = nil
						f.add(x)
					}
				}
			}
			growFrames(f, m, grow)
			n.add(f)
		}
		return n
	}
	t.add(grow(r.Actions[0]))
	for _, a := range r.Actions {
		if !shown[a] {
			t.add(grow(a))
		}
	}
	for _, text := range r.Faults {
		n := &Tree{Kind: FaultNode, Title: "the flow faulted: " + text}
		if s, span, line := r.faultPlace(text); s != nil {
			n.at(span, line)
		}
		t.add(n)
	}
	return r.complete(t)
}

// growFrames adds what the frames of a firing asked, in the order of the lines, and the
// stages that they entered.
func growFrames(t *Tree, m *history.Match, grow func(a *action) *Tree) {
	for i := range m.Frames {
		asked := 0 // how many of the actions are shown
		growAsked := func(before int) {
			for ; asked < len(m.Asked); asked++ {
				b := m.Asked[asked]
				if b.ID.Frame == uint32(i) && int(b.ID.Line) >= before {
					return
				}
				if b.ID.Frame == uint32(i) {
					t.add(grow(b))
				}
			}
		}
		for _, next := range m.Next {
			if next.Of.Frame != uint32(i) {
				continue
			}
			if next.Line > 0 {
				growAsked(next.Line - 1) // the lines above the one that was asked for each frame
			} else {
				growAsked(math.MaxInt)
			}
			n := &Tree{Kind: FiringNode, Sync: m.Sync, Title: laterTitle(next)}
			if lines := next.Lines(0); len(lines) > 0 {
				n.Place = lines[0].Span.String()
			}
			growFrames(n, next, grow)
			t.add(n)
		}
		growAsked(math.MaxInt)
	}
}

// laterTitle names a stage, or the frames of a line of then, that a frame entered.
func laterTitle(m *history.Match) string {
	if m.Line == 0 {
		return fmt.Sprintf("stage %d, firing %d", m.Stage+1, m.Number)
	}
	return fmt.Sprintf("firing %d, for each of %s", m.Number, counted(len(m.Frames), "frame"))
}

// counted formats a number of things: "1 frame", "3 frames".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// lost returns the two nodes of a match whose frames were all dropped.
func (r *record) lost(m *history.Match) *Tree {
	t := &Tree{Kind: SyncNode, Sync: m.Sync, Title: "sync " + m.Sync + " matched, but its where dropped every frame"}
	s := r.Sync(m.Sync)
	if s == nil || len(m.Frames) == 0 {
		return t
	}
	n := r.lostAt(s, m, &m.Frames[0])
	n.Children = nil
	t.add(n)
	return t
}
