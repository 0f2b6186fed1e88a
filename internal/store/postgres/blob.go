package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A large value is stored in _chunk in pieces of chunkSize, under an id of the upload,
// since its hash is known only at the end. Then _blob gets a row with the hash and the
// id. Pieces of incomplete uploads are swept.
const chunkSize = 256 << 10

// PutBlob stores the content of a reader. It uses a connection only while it stores a
// piece, so a slow reader does not block others.
func (s *Store) PutBlob(ctx context.Context, r io.Reader, mediaType string) (*value.Blob, error) {
	if s.options.ReadOnly {
		return nil, store.ErrReadOnly
	}
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	ref, err := s.putBlob(ctx, r, mediaType)
	if err != nil {
		return nil, fmt.Errorf("storing a large value: %w", classed(err))
	}
	return ref, nil
}

func (s *Store) isClosed() bool {
	s.queue.Lock()
	defer s.queue.Unlock()
	return s.queue.Closed
}

func (s *Store) putBlob(ctx context.Context, r io.Reader, mediaType string) (ref *value.Blob, err error) {
	upload := value.NewIDs().At(time.Now())
	w := &uploader{ctx: ctx, s: s, upload: upload}
	kept := false
	defer func() {
		if !kept && w.item > 0 {
			s.pool.Exec(context.WithoutCancel(ctx), "DELETE FROM _chunk WHERE upload = $1", upload[:])
		}
	}()
	if ref, err = store.CopyBlob(ctx, w, r, mediaType); err != nil {
		return nil, err
	}
	if err := w.flush(); err != nil {
		return nil, err
	}
	// The time of existing bytes is renewed.
	var stays []byte
	err = s.pool.QueryRow(ctx, `INSERT INTO _blob (hash, upload, size, put) VALUES ($1, $2, $3, clock_timestamp())
		ON CONFLICT (hash) DO UPDATE SET put = clock_timestamp() RETURNING upload`, ref.Hash[:], upload[:], ref.Size).Scan(&stays)
	if err != nil {
		return nil, err
	}
	kept = bytes.Equal(stays, upload[:])
	return ref, nil
}

// An uploader stores pieces.
type uploader struct {
	ctx    context.Context
	s      *Store
	upload value.ID
	item   int64
	piece  []byte
}

func (w *uploader) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		take := min(len(b), chunkSize-len(w.piece))
		w.piece = append(w.piece, b[:take]...)
		if b = b[take:]; len(w.piece) == chunkSize {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (w *uploader) flush() error {
	if len(w.piece) == 0 {
		return nil
	}
	_, err := w.s.pool.Exec(w.ctx, "INSERT INTO _chunk (upload, item, data) VALUES ($1, $2, $3)", w.upload[:], w.item, w.piece)
	w.item++
	w.piece = w.piece[:0]
	return err
}

// OpenBlob opens a blob for reading. It holds no connection between reads.
func (s *Store) OpenBlob(ctx context.Context, hash [32]byte) (store.BlobReader, error) {
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	r := &blobReader{s: s, have: -1}
	var upload []byte
	err := s.pool.QueryRow(ctx, "SELECT upload, size FROM _blob WHERE hash = $1", hash[:]).Scan(&upload, &r.size)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("the store has no large value %x: %w", hash, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("opening a large value: %w", classed(err))
	}
	r.upload = value.ID(upload)
	return r, nil
}

// A blobReader reads pieces on demand.
type blobReader struct {
	s      *Store
	upload value.ID
	size   int64
	at     int64
	have   int64 // the piece below, -1 for none
	piece  []byte
}

// patience of a reader with the database, for one piece.
const pieceTimeout = 30 * time.Second

func (r *blobReader) Read(b []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if item := r.at / chunkSize; item != r.have {
		piece, err := r.load(item)
		if err != nil {
			return 0, err
		}
		r.have, r.piece = item, piece
	}
	n := copy(b, r.piece[r.at%chunkSize:])
	r.at += int64(n)
	return n, nil
}

func (r *blobReader) load(item int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), pieceTimeout)
	defer cancel()
	var data []byte
	err := r.s.pool.QueryRow(ctx, "SELECT data FROM _chunk WHERE upload = $1 AND item = $2", r.upload[:], item).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("reading a large value: it was removed in the meantime: %w", fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a large value: %w", classed(err))
	}
	if want := min(chunkSize, r.size-item*chunkSize); int64(len(data)) != want {
		return nil, &store.Fault{Err: fmt.Errorf("reading a large value: a piece has %d bytes, but %d were stored", len(data), want)}
	}
	return data, nil
}

func (r *blobReader) ReadAt(b []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("reading a large value: the offset is negative")
	}
	for n < len(b) {
		if off >= r.size {
			return n, io.EOF
		}
		piece, err := r.load(off / chunkSize)
		if err != nil {
			return n, err
		}
		m := copy(b[n:], piece[off%chunkSize:])
		n, off = n+m, off+int64(m)
	}
	return n, nil
}

func (r *blobReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	default:
		return 0, fmt.Errorf("seeking in a large value: there is no whence %d", whence)
	}
	if offset < 0 {
		return 0, errors.New("seeking in a large value: the offset is negative")
	}
	r.at = offset
	return offset, nil
}

func (r *blobReader) Close() error { return nil }
