package store

import (
	"context"
	"errors"

	"github.com/legible-lang/legible/value"
)

// Decisions stores operators' decisions about flows that wait for them. Another
// process than the one that runs the flows may make them: one that has opened
// the same store read-only, even while no process runs the flows.
type Decisions interface {
	// Decide stores a decision about a flow durably. It replaces an earlier
	// decision about the same flow.
	Decide(ctx context.Context, d Decision) error

	// Decisions returns the decisions about unfinished flows of this process,
	// oldest flow first. A read-only store returns all.
	Decisions(ctx context.Context) ([]Decision, error)

	// Owns reports whether a flow is unfinished and this process has to continue
	// it. It asks no other process and is cheap.
	Owns(flow value.ID) bool

	// RemoveDecision removes a decision, unless another has replaced it. It ignores a
	// missing one.
	RemoveDecision(ctx context.Context, d Decision) error
}

// A Decision says how someone wants to continue a flow.
type Decision struct {
	Flow   value.ID
	Name   string // its own name, so that it counts once
	Code   string // "retry" or "cancel"
	Reason string // for the record
}

// ErrInTx reports a Flush in a transaction: the session would wait for sessions that
// wait for it.
var ErrInTx = errors.New("a transaction cannot wait for other transactions")
