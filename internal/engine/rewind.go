package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/store"
)

// A flow rewinds when a premise no longer holds. Nothing that it has done since
// its last commit has left the process: no state, no entry of the record, no
// answer. So the flow discards that and runs again. What its record has from
// before the commit is taken from there, as in recovery. Unlike after a crash,
// the process still has the secrets.
//
// A flow whose actions have read state in Go runs a second time outside of a
// transaction, since Go code may be slow and must not block others. After that, and
// at once if only where has read state, the flow is pinned: it stays in a write
// transaction until its next commit, so that no other flow can write. So a flow ends
// even if others write all the time. A slow flow is not pinned: a user who changes a
// password again and again while logging in would make all others wait for hashes,
// and for the queue before them.

// errRewind ends what a flow does, so that it goes back to its last commit.
var errRewind = errors.New("another flow has changed what this one has read; it goes back to its last commit")

const (
	// optimistic is the number of runs from one commit without pinning.
	optimistic = 2
	// slowRun is the longest duration of a run that is repeated pinned.
	slowRun = 20 * time.Millisecond
	// maxRewinds is the limit of rewinds to one commit. Only a slow flow reaches
	// it, or a flow whose Go code ends the pinning.
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
	f.writer.Cut(f.stored)
	if f.stored > 0 {
		since, err := f.writer.Entries()
		if err != nil {
			return fmt.Errorf("%w: reading the record: %w", store.ErrLost, err)
		}
		entries = slices.Concat(entries, since)
	}

	f.session.Rollback()
	pin := f.rewinds >= optimistic && f.ran <= slowRun || !slices.ContainsFunc(f.premises, func(p premise) bool { return p.inGo })
	f.forgetPremises()
	f.restart()
	if len(entries) > 0 {
		f.remember(newPast(entries))
	}
	f.times.Actions = f.times.Actions[:0] // remaining ones are noted again
	f.times.Firings = slices.DeleteFunc(f.times.Firings, func(t FiringTime) bool { return t.Number > f.firings })
	if pin {
		f.session.Begin()
		f.pinned = true
	}
	f.rewound = time.Now()
	return nil
}

// restart discards the work of the flow, but not its opening and not what is in
// the store.
func (f *flow) restart() {
	clear(f.occs)
	f.occs = f.occs[:0]
	clear(f.slots[:cap(f.slots)])
	f.slots, f.tuples, f.refs = f.slots[:0], f.tuples[:0], f.refs[:0]
	clear(f.kept)
	f.kept = f.kept[:0]
	clear(f.dropped)
	f.dropped = f.dropped[:0]
	f.stamp++ // empties the lists of actions
	f.dead, f.fault, f.answer, f.past, f.joined, f.asking = nil, nil, nil, nil, nil, nil
	f.seq, f.firings, f.togetherDepth = 0, 0, 0
	f.call.wrote, f.call.locked, f.call.together, f.call.reading = false, false, false, false
}

// unpin ends the transaction that a rewind has begun, if nothing was written in it.
func (f *flow) unpin() {
	if f.pinned && !f.call.wrote && !f.call.locked {
		f.pinned = false
		f.session.Rollback()
	}
}
