package legible

import (
	"context"
	"time"
)

// decisionsEvery is how often an app with effect actions looks for decisions about
// waiting flows, made by "legible flow retry" and "legible flow cancel". It does
// not query the store while no flow waits.
const decisionsEvery = time.Second

// takeDecisions applies decisions about waiting flows.
func (a *App) takeDecisions(ctx context.Context) *loop {
	return startLoop(ctx, 0, func(ctx context.Context) time.Duration {
		if err := a.engine.ApplyDecisions(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("cannot look for decisions about waiting flows", "error", err)
		}
		return decisionsEvery
	})
}
