package inspect

import (
	"strconv"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
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
	case history.Returned:
		e.class, e.words = fine, "returned"
	case history.Faulted:
		s.faulted(&e)
	case history.Unanswered:
		e.words, e.step, e.unanswered = "no sync answered", root, true
	case history.Running:
		if root == nil {
			return ending{result: r, class: faulted, mark: "empty", words: "the record is empty"}
		}
		e.class, e.mark, e.words, e.step = running, "…", "running", s.Actions[len(s.Actions)-1]
	case history.Waiting:
		e.class, e.mark = running, "…"
	case history.Parked:
		e.mark = "parked"
	}
	return e
}

// faulted fills in the ending of a flow with a fault.
func (s *story) faulted(e *ending) {
	x := e.step
	switch {
	case x == nil:
		e.words, e.step = "the flow faulted", s.Root()
	case x.Outcome == journal.Fault:
		e.words = x.Name + " faulted"
	default:
		e.words = "the answer could not be sent"
	}
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
	for _, y := range m.Asked {
		if y.ID.Frame != x.ID.Frame || y.Handler() == nil {
			continue
		}
		e.step = y
		return
	}
	for _, y := range m.Actions {
		if y != nil && y.Outcome == journal.Refused {
			e.step = y
		}
	}
}

// held adds what a flow waits for, if an effect action delays it, even if it was
// answered.
func (s *story) held(e *ending) {
	h, r := s.Held, &e.result
	if r.Held == "" {
		return
	}
	words := h.Action + " will be tried again"
	if h.Kind == journal.Parked {
		words = h.Action + " is parked"
	}
	if e.result.Outcome != r.Held { // it was answered before
		words = e.words + ", " + words
	}
	e.words = words
}
