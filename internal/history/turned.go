package history

import (
	"time"

	"github.com/legible-lang/legible/value"
)

// A TurnedAway is a request that the front answered before it opened a flow: no sync
// knows its path or method, it lacks a field, its body cannot be read or is too large,
// or the server has too much to do. It contains no field of the request and nothing of
// its query string, and of a path that may contain a secret only the form.
type TurnedAway struct {
	Trace  value.ID  `json:"trace"`  // which the answer has in X-Trace-Id
	Moment time.Time `json:"moment"` // when the request came
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
	Reason string    `json:"reason"` // the sentence of the answer
	// Overdue is set if the request did open a flow, which still ran when it was answered:
	// an action has not returned. The flow has no record before it ends.
	Overdue bool `json:"overdue,omitempty"`
}

// Request returns the method and the path.
func (t *TurnedAway) Request() string { return t.Method + " " + t.Path }
