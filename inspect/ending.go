package inspect

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/syntax"
)

// A Class is how a flow ended, as far as a glance goes. Each has a colour, and
// each has a word and a form as well, for those who do not see the colour.
type class string

const (
	fine    class = "fine"    // answered, or returned
	refused class = "refused" // declined: by a sync, or by an action
	faulted class = "faulted" // broken, or nobody answered
	running class = "running"
	away    class = "away" // turned away before a flow
)

// An ending is how a flow ended.
type ending struct {
	class class
	mark  string // "200", "returned"
	words string // "refused INVALID_CREDENTIALS"
	text  string // the sentence that the client was told, if there is one
	why   string // one or two sentences: what made it end so
	step  *step  // where to look first: what decided it
	last  *step  // the action after which it ended
	// unanswered is set where a request was not answered; why that is so takes
	// a look at every sync, and is worked out where it is shown.
	unanswered bool
}

// ending works out how a flow ended.
func (s *story) ending() ending {
	e := s.end()
	s.held(&e)
	if e.last == nil {
		e.last = e.step
	}
	return e
}

func (s *story) end() ending {
	root := s.root()
	switch {
	case root == nil:
		return ending{class: faulted, mark: "empty", words: "the record is empty"}
	case !root.is(plan.Request):
		return s.returned(root)
	}
	for _, x := range s.steps {
		if x.is(plan.Respond) && x.outcome == journal.Returned {
			return s.answered(x)
		}
	}
	if x := s.unhandled(); x != nil && s.rested {
		status, kind := statusOf(x)
		return ending{class: refused, mark: strconv.Itoa(status), words: "refused " + x.code, text: x.text, step: x,
			why: fmt.Sprintf("%s was refused with %s. No sync matches that refusal, so the refusal itself is the answer: its kind is %s, which is status %d.",
				x.name, x.code, kind, status)}
	}
	if e := s.broken(); e != nil {
		return *e
	}
	if !s.rested {
		return ending{class: running, mark: "…", words: "running", step: s.steps[len(s.steps)-1],
			why: "The flow has not come to rest yet."}
	}
	return ending{class: faulted, mark: "500", words: "nobody answered", step: root, unanswered: true}
}

// returned is the ending of a flow that no request opened.
func (s *story) returned(root *step) ending {
	switch root.outcome {
	case journal.Returned:
		if e := s.broken(); e != nil {
			e.mark = "fault"
			return *e
		}
		return ending{class: fine, mark: "returned", words: "returned", step: root, why: root.name + " returned."}
	case journal.Refused:
		return ending{class: refused, mark: "refused", words: "refused " + root.code, text: root.text, step: root,
			why: root.name + " was refused with " + root.code + "."}
	case journal.Pending:
		if !s.rested {
			return ending{class: running, mark: "…", words: "running", step: root, why: "The flow has not come to rest yet."}
		}
	}
	if e := s.broken(); e != nil {
		e.mark = "fault"
		return *e
	}
	return ending{class: faulted, mark: "fault", words: root.outcome.String(), step: root, why: root.name + " did not return."}
}

// answered is the ending of a flow in which a sync answered.
func (s *story) answered(x *step) ending {
	e := ending{class: fine, mark: "200", words: "answered", step: x, last: x}
	if n, ok := x.given("status").Num(); ok {
		e.mark = strconv.Itoa(int(n))
		if n >= 500 {
			e.class = faulted
		} else if n >= 400 {
			e.class = refused
		}
	}
	if text, ok := x.given("error").Text(); ok {
		e.text = text
		if e.class == fine {
			e.class = refused
		}
	}
	m := x.by
	if m == nil {
		return e
	}
	e.words = "answered by " + m.name
	e.why = "Sync " + m.name + " answered."
	if l := m.elseLine(x.id.Frame); l != nil {
		e.why = fmt.Sprintf("In sync %s the line of where at %s (%s) %s, so its else answered.", m.name, place(l.Span), cut(l.Text, 100), kept(l))
	}
	for _, y := range m.matched {
		if y.outcome == journal.Refused {
			e.why = fmt.Sprintf("%s was refused with %s, and sync %s answers that refusal.", y.name, y.code, m.name)
			e.step = y
		}
	}
	return e
}

// kept says why a line of where took its else.
func kept(l *plan.Line) string {
	switch {
	case l.Mode == syntax.NoLine:
		return "found what must not be there"
	case l.Filter != nil:
		return "was not true"
	case l.Is != nil, l.Member != nil, l.Read != nil && !l.Read.SubjectBinds && !l.Read.ObjectBinds:
		return "did not hold"
	}
	return "gave nothing"
}

// elseLine gives the line of where whose else a frame's actions stand in.
func (m *match) elseLine(frame uint32) *plan.Line {
	if m.sync == nil || int(frame) >= len(m.frames) {
		return nil
	}
	if i := m.frames[frame].Line; i >= 0 && i < len(m.sync.Where) {
		return m.sync.Where[i]
	}
	return nil
}

// held says of a flow that an effect action holds up for what it waits, also when
// it was answered before.
func (s *story) held(e *ending) {
	h := journal.Held(s.entries)
	if h == nil || s.rested {
		return
	}
	words, why := fmt.Sprintf("%s is tried again", h.Action), fmt.Sprintf("%s failed, and is tried again at %s: %s", h.Action, h.Next.Format("15:04:05 on 2 January"), cut(trimName(h.Text, h.Action), 300))
	if h.Kind == journal.Parked {
		words = h.Action + " is parked"
		why = fmt.Sprintf("%s is parked: %s. It goes on when legible flow retry or legible flow cancel has decided", h.Action, cut(trimName(h.Text, h.Action), 300))
	}
	if e.class != running {
		e.words += ", " + words
		e.why += " " + sentence(why)
		return
	}
	e.words, e.why, e.step = words, sentence(why), s.byID[h.ID]
	if h.Kind == journal.Parked {
		e.class, e.mark = faulted, "parked"
	}
}

// broken is the ending of a flow in which something faulted.
func (s *story) broken() *ending {
	for _, x := range s.steps {
		if x.outcome == journal.Fault {
			return &ending{class: faulted, mark: "500", words: x.name + " faulted", step: x, why: sentence(x.name + " faulted: " + cut(trimName(x.text, x.name), 300))}
		}
	}
	if len(s.faults) > 0 {
		return &ending{class: faulted, mark: "500", words: "the flow faulted", step: s.root(), why: sentence("the flow faulted: " + cut(s.faults[0], 300))}
	}
	return nil
}

// unhandled is the first refusal that no firing matched.
func (s *story) unhandled() *step {
	var first *step
	for _, x := range s.steps {
		if x.outcome == journal.Refused && !x.is(plan.Respond) && (first == nil || x.seq < first.seq) && len(s.firedOn(x)) == 0 {
			first = x
		}
	}
	return first
}

// statusOf gives the status of a refusal that is the answer, and its kind.
func statusOf(x *step) (int, string) {
	kind := "invalid"
	if x.spec != nil {
		for _, r := range x.spec.Spec.Refusals {
			if r.Code == x.code {
				kind = r.Kind
			}
		}
	}
	status := map[string]int{
		"unauthenticated": http.StatusUnauthorized, "forbidden": http.StatusForbidden, "missing": http.StatusNotFound,
		"conflict": http.StatusConflict, "limited": http.StatusTooManyRequests,
	}[kind]
	if status == 0 {
		status = http.StatusUnprocessableEntity
	}
	return status, kind
}
