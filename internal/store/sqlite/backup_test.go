package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// TestBackup copies a store while flows put, refer, let go and sweep. Each copy
// is whole: a row for each journal and the other way round, and every blob.
func TestBackup(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	folder := t.TempDir()
	s, table := withFiles(t, filepath.Join(folder, "test.db"), Options{})
	ids := value.NewIDs()
	put := func(i int) (id value.ID, err error) {
		b, err := s.PutBlob(ctx, bytes.NewReader(bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 5000)), "x/y")
		if err != nil {
			return id, err
		}
		id = ids.At(time.Now())
		f := s.NewSession(id)
		return id, errors.Join(f.Insert(table, id.String(), store.Row{value.Binary(b), value.Null}), f.Finish([]byte("put")))
	}
	first, err := put(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	left := ids.At(time.Now())
	f := s.NewSession(left)
	if err := f.Commit([]byte("left")); err != nil {
		t.Fatal(err)
	}
	f.Abandon()
	stop := make(chan struct{})
	var group sync.WaitGroup
	for w := range 2 {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				id, err := put(i*2 + w)
				if err == nil && i%3 == 0 {
					f := s.NewSession(id)
					err = errors.Join(f.Update(table, id.String(), store.Row{value.Null, value.Null}), f.Finish([]byte("gone")))
				}
				if err == nil && w == 0 {
					_, err = s.SweepBlobs(ctx, time.Second)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	var copies []string
	for i := range 3 {
		path := filepath.Join(folder, fmt.Sprintf("copy %d.db", i))
		from := s
		if i == 1 {
			from = opened(t, s.path, Options{ReadOnly: true})
		}
		if err := from.Backup(ctx, path); err != nil {
			t.Error(err)
			continue
		}
		copies = append(copies, path)
	}
	close(stop)
	group.Wait()
	for _, path := range copies {
		c, table := withFiles(t, path, Options{})
		if found, err := c.CheckIntegrity(ctx); len(found) > 0 || err != nil {
			t.Errorf("the copy is damaged: %v, %v", found, err)
		}
		if got, err := c.Unfinished(ctx); !slices.Equal(got, []value.ID{left}) || err != nil {
			t.Errorf("the unfinished flows in the copy are %v, %v, want %v", got, err, left)
		}
		flows, err := c.Flows(ctx, value.Zero, 0)
		if err != nil || !slices.Contains(flows, first) {
			t.Errorf("the copy does not know the first flow: %v", err)
		}
		f := c.NewSession(ids.At(time.Now()))
		for _, id := range flows {
			journal, _ := c.Journal(ctx, id)
			row, err := f.Get(table, id.String())
			if err != nil {
				t.Fatal(err)
			}
			state := "left"
			if row != nil {
				if state = "putgone"; !row[0].IsNull() {
					state = "put"
					if err := whole(c, row[0].Blob()); err != nil {
						t.Error(err)
					}
				}
			}
			if string(journal) != state {
				t.Errorf("the copy has the journal %q and the state %q", journal, state)
			}
		}
		// It can be worked with.
		if err := errors.Join(f.Insert(table, "new", store.Row{value.Null, value.Null}), f.Finish([]byte("x"))); err != nil {
			t.Error(err)
		}
	}
	if parts, _ := filepath.Glob(filepath.Join(folder, "*.part")); len(parts) > 0 {
		t.Errorf("copying has left %v", parts)
	}
}

func TestBackupRefuses(t *testing.T) {
	ctx := context.Background()
	folder := t.TempDir()
	s, table := withFiles(t, filepath.Join(folder, "test.db"), Options{})
	b, err := s.PutBlob(ctx, strings.NewReader("hello"), "")
	if err != nil {
		t.Fatal(err)
	}
	f := s.NewSession(value.ID{1})
	if err := errors.Join(f.Insert(table, "a", store.Row{value.Binary(b), value.Null}), f.Finish(nil)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "copy.db")
	refused := func(to, want string) {
		t.Helper()
		if err := s.Backup(ctx, to); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("copying says %v, want %q in it", err, want)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("a copy that failed is there")
		}
	}
	refused("", "name a file")
	refused(s.path, "already exists")
	refused(filepath.Join(folder, "no", "copy.db"), "no")
	_, file := s.blobs.name(b.Hash)
	if err := os.WriteFile(file, []byte("hallo"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(path, "is damaged")
	if found, err := s.CheckIntegrity(ctx); err != nil || len(found) != 1 || !strings.Contains(found[0], "has other bytes") {
		t.Errorf("looking through a store with a damaged blob finds %v, %v", found, err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	refused(path, "is missing")
	if found, err := s.CheckIntegrity(ctx); err != nil || len(found) != 1 || !strings.Contains(found[0], "is missing") {
		t.Errorf("looking through a store without a blob finds %v, %v", found, err)
	}
	if _, err := s.PutBlob(ctx, strings.NewReader("hello"), ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, path); err != nil {
		t.Errorf("copying after the blob is whole again: %v", err)
	}
}

func TestCompact(t *testing.T) {
	ctx := context.Background()
	s, _ := withFiles(t, filepath.Join(t.TempDir(), "test.db"), Options{})
	ids := value.NewIDs()
	for range 50 {
		f := s.NewSession(ids.At(time.Now()))
		if err := f.Finish(make([]byte, 50_000)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.Forget(ctx, store.Retention{Keep: 1}); n != 49 || err != nil {
		t.Fatalf("%d flows are forgotten, %v", n, err)
	}
	if err := s.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(s.path); err != nil || info.Size() > 500_000 {
		t.Errorf("after compacting the file has %d bytes, want that of one flow: %v", info.Size(), err)
	}
	f := s.NewSession(ids.At(time.Now()))
	if err := f.Finish([]byte("x")); err != nil {
		t.Error(err)
	}
}
