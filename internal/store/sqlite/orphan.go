package sqlite

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// When the disk is full, or another program holds the file, what a flow wants
// to do next cannot be done. It is told ErrLost, and so its client; nothing of
// the action is kept. If actions before it are, the flow is an orphan: it is
// among the unfinished, and TakenOver gives it once the disk takes something again.

var _ store.Shared = (*Store)(nil)

// retryEvery is how often orphans are looked after.
const retryEvery = time.Second

// TakenOver waits for flows that were given up because something was lost, and can
// go on.
func (s *Store) TakenOver(ctx context.Context) ([]value.ID, error) {
	ticker := time.NewTicker(retryEvery)
	defer ticker.Stop()
	for {
		s.queue.Lock()
		waiting, closed := len(s.queue.Orphans) > 0, s.queue.Closed
		s.queue.Unlock()
		if closed {
			return nil, store.ErrClosed
		}
		if waiting && s.flush() == nil { // else the disk is not there yet
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

// adopt returns the orphans of which the file has the beginning. Of the others
// nothing has happened.
func (s *Store) adopt() []value.ID {
	s.queue.Lock()
	defer s.queue.Unlock()
	var ids []value.ID
	for id := range s.queue.Orphans {
		if s.queue.Unfinished[id] {
			ids = append(ids, id)
		}
	}
	clear(s.queue.Orphans)
	slices.SortFunc(ids, func(a, b value.ID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// createPrivate makes a file that is not there one that nobody else may read. SQLite
// gives its log the same permissions.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if os.IsExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}
