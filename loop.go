package legible

import (
	"context"
	"time"
)

// A loop does something beside an app again and again until the app is closed.
type loop struct {
	stop context.CancelFunc
	done chan struct{}
}

// over is the pause with which a loop ends by itself.
const over = -1

// startLoop starts a loop: do is called after the first pause, and again after
// each pause that it returns. Its context ends when the loop is to end; the values
// of ctx are there, its end is not.
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

// end ends the loop and waits for what it does.
func (l *loop) end() {
	l.stop()
	<-l.done
}
