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

// A desk looks after the flows that wait for something outside, of a program
// that has effect actions. Such a program's flows run on goroutines of their
// own, so that who asked can have an answer before they are at rest.
type desk struct {
	engine *Engine
	// Halt ends when the engine is to stop, and cut when it can wait no longer.
	halt, cut   context.Context
	stop, sever context.CancelFunc

	mu      sync.Mutex
	shelf   map[value.ID]*shelved
	backlog []value.ID // that could go on, but for want of room
	held    int        // flows in memory that nobody waits for
	running sync.WaitGroup
}

// A shelved flow waits for a moment, for room, or for a decision.
type shelved struct {
	waiting Waiting
	timer   *time.Timer // for a flow that was left
	wake    chan word   // for a flow that is held in memory; nil for one that was left
}

// A word wakes a flow: its moment has come, or somebody has decided.
type word struct {
	decision *store.Decision
	settled  chan struct{} // closed when the flow has come to a stop again
}

func newDesk(e *Engine) *desk {
	d := &desk{engine: e, shelf: map[value.ID]*shelved{}}
	d.halt, d.stop = context.WithCancel(context.Background())
	d.cut, d.sever = context.WithCancel(context.Background())
	return d
}

func (d *desk) halted() bool { return d.halt.Err() != nil }

// A handoff is between a flow and who asked for it.
type handoff struct {
	taken    atomic.Bool // who asked has been told something
	given    chan given
	patience *time.Timer
	placed   bool          // the flow has a place among those that nobody waits for
	settled  chan struct{} // to be closed when the flow has come to a stop
}

type given struct {
	result   Result
	err      error
	panicked any
}

// give tells who asked, the first time.
func (h *handoff) give(g given) bool {
	if h.taken.Swap(true) {
		return false
	}
	h.given <- g
	return true
}

var errStopped = fmt.Errorf("the engine has stopped: %w", store.ErrClosed)

// apart runs a flow on a goroutine of its own, and returns when it is at rest or
// who asked is told something before that. Alone says that nobody waits.
func (d *desk) apart(alone bool, run func(*flow) (Result, error)) (Result, error) {
	d.mu.Lock()
	if d.halted() {
		d.mu.Unlock()
		return Result{Undone: true}, errStopped
	}
	d.running.Add(1)
	d.mu.Unlock()
	h := &handoff{given: make(chan given, 1)}
	go func() {
		defer d.running.Done()
		defer func() {
			p := recover()
			if h.patience != nil {
				h.patience.Stop()
			}
			if h.placed {
				d.release()
			}
			h.settle()
			if p != nil && !h.give(given{panicked: p}) {
				d.engine.options.Log.Error("panic running flow", "panic", recovered(p).Error())
			}
		}()
		f := d.engine.flows.Get().(*flow)
		f.handoff, f.alone = h, alone
		result, err := run(f)
		if f.aside != nil {
			d.put(result.Flow, *f.aside)
		}
		f.reset()
		d.engine.flows.Put(f)
		if !h.give(given{result: result, err: err}) && err != nil {
			d.engine.options.Log.Error("cannot run flow", "flow", result.Flow.String(), "error", err.Error())
		}
	}()
	g := <-h.given
	if g.panicked != nil {
		panic(g.panicked)
	}
	return g.result, g.err
}

// settle tells who waits for it that the flow has come to a stop.
func (h *handoff) settle() {
	if h.settled != nil {
		close(h.settled)
		h.settled = nil
	}
}

// part lets who asked go when there is something to tell: the answer, or how the
// action ended that was asked from Go, which is durable by now; or, after a while, that there is none yet. With a clock of
// its own the engine runs a flow for as long as it can.
func (f *flow) part(n int32) {
	h, e := f.handoff, f.engine
	if h == nil || e.options.Clock != nil || h.taken.Load() {
		return
	}
	var early Result
	f.tell(&early)
	early.Waiting = f.waiting(n, &attempt{})
	done := f.answer != nil || f.occs[0].action.Role != plan.Request && early.Outcome != journal.Pending
	switch {
	case done || f.alone:
		h.give(given{result: early})
	case h.patience == nil:
		h.patience = time.AfterFunc(e.options.Limits.Patience, func() { h.give(given{result: early}) })
	}
}

// admitted takes a place for a flow that nobody waits for, before it is run
// outside. A flow that finds none is left, unless it knows a secret.
func (f *flow) admitted() bool {
	d, h := f.engine.desk, f.handoff
	if f.dead != nil || d.halted() {
		return false
	}
	if h.placed || !f.alone && !h.taken.Load() {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held >= f.engine.options.Limits.Waiting && !f.secretive() {
		return false
	}
	d.held++
	h.placed = true
	return true
}

// release gives a place to the next one.
func (d *desk) release() {
	d.mu.Lock()
	d.held--
	d.nextLocked()
	d.mu.Unlock()
}

// nextLocked starts who waits for room.
func (d *desk) nextLocked() {
	for len(d.backlog) > 0 && d.held < d.engine.options.Limits.Waiting && !d.halted() {
		id := d.backlog[0]
		d.backlog = d.backlog[1:]
		if s := d.shelf[id]; s != nil && s.wake == nil && s.timer == nil && !s.waiting.Parked {
			d.startLocked(id, nil, nil)
			return // it takes the place, or makes room again
		}
	}
}

// pause waits until an action may be run, and tells whether it may: if not, the
// flow is to be left.
func (f *flow) pause(n int32, t *attempt) bool {
	e, h := f.engine, f.handoff
	d := e.desk
	if f.dead != nil || d.halted() {
		return false
	}
	wait := e.untilTry(t.next)
	if wait <= 0 || t.cancelled {
		return true
	}
	own := e.options.Clock != nil
	nobody := own || f.alone || h.taken.Load()
	if nobody && !f.secretive() {
		return false
	}
	s := &shelved{waiting: *f.waiting(n, t), wake: make(chan word, 1)}
	d.mu.Lock()
	if nobody && !h.placed {
		d.held++
		h.placed = true
	}
	if nobody && d.held > e.options.Limits.Waiting {
		d.mu.Unlock()
		return false // a secret is lost, since there is no room for all
	}
	d.shelf[f.id] = s
	d.mu.Unlock()
	var moment <-chan time.Time
	if own {
		var r Result
		f.tell(&r)
		r.Waiting = f.waiting(n, t)
		h.give(given{result: r})
		h.settle()
	} else {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		moment = timer.C
	}
	var w word
	select {
	case <-moment:
		d.mu.Lock()
		if d.shelf[f.id] == s {
			delete(d.shelf, f.id)
		}
		d.mu.Unlock()
		select { // somebody was faster
		case w = <-s.wake:
		default:
		}
	case w = <-s.wake:
	case <-d.halt.Done():
		return false
	}
	h.settled = w.settled
	if w.decision != nil {
		f.word = w.decision
		t.apply(w.decision.Code, w.decision.Reason)
		t.decision = w.decision
	}
	t.next = time.Time{}
	return true
}

// untilTry is how long it takes until an action may be tried again. No pause is
// longer than the longest: a moment beyond it was written by a clock that was
// ahead, and nothing waits for the clock to come there again.
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

// put puts a flow on the shelf that was left.
func (d *desk) put(id value.ID, w Waiting) {
	s := &shelved{waiting: w}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.halted() {
		return
	}
	d.shelf[id] = s
	wait := d.engine.untilTry(w.Next)
	switch {
	case w.Parked:
	case wait == 0:
		d.backlog = append(d.backlog, id)
		d.nextLocked()
	case d.engine.options.Clock == nil:
		s.timer = time.AfterFunc(wait, func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.shelf[id] == s {
				d.startLocked(id, nil, nil)
			}
		})
	}
}

// startLocked goes on with a flow of the shelf.
func (d *desk) startLocked(id value.ID, decision *store.Decision, settled chan struct{}) {
	s := d.shelf[id]
	delete(d.shelf, id)
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.wake != nil {
		s.wake <- word{decision, settled}
		return
	}
	if d.halted() || !d.engine.roll.claim(id) {
		if settled != nil {
			close(settled)
		}
		return
	}
	d.running.Add(1)
	go func() {
		defer d.running.Done()
		if settled != nil {
			defer close(settled)
		}
		defer d.engine.roll.release(id)
		if !d.engine.store.Owns(id) {
			return // it is another process's by now
		}
		if _, err := d.engine.resume(d.halt, id, decision); err != nil && !errors.Is(err, store.ErrClosed) {
			d.engine.options.Log.Error("cannot run flow", "flow", id.String(), "error", err.Error())
		}
	}()
}

// Attend takes up what people have decided about flows, and with a clock of its
// own what has become due. It is to be called every now and then, by one at a
// time.
func (e *Engine) Attend(ctx context.Context) error {
	d := e.desk
	if d == nil {
		return nil
	}
	d.mu.Lock()
	n := len(d.shelf)
	d.mu.Unlock()
	if n == 0 {
		return nil
	}
	decisions, err := e.store.Decisions(ctx)
	if err != nil {
		return err
	}
	var settling []chan struct{}
	d.mu.Lock()
	for _, x := range decisions {
		if d.shelf[x.Flow] != nil {
			settled := make(chan struct{})
			settling = append(settling, settled)
			d.startLocked(x.Flow, &x, settled)
		}
	}
	if e.options.Clock != nil {
		for id, s := range d.shelf {
			if !s.waiting.Parked && e.untilTry(s.waiting.Next) == 0 {
				settled := make(chan struct{})
				settling = append(settling, settled)
				d.startLocked(id, nil, settled)
			}
		}
	}
	d.mu.Unlock()
	if e.options.Clock != nil {
		for _, settled := range settling {
			<-settled
		}
	}
	return nil
}

// HasEffects tells whether the program has effect actions at all.
func (e *Engine) HasEffects() bool { return e.desk != nil }

// Waiting counts the flows that wait for another try of an effect action, and
// those that are parked.
func (e *Engine) Waiting() (waiting, parked int) {
	if e.desk == nil {
		return 0, 0
	}
	e.desk.mu.Lock()
	defer e.desk.mu.Unlock()
	for _, s := range e.desk.shelf {
		if s.waiting.Parked {
			parked++
		} else {
			waiting++
		}
	}
	return waiting, parked
}

// Stop leaves the flows that wait, and waits for those that are running. A try
// that is running is given until ctx ends, and is cut off then. No flow begins
// any more.
func (e *Engine) Stop(ctx context.Context) {
	d := e.desk
	if d == nil {
		return
	}
	d.mu.Lock()
	d.stop()
	for _, s := range d.shelf {
		if s.timer != nil {
			s.timer.Stop()
		}
	}
	d.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.running.Wait()
	}()
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	d.sever()
	select {
	case <-ended:
	case <-time.After(stopWait):
		d.engine.options.Log.Error("action did not return after its context ended; closing without it")
	}
}

// stopWait is how long an action has to notice that its context has ended, and a
// flow to come to its end when the app does.
const stopWait = 5 * time.Second
