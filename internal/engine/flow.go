package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// An Outcome is how an action ended.
type Outcome = journal.Outcome

// An occurrence is one action of a flow. Its number is its index in flow.occs,
// which is the order in which actions were asked.
type occurrence struct {
	action  *plan.Action
	by      *plan.Sync // that asked it; nil for the first action
	id      journal.ActionID
	in      []value.Value
	out     []value.Value // outputs, or sentence and code of a refusal
	outcome Outcome
	seq     int32 // order of completion, from 1
	depth   int32
	taken   bool          // a sync that matched it fired or faulted, or an else handled it
	after   time.Duration // of a refusal: when to try again
}

// A flow is one running flow. One goroutine uses it, and then it is reused for
// another flow. Nothing that it returns may be kept.
type flow struct {
	engine   *Engine
	ctx      context.Context
	id       value.ID
	idText   string
	now      time.Time
	session  session
	presence presence
	call     call

	occs   []occurrence
	values arena
	seq    int32
	lists  []occList // by action, returned and refused: see list
	stamp  uint32
	// Stacks; each user cuts them back when it is done.
	slots    []value.Value
	tuples   []int32
	building []int32 // the match being tried
	refs     []plan.Ref
	kept     []keptFrame
	dropped  []droppedFrame
	rows     []Rows // free rows of queries
	joined   map[*plan.Join]*joinIndex

	firings      uint32
	writer       journal.Writer
	entries      journal.EntryWriter // the writer, or journal.Discard
	stored       int                 // bytes of the journal that the store has
	storedBefore int                 // bytes of the journal written by an earlier run of the flow
	// The reads since the last commit, and what follows from them.
	premises      []premise
	premiseBytes  int64         // estimated size of their rows
	untracked     bool          // reads are not noted as premises
	rewinds       int           // since the last commit
	rewound       time.Time     // the last rewind
	ran           time.Duration // from rewound to the write transaction
	pinned        bool          // it stays in a write transaction until the next commit
	readOnly      bool          // it only reads, in one transaction: see readSnapshot
	dead          error
	changed       bool // the flow has committed something
	fault         error
	answer        *Answer
	recovered     *past // the store's record of the flow when it began
	past          *past // what is known from before the last commit
	times         Times // if there is an observer
	frameBytes    int64 // bytes: estimate for the frames of current firings
	reserve       func(int64) bool
	reserved      int64     // bytes that were reserved
	togetherDepth int       // inside then together: completions are not considered
	asking        *plan.Ask // the line whose action is being asked; nil for the first action

	// For programs with effect actions.
	caller   *caller         // to a caller
	detached bool            // it has no caller
	decision *store.Decision // with which the flow resumes
	waitsFor *Waiting        // set when the flow stops running to wait
}

type occList struct {
	stamp uint32
	occs  []int32
}

func newFlow(e *Engine) *flow {
	f := &flow{engine: e, lists: make([]occList, 2*len(e.plan.Actions))}
	f.call.flow = f
	f.entries = &f.writer
	if e.options.NoJournal {
		f.entries = journal.Discard
	}
	return f
}

func (f *flow) begin(ctx context.Context, o Opening) {
	f.ctx = ctx
	f.call.start = time.Now()
	f.now = f.call.start
	if clock := f.engine.options.Clock; clock != nil {
		f.now = clock()
	}
	f.id = o.ID
	if f.id == value.Zero {
		f.id = f.engine.options.IDs.At(f.now)
	}
	f.idText = f.id.String()
	f.session = session{Session: f.engine.store.NewSession(f.id)}
	f.reserve = o.Reserve
	f.stamp++
	if !f.engine.options.FullRecord {
		f.writer.Brief = brief
	}
	f.presence.enter(f.id)
}

// committed updates the flow after a commit.
func (f *flow) committed() {
	f.stored = len(f.writer.Bytes)
	f.forgetPremises()
	f.rewinds, f.changed = 0, true
	f.untracked = f.engine.options.NoJournal // without a record the flow cannot go back to this commit
}

// reset releases everything that the flow held.
func (f *flow) reset() {
	f.presence.leave()
	f.restart()
	f.values.reset()
	f.forgetPremises()
	f.ctx, f.session, f.recovered = nil, session{}, nil
	f.stored, f.storedBefore, f.untracked, f.rewinds, f.pinned, f.readOnly, f.changed = 0, 0, false, 0, false, false, false
	f.caller, f.detached, f.decision, f.waitsFor = nil, false, nil, nil
	f.frameBytes, f.reserve, f.reserved = 0, nil, 0
	f.writer.Reset()
	if cap(f.writer.Bytes) > 1<<20 {
		f.writer.Bytes = nil
	}
	f.times.forget()
	f.call.reset()
}

// run runs the flow to rest.
func (f *flow) run(o Opening) (Result, error) {
	given := f.values.take(len(o.Action.Inputs))
	copy(given, o.In)
	f.engine.plan.Hide(o.Action, given)
	for {
		f.recordBegun()
		in := f.values.take(len(given))
		copy(in, given)
		root := f.ask(o.Action, in, o.Further, journal.ActionID{}, nil, 0)
		if f.dead != errRewind {
			f.unpin()
			return f.end(root)
		}
		if err := f.rewind(); err != nil {
			f.loseFlow(err)
			return f.end(root)
		}
	}
}

// fillResult fills in what is known of a flow so far.
func (f *flow) fillResult(result *Result) {
	occ := &f.occs[0]
	*result = Result{Flow: f.id, Outcome: occ.outcome, Answer: f.answer, Fault: f.fault, Actions: int(f.seq)}
	switch {
	case occ.action.Role == plan.Request: // its result is the answer
	case occ.outcome == journal.Returned:
		for i, v := range occ.out {
			result.Out = append(result.Out, value.Field{Name: occ.action.Outputs[i], Value: v})
		}
	case occ.outcome == journal.Refused:
		result.Refused = f.refused(occ)
	}
}

func (f *flow) end(root int32) (Result, error) {
	occ := &f.occs[root]
	var result Result
	f.fillResult(&result)
	if r := f.firstUnhandled(); r >= 0 {
		result.Unhandled = f.refused(&f.occs[r])
	}
	f.writer.Resolve(f.answeredLate() && f.checkRecordSize(f.writer.Size()) == nil)
	if f.answer == nil {
		result.Entries = append([]byte(nil), f.writer.Bytes...)
	}
	if f.waitsFor != nil {
		result.Waiting = f.waitsFor
		f.session.Abandon()
		return result, nil
	}
	var lost error
	if isLost(f.dead) {
		// The store has lost the flow's work: it must not be marked at rest.
		result.Undone = f.recovered == nil && f.session.undone()
		f.session.Abandon()
		return result, f.dead
	}
	f.record(true)
	f.condenseRecord()
	result.Undone = f.recovered == nil && !f.changed
	if err := f.session.Finish(f.writer.Bytes[f.stored:]); err != nil {
		// After any error it is unknown what is durable.
		lost = fmt.Errorf("making flow %s durable: %w", f.idText, store.Lost(err))
		result.Undone = f.recovered == nil && f.session.undone()
	}
	if f.timed() {
		opening := occ.action.FullName()
		if i := occ.action.Input("path"); occ.action.Role == plan.Request && i >= 0 {
			opening, _ = occ.in[i].Text()
		}
		f.observe(opening)
	}
	return result, lost
}

// firstUnhandled returns the first refusal that no firing sync matched, -1 if
// there is none. A refusal of Requesting.respond does not count.
func (f *flow) firstUnhandled() int32 {
	best := int32(-1)
	for i := range f.occs {
		o := &f.occs[i]
		if o.outcome == journal.Refused && !o.taken && o.action.Role != plan.Respond &&
			(best < 0 || o.seq < f.occs[best].seq) {
			best = int32(i)
		}
	}
	return best
}

func (f *flow) refused(o *occurrence) *Refused {
	sentence, _ := o.out[plan.RefusedError].Text()
	code, _ := o.out[plan.RefusedCode].Text()
	r := &Refused{Action: o.action.FullName(), Code: code, Sentence: sentence, Kind: "invalid", After: o.after}
	for _, spec := range o.action.Spec.Refusals {
		if spec.Code == code {
			r.Kind, r.About = spec.Kind, spec.About
		}
	}
	return r
}

// ask asks an action and all that follows from it, depth first. It returns the
// action's index. The values of in belong to the flow.
func (f *flow) ask(a *plan.Action, in []value.Value, further []value.Field, id journal.ActionID, by *plan.Sync, depth int32) int32 {
	n := int32(len(f.occs))
	f.occs = append(f.occs, occurrence{action: a, by: by, id: id, in: in, depth: depth})
	if f.dead == nil {
		if err := f.exceeded(depth); err != nil {
			f.stop(err)
		}
	}
	if f.dead != nil {
		return n // stays pending: the flow has ended
	}
	var start, ran time.Time
	if f.timed() {
		start = f.clock()
	}
	f.recordAsked(n, further)
	f.perform(n)
	if f.timed() {
		ran = f.clock()
	}
	if f.togetherDepth == 0 {
		f.addCompleted(n)
		f.consider(n)
	}
	if f.timed() {
		f.observeAction(n, start, ran)
	}
	return n
}

// exceeded returns an error if a limit is passed.
func (f *flow) exceeded(depth int32) error {
	limits := &f.engine.options.Limits
	switch {
	case len(f.occs) > limits.Actions:
		return fmt.Errorf("the flow has asked %d actions, which is the limit: %s", limits.Actions, f.cycle())
	case int(depth) > limits.Depth:
		return fmt.Errorf("the flow is %d actions deep, which is the limit: %s", limits.Depth, f.cycle())
	case len(f.occs)&31 == 0 && time.Since(f.call.start) > limits.Deadline:
		return &DeadlineError{Limit: limits.Deadline}
	}
	return f.checkRecordSize(f.writer.MemorySize())
}

// cycle names the actions that an endless flow keeps asking, and the syncs that ask them.
func (f *flow) cycle() string {
	end := len(f.occs) - 1
	var names, syncs []string
	for i := end; i >= 0 && i > end-12; i-- {
		o := &f.occs[i]
		if i < end && o.action == f.occs[end].action {
			slices.Reverse(names)
			slices.Sort(syncs)
			verb := " comes"
			if len(names) > 1 {
				verb = " come"
			}
			return words.Enumerate(names, "and") + verb + " again and again, asked by " + words.Enumerate(syncs, "and") +
				"; end the cycle with a where that drops the frame"
		}
		names = append(names, o.action.FullName())
		if s := o.by; s != nil && !slices.Contains(syncs, s.Name) {
			syncs = append(syncs, s.Name)
		}
	}
	slices.Reverse(names)
	return "the last ones are " + strings.Join(names, ", ")
}

// noteFault notes the flow's first fault.
func (f *flow) noteFault(err error) {
	if f.fault == nil {
		f.fault = err
	}
}

// complete notes how an action ended.
func (f *flow) complete(n int32, outcome Outcome, out []value.Value) {
	f.seq++
	o := &f.occs[n]
	o.outcome, o.out, o.seq = outcome, out, f.seq
}

// list returns the completed actions with an outcome that patterns can match, in
// order of completion.
func (f *flow) list(a *plan.Action, refused bool) *occList {
	i := 2 * a.Index
	if refused {
		i++
	}
	l := &f.lists[i]
	if l.stamp != f.stamp {
		l.stamp, l.occs = f.stamp, l.occs[:0]
	}
	return l
}

// An arena hands out slices of values that live as long as the flow.
type arena struct {
	free  []value.Value
	first []value.Value
}

func (a *arena) take(n int) []value.Value {
	if n > len(a.free) {
		size := max(256, n)
		if a.first != nil {
			size = max(4096, n)
		}
		a.free = make([]value.Value, size)
		if a.first == nil {
			a.first = a.free
		}
	}
	out := a.free[:n:n]
	a.free = a.free[n:]
	return out
}

func (a *arena) reset() {
	used := len(a.first)
	if len(a.free) > 0 && len(a.first) > 0 && &a.free[len(a.free)-1] == &a.first[len(a.first)-1] {
		used = len(a.first) - len(a.free)
	}
	clear(a.first[:used])
	a.free = a.first
}
