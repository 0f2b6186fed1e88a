package sqlite

import (
	"fmt"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A flow is one flow's hand in the store.
type flow struct {
	s      *Store
	id     value.ID
	inTurn bool
	view   bool // the turn is for looking only
	saved  bool // this turn has a savepoint, since it has written
	wrote  bool // some turn has written and was kept

	// The group with the last writes of the flow or of others that it has read,
	// nil before there are any. Set with the turn.
	rests *group
	dead  error // why the flow cannot go on; set with the turn and mu

	// Under the store's mu.
	waits   *group // that Rest waits for
	entries []byte // that are to go with the store's group
	queued  bool   // the flow is in the store's group
	kept    bool   // the journal has entries of it, or will
	rested  bool
	ended   bool
}

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

// begin makes ready for reading or writing, in a turn or for one read.
func (f *flow) begin(def *store.Table) (*table, error) {
	s := f.s
	if s.closed {
		return nil, store.ErrClosed
	}
	if err := f.lost(); err != nil {
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
		if err := s.fixed.begin.run(); err != nil {
			if passing(err) {
				return nil, f.giveUp(explain(err))
			}
			return nil, explain(err)
		}
		s.begun = true
		s.arm()
	}
	switch g := s.wet; {
	case s.group.dirty:
		f.rests = s.group
	case g == nil:
	case isDone(g):
		s.wet = nil
	default:
		f.rests = g
	}
	return t, nil
}

// lost tells whether something that the flow had a part in was lost, or the
// store takes nothing more. It must be called with the turn or mu.
func (f *flow) lost() error {
	if err := f.s.failed(); err != nil {
		return err
	}
	return f.before()
}

// failed says more about an error in a statement. When it has taken the whole
// transaction with it, all that was in it is lost.
func (f *flow) failed(doing string, t *table, err error) error {
	pass := passing(err)
	err = fmt.Errorf("%s %s: %w", doing, t.def.Name(), explain(err))
	if f.s.begun && f.s.conn.broken() {
		f.saved = false
		f.dead = f.s.lose(err)
		return f.dead
	}
	if pass {
		return f.giveUp(err)
	}
	return err
}

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

// write makes ready for writing.
func (f *flow) write(def *store.Table) (*table, error) {
	if f.s.options.ReadOnly {
		return nil, errReadOnly
	}
	if f.view {
		return nil, store.ErrView
	}
	f.Hold()
	t, err := f.begin(def)
	if err != nil {
		return nil, err
	}
	if !f.saved {
		if err := f.s.fixed.savepoint.run(); err != nil {
			return nil, f.failed("writing", t, err)
		}
		f.saved = true
	}
	return t, nil
}

func (f *flow) Keep(entries []byte) error {
	err := f.append(entries)
	if !f.inTurn {
		return err
	}
	if err == nil && f.saved {
		if err = f.s.fixed.release.run(); err == nil {
			f.saved, f.wrote = false, true
			f.s.group.dirty, f.rests = true, f.s.group
		}
	}
	if err != nil {
		f.Undo()
		return err
	}
	f.endTurn()
	return nil
}

// append adds entries to the group.
func (f *flow) append(entries []byte) error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if f.s.closed {
		return store.ErrClosed
	}
	if err := f.lost(); err != nil {
		return err
	}
	if len(entries) > 0 {
		if f.s.options.ReadOnly {
			return errReadOnly
		}
		f.queue(entries)
	}
	return nil
}

// queue puts the flow in the group. It must be called with mu.
func (f *flow) queue(entries []byte) {
	s := f.s
	if !f.queued {
		f.queued = true
		s.group.flows = append(s.group.flows, f)
		if !s.armed {
			s.armed = true
			s.timer.Reset(flushEvery)
		}
	}
	if f.entries == nil && len(entries) > 0 {
		f.entries = s.roomFor()
	}
	f.entries = append(f.entries, entries...)
	f.kept = true
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
	f.inTurn, f.view = false, false
	f.s.turn.Unlock()
}
