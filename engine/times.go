package engine

import (
	"context"
	"time"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/value"
)

// Times are how long a flow and its parts took, by the machine's clock.
type Times struct {
	Flow    value.ID
	Opening string // the action that opened it, or the path of a request
	Start   time.Time
	End     time.Time // at rest, and durable
	Actions []ActionTime
	Firings []FiringTime
	// Context is the one that Run was given: who asked may have put there which
	// span the flow belongs below.
	Context context.Context
}

// An ActionTime is one action: from its asking until all that it set off was
// done. Ran is how long the action itself took.
type ActionTime struct {
	ID         journal.ActionID
	Name       string
	Outcome    Outcome
	Start, End time.Time
	Ran        time.Duration
}

// A FiringTime is one firing: from the completion of the last action matched,
// which is By, until all that it asked was done.
type FiringTime struct {
	Number     uint32
	Sync       string
	By         journal.ActionID
	Start, End time.Time
}

// timed tells whether somebody wants to know.
func (f *flow) timed() bool { return f.engine.options.Observer != nil }

// observeAction notes the action n, which ran until ran.
func (f *flow) observeAction(n int32, start, ran time.Time) {
	o := &f.occs[n]
	f.times.Actions = append(f.times.Actions, ActionTime{
		ID: o.id, Name: o.action.FullName(), Outcome: o.outcome, Start: start, End: time.Now(), Ran: ran.Sub(start),
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
	by, before, start := f.occs[last].id, f.firings, time.Now()
	f.fire(s, at)
	if f.firings > before {
		f.times.Firings = append(f.times.Firings, FiringTime{Number: before + 1, Sync: s.Name, By: by, Start: start, End: time.Now()})
	}
}

// observe tells of the flow, which is at rest.
func (f *flow) observe(opening string) {
	f.times.Flow, f.times.Opening, f.times.Start, f.times.End = f.id, opening, f.call.start, time.Now()
	f.times.Context = f.ctx
	f.engine.options.Observer(f.times)
	f.times = Times{}
}
