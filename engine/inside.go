package engine

import (
	"context"
	"errors"
)

// The Go of an action may ask the app for something else, with a context that
// comes of its own. What it asks is a flow of its own, which may need the turn.

// callKey is where a context has the action or query that it is given to.
type callKey struct{}

// ErrInside says that the Go of an action or query asks the app for something
// that would wait for the action itself.
var ErrInside = errors.New("the app is asked from inside an action that has written or called Hold, or from a query that reads from outside of any flow: " +
	"it would wait for itself; ask before the first write")

// enter is called when somebody asks the engine from outside of a flow. Where
// that is the Go of an action, its flow gives the turn back that a rewind has
// taken, since nothing was written in it. The error is ErrInside where that is
// too late. The context that is returned is that of nobody's action.
func enter(ctx context.Context) (context.Context, error) {
	c, _ := ctx.Value(callKey{}).(*call)
	if c == nil {
		return ctx, nil
	}
	if c.wrote || c.held || c.flow.looks {
		return ctx, ErrInside
	}
	c.flow.unpin()
	return context.WithValue(ctx, callKey{}, (*call)(nil)), nil
}
