package legible

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/legible-lang/legible/store"
)

// Keep says how long an app keeps its record. It does not concern state, which
// stays until an action removes it.
type Keep struct {
	// JournalAge is how long the record of a flow at rest is kept; 0 means 30 days.
	// If negative, age does not matter.
	JournalAge time.Duration
	// JournalFlows is the maximum number of flows at rest with a record; 0 means
	// 1,000,000. If negative, the number does not matter.
	JournalFlows int
}

// ParseAge parses an age: "30d" for days, "36h" or "90m" as in Go, "all" for no
// limit, which is negative.
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
	// keepFirst is how long after its start an app first looks for what to forget:
	// after the slow part of the start.
	keepFirst = time.Minute
	keepEvery = time.Hour
	// blobAge is how long an unreferenced large value is kept: longer than any flow
	// that is about to refer to it.
	blobAge = time.Hour
)

// retention returns what the store is to forget at a time.
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

// retain starts the loop that forgets.
func (a *App) retain(ctx context.Context) *loop {
	return startLoop(ctx, keepFirst, func(ctx context.Context) time.Duration {
		a.forget(ctx)
		return keepEvery
	})
}

// forget runs once. It logs errors; the next run tries again.
func (a *App) forget(ctx context.Context) {
	flows, err := a.store.Forget(ctx, a.options.Keep.retention(time.Now()))
	if err != nil && ctx.Err() == nil {
		a.log.Error("cannot remove the record of old flows; trying again later", "error", err)
	}
	blobs, err := a.store.SweepBlobs(ctx, blobAge)
	if err != nil && ctx.Err() == nil {
		a.log.Error("cannot remove large values that nothing refers to; trying again later", "error", err)
	}
	if flows > 0 || blobs > 0 {
		a.log.Info("removed old records", "flows", flows, "blobs", blobs)
	}
}
