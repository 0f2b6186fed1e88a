package inspect

import (
	"fmt"
	"strconv"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
)

// A Class is the kind of result of a flow. Each class has a color, and also a
// word and a shape for people who do not see the color.
type class string

const (
	fine    class = "fine"    // answered or returned
	refused class = "refused" // declined by a sync or an action
	faulted class = "faulted" // broken or unanswered
	running class = "running"
	away    class = "away" // turned away before a flow
)

// An ending is the result of a flow.
type ending struct {
	result history.Result
	class  class
	mark   string // "200", "returned"
	words  string // "refused INVALID_CREDENTIALS"
	text   string // the sentence that the client got, if any
	why    string // one or two sentences: what caused it
	step   *step  // the step that decided it
	last   *step  // the step after which it ended
	// unanswered is set for a request without an answer. The reason depends on
	// all syncs and is computed only where it is shown.
	unanswered bool
}

// ending computes how a flow ended.
func (s *story) ending() ending {
	e := s.end()
	s.held(&e)
	if e.last == nil {
		e.last = e.step
	}
	return e
}

func (s *story) end() ending {
	root, r := s.Root(), s.Result()
	x := r.Action
	e := ending{result: r, class: faulted, mark: string(r.Outcome), step: x}
	if r.Status != 0 {
		e.mark = strconv.Itoa(r.Status)
	}
	switch r.Outcome {
	case history.Answered:
		s.answered(&e, r.Status)
	case history.Refused:
		e.class, e.words, e.text = refused, "refused "+x.Code, x.Text
		e.why = x.Name + " was refused with " + x.Code + "."
		if root.Is(plan.Request) {
			e.why = fmt.Sprintf("%s was refused with %s. No sync matches that refusal, so the refusal itself is the answer: its kind is %s, which is status %d.",
				x.Name, x.Code, x.RefusalKind(), r.Status)
		}
	case history.Returned:
		e.class, e.words, e.why = fine, "returned", x.Name+" returned."
	case history.Faulted:
		s.faulted(&e, r.Text)
	case history.Unanswered:
		e.words, e.step, e.unanswered = "no sync answered", root, true
	case history.Running:
		if root == nil {
			return ending{result: r, class: faulted, mark: "empty", words: "the record is empty"}
		}
		e.class, e.mark, e.words, e.step = running, "…", "running", s.Actions[len(s.Actions)-1]
		e.why = "The flow is not at rest yet."
	case history.Waiting:
		e.class, e.mark = running, "…"
	case history.Parked:
		e.mark = "parked"
	}
	return e
}

// faulted fills in the ending of a flow with a fault.
func (s *story) faulted(e *ending, text string) {
	x := e.step
	switch {
	case x == nil:
		e.words, e.step = "the flow faulted", s.Root()
		text = e.words + ": " + cut(text, 300)
	case x.Outcome == journal.Fault:
		e.words = x.Name + " faulted"
		text = e.words + ": " + cut(trimName(text, x.Name), 300)
	default:
		e.words = "the answer could not be sent"
	}
	e.why = sentence(text)
}

// answered fills in the ending of a flow that a sync answered.
func (s *story) answered(e *ending, status int) {
	x := e.step
	e.class, e.words, e.last = fine, "answered", x
	text, said := x.Input("error").Text()
	e.text = text
	switch {
	case status >= 500:
		e.class = faulted
	case status >= 400 || said:
		e.class = refused
	}
	m := x.By
	if m == nil {
		return
	}
	e.words = "answered by " + m.Sync
	e.why = "Sync " + m.Sync + " answered."
	if l := m.Else(x.ID.Frame); l != nil {
		e.why = fmt.Sprintf("In sync %s the line of where at %s (%s) %s, so its else answered.", m.Sync, place(l.Span), cut(l.Text, 100), kept(l))
	}
	for _, y := range m.Asked {
		if y.ID.Frame != x.ID.Frame || y.Handler() == nil {
			continue
		}
		e.why = fmt.Sprintf("In sync %s %s was refused with %s, so its else answered.", m.Sync, y.Name, y.Code)
		e.step = y
		return
	}
	for _, y := range m.Actions {
		if y != nil && y.Outcome == journal.Refused {
			e.why = fmt.Sprintf("%s was refused with %s, and sync %s answers that refusal.", y.Name, y.Code, m.Sync)
			e.step = y
		}
	}
}

// kept says why a line of where dropped a frame and applied its else.
func kept(l *plan.Line) string {
	switch {
	case l.Mode == syntax.NoLine:
		return "found something, but “no” requires nothing"
	case l.Block != nil:
		return "found nothing for which all of its lines hold"
	case l.Filter != nil:
		return "was false"
	case l.Is != nil, l.Member != nil && !l.Member.Binds && !l.Member.Subject.Any, l.Read != nil && !l.Read.SubjectBinds && !l.Read.Subject.Any && !l.Read.ObjectBinds:
		return "did not hold"
	}
	return "found nothing"
}

// held adds what a flow waits for, if an effect action delays it, even if it was
// answered.
func (s *story) held(e *ending) {
	h, r := s.Held, &e.result
	if r.Held == "" {
		return
	}
	words, why := fmt.Sprintf("%s will be tried again", h.Action), fmt.Sprintf("%s failed and will be tried again at %s: %s", h.Action, h.Next.Format("15:04:05 on 2 January"), cut(trimName(h.Text, h.Action), 300))
	if h.Kind == journal.Parked {
		words = h.Action + " is parked"
		why = fmt.Sprintf("%s is parked: %s. To continue, use legible flow retry or legible flow cancel", h.Action, cut(trimName(h.Text, h.Action), 300))
	}
	if e.result.Outcome != r.Held { // it was answered before
		e.words += ", " + words
		e.why += " " + sentence(why)
		return
	}
	e.words, e.why = words, sentence(why)
}
