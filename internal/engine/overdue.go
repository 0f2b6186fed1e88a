package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// ErrOverdue reports that a flow still runs after its deadline, because an action has
// not returned. The flow continues.
var ErrOverdue = errors.New("the flow is still running although its deadline has passed")

// RunWithin is Run for a caller that cannot wait beyond the flow's deadline. If
// an action has not returned at the deadline, although its context has ended,
// RunWithin returns without it: the error wraps ErrOverdue, and the result has
// only Flow. The flow continues, and may have changed state or may still do so;
// the log says how it ends. The values of the opening must not be changed until
// then: ended, if it is not nil, is called when the flow has ended.
func (e *Engine) RunWithin(ctx context.Context, o Opening, ended func()) (Result, error) {
	return e.runWithin(ctx, nil, o, ended)
}

func (e *Engine) runWithin(ctx context.Context, stop <-chan struct{}, o Opening, ended func()) (Result, error) {
	if o.ID == value.Zero {
		o.ID = e.options.IDs.At(e.now())
	}
	return e.within(stop, o.ID, "", func() (Result, error) {
		if ended != nil {
			defer ended()
		}
		return e.Run(ctx, o)
	})
}

// slack is the time after its deadline that a flow has to end by itself.
func slack(deadline time.Duration) time.Duration { return min(deadline/10, time.Second) }

// within calls run on a new goroutine. It waits until the deadline of the flow
// has passed, or for a short time after stop is closed.
func (e *Engine) within(stop <-chan struct{}, id value.ID, query string, run func() (Result, error)) (Result, error) {
	ended := make(chan callResult, 1)
	var late atomic.Bool
	began := time.Now()
	go func() {
		var g callResult
		defer func() {
			g.panicked = recover()
			ended <- g
			if !late.Load() {
				return
			}
			text := "it is at rest"
			switch {
			case g.panicked != nil:
				text = recovered(g.panicked).Error()
			case g.err != nil:
				text = g.err.Error()
			case g.result.Fault != nil:
				text = firstLine(g.result.Fault.Error())
			case g.result.Waiting != nil:
				text = "it waits for " + g.result.Waiting.Action
			}
			e.options.Log.Warn("flow ended after its deadline", "flow", id.String(), "after", time.Since(began).Round(time.Millisecond), "how", text)
		}()
		g.result, g.err = run()
	}()
	limit := e.options.Limits.Deadline
	limit += slack(limit)
	if e.scheduler != nil {
		limit += e.options.Limits.Patience // effect actions do not count for the deadline
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case g := <-ended:
		return g.unpack()
	case <-timer.C:
	case <-stop:
		limit = min(limit, stopWait)
		timer.Reset(limit)
		select {
		case g := <-ended:
			return g.unpack()
		case <-timer.C:
		}
	}
	late.Store(true)
	select {
	case g := <-ended:
		return g.unpack()
	default:
	}
	last := query
	e.registry.mu.Lock()
	if n, _ := e.registry.runningLocked(id); n > 0 {
		last = e.plan.Actions[n-1].FullName()
	}
	e.registry.mu.Unlock()
	if last == "" {
		last = "none yet"
	}
	e.options.Log.Error("flow still runs after its deadline or while the app closes: an action, a query or the store has not returned",
		"flow", id.String(), "last", last, "limit", limit)
	return Result{Flow: id}, fmt.Errorf("%w: the last action that it began is %s", ErrOverdue, last)
}

// QueryWithin is Query for a caller that cannot wait beyond the deadline of a
// flow; see RunWithin.
func (e *Engine) QueryWithin(ctx context.Context, q *plan.Query, in []value.Value, ended func()) ([][]value.Value, error) {
	rows := new([][]value.Value)
	_, err := e.within(nil, e.options.IDs.At(e.now()), q.FullName(), func() (Result, error) {
		if ended != nil {
			defer ended()
		}
		found, err := e.Query(ctx, q, in)
		*rows = found
		return Result{}, err
	})
	if err != nil {
		return nil, err
	}
	return *rows, nil
}

// unpack returns the result, or panics as run did.
func (g callResult) unpack() (Result, error) {
	if g.panicked != nil {
		panic(g.panicked)
	}
	return g.result, g.err
}
