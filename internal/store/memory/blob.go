package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// The blobs of a store.
type blobs struct {
	mu     sync.Mutex
	closed bool
	all    map[[32]byte]*blob
}

type blob struct {
	data []byte
	put  time.Time // the last time
}

// PutBlob stores the content of a reader.
func (s *Store) PutBlob(ctx context.Context, r io.Reader, mediaType string) (*value.Blob, error) {
	var data bytes.Buffer
	ref, err := store.CopyBlob(ctx, &data, r, mediaType)
	if err != nil {
		return nil, fmt.Errorf("storing a large value: %w", err)
	}
	s.blobs.mu.Lock()
	defer s.blobs.mu.Unlock()
	if s.blobs.closed {
		return nil, store.ErrClosed
	}
	if b := s.blobs.all[ref.Hash]; b != nil {
		b.put = time.Now()
		return ref, nil
	}
	if s.blobs.all == nil {
		s.blobs.all = map[[32]byte]*blob{}
	}
	s.blobs.all[ref.Hash] = &blob{data.Bytes(), time.Now()}
	return ref, nil
}

// OpenBlob opens a blob for reading.
func (s *Store) OpenBlob(_ context.Context, hash [32]byte) (store.BlobReader, error) {
	s.blobs.mu.Lock()
	defer s.blobs.mu.Unlock()
	if s.blobs.closed {
		return nil, store.ErrClosed
	}
	b := s.blobs.all[hash]
	if b == nil {
		return nil, fmt.Errorf("the store has no large value %x: %w", hash, fs.ErrNotExist)
	}
	return reader{bytes.NewReader(b.data)}, nil
}

// A reader reads bytes that do not change, even if the blob is swept.
type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

// SweepBlobs removes the blobs that nothing refers to. Flows may read meanwhile.
func (s *Store) SweepBlobs(_ context.Context, age time.Duration) (int, error) {
	// No flow can write a reference to a blob meanwhile.
	s.tx.RLock()
	defer s.tx.RUnlock()
	if s.closed {
		return 0, store.ErrClosed
	}
	s.blobs.mu.Lock()
	defer s.blobs.mu.Unlock()
	w := store.NewSweep()
	until := time.Now().Add(-age)
	for hash, b := range s.blobs.all {
		if !b.put.After(until) {
			w.Add(hash)
		}
	}
	for _, t := range s.tables {
		if t.def.Holds() {
			for _, m := range t.members {
				w.MarkRow(t.def, m.Row)
			}
		}
	}
	s.journal.mark(w)
	left := w.Unmarked()
	for _, hash := range left {
		delete(s.blobs.all, hash)
	}
	return len(left), nil
}

func (b *blobs) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.all = true, nil
}

// mark marks the blobs that entries of unfinished flows refer to.
func (j *journal) mark(w *store.Sweep) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.abandoned {
		w.MarkIn(f.entries)
	}
	for f := j.open.next; f != &j.open; f = f.next {
		f.mu.Lock()
		w.MarkIn(f.entries)
		f.mu.Unlock()
	}
}
