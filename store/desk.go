package store

import (
	"context"
	"errors"

	"github.com/legible-lang/legible/value"
)

// A Desk is where people leave word about flows that wait for them. It may be
// left by another process than the one that runs the flows: one that has opened
// the same place for reading only, also while nobody runs them.
type Desk interface {
	// Decide leaves word about a flow; it is durable when Decide returns. What was
	// left about the same flow before is replaced.
	Decide(ctx context.Context, d Decision) error

	// Decisions gives what was left about unfinished flows of this process, oldest
	// flow first. One that was opened for reading only is given all.
	Decisions(ctx context.Context) ([]Decision, error)

	// Has tells whether a flow is unfinished and it is this process that is to go
	// on with it. It asks nobody and is cheap.
	Has(flow value.ID) bool

	// Drop removes word that was left, unless another has taken its place. Of
	// what is not there it says nothing.
	Drop(ctx context.Context, d Decision) error
}

// A Decision is what somebody wants to become of a flow.
type Decision struct {
	Flow   value.ID
	Name   string // its own name, so that it counts once
	Code   string // "retry" or "cancel"
	Reason string // for the record
}

// ErrInTurn says that a flow would wait for others while they wait for its turn.
var ErrInTurn = errors.New("nothing can be waited for in a turn")
