package memory

import (
	"sync"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A session is reused for another flow after Finish, so that a flow allocates nothing.
type session struct {
	s        *Store
	id       value.ID
	inTx     bool
	readOnly bool   // the transaction is read-only
	wrote    bool   // in this transaction
	changed  []int  // the tables that it changed, as store.TableVersions lists them
	key      []byte // buffer for lookup keys

	// The flow's journal while it is open. The journal's lock guards the list
	// of open flows, mu the entries.
	mu      sync.Mutex
	entries []byte
	// condensed, if not nil, replaces entries when the flow is at rest.
	condensed []byte
	listed    bool
	previous  *session
	next      *session
}

// keepRoom is the largest capacity of a buffer that is kept for reuse.
const keepRoom = 64 << 10

func (f *session) Begin() {
	if !f.inTx {
		f.s.tx.Lock()
		f.inTx = true
	}
}

func (f *session) BeginReadOnly() {
	if !f.inTx {
		f.s.tx.RLock()
		f.inTx, f.readOnly = true, true
	}
}

// Version needs no transaction: no flow reads while another writes.
func (f *session) Version(def *store.Table) (uint64, error) { return f.s.versions.Of(def), nil }

func (f *session) Get(def *store.Table, id string) (store.Row, error) {
	if !f.inTx {
		f.s.tx.RLock()
		defer f.s.tx.RUnlock()
	}
	t, err := f.s.table(def)
	if err != nil {
		return nil, err
	}
	if m := t.members[id]; m != nil {
		return m.Row, nil
	}
	return nil, nil
}

func (f *session) Find(def *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	if !f.inTx {
		f.s.tx.RLock()
		defer f.s.tx.RUnlock()
	}
	t, err := f.s.table(def)
	if err != nil {
		return nil, err
	}
	return t.find(columns, key, page, &f.key), nil
}

// write begins a transaction if there is none and returns the table.
func (f *session) write(def *store.Table, deletes bool) (*table, error) {
	if f.readOnly {
		return nil, store.ErrReadOnlyTx
	}
	f.Begin()
	f.wrote = true
	f.changed = f.s.versions.Note(f.changed, def, deletes)
	return f.s.table(def)
}

func (f *session) Insert(def *store.Table, id string, row store.Row) error {
	t, err := f.write(def, false)
	if err != nil {
		return err
	}
	return f.s.insert(t, id, row)
}

func (f *session) Update(def *store.Table, id string, row store.Row) error {
	t, err := f.write(def, false)
	if err != nil {
		return err
	}
	return f.s.update(t, id, row)
}

func (f *session) Delete(def *store.Table, id string) error {
	t, err := f.write(def, true)
	if err != nil {
		return err
	}
	return f.s.delete(t, id)
}

func (f *session) Commit(entries []byte) error {
	// The entries come first: a reader of the changes finds their entries.
	var err error
	if len(entries) > 0 {
		err = f.s.journal.append(f, entries)
	}
	if f.inTx {
		if err != nil {
			f.Rollback()
			return err
		}
		f.commit()
	}
	return err
}

// commit ends the transaction and keeps its writes.
func (f *session) commit() {
	if f.wrote {
		f.s.clearUndoLog()
		f.s.versions.Commit(f.changed)
	}
	f.endTx()
}

// Flush has nothing to wait for.
func (f *session) Flush(entries []byte) error {
	if f.inTx {
		return store.ErrInTx
	}
	return f.s.journal.append(f, entries)
}

func (f *session) Rollback() {
	if f.inTx {
		if f.wrote {
			f.s.undoAll()
		}
		f.endTx()
	}
}

func (f *session) endTx() {
	shared := f.readOnly
	f.inTx, f.readOnly, f.wrote, f.changed = false, false, false, f.changed[:0]
	if shared {
		f.s.tx.RUnlock()
	} else {
		f.s.tx.Unlock()
	}
}

func (f *session) Condense(entries []byte) { f.condensed = append([]byte{}, entries...) }

func (f *session) Finish(entries []byte) error {
	err := f.s.journal.finish(f, entries)
	if f.inTx {
		if err != nil {
			f.Rollback()
		} else {
			f.commit()
		}
	}
	if err == nil {
		f.release()
	}
	return err
}

// Undone reports whether the journal lacks the flow.
func (f *session) Undone() bool { return !f.listed }

func (f *session) Abandon() {
	f.Rollback()
	if f.s.journal.abandon(f) {
		f.release()
	}
}

// release keeps the buffers for the next flow.
func (f *session) release() {
	f.entries, f.condensed = f.entries[:0], nil
	if cap(f.entries) > keepRoom {
		f.entries = nil
	}
	f.s.flows.Put(f)
}
