package engine

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A flow decides on what it has read. The lines of where, and what an action
// reads before its first write, are read outside of a transaction, and another
// flow may change it before the decision commits: somebody changes a password
// while a login computes its hash. So a flow notes what it reads, its premises.
// When it has taken the turn, right before it writes, it makes sure that they
// still hold. If one does not, the flow rewinds: it goes back to its last commit,
// as after a crash, and runs from there with what is true now. See rewind.go.
//
// The store counts the transactions that changed each table (store.Flow.Stamp).
// Only what was read from a table whose stamp is another one is read again.

// A premise is one reading of the state.
type premise struct {
	reading reading
	table   *store.Table
	stamp   uint64 // of the table, before it was read
	inGo    bool   // the Go code of an action has read it
	// ofMember: the row that was found, nil for none.
	id  string
	row store.Row
	// ofSearch: how it was asked, and the members that it gave.
	columns []int
	key     []value.Value
	page    store.Page
	count   int
	found   []store.Member
	// summed: of what was read only the sum is kept.
	summed bool
	sum    uint64
}

// A reading says what was read.
type reading uint8

const (
	ofMember reading = iota // one member, by its id
	ofSearch                // the members that a search gave
	ofTable                 // anything in the table
)

// Bounds of what premises hold in memory.
const (
	keptMembers  = 64      // of one search; of more their sum is kept
	keptPremises = 10_000  // of one flow; of what is read beyond, the tables
	keptBytes    = 1 << 20 // of one flow; of what is read beyond, sums
)

// get reads a member and notes it.
func (f *flow) get(t *store.Table, id string, inGo bool) (store.Row, error) {
	if f.unnoted {
		return f.hand.Get(t, id)
	}
	stamp, err := f.hand.Stamp(t)
	if err != nil {
		return nil, err
	}
	row, err := f.hand.Get(t, id)
	if err == nil {
		f.note(premise{reading: ofMember, table: t, stamp: stamp, inGo: inGo, id: id, row: row})
	}
	return row, err
}

// find searches for members and notes it. The columns must not be changed
// afterwards.
func (f *flow) find(t *store.Table, columns []int, key []value.Value, page store.Page, inGo bool) ([]store.Member, error) {
	if f.unnoted {
		return f.hand.Find(t, columns, key, page)
	}
	stamp, err := f.hand.Stamp(t)
	if err != nil {
		return nil, err
	}
	found, err := f.hand.Find(t, columns, key, page)
	if err != nil {
		return nil, err
	}
	p := premise{reading: ofSearch, table: t, stamp: stamp, inGo: inGo, columns: columns, page: page, count: len(found)}
	p.key = f.values.take(len(key))
	copy(p.key, key)
	p.found = found
	f.note(p)
	return found, nil
}

func (f *flow) note(p premise) {
	if len(f.premises) < keptPremises {
		size := sizeOf(p.row)
		for _, m := range p.found {
			size += sizeOf(m.Row)
		}
		if len(p.found) > keptMembers || size > 0 && f.premiseBytes+size > keptBytes {
			p.sum, p.summed = sumOf(p.row, p.found), true
			p.row, p.found = nil, nil
		} else {
			f.premiseBytes += size
		}
		f.premises = append(f.premises, p)
		return
	}
	known := func(other premise) bool { return other.table == p.table }
	if !slices.ContainsFunc(f.premises[keptPremises:], known) { // the first stamp counts
		f.premises = append(f.premises, premise{reading: ofTable, table: p.table, stamp: p.stamp, inGo: p.inGo})
	}
}

// forgetPremises follows a commit: what was read before it is settled.
func (f *flow) forgetPremises() {
	clear(f.premises)
	f.premises, f.premiseBytes = f.premises[:0], 0
	if cap(f.premises) > keptPremises {
		f.premises = nil
	}
}

// hold takes the turn for writing, in which all premises hold. If one does not
// it fails with errRewind, without the turn; so does everything that the flow
// does from then on.
func (f *flow) hold() error {
	if f.dead == errRewind {
		return errRewind
	}
	if f.rewinds > 0 {
		f.ran = time.Since(f.rewound) // without the wait for the turn
	}
	f.hand.Hold()
	for i := range f.premises {
		p := &f.premises[i]
		holds, err := f.holds(p)
		if holds {
			continue
		}
		f.pinned = false
		f.hand.Undo()
		if err == nil {
			f.engine.options.Log.Debug("flow rewinds", "flow", f.idText, "changed", p.table.Name(), "rewinds", f.rewinds+1)
			f.dead, err = errRewind, errRewind
		}
		return err
	}
	return nil
}

// holds tells whether a premise still holds. It must be called in the turn.
func (f *flow) holds(p *premise) (bool, error) {
	stamp, err := f.hand.Stamp(p.table)
	if err != nil || stamp == p.stamp {
		return err == nil, err
	}
	switch p.reading {
	case ofMember:
		row, err := f.hand.Get(p.table, p.id)
		if p.summed {
			return err == nil && row != nil && sumOf(row, nil) == p.sum, err
		}
		return err == nil && equalRows(row, p.row), err
	case ofSearch:
		found, err := f.hand.Find(p.table, p.columns, p.key, p.page)
		if err != nil || len(found) != p.count {
			return false, err
		}
		if p.summed {
			return sumOf(nil, found) == p.sum, nil
		}
		return slices.EqualFunc(found, p.found, func(a, b store.Member) bool {
			return a.ID == b.ID && equalRows(a.Row, b.Row)
		}), nil
	}
	return false, nil
}

func equalRows(a, b store.Row) bool {
	return (a == nil) == (b == nil) && slices.EqualFunc(a, b, value.Equal)
}

var sumSeed = maphash.MakeSeed()

// sumOf is a hash of what was read: a row, or members and their order.
func sumOf(row store.Row, members []store.Member) uint64 {
	var h maphash.Hash
	h.SetSeed(sumSeed)
	var b []byte
	add := func(row store.Row) {
		for _, v := range row {
			b = value.AppendKey(b, v)
		}
		h.Write(b)
	}
	add(row)
	for _, m := range members {
		b = value.AppendKey(b[:0], value.String(m.ID))
		add(m.Row)
	}
	return h.Sum64()
}

// sizeOf is about how much memory a row takes, in bytes.
func sizeOf(row store.Row) (n int64) {
	for _, v := range row {
		n += value.Size(v)
	}
	return n
}

// confirm makes sure that all premises hold before the flow reaches outside of
// the store, and tells whether it may go on.
func (f *flow) confirm() bool {
	if len(f.premises) > 0 && f.dead == nil {
		if err := f.hold(); err != nil {
			if !errors.Is(err, errRewind) {
				f.broke(fmt.Errorf("looking again at what the flow has read: %w", err))
			}
		} else {
			f.hand.Undo()
		}
	}
	f.unpin()
	f.forgetPremises()
	return f.dead == nil
}
