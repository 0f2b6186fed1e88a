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

// An effect action reaches outside of the store, where nothing can be undone. So
// it is run like this: what the flow has done so far, its being asked included,
// is made durable; then it is run, with a key that is the same whenever it is
// run; then how it ended is made durable. Whoever goes on after a crash runs it
// again if the latter is missing, with the same key. A try that fails is told of
// in the record, and another follows after a pause. When there are no more
// tries, or none would help, the action is parked: the flow stays as it is until
// somebody decides.
//
// While it pauses a flow holds nothing but its memory, and not even that when it
// has no secret, which only memory can keep: then it is left, as at the end of a
// process, and gone on with from the journal (see desk.go).

// A Waiting says what a flow waits for that is not at rest.
type Waiting struct {
	Action string // in full
	Key    string // what ctx.Key gives it
	Tries  int    // that have failed; 0 while the first one runs
	Reason string // what the last one said
	Next   time.Time
	Parked bool // it is not tried again until somebody decides
}

// An attempt is how far an effect action has come.
type attempt struct {
	tries     uint32
	since     time.Time // the end of the first try
	next      time.Time // not before; zero for at once
	text      string    // of the last try
	parked    bool
	cancelled bool
	reason    string          // of a cancelled one
	decision  *store.Decision // to be recorded
}

// apply notes a decision.
func (t *attempt) apply(code, reason string) {
	*t = attempt{cancelled: code == "cancel", reason: reason}
}

// attemptsOf reads out of a journal how far effect actions have come, and which
// decisions count already.
func (p *past) attempts(e *journal.Entry) {
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

// errAside ends the running of a flow that is left for later.
var errAside = errors.New("the flow is left for later")

// reach runs an effect action and completes it, or leaves the flow.
func (f *flow) reach(n int32, limits *Tries) {
	began := time.Now()
	defer func() {
		// What is outside takes none of the flow's time.
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
	if d := f.word; d != nil && (f.past == nil || !f.past.decided[d.Name]) {
		t.apply(d.Code, d.Reason)
		t.decision = d
	}
	out := f.values.take(len(a.Outputs))
	if !f.confirm() {
		return
	}
	// What the tries read is no premise: what is done outside stays done.
	defer f.forgetPremises()
	for {
		if t.parked || !f.pause(n, t) {
			f.leave(n, t)
			return
		}
		if d := t.decision; d != nil {
			f.recordDecided(n, d)
		}
		if !f.sync() {
			return
		}
		f.settle(t)
		if t.cancelled {
			f.cancelled(n, t.reason)
			f.sync()
			return
		}
		f.part(n)
		if !f.admitted() {
			f.leave(n, t)
			return
		}
		clear(out)
		err := f.attempt(n, a, out, limits.Timeout)
		if f.suspended() {
			return // what is outside is asked again, with the same key
		}
		var refusal *Refusal
		switch {
		case err == nil:
			f.complete(n, journal.Returned, out)
			f.recordReturned(n)
			f.sync()
			return
		case errors.As(err, &refusal):
			f.refuse(n, refusal)
			f.sync()
			return
		case f.engine.desk.halted():
			f.leave(n, t) // perhaps the try was cut off by the end of the process
			return
		}
		f.failedTry(n, t, limits, err)
	}
}

// failedTry notes a try that failed, and what follows from it.
func (f *flow) failedTry(n int32, t *attempt, limits *Tries, err error) {
	now := f.engine.now()
	if t.tries++; t.tries == 1 {
		t.since = now
	}
	t.text = firstLine(err.Error())
	t.next = now.Add(limits.pause(f.keyOf(n), t.tries)).Truncate(time.Millisecond)
	o, name := &f.occs[n], f.occs[n].action.FullName()
	switch {
	case lasting(err):
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
	if !f.engine.options.NoJournal {
		if t.parked {
			f.writer.Parked(o.id, name, t.tries, now, t.text)
		} else {
			f.writer.Tried(o.id, name, t.tries, now, t.next, t.text)
		}
	}
	log := f.engine.options.Log
	if t.parked {
		log.Error("effect action parked", "flow", f.idText, "action", name, "id", o.id.String(), "tries", t.tries, "error", err.Error())
	} else {
		log.Warn("effect action failed; it will be retried", "flow", f.idText, "action", name, "id", o.id.String(), "tries", t.tries,
			"next", t.next.UTC().Format(value.MomentLayout), "error", t.text)
	}
	f.sync()
}

// attempt runs the Go method once, with a deadline of its own.
func (f *flow) attempt(n int32, a *plan.Action, out []value.Value, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(f.ctx), timeout)
	defer cancel()
	defer context.AfterFunc(f.engine.desk.cut, cancel)()
	f.call.ctx, f.call.cancel = ctx, cancel
	defer f.call.forget()
	err := f.invoke(&outside{ctx, &f.call}, n, a, f.given(n), out)
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

// cancelled completes an action as somebody decided: with the refusal CANCELLED,
// which any action may have.
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

// Cancelled is the code of the refusal with which an effect action ends that
// somebody has cancelled.
const Cancelled = "CANCELLED"

// sync makes durable what the flow has done so far. Without, it cannot go on.
func (f *flow) sync() bool {
	if f.dead != nil {
		return false
	}
	if err := f.overlong(f.writer.Size()); err != nil {
		f.stop(err)
		return false
	}
	f.writer.Settle(true)
	f.record(false)
	if err := f.hand.Flush(f.writer.Bytes[f.handed:]); err != nil {
		f.broke(fmt.Errorf("making flow %s durable: %w", f.idText, store.Lost(err))) // whatever it is, nobody knows what is durable
		return false
	}
	f.committed()
	return true
}

// broke ends the running of a flow that the store has lost.
func (f *flow) broke(err error) {
	f.dead = err
	f.failed(err)
}

// settle takes away the word that is in the record now.
func (f *flow) settle(t *attempt) {
	d := f.word
	f.word, t.decision = nil, nil
	if d == nil {
		return
	}
	if err := f.engine.store.RemoveDecision(context.WithoutCancel(f.ctx), *d); err != nil {
		// It is known by its name when it is found again.
		f.engine.options.Log.Warn("deleting a decision about a flow", "flow", f.idText, "error", err.Error())
	}
}

// leave ends the running of a flow that goes on at another time.
func (f *flow) leave(n int32, t *attempt) {
	if f.dead != nil {
		return
	}
	f.dead = errAside
	f.aside = f.waiting(n, t)
}

func (f *flow) waiting(n int32, t *attempt) *Waiting {
	return &Waiting{
		Action: f.occs[n].action.FullName(), Key: f.keyOf(n),
		Tries: int(t.tries), Reason: t.text, Next: t.next, Parked: t.parked,
	}
}

func (f *flow) keyOf(n int32) string { return f.idText + "/" + f.occs[n].id.String() }

// secretive tells whether the flow knows a secret, which is gone when it is left.
func (f *flow) secretive() bool {
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

// findEffects finds out which actions reach outside, and how they are tried.
func (e *Engine) findEffects() error {
	known := map[string]bool{}
	for _, a := range e.plan.Actions {
		if a.Spec.Kind != syntax.Effect {
			continue
		}
		if e.effects == nil {
			e.effects = make([]*Tries, len(e.plan.Actions))
			e.desk = newDesk(e)
		}
		known[a.FullName()] = true
		tries := e.options.TriesOf[a.FullName()].or(e.options.Tries).or(defaultTries)
		e.effects[a.Index] = &tries
	}
	for name := range e.options.TriesOf {
		if !known[name] {
			return fmt.Errorf("TriesOf names %s, which is no effect action of the program%s", name, nearest(name, known))
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
