package memory

import (
	"context"
	"slices"
	"sync"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// decisions has the decisions about flows.
type decisions struct {
	mu     sync.Mutex
	byFlow map[value.ID]store.Decision
}

// Decide stores a decision about a flow.
func (s *Store) Decide(_ context.Context, d store.Decision) error {
	if s.journal.closed.Load() {
		return store.ErrClosed
	}
	s.decisions.mu.Lock()
	defer s.decisions.mu.Unlock()
	if s.decisions.byFlow == nil {
		s.decisions.byFlow = map[value.ID]store.Decision{}
	}
	s.decisions.byFlow[d.Flow] = d
	return nil
}

// Decisions returns the decisions about unfinished flows.
func (s *Store) Decisions(context.Context) ([]store.Decision, error) {
	open, err := s.journal.unfinished()
	if err != nil {
		return nil, err
	}
	s.decisions.mu.Lock()
	defer s.decisions.mu.Unlock()
	var list []store.Decision
	for _, d := range s.decisions.byFlow {
		if slices.Contains(open, d.Flow) {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b store.Decision) int { return compare(a.Flow, b.Flow) })
	return list, nil
}

// RemoveDecision removes a decision.
func (s *Store) RemoveDecision(_ context.Context, d store.Decision) error {
	s.decisions.mu.Lock()
	defer s.decisions.mu.Unlock()
	if s.decisions.byFlow[d.Flow].Name == d.Name {
		delete(s.decisions.byFlow, d.Flow)
	}
	return nil
}

// Owns reports whether a flow is open or was abandoned.
func (s *Store) Owns(flow value.ID) bool {
	open, _ := s.journal.unfinished()
	return slices.Contains(open, flow)
}
