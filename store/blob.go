package store

import (
	"context"
	"crypto/sha256"
	"io"
	"sync"

	"github.com/legible-lang/legible/value"
)

// CopyBlob copies a reader to w and returns the reference to its bytes. It holds
// one piece of them in memory at a time. It stops when the context is done. A
// failed read, and the end of the context, is a *ReadError. A failed write is
// returned unchanged, so that the store can explain it.
func CopyBlob(ctx context.Context, w io.Writer, r io.Reader, mediaType string) (*value.Blob, error) {
	h := sha256.New()
	b := &value.Blob{Type: mediaType}
	piece := make([]byte, 64<<10)
	for {
		if err := ctx.Err(); err != nil {
			return nil, &ReadError{err}
		}
		n, err := r.Read(piece)
		if n > 0 {
			if _, err := w.Write(piece[:n]); err != nil {
				return nil, err
			}
			h.Write(piece[:n])
			b.Size += int64(n)
		}
		if err == io.EOF {
			h.Sum(b.Hash[:0])
			return b, nil
		}
		if err != nil {
			return nil, &ReadError{err}
		}
	}
}

// A Sweep finds the blobs that nothing refers to, by mark and sweep. The store adds all
// candidates, marks those that rows and journals refer to, and removes the unmarked
// ones. A store that allows writes meanwhile marks what these refer to, too. The methods
// may be called by several goroutines.
type Sweep struct {
	mu       sync.Mutex
	unmarked map[[32]byte]bool
	// The first two bytes of the hashes, as one bit each, so that bytes without
	// a hash are skipped quickly.
	first [1 << 10]uint64
}

// NewSweep returns an empty sweep.
func NewSweep() *Sweep { return &Sweep{unmarked: map[[32]byte]bool{}} }

// Add adds a candidate.
func (w *Sweep) Add(hash [32]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unmarked[hash] = true
	first := uint(hash[0])<<8 | uint(hash[1])
	w.first[first>>6] |= 1 << (first & 63)
}

// Mark marks a blob.
func (w *Sweep) Mark(hash [32]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.unmarked, hash)
}

// MarkRow marks the blobs that a row refers to.
func (w *Sweep) MarkRow(t *Table, row Row) {
	for i, c := range t.Columns {
		if c.Type == Blob || c.Type == Json {
			EachBlob(row[i], func(hash [32]byte) error { w.Mark(hash); return nil })
		}
	}
}

// MarkIn marks the blobs whose hashes occur in the bytes. Journal entries have hashes
// unencoded.
func (w *Sweep) MarkIn(entries []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.unmarked) == 0 {
		return
	}
	for i := 0; i+32 <= len(entries); i++ {
		first := uint(entries[i])<<8 | uint(entries[i+1])
		if w.first[first>>6]&(1<<(first&63)) != 0 {
			delete(w.unmarked, [32]byte(entries[i:]))
		}
	}
}

// Unmarked returns the candidates that are not marked.
func (w *Sweep) Unmarked() [][32]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([][32]byte, 0, len(w.unmarked))
	for hash := range w.unmarked {
		out = append(out, hash)
	}
	return out
}

// IsUnmarked reports whether a blob is a candidate that is not marked.
func (w *Sweep) IsUnmarked(hash [32]byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unmarked[hash]
}

// EachBlob calls do for each blob that a value refers to, until do fails.
func EachBlob(v value.Value, do func(hash [32]byte) error) error {
	switch v.Kind() {
	case value.BlobKind:
		return do(v.Blob().Hash)
	case value.ListKind:
		for _, x := range v.Items() {
			if err := EachBlob(x, do); err != nil {
				return err
			}
		}
	case value.RecordKind:
		for _, f := range v.Fields() {
			if err := EachBlob(f.Value, do); err != nil {
				return err
			}
		}
	}
	return nil
}

// Holds reports whether the table can refer to a blob.
func (t *Table) Holds() bool {
	for _, c := range t.Columns {
		if c.Type == Blob || c.Type == Json {
			return true
		}
	}
	return false
}
