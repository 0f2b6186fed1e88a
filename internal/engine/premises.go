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
// premises: its read set. Right before it writes, in the write transaction, it checks
// that they still hold. If one does not, the flow rewinds: it goes back to its last
// commit, as after a crash, and runs from there on the current state. See rewind.go.
// Databases call this optimistic concurrency control.
//
// The store counts the transactions that changed each table (store.Session.Version).
// Only what was read from a table whose version has changed is read again.

// A premise is one read of the state.
type premise struct {
	reading reading
	table   *store.Table
	version uint64 // of the table, before the read
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
	maxMembers      = 64      // per search; above it, one sum is kept
	maxPremises     = 10_000  // per flow; above it, only tables are kept
	maxPremiseBytes = 1 << 20 // per flow; above it, sums are kept
)

// get reads a member and notes it.
func (f *flow) get(t *store.Table, id string, inGo bool) (store.Row, error) {
	if f.untracked {
		return f.session.Get(t, id)
	}
	version, err := f.session.Version(t)
	if err != nil {
		return nil, err
	}
	row, err := f.session.Get(t, id)
	if err == nil {
		f.addPremise(premise{reading: ofMember, table: t, version: version, inGo: inGo, id: id, row: row})
	}
	return row, err
}

// find searches for members and notes it. The columns must not be changed
// afterwards.
func (f *flow) find(t *store.Table, columns []int, key []value.Value, page store.Page, inGo bool) ([]store.Member, error) {
	if f.untracked {
		return f.session.Find(t, columns, key, page)
	}
	version, err := f.session.Version(t)
	if err != nil {
		return nil, err
	}
	found, err := f.session.Find(t, columns, key, page)
	if err != nil {
		return nil, err
	}
	p := premise{reading: ofSearch, table: t, version: version, inGo: inGo, columns: columns, page: page, count: len(found)}
	p.key = f.values.take(len(key))
	copy(p.key, key)
	p.found = found
	f.addPremise(p)
	return found, nil
}

func (f *flow) addPremise(p premise) {
	if len(f.premises) < maxPremises {
		size := sizeOf(p.row)
		for _, m := range p.found {
			size += sizeOf(m.Row)
		}
		if len(p.found) > maxMembers || size > 0 && f.premiseBytes+size > maxPremiseBytes {
			p.sum, p.summed = sumOf(p.row, p.found), true
			p.row, p.found = nil, nil
		} else {
			f.premiseBytes += size
		}
		f.premises = append(f.premises, p)
		return
	}
	known := func(other premise) bool { return other.table == p.table }
	if !slices.ContainsFunc(f.premises[maxPremises:], known) { // keep the oldest version
		f.premises = append(f.premises, premise{reading: ofTable, table: p.table, version: p.version, inGo: p.inGo})
	}
}

// forgetPremises drops all premises, as after a commit.
func (f *flow) forgetPremises() {
	clear(f.premises)
	f.premises, f.premiseBytes = f.premises[:0], 0
	if cap(f.premises) > maxPremises {
		f.premises = nil
	}
}

// beginWrite begins the write transaction and checks all premises. If one does not
// hold, it ends the transaction and fails with errRewind; so does everything that the
// flow does afterwards.
func (f *flow) beginWrite() error {
	if f.dead == errRewind {
		return errRewind
	}
	if f.rewinds > 0 {
		f.ran = time.Since(f.rewound) // without the wait for the transaction
	}
	f.session.Begin()
	for i := range f.premises {
		p := &f.premises[i]
		holds, err := f.premiseHolds(p)
		if holds {
			continue
		}
		f.pinned = false
		f.session.Rollback()
		if err == nil {
			f.engine.options.Log.Debug("flow rewinds", "flow", f.idText, "changed", p.table.Name(), "rewinds", f.rewinds+1)
			f.dead, err = errRewind, errRewind
		}
		return err
	}
	return nil
}

// premiseHolds reports whether a premise still holds, in the write transaction.
func (f *flow) premiseHolds(p *premise) (bool, error) {
	version, err := f.session.Version(p.table)
	if err != nil || version == p.version {
		return err == nil, err
	}
	switch p.reading {
	case ofMember:
		row, err := f.session.Get(p.table, p.id)
		if p.summed {
			return err == nil && row != nil && sumOf(row, nil) == p.sum, err
		}
		return err == nil && equalRows(row, p.row), err
	case ofSearch:
		found, err := f.session.Find(p.table, p.columns, p.key, p.page)
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

// checkPremises checks all premises before an effect action runs, and reports whether
// the flow may continue.
func (f *flow) checkPremises() bool {
	if len(f.premises) > 0 && f.dead == nil {
		if err := f.beginWrite(); err != nil {
			if !errors.Is(err, errRewind) {
				f.loseFlow(fmt.Errorf("checking what the flow has read: %w", err))
			}
		} else {
			f.session.Rollback()
		}
	}
	f.unpin()
	f.forgetPremises()
	return f.dead == nil
}
