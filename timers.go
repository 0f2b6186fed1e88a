package legible

import (
	"context"
	"errors"
	"time"
)

const (
	// tickEvery is how often the app checks if a system action is due.
	tickEvery = time.Second
	// tickShare bounds the cost when many members stay due that were seen before: a
	// check that finds nothing is followed by a pause that is tickShare times as
	// long, up to a minute.
	tickShare = 10
	tickLate  = time.Minute
)

// tick starts system actions when they are due.
func (a *App) tick(ctx context.Context) *loop {
	return startLoop(ctx, 0, func(ctx context.Context) time.Duration {
		began := time.Now()
		started, err := a.engine.Tick(ctx)
		if err != nil && ctx.Err() == nil {
			a.log.Error("cannot start system actions; trying again later", "error", err)
		}
		if started == 0 && err == nil {
			return min(max(tickEvery, tickShare*time.Since(began)), tickLate)
		}
		return tickEvery
	})
}

// Tick starts the system actions that are due, retries the effect actions that are
// due, and resumes flows that nobody runs. An app with its own clock
// (Options.Clock) calls it; other apps do so by themselves.
func (a *App) Tick(ctx context.Context) error {
	if a.closed.Load() {
		return errClosed
	}
	_, err := a.engine.Tick(ctx)
	return errors.Join(err, a.engine.ApplyDecisions(ctx), a.engine.Rescue(ctx, a.resumed))
}
