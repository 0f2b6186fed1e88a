// Package turns limits how much slow work a concept does at once.
//
// Its main type is [Turns], a short queue before work that takes a processor or
// much memory. It promises that no more than some are at work, that no more
// than a few wait, and none for longer than a moment; whoever comes above that
// is told at once, so that a crowd before one slow action does not take the
// server's room from all others. It refuses to know what the work is.
package turns

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// ErrBusy says that there is no place to wait, or that the wait is over.
var ErrBusy = errors.New("too many are at work and waiting")

// Options are the bounds of a queue. The zero value works.
type Options struct {
	// AtOnce is how many work at one time; for 0 as many as there are processors.
	AtOnce int
	// Waiting is how many more may wait: four for each of AtOnce for 0, none for a
	// negative number.
	Waiting int
	// Wait is how long one waits at most; 5 seconds for 0. Those who wait are few,
	// so that it is short where the machine is not slow.
	Wait time.Duration
}

// A Turns is a queue. It is safe for use by several goroutines.
type Turns struct {
	working chan struct{} // holds one for each at work
	places  chan struct{} // holds one for each at work or waiting
	wait    time.Duration
}

// New makes a queue.
func New(o Options) *Turns {
	if o.AtOnce <= 0 {
		o.AtOnce = runtime.GOMAXPROCS(0)
	}
	switch {
	case o.Waiting == 0:
		o.Waiting = 4 * o.AtOnce
	case o.Waiting < 0:
		o.Waiting = 0
	}
	if o.Wait <= 0 {
		o.Wait = 5 * time.Second
	}
	return &Turns{make(chan struct{}, o.AtOnce), make(chan struct{}, o.AtOnce+o.Waiting), o.Wait}
}

// Take waits for a turn, which lasts until done is called. The error is ErrBusy
// or that of ctx.
func (t *Turns) Take(ctx context.Context) (done func(), err error) {
	select {
	case t.places <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	done = func() { <-t.working; <-t.places }
	select {
	case t.working <- struct{}{}:
		return done, nil
	default:
	}
	over := time.NewTimer(t.wait)
	defer over.Stop()
	select {
	case t.working <- struct{}{}:
		return done, nil
	case <-over.C:
		err = ErrBusy
	case <-ctx.Done():
		err = ctx.Err()
	}
	<-t.places
	return nil, err
}

// Taken is how many are at work, and how many wait.
func (t *Turns) Taken() (working, waiting int) {
	working = len(t.working)
	return working, max(0, len(t.places)-working)
}
