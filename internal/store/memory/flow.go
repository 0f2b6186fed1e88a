package memory

import (
	"sync"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A flow is reused for another one after Rest, so that a flow allocates
// nothing.
type flow struct {
	s       *Store
	id      value.ID
	inTurn  bool
	shared  bool   // the turn is that of View
	wrote   bool   // in this turn
	changed []int  // the tables that it changed, as store.Stamps lists them
	key     []byte // buffer for lookup keys

	// The flow's journal while it is open. The journal's lock guards the list
	// of open flows, mu the entries.
	mu      sync.Mutex
	entries []byte
	// condensed, if not nil, replaces entries when the flow is at rest.
	condensed []byte
	listed    bool
	previous  *flow
	next      *flow
}

// keepRoom is how large a flow's buffer may be to be kept for reuse.
const keepRoom = 64 << 10

func (f *flow) Hold() {
	if !f.inTurn {
		f.s.turn.Lock()
		f.inTurn = true
	}
}

func (f *flow) View() {
	if !f.inTurn {
		f.s.turn.RLock()
		f.inTurn, f.shared = true, true
	}
}

// Stamp needs no turn: no flow reads while another writes.
func (f *flow) Stamp(def *store.Table) (uint64, error) { return f.s.stamps.Of(def), nil }

func (f *flow) Get(def *store.Table, id string) (store.Row, error) {
	if !f.inTurn {
		f.s.turn.RLock()
		defer f.s.turn.RUnlock()
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

func (f *flow) Find(def *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	if !f.inTurn {
		f.s.turn.RLock()
		defer f.s.turn.RUnlock()
	}
	t, err := f.s.table(def)
	if err != nil {
		return nil, err
	}
	return t.find(columns, key, page, &f.key), nil
}

// write begins the turn if needed and finds the table.
func (f *flow) write(def *store.Table, deletes bool) (*table, error) {
	if f.shared {
		return nil, store.ErrView
	}
	f.Hold()
	f.wrote = true
	f.changed = f.s.stamps.Note(f.changed, def, deletes)
	return f.s.table(def)
}

func (f *flow) Insert(def *store.Table, id string, row store.Row) error {
	t, err := f.write(def, false)
	if err != nil {
		return err
	}
	return f.s.insert(t, id, row)
}

func (f *flow) Update(def *store.Table, id string, row store.Row) error {
	t, err := f.write(def, false)
	if err != nil {
		return err
	}
	return f.s.update(t, id, row)
}

func (f *flow) Delete(def *store.Table, id string) error {
	t, err := f.write(def, true)
	if err != nil {
		return err
	}
	return f.s.delete(t, id)
}

func (f *flow) Keep(entries []byte) error {
	// The entries come first: a reader of the changes finds their entries.
	var err error
	if len(entries) > 0 {
		err = f.s.journal.keep(f, entries)
	}
	if f.inTurn {
		if err != nil {
			f.Undo()
			return err
		}
		f.commit()
	}
	return err
}

// commit ends the turn and keeps its writes.
func (f *flow) commit() {
	if f.wrote {
		f.s.forgetUndo()
		f.s.stamps.Commit(f.changed)
	}
	f.endTurn()
}

// Sync has nothing to wait for.
func (f *flow) Sync(entries []byte) error {
	if f.inTurn {
		return store.ErrInTurn
	}
	return f.s.journal.keep(f, entries)
}

func (f *flow) Undo() {
	if f.inTurn {
		if f.wrote {
			f.s.undoAll()
		}
		f.endTurn()
	}
}

func (f *flow) endTurn() {
	shared := f.shared
	f.inTurn, f.shared, f.wrote, f.changed = false, false, false, f.changed[:0]
	if shared {
		f.s.turn.RUnlock()
	} else {
		f.s.turn.Unlock()
	}
}

func (f *flow) Condense(entries []byte) { f.condensed = append([]byte{}, entries...) }

func (f *flow) Rest(entries []byte) error {
	err := f.s.journal.rest(f, entries)
	if f.inTurn {
		if err != nil {
			f.Undo()
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
func (f *flow) Undone() bool { return !f.listed }

func (f *flow) Leave() {
	f.Undo()
	if f.s.journal.leave(f) {
		f.release()
	}
}

// release keeps the buffers for the next flow.
func (f *flow) release() {
	f.entries, f.condensed = f.entries[:0], nil
	if cap(f.entries) > keepRoom {
		f.entries = nil
	}
	f.s.flows.Put(f)
}
