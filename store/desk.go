package store

import (
	"context"
	"errors"

	"github.com/legible-lang/legible/value"
)

// A Desk takes people's decisions about flows that wait for them. Another
// process than the one that runs the flows may make them: one that has opened
// the same store read-only, even while no process runs the flows.
type Desk interface {
	// Decide stores a decision about a flow durably. It replaces an earlier
	// decision about the same flow.
	Decide(ctx context.Context, d Decision) error

	// Decisions returns the decisions about unfinished flows of this process,
	// oldest flow first. A read-only store returns all.
	Decisions(ctx context.Context) ([]Decision, error)

	// Has reports whether a flow is unfinished and this process has to continue
	// it. It asks no other process and is cheap.
	Has(flow value.ID) bool

	// Drop removes a decision, unless another has replaced it. It ignores a
	// missing one.
	Drop(ctx context.Context, d Decision) error
}

// A Decision says how somebody wants to continue a flow.
type Decision struct {
	Flow   value.ID
	Name   string // its own name, so that it counts once
	Code   string // "retry" or "cancel"
	Reason string // for the record
}

// ErrInTurn reports that a flow would wait for flows that wait for its turn.
var ErrInTurn = errors.New("nothing can be waited for in a turn")
