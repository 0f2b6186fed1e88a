package sqlite

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// The large values are files beside the database, so that they are streamed and any tool
// can read them. The file of the hash abcdef… is
//
//	PATH-blobs/ab/cdef…
//
// A file gets this name when it is complete and durable. Until then it is
//
//	PATH-blobs/new-…
//
// and opening the store removes those that a crash has left.
type blobs struct {
	folder string
	create func(folder string) (*os.File, error) // newFile, except in tests
	mu     sync.Mutex                            // held while a name is added or removed
	closed bool                                  // under mu
}

const newPrefix = "new-"

func newFile(folder string) (*os.File, error) { return os.CreateTemp(folder, newPrefix+"*") }

// name returns the folder and the file of a blob.
func (b *blobs) name(hash [32]byte) (folder, file string) {
	text := hex.EncodeToString(hash[:])
	folder = filepath.Join(b.folder, text[:2])
	return folder, filepath.Join(folder, text[2:])
}

// open removes incomplete files that a crash has left. The store has the lock of the
// file, so no other process writes here.
func (b *blobs) open() error {
	entries, err := os.ReadDir(b.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), newPrefix) {
			if err := os.Remove(filepath.Join(b.folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *blobs) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
}

// PutBlob stores the content of a reader in a file.
func (s *Store) PutBlob(ctx context.Context, r io.Reader, mediaType string) (*value.Blob, error) {
	if s.options.ReadOnly {
		return nil, store.ErrReadOnly
	}
	if s.queue.IsClosed() {
		return nil, store.ErrClosed
	}
	ref, err := s.putBlob(ctx, r, mediaType)
	if err != nil {
		if diskFull(err) {
			err = fmt.Errorf("the disk is full: make room (%w)", err)
		}
		if read, ok := errors.AsType[*store.ReadError](err); ok {
			return nil, fmt.Errorf("storing a large value: %w", read)
		}
		return nil, fmt.Errorf("storing a large value in %s: %w", s.blobs.folder, store.Lost(err))
	}
	return ref, nil
}

func (s *Store) putBlob(ctx context.Context, r io.Reader, mediaType string) (ref *value.Blob, err error) {
	flush := s.options.Durability != store.Memory
	if err := makeFolder(s.blobs.folder, flush); err != nil {
		return nil, err
	}
	f, err := s.blobs.create(s.blobs.folder)
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name()) // does nothing after the rename
	ref, err = store.CopyBlob(ctx, f, r, mediaType)
	if err == nil && flush {
		// Also with Relaxed: a row must never refer to a blob that does not exist.
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	folder, file := s.blobs.name(ref.Hash)
	if err := makeFolder(folder, flush); err != nil {
		return nil, err
	}
	if err := s.blobs.give(f.Name(), file, ref.Size); err != nil {
		return nil, err
	}
	if flush {
		// Even if it exists: the one who has put it may not have synced the folder yet.
		err = syncFolder(folder)
	}
	return ref, err
}

// give renames a file, or renews the time of an existing one.
func (b *blobs) give(from, to string, size int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return store.ErrClosed
	}
	if info, err := os.Stat(to); err == nil && info.Size() == size {
		now := time.Now()
		return os.Chtimes(to, now, now)
	}
	return os.Rename(from, to)
}

// makeFolder creates a folder in an existing one, durably.
func makeFolder(folder string, flush bool) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if flush {
		return syncFolder(filepath.Dir(folder))
	}
	return nil
}

// OpenBlob opens the file of a blob.
func (s *Store) OpenBlob(_ context.Context, hash [32]byte) (store.BlobReader, error) {
	if s.queue.IsClosed() {
		return nil, store.ErrClosed
	}
	_, file := s.blobs.name(hash)
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the store has no large value %x: %w", hash, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("opening a large value: %w", store.Lost(err))
	}
	return f, nil
}

// SweepBlobs removes the files that nothing refers to. It reads one snapshot of the
// database with a connection of its own, so that flows continue meanwhile; blobs that
// they begin to refer to are kept, too.
func (s *Store) SweepBlobs(ctx context.Context, age time.Duration) (n int, err error) {
	if s.options.ReadOnly {
		return 0, store.ErrReadOnly
	}
	defer func() {
		if err != nil && !errors.Is(err, store.ErrClosed) {
			err = fmt.Errorf("sweeping the large values in %s: %w", s.blobs.folder, explain(err))
		}
	}()
	until := time.Now().Add(-age)
	w := store.NewSweep()
	err = s.blobs.each(func(hash [32]byte, _ string, info fs.FileInfo) error {
		if !info.ModTime().After(until) {
			w.Add(hash)
		}
		return ctx.Err()
	})
	if err != nil {
		return 0, err
	}
	schema, err := s.beginSweep(w)
	if err != nil {
		return 0, err
	}
	defer s.endSweep()
	if err := s.mark(ctx, w, schema); err != nil {
		return 0, err
	}
	// The removal of the references must be durable first.
	if err := s.flush(); err != nil {
		return 0, err
	}
	for _, hash := range w.Unmarked() {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		gone, err := s.dropBlob(w, hash, until)
		if err != nil {
			return n, err
		}
		if gone {
			n++
		}
	}
	return n, nil
}

// beginSweep makes flows mark the blobs of what they write, and makes their earlier
// writes durable.
func (s *Store) beginSweep(w *store.Sweep) (*store.Schema, error) {
	s.disk.Lock()
	defer s.disk.Unlock()
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.queue.Closed {
		return nil, store.ErrClosed
	}
	if s.fixed.read == nil {
		return nil, errors.New("the store has not been prepared")
	}
	if s.sweep != nil {
		return nil, errors.New("another sweep is running")
	}
	if err := s.commitTxLocked(); err != nil {
		return nil, err
	}
	s.sweep = w
	return s.schema, nil
}

func (s *Store) endSweep() {
	s.tx.Lock()
	s.sweep = nil
	s.tx.Unlock()
}

// mark marks the blobs of all rows and of the journals of unfinished flows.
func (s *Store) mark(ctx context.Context, w *store.Sweep, schema *store.Schema) error {
	c, err := openConn(s.path, true)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.exec("PRAGMA busy_timeout = 2000; BEGIN"); err != nil {
		return err
	}
	defer c.exec("ROLLBACK")
	err = eachValue(ctx, c, schema, func(hash [32]byte) error {
		w.Mark(hash)
		return nil
	})
	if err != nil {
		return err
	}
	// The engine never splits a value, so a hash is always within one part of a
	// journal.
	return c.query("SELECT data FROM _unfinished JOIN _journal USING (flow)", func(q *stmt) error {
		w.MarkIn(q.bytes(0))
		return ctx.Err()
	})
}

// eachValue calls do for each reference in a row, with any connection.
func eachValue(ctx context.Context, c *conn, schema *store.Schema, do func(hash [32]byte) error) error {
	for _, t := range schema.Tables {
		for i := range t.Columns {
			column := &t.Columns[i]
			if column.Type != store.Blob && column.Type != store.Json {
				continue
			}
			text := fmt.Sprintf("SELECT %s FROM %s WHERE %[1]s IS NOT NULL", quote(column.Name), quote(t.Name()))
			err := c.query(text, func(q *stmt) error {
				v, err := q.value(0, column)
				if err == nil {
					err = store.EachBlob(v, do)
				}
				return errors.Join(err, ctx.Err())
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// dropBlob removes a file, unless something has begun to refer to it or it was stored
// again.
func (s *Store) dropBlob(w *store.Sweep, hash [32]byte, until time.Time) (bool, error) {
	s.tx.Lock() // so that no flow writes a reference meanwhile
	defer s.tx.Unlock()
	if s.queue.Closed {
		return false, store.ErrClosed
	}
	s.blobs.mu.Lock()
	defer s.blobs.mu.Unlock()
	_, file := s.blobs.name(hash)
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !w.IsUnmarked(hash) || info.ModTime().After(until) {
		return false, nil
	}
	return true, os.Remove(file)
}

// each calls do for each blob.
func (b *blobs) each(do func(hash [32]byte, file string, info fs.FileInfo) error) error {
	folders, err := os.ReadDir(b.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if !folder.IsDir() || len(folder.Name()) != 2 {
			continue
		}
		path := filepath.Join(b.folder, folder.Name())
		files, err := os.ReadDir(path)
		if err != nil {
			return err
		}
		for _, f := range files {
			hash, err := hex.DecodeString(folder.Name() + f.Name())
			if err != nil || len(hash) != 32 {
				continue // not ours
			}
			info, err := f.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil {
				err = do([32]byte(hash), filepath.Join(path, f.Name()), info)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
