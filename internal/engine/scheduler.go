package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A scheduler runs the flows of a program that has effect actions. Each flow runs on
// a goroutine of its own, so that the caller can get an answer before the flow is at
// rest. The scheduler keeps the flows that wait and resumes them: when the next try
// is due, or when an operator has decided.
type scheduler struct {
	engine *Engine
	// stopping ends when the engine stops, and aborting when it can wait no longer.
	stopping, aborting context.Context
	stop, abort        context.CancelFunc

	mu      sync.Mutex
	waiting map[value.ID]*waitingFlow
	ready   []value.ID // the ready queue: flows that can run as soon as a slot is free
	slots   int        // in use: flows in memory whose caller does not wait
	running sync.WaitGroup
}

// A waitingFlow waits for a time, for a slot, or for a decision.
type waitingFlow struct {
	state Waiting
	timer *time.Timer // for a flow that is only in the store
	wake  chan wakeup // for a flow in memory; nil for one that is only in the store
	due   *wakeup     // for a flow that is to resume when its claim is released
}

// A wakeup wakes a flow: its next try is due, or an operator has decided.
type wakeup struct {
	decision *store.Decision
	paused   chan struct{} // closed when the flow waits again or has ended
}

func newScheduler(e *Engine) *scheduler {
	s := &scheduler{engine: e, waiting: map[value.ID]*waitingFlow{}}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.aborting, s.abort = context.WithCancel(context.Background())
	return s
}

func (s *scheduler) stopped() bool { return s.stopping.Err() != nil }

// A caller is the one that has asked for a flow and waits for its result.
type caller struct {
	answered atomic.Bool // it has got a result and no longer waits
	results  chan callResult
	patience *time.Timer
	hasSlot  bool          // the flow uses a slot of the scheduler
	paused   chan struct{} // to be closed when the flow waits or has ended; nil if nothing waits for it
}

type callResult struct {
	result   Result
	err      error
	panicked any
}

// answer sends the caller a result, unless it has got one already. It reports whether
// it did.
func (c *caller) answer(g callResult) bool {
	if c.answered.Swap(true) {
		return false
	}
	c.results <- g
	return true
}

var errStopped = fmt.Errorf("the engine has stopped: %w", store.ErrClosed)

// runDetached runs a flow on a goroutine of its own. It returns when the flow is at
// rest, or earlier with a preliminary result. A flow without a caller is detached.
func (s *scheduler) runDetached(detached bool, run func(*flow) (Result, error)) (Result, error) {
	s.mu.Lock()
	if s.stopped() {
		s.mu.Unlock()
		return Result{Undone: true}, errStopped
	}
	s.running.Add(1)
	s.mu.Unlock()
	c := &caller{results: make(chan callResult, 1)}
	go func() {
		defer s.running.Done()
		defer func() {
			p := recover()
			if c.patience != nil {
				c.patience.Stop()
			}
			if c.hasSlot {
				s.releaseSlot()
			}
			c.signalPaused()
			if p != nil && !c.answer(callResult{panicked: p}) {
				s.engine.options.Log.Error("panic running flow", "panic", recovered(p).Error())
			}
		}()
		f := s.engine.flows.Get().(*flow)
		f.caller, f.detached = c, detached
		result, err := run(f)
		if f.waitsFor != nil {
			s.addWaiting(result.Flow, *f.waitsFor)
		}
		f.reset()
		s.engine.flows.Put(f)
		if !c.answer(callResult{result: result, err: err}) && err != nil {
			s.engine.options.Log.Error("cannot run flow", "flow", result.Flow.String(), "error", err.Error())
		}
	}()
	g := <-c.results
	if g.panicked != nil {
		panic(g.panicked)
	}
	return g.result, g.err
}

// signalPaused reports that the flow waits or has ended.
func (c *caller) signalPaused() {
	if c.paused != nil {
		close(c.paused)
		c.paused = nil
	}
}

// answerEarly returns the caller a result before the effect action n runs, if there is
// one: the answer, or the outcome of an action asked from Go, which is durable by
// now. Otherwise it does so after Limits.Patience, without an answer. An engine with
// its own clock runs a flow as far as it can.
func (f *flow) answerEarly(n int32) {
	c, e := f.caller, f.engine
	if c == nil || e.options.Clock != nil || c.answered.Load() {
		return
	}
	var early Result
	f.fillResult(&early)
	early.Waiting = f.waitingFor(n, &attempt{})
	done := f.answer != nil || f.occs[0].action.Role != plan.Request && early.Outcome != journal.Pending
	switch {
	case done || f.detached:
		c.answer(callResult{result: early})
	case c.patience == nil:
		c.patience = time.AfterFunc(e.options.Limits.Patience, func() { c.answer(callResult{result: early}) })
	}
}

// acquireSlot takes a slot for a flow whose caller does not wait, before its effect
// action runs. It reports whether the flow may continue in memory. A flow that holds
// a secret always may.
func (f *flow) acquireSlot() bool {
	s, c := f.engine.scheduler, f.caller
	if f.dead != nil || s.stopped() {
		return false
	}
	if c.hasSlot || !f.detached && !c.answered.Load() {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slots >= f.engine.options.Limits.Waiting && !f.holdsSecret() {
		return false
	}
	s.slots++
	c.hasSlot = true
	return true
}

// releaseSlot frees a slot for the next flow.
func (s *scheduler) releaseSlot() {
	s.mu.Lock()
	s.slots--
	s.startReadyLocked()
	s.mu.Unlock()
}

// startReadyLocked resumes the next flow of the ready queue, if a slot is free.
func (s *scheduler) startReadyLocked() {
	for len(s.ready) > 0 && s.slots < s.engine.options.Limits.Waiting && !s.stopped() {
		id := s.ready[0]
		s.ready = s.ready[1:]
		if w := s.waiting[id]; w != nil && w.wake == nil && w.timer == nil && !w.state.Parked {
			s.resumeLocked(id, nil, nil)
			return // it takes the slot, and frees it when it ends
		}
	}
}

// awaitTry waits until the next try of an effect action is due. It reports false if
// the flow must not wait in memory.
func (f *flow) awaitTry(n int32, t *attempt) bool {
	e, c := f.engine, f.caller
	s := e.scheduler
	if f.dead != nil || s.stopped() {
		return false
	}
	wait := e.untilTry(t.next)
	if wait <= 0 || t.cancelled {
		return true
	}
	ownClock := e.options.Clock != nil
	detached := ownClock || f.detached || c.answered.Load()
	if detached && !f.holdsSecret() {
		return false
	}
	w := &waitingFlow{state: *f.waitingFor(n, t), wake: make(chan wakeup, 1)}
	s.mu.Lock()
	if detached && !c.hasSlot {
		s.slots++
		c.hasSlot = true
	}
	if detached && s.slots > e.options.Limits.Waiting {
		s.mu.Unlock()
		return false // its secret is lost, since there are not enough slots
	}
	s.waiting[f.id] = w
	s.mu.Unlock()
	var moment <-chan time.Time
	if ownClock {
		var r Result
		f.fillResult(&r)
		r.Waiting = f.waitingFor(n, t)
		c.answer(callResult{result: r})
		c.signalPaused()
	} else {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		moment = timer.C
	}
	var up wakeup
	select {
	case <-moment:
		s.mu.Lock()
		if s.waiting[f.id] == w {
			delete(s.waiting, f.id)
		}
		s.mu.Unlock()
		select { // a decision may have come first
		case up = <-w.wake:
		default:
		}
	case up = <-w.wake:
	case <-s.stopping.Done():
		return false
	}
	c.paused = up.paused
	if up.decision != nil {
		f.decision = up.decision
		t.apply(up.decision.Code, up.decision.Reason)
		t.decision = up.decision
	}
	t.next = time.Time{}
	return true
}

// untilTry returns the time until an action may be tried again. No pause is longer
// than the longest one: a later time was written by a clock that was ahead, and is
// ignored.
func (e *Engine) untilTry(next time.Time) time.Duration {
	if next.IsZero() {
		return 0
	}
	wait := next.Sub(e.now())
	var longest time.Duration
	for _, limits := range e.effects {
		if limits != nil {
			longest = max(longest, limits.Longest)
		}
	}
	if wait > longest {
		return 0
	}
	return max(0, wait)
}

// addWaiting adds a flow that is only in the store.
func (s *scheduler) addWaiting(id value.ID, state Waiting) {
	w := &waitingFlow{state: state}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped() {
		return
	}
	s.waiting[id] = w
	wait := s.engine.untilTry(state.Next)
	switch {
	case state.Parked:
	case wait == 0:
		s.ready = append(s.ready, id)
		s.startReadyLocked()
	case s.engine.options.Clock == nil:
		w.timer = time.AfterFunc(wait, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.waiting[id] == w {
				s.resumeLocked(id, nil, nil)
			}
		})
	}
}

// resumeLocked resumes a waiting flow. It closes paused, if it is not nil, when the
// flow waits again or has ended.
func (s *scheduler) resumeLocked(id value.ID, decision *store.Decision, paused chan struct{}) {
	w := s.waiting[id]
	if w.timer != nil {
		w.timer.Stop()
	}
	switch {
	case w.wake != nil:
		delete(s.waiting, id)
		w.wake <- wakeup{decision, paused}
		return
	case s.stopped():
		delete(s.waiting, id)
		if paused != nil {
			close(paused)
		}
		return
	case !s.engine.registry.claim(id):
		// The run that has ended in waiting has not released the claim yet.
		w.wakeLater(wakeup{decision, paused})
		return
	}
	delete(s.waiting, id)
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		if paused != nil {
			defer close(paused)
		}
		defer s.engine.releaseClaim(id)
		if !s.engine.store.Owns(id) {
			return // another process has it now
		}
		if _, err := s.engine.resume(s.stopping, id, decision); err != nil && !errors.Is(err, store.ErrClosed) {
			s.engine.options.Log.Error("cannot run flow", "flow", id.String(), "error", err.Error())
		}
	}()
}

// wakeLater notes that the flow is to resume when its claim is released.
func (w *waitingFlow) wakeLater(up wakeup) {
	if w.due != nil {
		if w.due.paused != nil {
			close(w.due.paused)
		}
		if up.decision == nil {
			up.decision = w.due.decision
		}
	}
	w.due = &up
}

// releaseClaim releases the claim on a flow. It resumes the flow if that became due
// meanwhile, and the next one that is ready, since the flow may have ended without
// the slot that it was resumed for.
func (e *Engine) releaseClaim(id value.ID) {
	e.registry.release(id)
	s := e.scheduler
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.waiting[id]; w != nil && w.due != nil {
		s.resumeLocked(id, w.due.decision, w.due.paused)
	}
	s.startReadyLocked()
}

// ApplyDecisions resumes the flows about which operators have decided. With a clock of
// its own, the engine also resumes the flows whose next try is due, and waits until
// they wait again or have ended. ApplyDecisions is to be called periodically, by one
// goroutine at a time.
func (e *Engine) ApplyDecisions(ctx context.Context) error {
	s := e.scheduler
	if s == nil {
		return nil
	}
	s.mu.Lock()
	n := len(s.waiting)
	s.mu.Unlock()
	if n == 0 {
		return nil
	}
	decisions, err := e.store.Decisions(ctx)
	if err != nil {
		return err
	}
	var pausing []chan struct{}
	s.mu.Lock()
	for _, x := range decisions {
		if s.waiting[x.Flow] != nil {
			paused := make(chan struct{})
			pausing = append(pausing, paused)
			s.resumeLocked(x.Flow, &x, paused)
		}
	}
	if e.options.Clock != nil {
		for id, w := range s.waiting {
			if !w.state.Parked && e.untilTry(w.state.Next) == 0 {
				paused := make(chan struct{})
				pausing = append(pausing, paused)
				s.resumeLocked(id, nil, paused)
			}
		}
	}
	s.mu.Unlock()
	if e.options.Clock != nil {
		for _, paused := range pausing {
			<-paused
		}
	}
	return nil
}

// HasEffects reports whether the program has effect actions.
func (e *Engine) HasEffects() bool { return e.scheduler != nil }

// Waiting counts the flows that wait for another try of an effect action, and
// those that are parked.
func (e *Engine) Waiting() (waiting, parked int) {
	if e.scheduler == nil {
		return 0, 0
	}
	e.scheduler.mu.Lock()
	defer e.scheduler.mu.Unlock()
	for _, w := range e.scheduler.waiting {
		if w.state.Parked {
			parked++
		} else {
			waiting++
		}
	}
	return waiting, parked
}

// Stop abandons the flows that wait, and waits for those that run. A running try of an
// effect action may continue until ctx ends; then its context is canceled. No flow
// begins after Stop.
func (e *Engine) Stop(ctx context.Context) {
	s := e.scheduler
	if s == nil {
		return
	}
	s.mu.Lock()
	s.stop()
	for _, w := range s.waiting {
		if w.timer != nil {
			w.timer.Stop()
		}
	}
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.running.Wait()
	}()
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	s.abort()
	select {
	case <-ended:
	case <-time.After(stopWait):
		s.engine.options.Log.Error("action did not return after its context ended; closing without it")
	}
}

// stopWait is the time that an action has to return after its context has ended, and
// a flow to end when the app closes.
const stopWait = 5 * time.Second
