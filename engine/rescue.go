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

// A flow that is among the unfinished of its store must be somewhere: it runs, it
// waits on the shelf of the desk, or somebody is about to go on with it. Rescue
// finds those that are nowhere, for whatever reason, and goes on with them.

// A presence is what others may know of a flow that is run: which one it is, and
// which action in Go it has begun last. It belongs to the room of the flow, which
// is used for one flow after the other.
type presence struct {
	high, low atomic.Uint64 // the id; both are zero between two flows
	action    atomic.Int32  // its index in the plan, from 1; 0 for none yet
}

func (p *presence) enter(id value.ID) {
	p.action.Store(0)
	p.low.Store(binary.BigEndian.Uint64(id[8:]))
	p.high.Store(binary.BigEndian.Uint64(id[:8]))
}

func (p *presence) leave() { p.high.Store(0) }

// is tells whether the flow is run here. Of a flow that the store knew before the
// call as unfinished the answer is sure, since it has entered before.
func (p *presence) is(id value.ID) bool {
	return p.high.Load() == binary.BigEndian.Uint64(id[:8]) && p.low.Load() == binary.BigEndian.Uint64(id[8:])
}

// A roll knows the rooms that flows run in, and the flows that somebody is about
// to go on with.
type roll struct {
	mu      sync.Mutex
	rooms   []weak.Pointer[flow]
	next    int // how many rooms there are when the list is looked through
	claimed map[value.ID]bool
	failing map[value.ID]*failing
	rescued atomic.Uint64
}

// A failing flow could not be gone on with: after each look that tried, twice as
// many are let go by.
type failing struct{ times, pause int }

// add puts a new room on the roll.
func (r *roll) add(f *flow) *flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.rooms) >= r.next {
		r.rooms = slices.DeleteFunc(r.rooms, func(p weak.Pointer[flow]) bool { return p.Value() == nil })
		r.next = 2*len(r.rooms) + 16
	}
	r.rooms = append(r.rooms, weak.Make(f))
	return f
}

// claim makes the caller the one who goes on with a flow, until release. It
// fails when somebody else is.
func (r *roll) claim(id value.ID) bool {
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

func (r *roll) release(id value.ID) {
	r.mu.Lock()
	delete(r.claimed, id)
	r.mu.Unlock()
}

// running tells whether a flow is in one of the rooms, and the index from 1 of the
// action in Go that it has begun last. It must be called with mu.
func (r *roll) running(id value.ID) (action int32, runs bool) {
	for _, p := range r.rooms {
		if f := p.Value(); f != nil && f.presence.is(id) {
			return f.presence.action.Load(), true
		}
	}
	return 0, false
}

// claimOrphans claims those of the unfinished flows that are nowhere.
func (e *Engine) claimOrphans(unfinished []value.ID) (orphans []value.ID) {
	if d := e.desk; d != nil {
		d.mu.Lock() // so that none is between the shelf and whoever takes it from there
		defer d.mu.Unlock()
	}
	r := &e.roll
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.failing {
		if !slices.Contains(unfinished, id) {
			delete(r.failing, id)
		}
	}
	for _, id := range unfinished {
		if r.claimed[id] || e.desk != nil && e.desk.shelf[id] != nil {
			continue
		}
		if _, runs := r.running(id); runs {
			continue
		}
		if x := r.failing[id]; x != nil && x.pause > 0 {
			x.pause--
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

// failed notes that a flow could not be gone on with.
func (r *roll) failed(id value.ID) {
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
	x.times = min(x.times+1, 8)
	x.pause = 1<<x.times - 1
}

// ErrRunning says that somebody is going on with a flow already.
var ErrRunning = errors.New("the flow is being gone on with already")

// Rescue looks for flows of this process that are unfinished in the store, and
// neither run nor wait: whoever had them has given them up, and nobody has taken
// them. It says so in the log, goes on with each, and calls done, if it is not
// nil, for each that went on. It is to be called every now and then, by one at a
// time. A flow that is running is left alone, however long it takes. One that
// cannot be gone on with is tried again after ever more calls. The error is that
// of looking; what one flow met is in the log.
func (e *Engine) Rescue(ctx context.Context, done func(Result)) error {
	const doing = "looking for flows that nobody runs"
	unfinished, err := e.store.Unfinished(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	orphans := e.claimOrphans(unfinished)
	if len(orphans) == 0 {
		return nil
	}
	// What has come to rest since is no orphan. Nobody else begins with one now.
	still, err := e.store.Unfinished(ctx)
	if err != nil {
		err = fmt.Errorf("%s: %w", doing, err)
	}
	for _, id := range orphans {
		if err != nil || ctx.Err() != nil || !slices.Contains(still, id) {
			e.roll.release(id)
			continue
		}
		e.roll.rescued.Add(1)
		e.options.Log.Warn("resuming unfinished flow that was not running", "flow", id.String())
		result, failed := e.goOn(ctx, id)
		switch {
		case failed != nil:
			e.roll.failed(id)
			e.options.Log.Error("resuming unfinished flow failed; it will be retried", "flow", id.String(), "error", failed.Error())
		case done != nil:
			done(result)
		}
	}
	return err
}

// Rescued counts the flows that Rescue has gone on with.
func (e *Engine) Rescued() uint64 { return e.roll.rescued.Load() }

// goOn goes on with a flow that the caller has claimed, and returns when it is at
// rest or waits, or with an error when its deadline has passed and it runs still.
func (e *Engine) goOn(ctx context.Context, id value.ID) (Result, error) {
	return e.within(ctx.Done(), id, "", func() (Result, error) {
		defer e.roll.release(id)
		return e.resume(ctx, id, nil)
	})
}
