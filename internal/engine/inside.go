package engine

import (
	"context"
	"errors"
)

// The Go code of an action may ask the app for something, with a context derived
// from its own. That opens a separate flow, which may need a write transaction.

// callKey is the context key of the action or query that is running.
type callKey struct{}

// ErrInside reports that the Go code of an action or query asks the app for something
// that would wait for the action itself.
var ErrInside = errors.New("the app is asked from inside an action that has written or called Lock, or from a query that reads from outside of any flow: " +
	"it would wait for itself; ask before the first write")

// enter is called for each call of the engine from outside of a flow. If the
// caller is the Go code of an action, its flow ends the transaction that a rewind has
// begun, since nothing was written in it. If it is too late for that, the error is
// ErrInside. The returned context belongs to no action.
func enter(ctx context.Context) (context.Context, error) {
	c, _ := ctx.Value(callKey{}).(*call)
	if c == nil {
		return ctx, nil
	}
	if c.wrote || c.locked || c.flow.readOnly {
		return ctx, ErrInside
	}
	c.flow.unpin()
	return context.WithValue(ctx, callKey{}, (*call)(nil)), nil
}
