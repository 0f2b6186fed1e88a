package sqlite

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/legible-lang/legible/store"
)

var _ store.Copier = (*Store)(nil)

// Backup copies the file and its large values while flows continue. The copy is a
// snapshot of the database; it may contain large values that were added later. A
// damaged large value ends the backup, so that every copy is intact. Backup also works
// with a read-only store, while another process uses the file.
func (s *Store) Backup(ctx context.Context, path string) error {
	if err := s.backup(ctx, path); err != nil {
		if errors.Is(err, store.ErrClosed) {
			return err
		}
		if diskFull(err) {
			err = fmt.Errorf("the disk is full: make room (%w)", err)
		}
		return fmt.Errorf("copying the store %s to %s: %w", s.path, path, explain(err))
	}
	return nil
}

func (s *Store) backup(ctx context.Context, path string) (err error) {
	if path == "" {
		return errors.New("the path is empty: name a file")
	}
	folder := path + "-blobs"
	part := path + ".part" // until it is complete
	for _, name := range []string{path, folder, part} {
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("%s already exists: name another file, or remove it", name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := s.flush(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(part)
			os.RemoveAll(folder)
		}
	}()
	copies := blobs{folder: folder, create: newFile}
	// Before the database, so that no blob of it is swept meanwhile; and after it, for
	// new blobs.
	if err := s.blobs.copyTo(ctx, &copies); err != nil {
		return err
	}
	if err := s.copyTo(ctx, part); err != nil {
		return err
	}
	if err := s.blobs.copyTo(ctx, &copies); err != nil {
		return err
	}
	if err := copies.complete(ctx, part, s.schema); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// copyTo copies a snapshot of the database, durably.
func (s *Store) copyTo(ctx context.Context, path string) error {
	c, err := openConn(s.path, true)
	if err != nil {
		return err
	}
	defer c.close()
	// The copy cannot be interrupted: it takes about a second for a gigabyte, and the
	// check before it as long.
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.exec("PRAGMA busy_timeout = 2000"); err != nil {
		return err
	}
	// A damaged file is not copied. The check reads the source, since a copy of a
	// damaged page may seem intact.
	if found, err := wrong(ctx, c); err != nil {
		return err
	} else if len(found) > 0 {
		return fmt.Errorf("the file is damaged and was not copied: restore an earlier copy, or try sqlite3's .recover (%s)", firstLine(found[0]))
	}
	if err := c.query("VACUUM INTO ?", nil, path); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// copyTo copies the blobs that the other folder does not have.
func (b *blobs) copyTo(ctx context.Context, other *blobs) error {
	return b.each(func(hash [32]byte, file string, info fs.FileInfo) error {
		folder, to := other.name(hash)
		if _, err := os.Stat(to); err == nil {
			return nil
		}
		from, err := os.Open(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // swept
		}
		if err != nil {
			return err
		}
		defer from.Close()
		if err := makeFolder(other.folder, true); err != nil {
			return err
		}
		if err := makeFolder(folder, true); err != nil {
			return err
		}
		if err := copyFile(ctx, from, to, hash); err != nil {
			return err
		}
		return syncFolder(folder)
	})
}

func copyFile(ctx context.Context, from *os.File, to string, hash [32]byte) error {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	ref, err := store.CopyBlob(ctx, f, from, "")
	if err == nil && ref.Hash != hash {
		err = fmt.Errorf("%s is damaged: its bytes have changed since they were stored", from.Name())
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// complete checks that all large values exist that a copy refers to.
func (b *blobs) complete(ctx context.Context, path string, schema *store.Schema) error {
	c, err := openConn(path, true)
	if err != nil {
		return err
	}
	defer c.close()
	return eachValue(ctx, c, schema, func(hash [32]byte) error {
		_, file := b.name(hash)
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the large value %x is missing, but the database refers to it", hash)
		} else if err != nil {
			return err
		}
		return nil
	})
}

// Compact returns the unused space in the file to the disk. Nothing else runs in the
// store meanwhile.
func (s *Store) Compact(ctx context.Context) error {
	if s.options.ReadOnly {
		return store.ErrReadOnly
	}
	s.disk.Lock()
	defer s.disk.Unlock()
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.queue.Closed {
		return store.ErrClosed
	}
	err := s.commitTxLocked()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = s.conn.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
	}
	if err != nil {
		return fmt.Errorf("compacting the store %s: %w", s.path, explain(err))
	}
	return nil
}

// CheckIntegrity reads the file and all large values, and returns a sentence for each
// fault. Flows continue meanwhile.
func (s *Store) CheckIntegrity(ctx context.Context) ([]string, error) {
	var found []string
	err := s.flush()
	if err == nil {
		err = s.damage(ctx, &found)
	}
	if err != nil && !errors.Is(err, store.ErrClosed) {
		err = fmt.Errorf("checking the store %s: %w", s.path, explain(err))
	}
	return found, err
}

// wrong returns the faults that SQLite finds in the file.
func wrong(ctx context.Context, c *conn) (found []string, err error) {
	err = c.query("PRAGMA integrity_check(20)", func(q *stmt) error {
		if text := q.string(0); text != "ok" {
			found = append(found, text)
		}
		return ctx.Err()
	})
	return found, err
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

func (s *Store) damage(ctx context.Context, found *[]string) error {
	c, err := openConn(s.path, true)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.exec("PRAGMA busy_timeout = 2000"); err != nil {
		return err
	}
	texts, err := wrong(ctx, c)
	*found = append(*found, texts...)
	if err != nil {
		return err
	}
	err = s.blobs.each(func(hash [32]byte, file string, _ fs.FileInfo) error {
		f, err := os.Open(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			*found = append(*found, fmt.Sprintf("the large value %x cannot be read: %v", hash, err))
		} else if [32]byte(h.Sum(nil)) != hash {
			*found = append(*found, fmt.Sprintf("the large value %x has other bytes than those that were stored", hash))
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	return eachValue(ctx, c, s.schema, func(hash [32]byte) error {
		_, file := s.blobs.name(hash)
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			*found = append(*found, fmt.Sprintf("the large value %x is missing, but the database refers to it", hash))
		}
		return nil
	})
}
