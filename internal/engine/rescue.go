package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/legible-lang/legible/value"
)

// An unfinished flow of the store either runs, waits in the scheduler, or is about to be
// resumed. Rescue finds and resumes those for which none of this is true.

// A presence is the part of a running flow that other goroutines may read: its id, and
// the Go action that it has begun last. It belongs to a *flow, which is reused for other
// flows.
type presence struct {
	high, low atomic.Uint64 // the id; high is zero between two flows
	action    atomic.Int32  // its index in the plan, from 1; 0 for none yet
}

func (p *presence) enter(id value.ID) {
	p.action.Store(0)
	p.low.Store(binary.BigEndian.Uint64(id[8:]))
	p.high.Store(binary.BigEndian.Uint64(id[:8]))
}

func (p *presence) leave() { p.high.Store(0) }

// runs reports whether the flow runs here. The answer is certain for a flow that
// was unfinished in the store before the call: it has entered before.
func (p *presence) runs(id value.ID) bool {
	return p.high.Load() == binary.BigEndian.Uint64(id[:8]) && p.low.Load() == binary.BigEndian.Uint64(id[8:])
}

// A registry has all *flow values, which are reused, and the flows that are about to be
// resumed.
type registry struct {
	mu      sync.Mutex
	flows   []weak.Pointer[flow]
	next    int // the length of flows at which it is cleaned up
	claimed map[value.ID]bool
	failing map[value.ID]*failing
	rescued atomic.Uint64
}

// A failing flow could not be resumed. After each try, Rescue skips it twice as many
// times.
type failing struct{ tries, skips int }

// add adds a new *flow.
func (r *registry) add(f *flow) *flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.flows) >= r.next {
		r.flows = slices.DeleteFunc(r.flows, func(p weak.Pointer[flow]) bool { return p.Value() == nil })
		r.next = 2*len(r.flows) + 16
	}
	r.flows = append(r.flows, weak.Make(f))
	return f
}

// claim gives the caller the exclusive right to resume a flow, until release. It reports
// whether the right was free.
func (r *registry) claim(id value.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.claimed[id] {
		return false
	}
	if r.claimed == nil {
		r.claimed = map[value.ID]bool{}
	}
	r.claimed[id] = true
	return true
}

func (r *registry) release(id value.ID) {
	r.mu.Lock()
	delete(r.claimed, id)
	r.mu.Unlock()
}

// runningLocked reports whether a flow runs, and the index from 1 of the Go action that
// it has begun last.
func (r *registry) runningLocked(id value.ID) (action int32, runs bool) {
	for _, p := range r.flows {
		if f := p.Value(); f != nil && f.presence.runs(id) {
			return f.presence.action.Load(), true
		}
	}
	return 0, false
}

// claimOrphans claims the unfinished flows that neither run nor wait.
func (e *Engine) claimOrphans(unfinished []value.ID) (orphans []value.ID) {
	if d := e.scheduler; d != nil {
		d.mu.Lock() // so that no waiting flow is being resumed
		defer d.mu.Unlock()
	}
	r := &e.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.failing {
		if !slices.Contains(unfinished, id) {
			delete(r.failing, id)
		}
	}
	for _, id := range unfinished {
		if r.claimed[id] || e.scheduler != nil && e.scheduler.waiting[id] != nil {
			continue
		}
		if _, runs := r.runningLocked(id); runs {
			continue
		}
		if x := r.failing[id]; x != nil && x.skips > 0 {
			x.skips--
			continue
		}
		if r.claimed == nil {
			r.claimed = map[value.ID]bool{}
		}
		r.claimed[id] = true
		orphans = append(orphans, id)
	}
	return orphans
}

// failed notes that a flow could not be resumed.
func (r *registry) failed(id value.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.failing[id]
	if x == nil {
		if r.failing == nil {
			r.failing = map[value.ID]*failing{}
		}
		x = &failing{}
		r.failing[id] = x
	}
	x.tries = min(x.tries+1, 8)
	x.skips = 1<<x.tries - 1
}

// ErrRunning reports that a flow is already being resumed.
var ErrRunning = errors.New("the flow is already being resumed")

// Rescue looks for flows of this process that are unfinished in the store and
// neither run nor wait. It logs and resumes each, and calls done, if it is not nil, for each that
// resumed. It is to be called periodically, by one goroutine at a time. It ignores
// a running flow, even a slow one. It retries a flow that cannot be
// resumed, in ever fewer calls. The error is that of listing the flows; errors of
// single flows are in the log.
func (e *Engine) Rescue(ctx context.Context, done func(Result)) error {
	const doing = "looking for unfinished flows that do not run"
	unfinished, err := e.store.Unfinished(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	orphans := e.claimOrphans(unfinished)
	if len(orphans) == 0 {
		return nil
	}
	// Flows that are at rest by now are not orphans. The claim excludes others.
	still, err := e.store.Unfinished(ctx)
	if err != nil {
		err = fmt.Errorf("%s: %w", doing, err)
	}
	for _, id := range orphans {
		if err != nil || ctx.Err() != nil || !slices.Contains(still, id) {
			e.releaseClaim(id)
			continue
		}
		e.registry.rescued.Add(1)
		e.options.Log.Warn("resuming unfinished flow that was not running", "flow", id.String())
		result, failed := e.resumeClaimed(ctx, id)
		switch {
		case failed != nil:
			e.registry.failed(id)
			e.options.Log.Error("resuming unfinished flow failed; it will be retried", "flow", id.String(), "error", failed.Error())
		case done != nil:
			done(result)
		}
	}
	return err
}

// Rescued counts the flows that Rescue has resumed.
func (e *Engine) Rescued() uint64 { return e.registry.rescued.Load() }

// resumeClaimed resumes a flow that the caller has claimed. It returns when the flow is
// at rest or waits, or with an error if it still runs after its deadline.
func (e *Engine) resumeClaimed(ctx context.Context, id value.ID) (Result, error) {
	return e.within(ctx.Done(), id, "", func() (Result, error) {
		defer e.releaseClaim(id)
		return e.resume(ctx, id, nil)
	})
}
