package legible

import (
	"context"
	"log/slog"
	"time"

	"github.com/legible-lang/legible/engine"
)

// attendEvery is how often an app with effect actions looks whether somebody has
// decided about a flow that waits, as "legible flow retry" and "cancel" do. It
// asks the store nothing while no flow waits.
const attendEvery = time.Second

// An attendant takes decisions up beside an app.
type attendant struct {
	stop    context.CancelFunc
	stopped chan struct{}
}

// attend begins an attendant, to be ended with end.
func attend(ctx context.Context, e *engine.Engine, log *slog.Logger) *attendant {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	x := &attendant{stop, make(chan struct{})}
	go func() {
		defer close(x.stopped)
		ticker := time.NewTicker(attendEvery)
		defer ticker.Stop()
		for {
			if err := e.Attend(ctx); err != nil && ctx.Err() == nil {
				log.Error("looking for decisions about flows", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return x
}

const (
	// rescueEvery is how often an app looks for flows that nobody runs. What a
	// store hands over by itself (store.Fleet) has gone on before that.
	rescueEvery = 3 * time.Second
	// rescueShare bounds what that costs where very many flows are unfinished, as
	// parked ones are: after each look comes a pause that is so many times as long.
	rescueShare = 10
)

// rescue begins to look for flows that nobody runs, to be ended with end.
func (a *App) rescue(ctx context.Context, e *engine.Engine) *attendant {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	x := &attendant{stop, make(chan struct{})}
	go func() {
		defer close(x.stopped)
		timer := time.NewTimer(rescueEvery)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			began := time.Now()
			if err := e.Rescue(ctx, a.wentOn); err != nil && ctx.Err() == nil {
				a.log.Error("the flows that nobody runs cannot be looked for now; this is tried again", "error", err)
			}
			timer.Reset(max(rescueEvery, rescueShare*time.Since(began)))
		}
	}()
	return x
}

// end waits for what is being done. No attendant has nothing to end.
func (x *attendant) end() {
	if x == nil {
		return
	}
	x.stop()
	<-x.stopped
}

// wentOn tells of a flow that was unfinished.
func (a *App) wentOn(r engine.Result) {
	switch w := r.Waiting; {
	case w == nil:
		a.log.Info("went on with a flow that was unfinished", "flow", r.Flow.String())
	case w.Parked:
		a.log.Warn("a flow is parked: legible flow retry or cancel decides", "flow", r.Flow.String(), "action", w.Action, "reason", w.Reason)
	default:
		a.log.Info("went on with a flow that waits for something outside", "flow", r.Flow.String(), "action", w.Action)
	}
}

// Permanent makes an error of an effect action one that another try would not
// mend, such as a request that the other side does not understand: the action is
// parked at once. Any other error is tried again.
func Permanent(err error) error { return engine.Permanent(err) }
