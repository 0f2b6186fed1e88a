package memory

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A journal has the entries of flows at rest in chunks, the oldest of which is reused.
// Finding a flow scans all records: that is rare and takes a fraction of a millisecond,
// while an index would cost time for every flow.
type journal struct {
	mu             sync.Mutex
	closed         atomic.Bool
	chunks         []*chunk // oldest first; the last one is being filled
	bytes          int      // capacity of all chunks
	limit          int
	size           int     // capacity of a normal chunk
	open           session // head of the ring of open flows with entries, oldest first
	abandoned      map[value.ID]*session
	abandonedCount atomic.Int32 // length of abandoned, so that NewSession need not lock

	forgotten map[value.ID]bool // flows with derived ids that have run
}

type chunk struct {
	data    []byte
	records []record
}

// A record is the range of a flow's entries in its chunk.
type record struct {
	id         value.ID
	start, end int
}

func (j *journal) init(limit int) {
	if limit <= 0 {
		limit = 64 << 20
	}
	j.limit = limit
	j.size = min(256<<10, max(limit/8, 256))
	j.open.next, j.open.previous = &j.open, &j.open
}

// resume continues an abandoned flow.
func (j *journal) resume(f *session) {
	if j.abandonedCount.Load() == 0 {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	old := j.abandoned[f.id]
	if old == nil {
		return
	}
	delete(j.abandoned, f.id)
	j.abandonedCount.Add(-1)
	f.entries = append(f.entries[:0], old.entries...)
	j.link(f)
}

func (j *journal) link(f *session) {
	f.listed = true
	f.previous, f.next = j.open.previous, &j.open
	f.previous.next, f.next.previous = f, f
}

func (j *journal) unlink(f *session) {
	if f.listed {
		f.listed = false
		f.previous.next, f.next.previous = f.next, f.previous
		f.previous, f.next = nil, nil
	}
}

// append appends to the entries of an open flow.
func (j *journal) append(f *session, entries []byte) error {
	if j.closed.Load() {
		return store.ErrClosed
	}
	if !f.listed {
		j.mu.Lock()
		j.link(f)
		j.mu.Unlock()
	}
	f.mu.Lock()
	f.entries = append(f.entries, entries...)
	f.mu.Unlock()
	return nil
}

// finish moves the entries of a flow to those of the flows at rest.
func (j *journal) finish(f *session, entries []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.unlink(f)
	if j.closed.Load() {
		return store.ErrClosed
	}
	if f.condensed != nil {
		f.entries = append(f.entries[:0], f.condensed...)
	}
	n := len(f.entries) + len(entries)
	if n == 0 {
		return nil
	}
	c := j.reserve(n)
	start := len(c.data)
	c.data = append(c.data, f.entries...)
	c.data = append(c.data, entries...)
	c.records = append(c.records, record{f.id, start, len(c.data)})
	return nil
}

// reserve returns a chunk with space for n bytes.
func (j *journal) reserve(n int) *chunk {
	if len(j.chunks) > 0 {
		if c := j.chunks[len(j.chunks)-1]; len(c.data)+n <= cap(c.data) {
			return c
		}
	}
	size := max(n, j.size)
	var free *chunk
	for len(j.chunks) > 0 && j.bytes+size > j.limit {
		oldest := j.chunks[0]
		// Moved, not resliced, so that the list keeps its memory.
		j.chunks = j.chunks[:copy(j.chunks, j.chunks[1:])]
		j.bytes -= cap(oldest.data)
		if cap(oldest.data) == size {
			free = oldest
		}
	}
	if free == nil {
		free = &chunk{data: make([]byte, 0, size)}
	}
	free.data, free.records = free.data[:0], free.records[:0]
	j.chunks = append(j.chunks, free)
	j.bytes += cap(free.data)
	return free
}

// abandon keeps the entries of an abandoned session. It reports whether there are none,
// so that the session can be reused.
func (j *journal) abandon(f *session) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !f.listed {
		return true
	}
	j.unlink(f)
	if j.abandoned == nil {
		j.abandoned = map[value.ID]*session{}
	}
	j.abandoned[f.id] = f
	j.abandonedCount.Add(1)
	return false
}

func (j *journal) unfinished() ([]value.ID, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed.Load() {
		return nil, store.ErrClosed
	}
	ids := j.running(nil)
	slices.SortFunc(ids, compare)
	return ids, nil
}

// running appends the ids of all open and abandoned flows.
func (j *journal) running(ids []value.ID) []value.ID {
	for f := j.open.next; f != &j.open; f = f.next {
		ids = append(ids, f.id)
	}
	for id := range j.abandoned {
		ids = append(ids, id)
	}
	return ids
}

func (j *journal) read(id value.ID) ([]byte, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed.Load() {
		return nil, store.ErrClosed
	}
	var entries []byte
	for _, c := range j.chunks {
		for _, r := range c.records {
			if r.id == id {
				entries = append(entries, c.data[r.start:r.end]...)
			}
		}
	}
	if f := j.abandoned[id]; f != nil {
		return append(entries, f.entries...), nil
	}
	for f := j.open.next; f != &j.open; f = f.next {
		if f.id == id {
			f.mu.Lock()
			entries = append(entries, f.entries...)
			f.mu.Unlock()
		}
	}
	if entries == nil && j.forgotten[id] {
		entries = []byte{}
	}
	return entries, nil
}

func (j *journal) list(before value.ID, limit int) ([]value.ID, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed.Load() {
		return nil, store.ErrClosed
	}
	ids := j.running(nil)
	for _, c := range j.chunks {
		for _, r := range c.records {
			ids = append(ids, r.id)
		}
	}
	if before != value.Zero {
		ids = slices.DeleteFunc(ids, func(id value.ID) bool { return compare(id, before) >= 0 })
	}
	slices.SortFunc(ids, func(a, b value.ID) int { return compare(b, a) })
	ids = slices.Compact(ids)
	if limit > 0 && len(ids) > limit {
		ids = ids[:limit]
	}
	return ids, nil
}

func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed.Store(true)
	j.chunks, j.abandoned, j.forgotten = nil, nil, nil
	j.abandonedCount.Store(0)
}

func compare(a, b value.ID) int { return bytes.Compare(a[:], b[:]) }
