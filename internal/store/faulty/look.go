package faulty

import (
	"context"
	"io"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

func (s *Store) Journal(ctx context.Context, id value.ID) (b []byte, err error) {
	err = s.do(Look, func() error { b, err = s.Store.Journal(ctx, id); return err })
	return b, err
}

func (s *Store) Unfinished(ctx context.Context) (ids []value.ID, err error) {
	err = s.do(Look, func() error { ids, err = s.Store.Unfinished(ctx); return err })
	return ids, err
}

func (s *Store) Flows(ctx context.Context, before value.ID, limit int) (ids []value.ID, err error) {
	err = s.do(Look, func() error { ids, err = s.Store.Flows(ctx, before, limit); return err })
	return ids, err
}

func (s *Store) Decisions(ctx context.Context) (list []store.Decision, err error) {
	err = s.do(Look, func() error { list, err = s.Store.Decisions(ctx); return err })
	return list, err
}

func (s *Store) Decide(ctx context.Context, d store.Decision) error {
	return s.do(Look, func() error { return s.Store.Decide(ctx, d) })
}

func (s *Store) RemoveDecision(ctx context.Context, d store.Decision) error {
	return s.do(Look, func() error { return s.Store.RemoveDecision(ctx, d) })
}

func (s *Store) PutBlob(ctx context.Context, r io.Reader, mediaType string) (b *value.Blob, err error) {
	err = s.do(Blob, func() error { b, err = s.Store.PutBlob(ctx, r, mediaType); return err })
	return b, err
}

func (s *Store) OpenBlob(ctx context.Context, hash [32]byte) (store.BlobReader, error) {
	var r store.BlobReader
	err := s.do(Blob, func() (err error) { r, err = s.Store.OpenBlob(ctx, hash); return err })
	if err != nil {
		return nil, err
	}
	return &reader{r, s}, nil
}

// A reader is a large value into whose reads faults are injected.
type reader struct {
	store.BlobReader
	s *Store
}

func (r *reader) Read(b []byte) (n int, err error) {
	err = r.s.do(Blob, func() error { n, err = r.BlobReader.Read(b); return err })
	return n, err
}

func (r *reader) ReadAt(b []byte, off int64) (n int, err error) {
	err = r.s.do(Blob, func() error { n, err = r.BlobReader.ReadAt(b, off); return err })
	return n, err
}
