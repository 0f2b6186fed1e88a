package legible

import (
	"context"
	"errors"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/store"
)

// takeOver resumes flows that a store shared by several processes assigns to this
// one: those of a process that is gone, and its own suspended flows.
func (a *App) takeOver(ctx context.Context, shared store.Shared) *loop {
	return startLoop(ctx, 0, func(ctx context.Context) time.Duration {
		ids, err := shared.TakenOver(ctx)
		if err != nil {
			return over // closing, or the store has ended
		}
		for _, id := range ids {
			if !a.store.Owns(id) {
				continue // it came to rest, or another process has it
			}
			switch r, err := a.engine.Resume(ctx, id); {
			case errors.Is(err, engine.ErrRunning):
			case err != nil:
				a.log.Error("cannot resume a flow that was taken over; trying again later", "flow", id.String(), "error", err)
			default:
				a.resumed(r)
			}
		}
		return 0
	})
}

const (
	// rescueEvery is how often an app looks for flows that nobody runs. Flows that
	// a store assigns by itself (store.Shared) are resumed earlier.
	rescueEvery = 3 * time.Second
	// rescueShare bounds the cost of many unfinished flows, such as parked flows:
	// the pause after a search is rescueShare times as long as it.
	rescueShare = 10
)

// rescue resumes flows that nobody runs.
func (a *App) rescue(ctx context.Context) *loop {
	return startLoop(ctx, rescueEvery, func(ctx context.Context) time.Duration {
		began := time.Now()
		if err := a.engine.Rescue(ctx, a.resumed); err != nil && ctx.Err() == nil {
			a.log.Error("cannot look for flows that nobody runs; trying again later", "error", err)
		}
		return max(rescueEvery, rescueShare*time.Since(began))
	})
}

// resumed logs a flow that was resumed.
func (a *App) resumed(r engine.Result) {
	switch w := r.Waiting; {
	case w == nil:
		a.log.Info("resumed flow", "flow", r.Flow.String())
	case w.Parked:
		a.log.Warn("flow is parked: legible flow retry or legible flow cancel decides", "flow", r.Flow.String(), "action", w.Action, "reason", w.Reason)
	default:
		a.log.Info("resumed flow that waits for an effect action", "flow", r.Flow.String(), "action", w.Action)
	}
}
