package sqlite

import (
	"fmt"

	"github.com/legible-lang/legible/internal/store/group"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A session is a store.Session.
type session struct {
	group.Ticket
	s        *Store
	inTx     bool
	readOnly bool // the transaction is read-only
	saved    bool // this transaction has a savepoint, since it has written
	// changed are the tables that this transaction has changed, as store.TableVersions lists
	// them.
	changed []int
}

func (f *session) InTx() bool { return f.inTx }

// Unusable returns why the store accepts nothing, or nil.
func (f *session) Unusable() error { return f.s.failed() }

// Recoverable reports whether the file has the beginning of the flow, or will.
func (f *session) Recoverable() bool { return f.Journaled && f.s.failed() == nil }

func (f *session) Begin() {
	if !f.inTx {
		f.s.tx.Lock()
		f.inTx = true
	}
}

// BeginReadOnly takes the transaction lock like Begin, since there is one connection.
func (f *session) BeginReadOnly() {
	if !f.inTx {
		f.Begin()
		f.readOnly = true
	}
}

// begin prepares a read or write, in a transaction or for one read.
func (f *session) begin(def *store.Table) (*table, error) {
	s := f.s
	if s.queue.Closed {
		return nil, store.ErrClosed
	}
	if err := f.LostLocked(); err != nil {
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
		if err := s.beginTxLocked(); err != nil {
			return nil, f.wrap("beginning to read or write", err)
		}
		s.queue.Arm()
	}
	switch g := s.lastDirty; {
	case s.queue.Open.Dirty:
		f.DependsOn = s.queue.Open
	case g == nil:
	case g.Done():
		s.lastDirty = nil
	default:
		f.DependsOn = g
	}
	return t, nil
}

// failed adds context to an error of a statement. If the error ended the whole
// transaction, the group is lost.
func (f *session) failed(doing string, t *table, err error) error {
	doing += " " + t.def.Name()
	if f.s.begun && f.s.conn.broken() {
		f.saved = false
		f.Failed = f.s.loseTxLocked(fmt.Errorf("%s: %w", doing, explain(err)))
		return f.Failed
	}
	return f.wrap(doing, err)
}

// wrap adds context to an error. After a temporary error the flow cannot continue.
func (f *session) wrap(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, classed(err))
	if store.Permanent(err) {
		return err
	}
	return f.GiveUp(err)
}

// Version needs no transaction: no flow reads while another writes.
func (f *session) Version(def *store.Table) (uint64, error) { return f.s.versions.Of(def), nil }

func (f *session) Get(def *store.Table, id string) (store.Row, error) {
	if !f.inTx {
		f.s.tx.Lock()
		defer f.s.tx.Unlock()
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

func (f *session) Find(def *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	if !f.inTx {
		f.s.tx.Lock()
		defer f.s.tx.Unlock()
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
func (f *session) write(def *store.Table, deletes bool) (*table, error) {
	if f.s.options.ReadOnly {
		return nil, store.ErrReadOnly
	}
	if f.readOnly {
		return nil, store.ErrReadOnlyTx
	}
	f.Begin()
	t, err := f.begin(def)
	if err != nil {
		return nil, err
	}
	if err := f.s.behind; err != nil {
		return nil, f.wrap("writing", err) // no flow may read changes that will be lost
	}
	if !f.saved {
		if err := f.s.fixed.savepoint.run(); err != nil {
			return nil, f.failed("writing", t, err)
		}
		f.saved = true
	}
	f.changed = f.s.versions.Note(f.changed, def, deletes)
	return t, nil
}

func (f *session) Commit(entries []byte) error {
	err := f.Append(entries)
	if !f.inTx {
		return err
	}
	if err != nil {
		f.Rollback()
		return err
	}
	if f.saved {
		f.saved, f.Wrote = false, true
		f.DependsOn = f.s.queue.Open
		f.DependsOn.Dirty = true
		if err = f.s.fixed.release.run(); err != nil {
			err = f.s.loseTxLocked(err) // the entries are in the group, but their changes may be missing
		} else {
			f.s.versions.Commit(f.changed)
		}
	}
	f.endTx()
	return err
}

func (f *session) Rollback() {
	if !f.inTx {
		return
	}
	if f.saved {
		f.saved = false
		f.s.leased = f.s.order // the new limit may be rolled back
		err := f.s.fixed.undo.run()
		if err == nil {
			err = f.s.fixed.release.run()
		}
		if err != nil {
			f.s.loseTxLocked(err)
		}
	}
	f.endTx()
}

func (f *session) endTx() {
	f.inTx, f.readOnly, f.changed = false, false, f.changed[:0]
	f.s.tx.Unlock()
}
