package cli

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/value"
)

// turnedAway is the outcome of a request that opened no flow.
const turnedAway = "turned"

// A turnedError is what is said of a request that opened no flow to somebody
// who wanted the flow.
type turnedError struct{ *history.TurnedAway }

func (e *turnedError) Error() string {
	return fmt.Sprintf("%s was turned away with %d before it opened a flow: %s", e.Request(), e.Status, e.Reason)
}

// turnedSummary is a request that was turned away in one line, as a flow is.
func turnedSummary(t *history.TurnedAway) explain.Summary {
	return explain.Summary{Begun: t.Moment.UTC(), Request: t.Request(), Path: t.Path, Outcome: turnedAway, Status: fmt.Sprint(t.Status), Reason: t.Reason}
}

func turnedListed(t *history.TurnedAway) listed {
	return listed{Flow: t.Trace.String(), Summary: turnedSummary(t), id: t.Trace, rested: true, turned: t}
}

// turnedTree says why a request was turned away.
func turnedTree(t *history.TurnedAway) *explain.Tree {
	root := &explain.Tree{Kind: explain.AnswerNode, Title: fmt.Sprintf("%s was turned away with %d before it opened a flow", t.Request(), t.Status)}
	if t.Overdue {
		root.Title = fmt.Sprintf("%s was answered with %d while its flow was still running", t.Request(), t.Status)
	}
	root.Children = append(root.Children, &explain.Tree{Kind: explain.NoteNode, Title: t.Reason, Cause: true})
	next := ""
	switch t.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		next = "\"legible routes\" lists what the syncs wait for"
	case http.StatusBadRequest, http.StatusUnauthorized:
		next = "\"legible routes\" lists what each route needs"
	}
	if next != "" {
		root.Children = append(root.Children, &explain.Tree{Kind: explain.NoteNode, Title: next})
	}
	return root
}

// turnedAway gives the requests that a running app turned away, newest first.
// Of a store at rest nobody knows them.
func (r *records) turnedAway() ([]history.TurnedAway, error) {
	if r.app == nil {
		return nil, nil
	}
	return r.app.TurnedAway(context.Background())
}

// findTurned gives the requests that were turned away whose trace id has the
// digits at its beginning or end.
func (r *records) findTurned(digits string) ([]*history.TurnedAway, error) {
	all, err := r.turnedAway()
	if err != nil {
		return nil, err
	}
	var found []*history.TurnedAway
	for i := range all {
		if id := hexOf(all[i].Trace); strings.HasPrefix(id, digits) || strings.HasSuffix(id, digits) {
			found = append(found, &all[i])
		}
	}
	return found, nil
}

// withTurned shows flows and requests that were turned away in one order,
// newest first, until visit tells it to stop.
func (r *records) withTurned(visit func(listed) (bool, error)) error {
	away, err := r.turnedAway()
	if err != nil {
		return err
	}
	on := true
	until := func(id value.ID) error { // shows those that are younger
		for on && len(away) > 0 && bytes.Compare(away[0].Trace[:], id[:]) > 0 {
			var err error
			if on, err = visit(turnedListed(&away[0])); err != nil {
				return err
			}
			away = away[1:]
		}
		return nil
	}
	err = r.each(func(id value.ID) (bool, error) {
		if err := until(id); err != nil || !on {
			return false, err
		}
		x, err := r.listed(id)
		if err != nil {
			return false, err
		}
		on, err = visit(x)
		return on, err
	})
	if err != nil || !on {
		return err
	}
	return until(value.Zero)
}
