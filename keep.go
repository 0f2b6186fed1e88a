package legible

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/legible-lang/legible/store"
)

// Keep says how long an app remembers what has happened in it. State is no part
// of this: it stays until an action removes it.
type Keep struct {
	// JournalAge is how long the record of a flow at rest is kept, 30 days for
	// 0. When it is negative, age does not matter.
	JournalAge time.Duration
	// JournalFlows is of how many flows at rest the record is kept at most,
	// 1,000,000 for 0. When it is negative, number does not matter.
	JournalFlows int
}

// ParseAge reads an age as people write it: "30d" for days, "36h" or "90m" as
// Go has it, "all" for no limit, which is negative.
func ParseAge(text string) (time.Duration, error) {
	if text == "all" {
		return -1, nil
	}
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 100_000 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, nil
	}
	return 0, fmt.Errorf("an age is written as 30d, 36h or 90m, or all for no limit, not %q", text)
}

const (
	// keepFirst is when an app that has started looks first for what is not to
	// be kept: after whatever makes a start slow.
	keepFirst = time.Minute
	keepEvery = time.Hour
	// blobAge is how long a large value is left that nothing refers to: longer
	// than any flow that is about to refer to it.
	blobAge = time.Hour
)

// retention is what the store is asked to forget at a moment.
func (k Keep) retention(now time.Time) store.Retention {
	if k.JournalAge == 0 {
		k.JournalAge = 30 * 24 * time.Hour
	}
	if k.JournalFlows == 0 {
		k.JournalFlows = 1_000_000
	}
	r := store.Retention{Keep: max(k.JournalFlows, 0)}
	if k.JournalAge > 0 {
		r.Before = now.Add(-k.JournalAge)
	}
	return r
}

// A keeper clears away beside an app what is not to be kept.
type keeper struct {
	store   store.Store
	keep    Keep
	log     *slog.Logger
	stop    context.CancelFunc
	stopped chan struct{}
}

// keep begins a keeper, to be ended with end.
func keep(ctx context.Context, st store.Store, k Keep, log *slog.Logger) *keeper {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	x := &keeper{st, k, log, stop, make(chan struct{})}
	go x.run(ctx)
	return x
}

// end waits for what is being done. No keeper has nothing to end.
func (x *keeper) end() {
	if x == nil {
		return
	}
	x.stop()
	<-x.stopped
}

func (x *keeper) run(ctx context.Context) {
	defer close(x.stopped)
	timer := time.NewTimer(keepFirst)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		x.clearAway(ctx)
		timer.Reset(keepEvery)
	}
}

// clearAway does it once. What fails is told, and tried again the next time.
func (x *keeper) clearAway(ctx context.Context) {
	flows, err := x.store.Forget(ctx, x.keep.retention(time.Now()))
	if err != nil && ctx.Err() == nil {
		x.log.Error("the record of old flows could not be cleared away", "error", err)
	}
	blobs, err := x.store.SweepBlobs(ctx, blobAge)
	if err != nil && ctx.Err() == nil {
		x.log.Error("large values that nothing refers to could not be cleared away", "error", err)
	}
	if flows > 0 || blobs > 0 {
		x.log.Info("cleared away", "flows", flows, "blobs", blobs)
	}
}
