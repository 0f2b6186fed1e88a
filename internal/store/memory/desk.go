package memory

import (
	"context"
	"slices"
	"sync"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A desk holds what people have decided about flows.
type desk struct {
	mu   sync.Mutex
	left map[value.ID]store.Decision
}

// Decide leaves word about a flow.
func (s *Store) Decide(_ context.Context, d store.Decision) error {
	if s.journal.closed.Load() {
		return store.ErrClosed
	}
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	if s.desk.left == nil {
		s.desk.left = map[value.ID]store.Decision{}
	}
	s.desk.left[d.Flow] = d
	return nil
}

// Decisions gives what was left about unfinished flows.
func (s *Store) Decisions(context.Context) ([]store.Decision, error) {
	open, err := s.journal.unfinished()
	if err != nil {
		return nil, err
	}
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	var list []store.Decision
	for _, d := range s.desk.left {
		if slices.Contains(open, d.Flow) {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b store.Decision) int { return compare(a.Flow, b.Flow) })
	return list, nil
}

// Drop removes word that was left.
func (s *Store) Drop(_ context.Context, d store.Decision) error {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	if s.desk.left[d.Flow].Name == d.Name {
		delete(s.desk.left, d.Flow)
	}
	return nil
}

// Has tells whether a flow is open or was left.
func (s *Store) Has(flow value.ID) bool {
	open, _ := s.journal.unfinished()
	return slices.Contains(open, flow)
}
