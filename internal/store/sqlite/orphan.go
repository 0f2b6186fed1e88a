package sqlite

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// If the disk is full, or another program has locked the file, an operation fails with
// ErrLost, and its action is rolled back. If earlier actions of the flow have committed,
// the flow is an orphan: it is unfinished, and TakenOver returns it once the disk works
// again.

var _ store.Shared = (*Store)(nil)

// retryEvery is the time between two checks for orphans.
const retryEvery = time.Second

// TakenOver waits for flows that were suspended because of a lost group and can resume.
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
		if waiting && s.flush() == nil { // otherwise the disk does not work yet
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

// adopt returns the orphans whose beginning is in the file. The others have changed
// nothing.
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

// createPrivate creates a file that only its owner may read, unless it exists. SQLite
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
