// Package turns limits how much slow work a concept does at once.
//
// Its main type is [Turns], a short queue for work that takes a processor or
// much memory. It promises a maximum number of workers and of waiting callers,
// and a maximum wait. Callers beyond that get an error at once, so that a rush
// on one slow action does not exhaust the server. It refuses to know what the
// work is.
package turns

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// ErrBusy reports that the queue is full, or that the wait is over.
var ErrBusy = errors.New("too many are at work and waiting")

// Options are the limits of a queue. The zero value works.
type Options struct {
	// AtOnce is how many work at a time; 0 means the number of processors.
	AtOnce int
	// Waiting is how many more may wait; 0 means four for each of AtOnce, a
	// negative number none.
	Waiting int
	// Wait is the longest wait; 0 means 5 seconds. The queue is short, so waits are
	// short unless the machine is slow.
	Wait time.Duration
}

// A Turns is a queue. It is safe for concurrent use.
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
// or ctx's error.
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

// Taken returns how many work, and how many wait.
func (t *Turns) Taken() (working, waiting int) {
	working = len(t.working)
	return working, max(0, len(t.places)-working)
}
