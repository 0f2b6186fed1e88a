package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/store"
)

// A flow rewinds when a premise does not hold any more. Nothing that it has done
// since its last commit has left the process: no state, no entry of the record,
// no answer. So it forgets that and runs again, and what its record has from
// before the commit is taken from there, as recovery does. Unlike after a crash,
// secrets are known, since the process still has them.
//
// A flow whose actions have read something in Go runs a second time without the
// turn, since Go code may be slow and others shall not wait for it. After that,
// and at once when only where has read something, it is pinned: it keeps the turn
// until its next commit, so that nobody can come between. So a flow ends however
// much others write. A flow that turned out to be slow is not pinned: somebody who
// changes a password again and again while logging in would have everybody wait
// for hashes, and for the queue before them.

// errRewind ends what a flow does, so that it goes back to its last commit.
var errRewind = errors.New("another flow has changed what this one has read; it goes back to its last commit")

const (
	// optimistic is how often a flow runs from one commit without being pinned.
	optimistic = 2
	// slowRun is how long a run may take that is done again with the turn.
	slowRun = 20 * time.Millisecond
	// maxRewinds is how often it goes back to one commit at all. Only a flow that is
	// slow comes there, or one whose Go ends the pinning.
	maxRewinds = 100
)

// rewind goes back to the last commit of the flow.
func (f *flow) rewind() error {
	if f.rewinds++; f.rewinds > maxRewinds {
		return fmt.Errorf("%w: other flows changed what this one read, %d times in a row", store.ErrLost, maxRewinds)
	}
	f.times.Rewinds++
	var entries []journal.Entry
	if f.recovered != nil {
		entries = f.recovered.entries
	}
	f.writer.Cut(f.handed)
	if f.handed > 0 {
		since, err := f.writer.Entries()
		if err != nil {
			return fmt.Errorf("%w: reading the record: %w", store.ErrLost, err)
		}
		entries = slices.Concat(entries, since)
	}

	f.hand.Undo()
	pin := f.rewinds >= optimistic && f.ran <= slowRun || !slices.ContainsFunc(f.premises, func(p premise) bool { return p.inGo })
	f.forgetPremises()
	f.restart()
	if len(entries) > 0 {
		f.remember(newPast(entries))
	}
	f.times.Actions = f.times.Actions[:0] // those that stay are noted again
	f.times.Firings = slices.DeleteFunc(f.times.Firings, func(t FiringTime) bool { return t.Number > f.firings })
	if pin {
		f.hand.Hold()
		f.pinned = true
	}
	f.rewound = time.Now()
	return nil
}

// restart forgets everything that the flow has done, but neither what it was
// asked nor what the store has.
func (f *flow) restart() {
	clear(f.occs)
	f.occs = f.occs[:0]
	clear(f.slots[:cap(f.slots)])
	f.slots, f.tuples, f.refs = f.slots[:0], f.tuples[:0], f.refs[:0]
	clear(f.kept)
	f.kept = f.kept[:0]
	clear(f.lost)
	f.lost = f.lost[:0]
	f.stamp++ // the lists of actions are empty
	f.dead, f.fault, f.answer, f.past, f.joined, f.asking = nil, nil, nil, nil, nil, nil
	f.seq, f.firings, f.quiet = 0, 0, 0
	f.call.wrote, f.call.held, f.call.joint, f.call.reading = false, false, false, false
}

// unpin ends the turn that a rewind has taken, if nothing was written in it.
func (f *flow) unpin() {
	if f.pinned && !f.call.wrote && !f.call.held {
		f.pinned = false
		f.hand.Undo()
	}
}
