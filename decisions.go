package legible

import (
	"context"
	"time"

	"github.com/legible-lang/legible/internal/engine"
)

// decisionsEvery is how often an app with effect actions looks for decisions about
// waiting flows, made by "legible flow retry" and "legible flow cancel". It does
// not query the store while no flow waits.
const decisionsEvery = time.Second

// takeDecisions applies decisions about waiting flows.
func (a *App) takeDecisions(ctx context.Context, e *engine.Engine) *loop {
	return startLoop(ctx, 0, func(ctx context.Context) time.Duration {
		if err := e.Attend(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("cannot look for decisions about waiting flows", "error", err)
		}
		return decisionsEvery
	})
}

// Permanent marks the error of an effect action as one that a retry would not
// fix, such as a request that the other side does not understand: the action is
// parked at once. After any other error it is retried.
func Permanent(err error) error { return engine.Permanent(err) }
