// Package memory stores state and journal in the memory of the process.
//
// Its three main types are [Store]; session, one flow's access to it; and table, the
// members of one set with their indexes. It promises what package store requires, except
// that nothing outlives the process; that flows at rest use a bounded amount of memory;
// and that opening a session allocates nothing. It does not keep the whole journal: the
// entries of unfinished flows stay, those of flows at rest only up to
// [Options.JournalBytes], the most recent ones longest.
//
// There is one transaction lock. Reads outside of a transaction and read-only
// transactions share it; any other transaction holds it exclusively, even while it only
// reads, since what a flow reads in it must still hold when it writes.
package memory

import (
	"context"
	"fmt"
	"sync"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Options configure a store.
type Options struct {
	// JournalBytes is how many bytes of the journal of flows at rest are kept.
	// 0 means 64 MiB.
	JournalBytes int
}

// A Store keeps state and journal in memory.
type Store struct {
	tx       sync.RWMutex
	closed   bool
	tables   []*table
	byName   map[string]*table
	versions *store.TableVersions
	undo     []change
	order    int64 // the Order of the last insertion
	key      []byte

	journal   journal
	blobs     blobs
	decisions decisions
	flows     sync.Pool
}

// New returns an empty store.
func New(options Options) *Store {
	s := &Store{}
	s.journal.init(options.JournalBytes)
	s.flows.New = func() any { return &session{s: s} }
	return s
}

var _ store.Store = (*Store)(nil)

// Prepare creates the tables, without members.
func (s *Store) Prepare(_ context.Context, schema *store.Schema) error {
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.versions = store.NewTableVersions(schema)
	s.tables = make([]*table, len(schema.Tables))
	s.byName = make(map[string]*table, len(schema.Tables))
	for i, def := range schema.Tables {
		if def.Index != i {
			return fmt.Errorf("the table %s says that its place in the schema is %d, but it is %d", def.Name(), def.Index, i)
		}
		t := newTable(def)
		s.tables[i] = t
		s.byName[def.Name()] = t
		if def.Of != nil {
			t.of = s.byName[def.Of.Name()]
			if t.of == nil {
				return fmt.Errorf("the table %s is a subset of %s, which does not come before it", def.Name(), def.Of.Name())
			}
			t.of.subsets = append(t.of.subsets, t)
		}
	}
	return nil
}

// table returns the store's data of a table.
func (s *Store) table(def *store.Table) (*table, error) {
	if s.closed {
		return nil, store.ErrClosed
	}
	if def.Index < len(s.tables) && s.tables[def.Index].def == def {
		return s.tables[def.Index], nil
	}
	if t := s.byName[def.Name()]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("the store has no table %s", def.Name())
}

// NewSession opens a session for a flow.
func (s *Store) NewSession(id value.ID) store.Session {
	f := s.flows.Get().(*session)
	f.id = id
	s.journal.resume(f)
	return f
}

// Unfinished lists the flows that are open or were abandoned, oldest first.
func (s *Store) Unfinished(context.Context) ([]value.ID, error) { return s.journal.unfinished() }

// Journal returns a copy of a flow's remaining entries.
func (s *Store) Journal(_ context.Context, id value.ID) ([]byte, error) { return s.journal.read(id) }

// Flows lists the flows that are still known.
func (s *Store) Flows(_ context.Context, before value.ID, limit int) ([]value.ID, error) {
	return s.journal.list(before, limit)
}

// Close ends the store and releases its memory.
func (s *Store) Close() error {
	s.tx.Lock()
	defer s.tx.Unlock()
	s.closed = true
	s.tables, s.byName = nil, nil
	s.journal.close()
	s.blobs.close()
	return nil
}
