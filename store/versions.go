package store

import (
	"slices"
	"sync/atomic"
)

// TableVersions counts, for each table of a schema, the transactions that changed
// it. A store has one; [Session].Version reads it. Its methods may be called by
// several goroutines. A nil *TableVersions has no tables.
type TableVersions struct {
	places map[string]int
	tables []*Table
	below  [][]int // the table itself and the tables of its subsets
	counts []atomic.Uint64
	others atomic.Uint64 // transactions of which only the fact is known
}

// NewTableVersions returns the counts of a schema's tables, all zero.
func NewTableVersions(schema *Schema) *TableVersions {
	s := &TableVersions{
		places: make(map[string]int, len(schema.Tables)),
		tables: schema.Tables,
		below:  make([][]int, len(schema.Tables)),
		counts: make([]atomic.Uint64, len(schema.Tables)),
	}
	for i, t := range schema.Tables {
		s.places[t.Name()] = i
		for up := t; up != nil; up = up.Of {
			s.below[s.places[up.Name()]] = append(s.below[s.places[up.Name()]], i)
		}
	}
	return s
}

// place returns the place of a table, and -1 for a table of another schema.
func (s *TableVersions) place(t *Table) int {
	if s == nil {
		return -1
	}
	if t.Index < len(s.tables) && s.tables[t.Index] == t {
		return t.Index
	}
	if i, known := s.places[t.Name()]; known {
		return i
	}
	return -1
}

// Of returns a table's version. It differs after each transaction that changed
// the table.
func (s *TableVersions) Of(t *Table) uint64 {
	if i := s.place(t); i >= 0 {
		return s.counts[i].Load() + s.others.Load()
	}
	return 0
}

// Snapshot appends the versions of all tables to dst, for [TableVersions.In].
func (s *TableVersions) Snapshot(dst []uint64) []uint64 {
	if s == nil {
		return dst
	}
	others := s.others.Load()
	for i := range s.counts {
		dst = append(dst, s.counts[i].Load()+others)
	}
	return dst
}

// In returns a table's version as it was when the snapshot was taken.
func (s *TableVersions) In(snapshot []uint64, t *Table) uint64 {
	if i := s.place(t); i >= 0 && i < len(snapshot) {
		return snapshot[i]
	}
	return 0
}

// Note adds the tables that a write to t changes to a transaction's list.
// Deleting a member changes the subsets of its table, too.
func (s *TableVersions) Note(changed []int, t *Table, deleted bool) []int {
	i := s.place(t)
	switch {
	case i < 0:
	case deleted:
		for _, j := range s.below[i] {
			if !slices.Contains(changed, j) {
				changed = append(changed, j)
			}
		}
	case !slices.Contains(changed, i):
		changed = append(changed, i)
	}
	return changed
}

// Commit counts a transaction that changed the listed tables. A store calls it
// when no reader can any longer see the tables as they were before.
func (s *TableVersions) Commit(changed []int) {
	for _, i := range changed {
		s.counts[i].Add(1)
	}
}

// CommitElsewhere counts transactions of another process, which may have
// changed any table.
func (s *TableVersions) CommitElsewhere() {
	if s != nil {
		s.others.Add(1)
	}
}
