package engine

import (
	"context"
	"time"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// Times are the durations of a flow and its parts, by the machine's clock.
type Times struct {
	Flow    value.ID
	Opening string // the action that opened it, or the path of a request
	Start   time.Time
	End     time.Time // at rest, and durable
	Actions []ActionTime
	Firings []FiringTime
	Rewinds int // how often the flow went back to its last commit
	// Context is the context of Run. Its values may name the parent span of the
	// flow.
	Context context.Context
}

// forget empties the times and keeps their memory for the next flow.
func (t *Times) forget() {
	clear(t.Actions)
	clear(t.Firings)
	*t = Times{Actions: t.Actions[:0], Firings: t.Firings[:0]}
	if cap(t.Actions) > keptTimes || cap(t.Firings) > keptTimes {
		*t = Times{}
	}
}

// keptTimes is the largest number of actions or firings whose memory is kept.
const keptTimes = 1000

// An ActionTime is the time of one action: from asking it until all its consequences
// were done. Ran is the duration of the action itself.
type ActionTime struct {
	ID         journal.ActionID
	Name       string
	Outcome    Outcome
	Start, End time.Time
	Ran        time.Duration
}

// A FiringTime is the time of one firing: from the completion of its last matched
// action, which is By, until everything that it asked was done.
type FiringTime struct {
	Number     uint32
	Sync       string
	By         journal.ActionID
	Start, End time.Time
}

// clock reads the machine's clock. time.Since costs half as much as time.Now, which also
// reads the wall clock, and a flow reads the clock more than a dozen times.
func (f *flow) clock() time.Time { return f.call.start.Add(time.Since(f.call.start)) }

// timed reports whether there is an observer.
func (f *flow) timed() bool { return f.engine.options.Observer != nil }

// observeAction notes the action n, which ran until ran.
func (f *flow) observeAction(n int32, start, ran time.Time) {
	o := &f.occs[n]
	f.times.Actions = append(f.times.Actions, ActionTime{
		ID: o.id, Name: o.action.FullName(), Outcome: o.outcome, Start: start, End: f.clock(), Ran: ran.Sub(start),
	})
}

// fireTimed fires a match and notes how long it took, if it kept a frame.
func (f *flow) fireTimed(s *plan.Sync, at int) {
	last := f.tuples[at]
	for _, n := range f.tuples[at : at+len(s.When)] {
		if f.occs[n].seq > f.occs[last].seq {
			last = n
		}
	}
	by, before, start := f.occs[last].id, f.firings, f.clock()
	f.fire(s, at)
	if f.firings > before {
		f.times.Firings = append(f.times.Firings, FiringTime{Number: before + 1, Sync: s.Name, By: by, Start: start, End: f.clock()})
	}
}

// observe passes the times of the flow, which is at rest, to the observer.
func (f *flow) observe(opening string) {
	f.times.Flow, f.times.Opening, f.times.Start, f.times.End = f.id, opening, f.call.start, f.clock()
	f.times.Context = f.ctx
	f.engine.options.Observer(f.times)
}
