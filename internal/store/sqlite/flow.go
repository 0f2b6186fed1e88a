package sqlite

import (
	"fmt"

	"github.com/legible-lang/legible/internal/store/group"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A flow is a flow of the store.
type flow struct {
	group.Part
	s      *Store
	inTurn bool
	view   bool // the turn is read-only
	saved  bool // this turn has a savepoint, since it has written
	// changed are the tables that this turn has changed, as store.Stamps lists them.
	changed []int
}

func (f *flow) Holds() bool { return f.inTurn }

// Barred returns why the store bars all flows.
func (f *flow) Barred() error { return f.s.failed() }

// Begun reports whether the file has the flow's beginning, or will.
func (f *flow) Begun() bool { return f.Kept && f.s.failed() == nil }

func (f *flow) Hold() {
	if !f.inTurn {
		f.s.turn.Lock()
		f.inTurn = true
	}
}

// View is a turn like any other, since there is one connection.
func (f *flow) View() {
	if !f.inTurn {
		f.Hold()
		f.view = true
	}
}

// begin prepares reading or writing, in a turn or for one read.
func (f *flow) begin(def *store.Table) (*table, error) {
	s := f.s
	if s.line.Closed {
		return nil, store.ErrClosed
	}
	if err := f.Lost(); err != nil {
		return nil, err
	}
	t := s.byName[def.Name()]
	if def.Index < len(s.tables) && s.tables[def.Index].def == def {
		t = s.tables[def.Index]
	}
	if t == nil {
		return nil, fmt.Errorf("the store has no table %s", def.Name())
	}
	if !s.begun {
		if err := s.begin(); err != nil {
			return nil, f.said("beginning to read or write", err)
		}
		s.line.Arm()
	}
	switch g := s.wet; {
	case s.line.Open.Dirty:
		f.Rests = s.line.Open
	case g == nil:
	case g.Done():
		s.wet = nil
	default:
		f.Rests = g
	}
	return t, nil
}

// failed adds context to an error of a statement. If the error ended the whole
// transaction, the group is lost.
func (f *flow) failed(doing string, t *table, err error) error {
	doing += " " + t.def.Name()
	if f.s.begun && f.s.conn.broken() {
		f.saved = false
		f.Dead = f.s.lose(fmt.Errorf("%s: %w", doing, explain(err)))
		return f.Dead
	}
	return f.said(doing, err)
}

// said adds context to an error. An error not about the request gives up the
// flow.
func (f *flow) said(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, classed(err))
	if store.Lasting(err) {
		return err
	}
	return f.GiveUp(err)
}

// Stamp needs no turn: no flow reads while another writes.
func (f *flow) Stamp(def *store.Table) (uint64, error) { return f.s.stamps.Of(def), nil }

func (f *flow) Get(def *store.Table, id string) (store.Row, error) {
	if !f.inTurn {
		f.s.turn.Lock()
		defer f.s.turn.Unlock()
	}
	t, err := f.begin(def)
	if err != nil {
		return nil, err
	}
	_, row, err := f.s.get(t, id)
	if err != nil {
		return nil, f.failed("reading", t, err)
	}
	return row, nil
}

func (f *flow) Find(def *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	if !f.inTurn {
		f.s.turn.Lock()
		defer f.s.turn.Unlock()
	}
	t, err := f.begin(def)
	if err != nil {
		return nil, err
	}
	members, err := f.s.search(t, columns, key, page)
	if err != nil {
		return nil, f.failed("searching", t, err)
	}
	return members, nil
}

// write prepares writing.
func (f *flow) write(def *store.Table, deletes bool) (*table, error) {
	if f.s.options.ReadOnly {
		return nil, store.ErrReadOnly
	}
	if f.view {
		return nil, store.ErrView
	}
	f.Hold()
	t, err := f.begin(def)
	if err != nil {
		return nil, err
	}
	if err := f.s.behind; err != nil {
		return nil, f.said("writing", err) // no flow may read what will be lost
	}
	if !f.saved {
		if err := f.s.fixed.savepoint.run(); err != nil {
			return nil, f.failed("writing", t, err)
		}
		f.saved = true
	}
	f.changed = f.s.stamps.Note(f.changed, def, deletes)
	return t, nil
}

func (f *flow) Keep(entries []byte) error {
	err := f.Append(entries)
	if !f.inTurn {
		return err
	}
	if err != nil {
		f.Undo()
		return err
	}
	if f.saved {
		f.saved, f.Wrote = false, true
		f.Rests = f.s.line.Open
		f.Rests.Dirty = true
		if err = f.s.fixed.release.run(); err != nil {
			err = f.s.lose(err) // the entries are in the group, and their changes may not be
		} else {
			f.s.stamps.Commit(f.changed)
		}
	}
	f.endTurn()
	return err
}

func (f *flow) Undo() {
	if !f.inTurn {
		return
	}
	if f.saved {
		f.saved = false
		f.s.leased = f.s.order // the raise may be undone
		err := f.s.fixed.undo.run()
		if err == nil {
			err = f.s.fixed.release.run()
		}
		if err != nil {
			f.s.lose(err)
		}
	}
	f.endTurn()
}

func (f *flow) endTurn() {
	f.inTurn, f.view, f.changed = false, false, f.changed[:0]
	f.s.turn.Unlock()
}
