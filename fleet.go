package legible

import (
	"context"
	"errors"
	"sync"

	"github.com/legible-lang/legible/engine"
	"github.com/legible-lang/legible/store"
)

// A fleet goes on with flows that a store shared by several processes hands to
// this one: those of a process that is gone, and its own that were given up.
type fleet struct {
	stop  context.CancelFunc
	ended sync.WaitGroup
}

// join begins to take flows over; it is nil for a store that is not shared.
func (a *App) join(ctx context.Context, st store.Store, e *engine.Engine) *fleet {
	shared, ok := st.(store.Fleet)
	if !ok {
		return nil
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	f := &fleet{stop: stop}
	f.ended.Go(func() {
		for {
			ids, err := shared.Taken(ctx)
			if err != nil {
				return // closing, or the store has ended
			}
			for _, id := range ids {
				if !st.Has(id) {
					continue // it came to rest meanwhile, or another process has it
				}
				switch r, err := e.Resume(ctx, id); {
				case errors.Is(err, engine.ErrRunning):
				case err != nil:
					a.log.Error("going on with a flow that was taken over; this is tried again later", "flow", id.String(), "error", err)
				default:
					a.wentOn(r)
				}
			}
		}
	})
	return f
}

// leave ends the taking over.
func (f *fleet) leave() {
	if f != nil {
		f.stop()
		f.ended.Wait()
	}
}
