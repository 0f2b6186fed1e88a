package history

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// An Outcome is how a flow ended, or its present state.
type Outcome string

const (
	// Answered: a sync answered the request, with any status.
	Answered Outcome = "answered"
	// Refused: the runtime answered with a refusal that no sync matched, or the
	// action asked from outside was refused.
	Refused Outcome = "refused"
	// Faulted: something failed. The status depends on whose fault it was, and is
	// not recorded.
	Faulted Outcome = "faulted"
	// Unanswered: the flow ended without an answer.
	Unanswered Outcome = "unanswered"
	// Returned: the action asked from outside returned.
	Returned Outcome = "returned"
	// Running: the flow has not ended.
	Running Outcome = "running"
	// Waiting: an effect action waits for a retry.
	Waiting Outcome = "waiting"
	// Parked: an effect action failed, and an operator must decide.
	Parked Outcome = "parked"
)

// Outcomes are all outcomes, in the order of a person's interest.
var Outcomes = []Outcome{Answered, Refused, Faulted, Unanswered, Returned, Running, Waiting, Parked}

// A Result is how a flow ended, or its present state.
type Result struct {
	Outcome Outcome
	// Status is what the client of a request receives, 0 if it is not recorded and
	// for a flow that no request opened.
	Status int
	// Action decided the outcome: it answered, was refused or faulted; nil if there
	// is none.
	Action *Action
	// Text says what went wrong, "" if nothing did.
	Text string
	// Held is Waiting or Parked for a flow that waits for an effect action, even if
	// it was answered.
	Held Outcome
}

// Is reports whether a flow matches a word: an outcome, a status ("401") or a
// class of statuses ("4xx"). An answered flow that waits for an effect action
// matches both.
func (r *Result) Is(word string) bool {
	status := strconv.Itoa(r.Status)
	return word == string(r.Outcome) || word == string(r.Held) ||
		r.Status != 0 && (word == status || word == status[:1]+"xx")
}

// IsStatus reports whether a word is a status or a status class.
func IsStatus(word string) bool {
	return len(word) == 3 && word[0] >= '1' && word[0] <= '5' && (word[1:] == "xx" || strings.Trim(word[1:], "0123456789") == "")
}

// Sync returns the name of the answering sync, "" if none.
func (r *Result) Sync() string {
	if r.Outcome != Answered || r.Action.By == nil {
		return ""
	}
	return r.Action.By.Sync
}

// Result returns how the flow ended. As in the runtime, an answer comes first;
// then, at rest, the first refusal that no sync matched; then a fault.
func (f *Flow) Result() Result {
	r := f.result()
	if f.Held != nil && !f.Rested {
		r.Held = f.open().Outcome
	}
	return r
}

func (f *Flow) result() Result {
	root := f.Root()
	switch {
	case root == nil:
		return Result{Outcome: Running}
	case !root.Is(plan.Request):
		return f.returned(root)
	}
	answer, refused := f.Ends()
	if answer != nil {
		status, err := AnswerStatus(answer.Input("status"))
		if err != nil {
			return Result{Outcome: Faulted, Action: answer, Text: err.Error()}
		}
		return Result{Outcome: Answered, Status: status, Action: answer}
	}
	if !f.Rested {
		r := f.open()
		switch r.Outcome {
		case Waiting:
			r.Status = http.StatusAccepted
		case Parked:
			r.Status = http.StatusInternalServerError
		}
		return r
	}
	if refused != nil {
		return Result{Outcome: Refused, Status: plan.RefusalStatus(refused.RefusalKind()), Action: refused, Text: refused.Text}
	}
	if a, text := f.Fault(); text != "" {
		return Result{Outcome: Faulted, Action: a, Text: text}
	}
	return Result{Outcome: Unanswered, Status: http.StatusInternalServerError}
}

// open is the result of a flow that has not ended.
func (f *Flow) open() Result {
	switch {
	case f.Held == nil:
		return Result{Outcome: Running}
	case f.Held.Kind == journal.Parked:
		return Result{Outcome: Parked, Action: f.Action(f.Held.ID), Text: f.Held.Text}
	}
	return Result{Outcome: Waiting, Action: f.Action(f.Held.ID), Text: f.Held.Text}
}

// returned is the result of a flow without a request.
func (f *Flow) returned(root *Action) Result {
	a, text := f.Fault()
	switch {
	case root.Outcome == journal.Refused:
		return Result{Outcome: Refused, Action: root, Text: root.Text}
	case text != "":
		return Result{Outcome: Faulted, Action: a, Text: text}
	case root.Outcome == journal.Returned:
		return Result{Outcome: Returned, Action: root}
	case !f.Rested:
		return f.open()
	}
	return Result{Outcome: Faulted, Action: root, Text: root.Name + " did not complete"}
}

// Ends returns the possible ends of a request: the respond that answered, and
// the first refusal that no firing matched; nil for none. A refusal of
// Requesting.respond itself does not count.
func (f *Flow) Ends() (answer, refused *Action) {
	for _, a := range f.Actions {
		switch {
		case a.Is(plan.Respond):
			if a.Outcome == journal.Returned && (answer == nil || a.Seq < answer.Seq) {
				answer = a
			}
		case a.Unhandled() && (refused == nil || a.Seq < refused.Seq):
			refused = a
		}
	}
	return answer, refused
}

// Fault returns the first fault of the flow: the action that faulted, or nil for
// a fault outside of an action, and its text, "" if there is no fault.
func (f *Flow) Fault() (*Action, string) {
	var first *Action
	for _, a := range f.Actions {
		if a.Outcome == journal.Fault && (first == nil || a.Seq < first.Seq) {
			first = a
		}
	}
	switch {
	case first != nil:
		return first, first.Text
	case len(f.Faults) > 0:
		return nil, f.Faults[0]
	}
	return nil, ""
}

// AnswerStatus parses the status given to Requesting.respond; null means 200.
// The error names an invalid one.
func AnswerStatus(v value.Value) (int, error) {
	if v.IsNull() {
		return http.StatusOK, nil
	}
	n, ok := v.Num()
	if !ok {
		return 0, fmt.Errorf("Requesting.respond was given %s as the status, which is a number from 200 to 599", v.Kind())
	}
	if status := int(n); status >= 200 && status <= 599 && float64(status) == n {
		return status, nil
	}
	return 0, fmt.Errorf("Requesting.respond was given the status %s, but a status is a whole number from 200 to 599", v)
}
