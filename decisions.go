package legible

import (
	"context"
	"time"

	"github.com/legible-lang/legible/engine"
)

// decisionsEvery is how often an app with effect actions looks for decisions about
// waiting flows, as "legible flow retry" and "legible flow cancel" make them. It
// asks the store nothing while no flow waits.
const decisionsEvery = time.Second

// takeDecisions carries decisions out that were made about waiting flows.
func (a *App) takeDecisions(ctx context.Context, e *engine.Engine) *loop {
	return startLoop(ctx, 0, func(ctx context.Context) time.Duration {
		if err := e.Attend(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("cannot look for decisions about waiting flows", "error", err)
		}
		return decisionsEvery
	})
}

// Permanent marks the error of an effect action as one that another try would not
// mend, such as a request that the other side does not understand: the action is
// parked at once. After any other error it is tried again.
func Permanent(err error) error { return engine.Permanent(err) }
