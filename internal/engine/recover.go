package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A past is the record of a flow that is not at rest.
type past struct {
	asked     map[journal.ActionID]*journal.Entry
	completed map[journal.ActionID]*journal.Entry
	undone    map[journal.ActionID]bool // returned earlier, in a joint decision
	// What has run: Fired, Dropped, Entered and Faulted.
	matches map[string]*journal.Entry // by matchKey
	stages  map[stageKey]*journal.Entry
	faulted map[journal.ActionID]bool // an input could not be computed
	entries []journal.Entry
	// For effect actions: their progress and the decisions in force.
	tried   map[journal.ActionID]*attempt
	decided map[string]bool
}

func newPast(entries []journal.Entry) *past {
	p := &past{
		asked: map[journal.ActionID]*journal.Entry{}, completed: map[journal.ActionID]*journal.Entry{},
		matches: map[string]*journal.Entry{}, stages: map[stageKey]*journal.Entry{}, undone: map[journal.ActionID]bool{}, faulted: map[journal.ActionID]bool{}, entries: entries,
	}
	for i := range entries {
		x := &entries[i]
		switch x.Kind {
		case journal.Asked:
			p.asked[x.ID] = x
		case journal.Completed:
			if p.undone[x.ID] = x.Outcome == journal.Undone && p.completed[x.ID] != nil; p.undone[x.ID] {
				continue // the joint decision runs again: this action returned, but another did not
			}
			p.completed[x.ID] = x
		case journal.Fired, journal.Dropped:
			p.matches[matchKey(x.Sync, x.Matched)] = x
		case journal.Entered:
			p.stages[stageKey{x.Sync, x.Stage, x.Of, x.Line}] = x
		case journal.Faulted:
			switch {
			case len(x.Matched) > 0:
				p.matches[matchKey(x.Sync, x.Matched)] = x
			case x.ID != journal.ActionID{}:
				p.faulted[x.ID] = true
			case x.Sync != "":
				p.stages[stageKey{x.Sync, x.Stage, x.Of, x.Line}] = x
			}
		case journal.Tried, journal.Parked, journal.Decided:
			p.addAttempt(x)
		}
	}
	return p
}

// remember sets the record to resume from.
func (f *flow) remember(p *past) {
	f.past = p
	for i := range p.entries {
		switch x := &p.entries[i]; x.Kind {
		case journal.Begun:
			f.now = x.Moment
		case journal.Fired, journal.Entered:
			f.firings = max(f.firings, x.Number)
		case journal.Faulted:
			f.noteFault(errors.New(x.Text))
		}
	}
}

// parked returns the effect action about which an operator must decide, or nil.
func (p *past) parked(flow value.ID) *Waiting {
	for id, t := range p.tried {
		if t.parked && p.completed[id] == nil {
			return &Waiting{
				Action: p.asked[id].Action, Key: flow.String() + "/" + id.String(),
				Tries: int(t.tries), Reason: t.text, Parked: true,
			}
		}
	}
	return nil
}

// A stageKey names the entering of a stage.
type stageKey struct {
	sync  string
	stage int
	of    journal.FrameID
	line  int
}

func matchKey(sync string, matched []journal.ActionID) string {
	b := append([]byte(sync), 0)
	for _, id := range matched {
		b = binary.AppendUvarint(b, uint64(id.Firing))
		b = binary.AppendUvarint(b, uint64(id.Frame))
		b = binary.AppendUvarint(b, uint64(id.Line))
	}
	return string(b)
}

// recall completes an action with its outcome in the journal.
func (f *flow) recall(n int32) bool {
	if f.past == nil {
		return false
	}
	o := &f.occs[n]
	if asked := f.past.asked[o.id]; asked != nil && n > 0 {
		// The recorded inputs count: an expression may now give other values.
		for _, x := range asked.In {
			if i := o.action.Input(x.Name); i >= 0 {
				if value.Gone(x.Value) && !o.in[i].IsNull() && !value.Gone(o.in[i]) {
					continue
				}
				o.in[i] = x.Value
			}
		}
	}
	e := f.past.completed[o.id]
	if e == nil {
		if gone := goneInput(o); gone != "" && !f.giveUp(o) {
			f.dead = fmt.Errorf("%s needs the secret %s, which was lost when the process ended", o.action.FullName(), gone)
			f.noteFault(f.dead)
			f.complete(n, journal.Fault, nil)
			f.recordFailed(n, f.dead.Error())
			return true
		}
		return false
	}
	switch e.Outcome {
	case journal.Returned:
		out := f.values.take(len(o.action.Outputs))
		for _, x := range e.Out {
			if i := o.action.Output(x.Name); i >= 0 {
				out[i] = x.Value
			}
		}
		f.complete(n, journal.Returned, out)
		if o.action.Role == plan.Respond {
			f.answer = f.answerOf(o)
		}
	case journal.Refused:
		out := f.values.take(2)
		out[plan.RefusedError], out[plan.RefusedCode] = value.String(e.Text), value.String(e.Code)
		f.complete(n, journal.Refused, out)
	default:
		f.complete(n, e.Outcome, nil)
		if e.Outcome == journal.Fault {
			f.noteFault(errors.New(e.Text))
		}
	}
	return true
}

// giveUp reports whether an operator has cancelled an action.
func (f *flow) giveUp(o *occurrence) bool {
	t := f.past.tried[o.id]
	return t != nil && (t.cancelled || f.decision != nil && f.decision.Code == "cancel")
}

// goneInput names an input whose secret is lost.
func goneInput(o *occurrence) string {
	if o.action.Role != plan.Ordinary {
		return ""
	}
	for i, v := range o.in {
		if value.Gone(v) {
			return o.action.Inputs[i]
		}
	}
	return ""
}

// recallFiring finds a match in the journal: the number of its firing with its
// frames pushed on f.kept, or 0 if it was dropped or faulted.
func (f *flow) recallFiring(s *plan.Sync, at int) (number uint32, known bool) {
	if f.past == nil {
		return 0, false
	}
	matched := make([]journal.ActionID, len(s.When))
	for i := range matched {
		matched[i] = f.occs[f.tuples[at+i]].id
	}
	e := f.past.matches[matchKey(s.Name, matched)]
	if e == nil {
		return 0, false
	}
	switch e.Kind {
	case journal.Fired:
		f.recallFrames(s, e)
	case journal.Faulted:
		f.take(f.tuples[at : at+len(s.When)])
	}
	return e.Number, true
}

// recallStage finds the entering of a stage, or of the where of a line, in the journal: the
// number of its entry with its frames pushed on f.kept, or 0 if it faulted.
func (f *flow) recallStage(s *plan.Sync, stage *plan.Stage, of journal.FrameID, line int) (number uint32, known bool) {
	if f.past == nil {
		return 0, false
	}
	e := f.past.stages[stageKey{s.Name, stage.Index, of, line}]
	if e == nil {
		return 0, false
	}
	f.recallFrames(s, e)
	return e.Number, true
}

// recallFrames pushes the frames of an entry on f.kept.
func (f *flow) recallFrames(s *plan.Sync, e *journal.Entry) {
	for _, frame := range e.Frames {
		k := keptFrame{line: s.Line(frame.Line), slots: f.values.take(len(s.Slots))}
		for _, b := range frame.Bindings {
			if b.Slot < len(s.Slots) && s.Slots[b.Slot] == b.Name {
				k.slots[b.Slot] = b.Value
			}
		}
		f.kept = append(f.kept, k)
	}
}

// Recover resumes the unfinished flows, oldest first, and calls done, if it is not nil,
// for each. An error of one flow does not prevent the others from resuming; the errors
// are joined.
func (e *Engine) Recover(ctx context.Context, done func(Result)) error {
	ids, err := e.store.Unfinished(ctx)
	if err != nil {
		return fmt.Errorf("listing the unfinished flows: %w", err)
	}
	var all error
	for _, id := range ids {
		result, err := e.Resume(ctx, id)
		if err != nil {
			all = errors.Join(all, fmt.Errorf("resuming flow %s: %w", id, err))
			continue
		}
		if done != nil {
			done(result)
		}
	}
	return all
}

// Resume runs a flow again from its beginning. It takes what has happened from the
// journal and does only the rest. A flow with an effect action to run
// continues after Resume has returned; a parked flow stays as it is. Resume fails
// with ErrRunning if the flow is already being resumed, and with ErrOverdue if it
// still runs after its deadline.
func (e *Engine) Resume(ctx context.Context, id value.ID) (Result, error) {
	if !e.registry.claim(id) {
		return Result{Flow: id}, ErrRunning
	}
	return e.resumeClaimed(ctx, id)
}

func (e *Engine) resume(ctx context.Context, id value.ID, decision *store.Decision) (Result, error) {
	b, err := e.store.Journal(ctx, id)
	if err != nil {
		return Result{}, err
	}
	entries, err := journal.Read(b)
	if err != nil {
		return Result{}, err
	}
	if journal.Omits(entries) {
		return Result{}, fmt.Errorf("%w: values are missing that only a flow at rest may omit", journal.ErrCorrupt)
	}
	p := newPast(entries)
	if decision != nil && p.decided[decision.Name] {
		if err := e.store.RemoveDecision(ctx, *decision); err != nil {
			return Result{}, err
		}
		decision = nil
	}
	if w := p.parked(id); w != nil && decision == nil {
		if e.scheduler == nil {
			return Result{}, fmt.Errorf("%s is parked, but it is not an effect action in this program", w.Action)
		}
		e.scheduler.mu.Lock()
		e.scheduler.waiting[id] = &waitingFlow{state: *w}
		e.scheduler.mu.Unlock()
		return Result{Flow: id, Waiting: w}, nil
	}
	again := func(f *flow) (Result, error) {
		f.begin(ctx, Opening{ID: id})
		f.recovered, f.decision, f.storedBefore = p, decision, len(b)
		f.remember(p)
		return e.rerun(f, id)
	}
	if e.scheduler != nil {
		return e.scheduler.runDetached(true, again)
	}
	f := e.flows.Get().(*flow)
	defer func() {
		f.reset()
		e.flows.Put(f)
	}()
	return again(f)
}

// rerun runs a flow whose record is known.
func (e *Engine) rerun(f *flow, id value.ID) (Result, error) {
	p := f.past
	root := p.asked[journal.ActionID{}]
	if root == nil {
		f.session.Abandon()
		return Result{}, fmt.Errorf("%w: it has no first action", journal.ErrCorrupt)
	}
	var action *plan.Action
	for _, a := range e.plan.Actions {
		if a.FullName() == root.Action {
			action = a
		}
	}
	if action == nil {
		f.session.Abandon()
		return Result{}, fmt.Errorf("it began with %s, which this program does not have", root.Action)
	}
	in := make([]value.Value, len(action.Inputs))
	for _, x := range root.In {
		if i := action.Input(x.Name); i >= 0 {
			in[i] = x.Value
		}
	}
	return f.run(Opening{Action: action, In: in, ID: id})
}
