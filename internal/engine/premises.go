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

// A flow decides on what it has read. The lines of where, and the reads of an
// action before its first write, happen outside of a transaction. Another flow
// may change what they read before the decision commits: a user changes a
// password while a login computes its hash. So a flow notes its reads as
// premises. When it has the turn, right before it writes, it checks that they
// still hold. If one does not, the flow rewinds: it goes back to its last commit,
// as after a crash, and runs from there on the current state. See rewind.go.
//
// The store counts the transactions that changed each table (store.Flow.Stamp).
// Only what was read from a table whose stamp has changed is read again.

// A premise is one read of the state.
type premise struct {
	reading reading
	table   *store.Table
	stamp   uint64 // of the table, before the read
	inGo    bool   // read by the Go code of an action
	// ofMember: the row found, nil for none.
	id  string
	row store.Row
	// ofSearch: the search and the members that it found.
	columns []int
	key     []value.Value
	page    store.Page
	count   int
	found   []store.Member
	// summed: only the sum of what was read is kept.
	summed bool
	sum    uint64
}

// A reading says what was read.
type reading uint8

const (
	ofMember reading = iota // one member, by its id
	ofSearch                // the members found by a search
	ofTable                 // anything in the table
)

// Limits on the memory of premises.
const (
	keptMembers  = 64      // per search; above it, one sum is kept
	keptPremises = 10_000  // per flow; above it, only tables are kept
	keptBytes    = 1 << 20 // per flow; above it, sums are kept
)

// get reads a member and notes it.
func (f *flow) get(t *store.Table, id string, inGo bool) (store.Row, error) {
	if f.unnoted {
		return f.hand.Get(t, id)
	}
	stamp, err := f.hand.Version(t)
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
	stamp, err := f.hand.Version(t)
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
	if !slices.ContainsFunc(f.premises[keptPremises:], known) { // keep the oldest stamp
		f.premises = append(f.premises, premise{reading: ofTable, table: p.table, stamp: p.stamp, inGo: p.inGo})
	}
}

// forgetPremises drops all premises, as after a commit.
func (f *flow) forgetPremises() {
	clear(f.premises)
	f.premises, f.premiseBytes = f.premises[:0], 0
	if cap(f.premises) > keptPremises {
		f.premises = nil
	}
}

// hold takes the turn for writing and checks all premises. If one does not hold,
// it ends the turn and fails with errRewind; so does all that the flow does after
// that.
func (f *flow) hold() error {
	if f.dead == errRewind {
		return errRewind
	}
	if f.rewinds > 0 {
		f.ran = time.Since(f.rewound) // without the wait for the turn
	}
	f.hand.Begin()
	for i := range f.premises {
		p := &f.premises[i]
		holds, err := f.holds(p)
		if holds {
			continue
		}
		f.pinned = false
		f.hand.Rollback()
		if err == nil {
			f.engine.options.Log.Debug("flow rewinds", "flow", f.idText, "changed", p.table.Name(), "rewinds", f.rewinds+1)
			f.dead, err = errRewind, errRewind
		}
		return err
	}
	return nil
}

// holds reports whether a premise still holds. The caller has the turn.
func (f *flow) holds(p *premise) (bool, error) {
	stamp, err := f.hand.Version(p.table)
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

// sumOf returns a hash of a row, or of members and their order.
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

// sizeOf estimates the memory of a row in bytes.
func sizeOf(row store.Row) (n int64) {
	for _, v := range row {
		n += value.Size(v)
	}
	return n
}

// confirm checks all premises before the flow reaches outside of the store, and
// reports whether the flow may continue.
func (f *flow) confirm() bool {
	if len(f.premises) > 0 && f.dead == nil {
		if err := f.hold(); err != nil {
			if !errors.Is(err, errRewind) {
				f.broke(fmt.Errorf("looking again at what the flow has read: %w", err))
			}
		} else {
			f.hand.Rollback()
		}
	}
	f.unpin()
	f.forgetPremises()
	return f.dead == nil
}
