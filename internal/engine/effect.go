package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// An effect action works outside of the store, where nothing can be undone. First the
// flow makes durable what it has done so far, including that the action was asked.
// Then it runs the action, with a key that is the same each time. Then it makes the
// outcome durable. After a crash without a durable outcome, the action runs again,
// with the same key. The record notes a try that fails, and another one follows after
// a pause. When there are no more tries, or none would help, the action is parked: the
// flow waits until an operator decides.
//
// During a pause a flow uses only memory, and only if it holds a secret, which the
// store cannot keep. Otherwise its session is abandoned, as at the end of a process,
// and the flow is resumed from the journal (see scheduler.go).

// A Waiting says what a flow waits for that is not at rest.
type Waiting struct {
	Action string // its full name
	Key    string // what ctx.Key returns in it
	Tries  int    // failed ones; 0 while the first one runs
	Reason string // the error of the last try
	Next   time.Time
	Parked bool // it is not tried again until an operator decides
}

// An attempt is the progress of an effect action.
type attempt struct {
	tries     uint32
	since     time.Time // the end of the first try
	next      time.Time // of the next try; zero for at once
	text      string    // the error of the last try
	parked    bool
	cancelled bool
	reason    string          // why it was cancelled
	decision  *store.Decision // to be recorded
}

// apply applies a decision.
func (t *attempt) apply(code, reason string) {
	*t = attempt{cancelled: code == "cancel", reason: reason}
}

// addAttempt updates the progress of effect actions, and the decisions in force, from
// an entry of the journal.
func (p *past) addAttempt(e *journal.Entry) {
	if p.tried == nil {
		p.tried, p.decided = map[journal.ActionID]*attempt{}, map[string]bool{}
	}
	t := p.tried[e.ID]
	if t == nil {
		t = &attempt{}
		p.tried[e.ID] = t
	}
	switch e.Kind {
	case journal.Tried:
		if t.tries == 0 {
			t.since = e.Moment
		}
		t.tries, t.next, t.text, t.parked = e.Tries, e.Next, e.Text, false
	case journal.Parked:
		t.tries, t.text, t.parked = e.Tries, e.Text, true
	case journal.Decided:
		t.apply(e.Code, e.Text)
		p.decided[e.Decision] = true
	}
}

// errWaiting ends the run of a flow that waits.
var errWaiting = errors.New("the flow waits for an effect action")

// performEffect runs an effect action and completes it, or ends the run of the flow.
func (f *flow) performEffect(n int32, limits *Tries) {
	began := time.Now()
	defer func() {
		// Effect actions do not count for the flow's deadline.
		f.call.start = f.call.start.Add(time.Since(began))
		f.call.forget()
	}()
	f.call.forget()
	o := &f.occs[n]
	a := o.action
	t := &attempt{}
	if f.past != nil && f.past.tried[o.id] != nil {
		*t = *f.past.tried[o.id]
	}
	if d := f.decision; d != nil && (f.past == nil || !f.past.decided[d.Name]) {
		t.apply(d.Code, d.Reason)
		t.decision = d
	}
	out := f.values.take(len(a.Outputs))
	if !f.checkPremises() {
		return
	}
	// What the tries read is no premise: an effect cannot be undone.
	defer f.forgetPremises()
	for {
		if t.parked || !f.awaitTry(n, t) {
			f.setWaiting(n, t)
			return
		}
		if d := t.decision; d != nil {
			f.recordDecided(n, d)
		}
		if !f.flush() {
			return
		}
		f.removeDecision(t)
		if t.cancelled {
			f.cancelled(n, t.reason)
			f.flush()
			return
		}
		f.answerEarly(n)
		if !f.acquireSlot() {
			f.setWaiting(n, t)
			return
		}
		clear(out)
		err := f.attempt(n, a, out, limits.Timeout)
		if f.suspended() {
			return // the action runs again, with the same key
		}
		var refusal *Refusal
		switch {
		case err == nil:
			f.complete(n, journal.Returned, out)
			f.recordReturned(n)
			f.flush()
			return
		case errors.As(err, &refusal):
			f.refuse(n, refusal)
			f.flush()
			return
		case f.engine.scheduler.stopped():
			f.setWaiting(n, t) // the try may have failed because the process stops
			return
		}
		f.failedTry(n, t, limits, err)
	}
}

// failedTry notes a failed try, and when the next one is.
func (f *flow) failedTry(n int32, t *attempt, limits *Tries, err error) {
	now := f.engine.now()
	if t.tries++; t.tries == 1 {
		t.since = now
	}
	t.text = firstLine(err.Error())
	t.next = now.Add(limits.pause(f.effectKey(n), t.tries)).Truncate(time.Millisecond)
	o, name := &f.occs[n], f.occs[n].action.FullName()
	switch {
	case isPermanent(err):
		t.parked = true
	case int(t.tries) >= limits.Most:
		t.parked = true
		t.text = fmt.Sprintf("the last of %d tries: %s", t.tries, t.text)
	case t.next.Sub(t.since) > limits.Total:
		t.parked = true
		t.text = fmt.Sprintf("the last try within %s: %s", limits.Total, t.text)
	}
	if t.parked {
		t.next = time.Time{}
	}
	log := f.engine.options.Log
	if t.parked {
		f.entries.Parked(o.id, name, t.tries, now, t.text)
		log.Error("effect action parked", "flow", f.idText, "action", name, "id", o.id.String(), "tries", t.tries, "error", err.Error())
	} else {
		f.entries.Tried(o.id, name, t.tries, now, t.next, t.text)
		log.Warn("effect action failed; it will be retried", "flow", f.idText, "action", name, "id", o.id.String(), "tries", t.tries,
			"next", t.next.UTC().Format(value.MomentLayout), "error", t.text)
	}
	f.flush()
}

// attempt runs the Go method once, with a deadline of its own.
func (f *flow) attempt(n int32, a *plan.Action, out []value.Value, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(f.ctx), timeout)
	defer cancel()
	defer context.AfterFunc(f.engine.scheduler.aborting, cancel)()
	f.call.ctx, f.call.cancel = ctx, cancel
	defer f.call.forget()
	err := f.invoke(&effectContext{ctx, &f.call}, n, a, f.given(n), out)
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		for _, spec := range a.Spec.Refusals {
			if spec.Code == refusal.Code {
				return err
			}
		}
		return Permanent(fmt.Errorf("%s declined with %s, which its specification does not have", a.FullName(), refusal.Code))
	case err != nil && ctx.Err() == context.DeadlineExceeded:
		return fmt.Errorf("%s: not done within %s: %w", a.FullName(), timeout, err)
	case err != nil:
		return fmt.Errorf("%s: %w", a.FullName(), err)
	}
	for i, v := range out {
		if v.IsUnset() {
			return Permanent(fmt.Errorf("%s returned without giving %s", a.FullName(), a.Outputs[i]))
		}
	}
	return nil
}

// cancelled completes an action that an operator has cancelled, with the refusal
// CANCELLED, which any action may have.
func (f *flow) cancelled(n int32, reason string) {
	sentence := reason
	if sentence == "" {
		sentence = "This was cancelled."
	}
	for _, spec := range f.occs[n].action.Spec.Refusals {
		if spec.Code == Cancelled {
			sentence = f.sentence(n, spec.Sentence, &Refusal{With: map[string]string{"reason": reason}})
		}
	}
	out := f.values.take(2)
	out[plan.RefusedError], out[plan.RefusedCode] = value.String(sentence), value.String(Cancelled)
	f.complete(n, journal.Refused, out)
	f.recordRefused(n)
}

// Cancelled is the code of the refusal of a cancelled effect action.
const Cancelled = "CANCELLED"

// flush makes durable what the flow has done so far. It reports whether the flow can
// continue.
func (f *flow) flush() bool {
	if f.dead != nil {
		return false
	}
	if err := f.checkRecordSize(f.writer.Size()); err != nil {
		f.stop(err)
		return false
	}
	f.writer.Resolve(true)
	f.record(false)
	if err := f.session.Flush(f.writer.Bytes[f.stored:]); err != nil {
		f.loseFlow(fmt.Errorf("making flow %s durable: %w", f.idText, store.Lost(err))) // after any error it is unknown what is durable
		return false
	}
	f.committed()
	return true
}

// loseFlow ends the run of a flow whose changes the store has lost.
func (f *flow) loseFlow(err error) {
	f.dead = err
	f.noteFault(err)
}

// removeDecision removes the decision from the store, once it is in the record.
func (f *flow) removeDecision(t *attempt) {
	d := f.decision
	f.decision, t.decision = nil, nil
	if d == nil {
		return
	}
	if err := f.engine.store.RemoveDecision(context.WithoutCancel(f.ctx), *d); err != nil {
		// A decision that is found again is known by its name.
		f.engine.options.Log.Warn("cannot delete the decision about a flow; it is ignored from now on", "flow", f.idText, "error", err.Error())
	}
}

// setWaiting ends the run of a flow that resumes later.
func (f *flow) setWaiting(n int32, t *attempt) {
	if f.dead != nil {
		return
	}
	f.dead = errWaiting
	f.waitsFor = f.waitingFor(n, t)
}

func (f *flow) waitingFor(n int32, t *attempt) *Waiting {
	return &Waiting{
		Action: f.occs[n].action.FullName(), Key: f.effectKey(n),
		Tries: int(t.tries), Reason: t.text, Next: t.next, Parked: t.parked,
	}
}

func (f *flow) effectKey(n int32) string { return f.idText + "/" + f.occs[n].id.String() }

// holdsSecret reports whether the flow has a secret, which only memory keeps.
func (f *flow) holdsSecret() bool {
	for i := range f.occs {
		for _, list := range [][]value.Value{f.occs[i].in, f.occs[i].out} {
			for _, v := range list {
				if v.HoldsSecret() && !value.Gone(v) {
					return true
				}
			}
		}
	}
	return false
}

// findEffects finds the effect actions and how they are retried.
func (e *Engine) findEffects() error {
	known := map[string]bool{}
	for _, a := range e.plan.Actions {
		if a.Spec.Kind != syntax.Effect {
			continue
		}
		if e.effects == nil {
			e.effects = make([]*Tries, len(e.plan.Actions))
			e.scheduler = newScheduler(e)
		}
		known[a.FullName()] = true
		tries := e.options.TriesOf[a.FullName()].or(e.options.Tries).or(defaultTries)
		e.effects[a.Index] = &tries
	}
	for name := range e.options.TriesOf {
		if !known[name] {
			return fmt.Errorf("TriesOf names %s, which is not an effect action of the program%s", name, nearest(name, known))
		}
	}
	return nil
}

func nearest(name string, known map[string]bool) string {
	names := slices.Sorted(maps.Keys(known))
	if len(names) == 0 {
		return ": it has none"
	}
	return ": those are " + strings.Join(names, ", ")
}
