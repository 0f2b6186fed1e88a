package concepts_test

import (
	"context"
	"errors"
	"github.com/legible-lang/legible/concepts/turns"
	"testing"
	"time"
)

func TestTake(t *testing.T) {
	q := turns.New(turns.Options{AtOnce: 1, Waiting: 1, Wait: time.Hour})
	done, err := q.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan error, 1)
	go func() {
		done, err := q.Take(t.Context())
		if err == nil {
			done()
		}
		waited <- err
	}()
	for _, waiting := q.Taken(); waiting < 1; _, waiting = q.Taken() {
		time.Sleep(time.Millisecond)
	}
	if _, err := q.Take(t.Context()); !errors.Is(err, turns.ErrBusy) {
		t.Errorf("with no place to wait: %v, want ErrBusy", err)
	}
	done()
	if err := <-waited; err != nil {
		t.Errorf("the one that waited: %v", err)
	}
	if working, waiting := q.Taken(); working != 0 || waiting != 0 {
		t.Errorf("%d are at work and %d wait when all are done", working, waiting)
	}
}

func TestTakeGivesUp(t *testing.T) {
	for _, waiting := range []int{0, -1} {
		q := turns.New(turns.Options{AtOnce: 1, Waiting: waiting, Wait: time.Millisecond})
		done, err := q.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.Take(t.Context()); !errors.Is(err, turns.ErrBusy) {
			t.Errorf("Waiting %d: %v, want ErrBusy", waiting, err)
		}
		done()
	}
	q := turns.New(turns.Options{AtOnce: 1, Wait: time.Hour})
	done, err := q.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.Take(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is over: %v", err)
	}
	done()
	if working, waiting := q.Taken(); working != 0 || waiting != 0 {
		t.Errorf("%d are at work and %d wait when all are done", working, waiting)
	}
}
