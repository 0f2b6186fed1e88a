package sqlite

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// When the disk is full, or another program holds the file, what a flow wants
// to do next cannot be done. It is told ErrLost, and so its client; nothing of
// the action is kept. If actions before it are, the flow is an orphan: it is
// among the unfinished, and Taken gives it once the disk takes something again.

var _ store.Fleet = (*Store)(nil)

// retryEvery is how often orphans are looked after.
const retryEvery = time.Second

// Taken waits for flows that were given up because something was lost, and can
// go on.
func (s *Store) Taken(ctx context.Context) ([]value.ID, error) {
	ticker := time.NewTicker(retryEvery)
	defer ticker.Stop()
	for {
		s.mu.Lock()
		waiting, closed := len(s.orphans) > 0, s.closed
		s.mu.Unlock()
		if closed {
			return nil, store.ErrClosed
		}
		if waiting && s.settle() == nil { // else the disk is not there yet
			if ids := s.adopt(); len(ids) > 0 {
				return ids, nil
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
	}
}

// adopt gives the orphans of which the file has the beginning. Of the others
// nothing has happened.
func (s *Store) adopt() []value.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []value.ID
	for id := range s.orphans {
		if s.marked[id] {
			ids = append(ids, id)
		}
	}
	clear(s.orphans)
	slices.SortFunc(ids, func(a, b value.ID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// orphan notes a flow that was given up. It must be called with mu.
func (f *flow) orphan() {
	if f.kept && f.s.failed() == nil {
		f.s.orphans[f.id] = true
	}
}

// passing tells whether an error says something of the disk or of others who
// use the file, which may be otherwise in a moment, and nothing of what was
// asked.
func passing(err error) bool {
	switch code(err) & 0xff {
	case codeFull, codeIO, codeReadOnly, codePerm, codeCantOpen, codeBusy, codeLocked:
		return true
	}
	return false
}

// giveUp notes that the flow cannot go on from where it is. It must be called
// with the turn.
func (f *flow) giveUp(err error) error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.dead = fmt.Errorf("%w: %w", store.ErrLost, err)
	return f.dead
}

// own makes a file that is not there one that nobody else may read. SQLite
// gives its log the same permissions.
func own(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if os.IsExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}
