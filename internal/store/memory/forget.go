package memory

import (
	"context"
	"slices"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Forget removes flows at rest from the journal. Their memory is reused
// when a chunk has no flow any more, or is the oldest one.
func (s *Store) Forget(_ context.Context, r store.Retention) (int, error) { return s.journal.forget(r) }

func (j *journal) forget(r store.Retention) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed.Load() {
		return 0, store.ErrClosed
	}
	first := value.Zero
	if !r.Before.IsZero() {
		first = value.FirstID(r.Before)
	}
	going := map[value.ID]bool{}
	for _, id := range j.running(nil) {
		going[id] = true
	}
	if r.Keep > 0 {
		var ids []value.ID
		for _, c := range j.chunks {
			for _, x := range c.records {
				if !going[x.id] {
					ids = append(ids, x.id)
				}
			}
		}
		slices.SortFunc(ids, func(a, b value.ID) int { return compare(b, a) })
		if ids = slices.Compact(ids); len(ids) > r.Keep && compare(ids[r.Keep-1], first) > 0 {
			first = ids[r.Keep-1]
		}
	}
	gone := map[value.ID]bool{}
	for _, c := range j.chunks {
		c.records = slices.DeleteFunc(c.records, func(x record) bool {
			if going[x.id] || compare(x.id, first) >= 0 {
				return false
			}
			gone[x.id] = true
			if x.id.Derived() {
				if j.forgotten == nil {
					j.forgotten = map[value.ID]bool{}
				}
				j.forgotten[x.id] = true
			}
			return true
		})
	}
	j.chunks = slices.DeleteFunc(j.chunks, func(c *chunk) bool {
		if len(c.records) > 0 {
			return false
		}
		j.bytes -= cap(c.data)
		return true
	})
	return len(gone), nil
}
