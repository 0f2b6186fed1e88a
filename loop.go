package legible

import (
	"context"
	"time"
)

// A loop repeats work beside an app until the app is closed.
type loop struct {
	stop context.CancelFunc
	done chan struct{}
}

// over is the pause with which a loop ends itself.
const over = -1

// startLoop starts a loop. It calls do after the first pause, and again after each
// pause that do returns. The context of do ends when the loop must end; it has the
// values of ctx, not its end.
func startLoop(ctx context.Context, first time.Duration, do func(context.Context) (pause time.Duration)) *loop {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &loop{stop, make(chan struct{})}
	go func() {
		defer close(l.done)
		timer := time.NewTimer(first)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			pause := do(ctx)
			if pause < 0 {
				return
			}
			timer.Reset(pause)
		}
	}()
	return l
}

// end ends the loop and waits for its work.
func (l *loop) end() {
	l.stop()
	<-l.done
}
