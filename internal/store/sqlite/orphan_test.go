package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// TestOrphan fills the disk between two actions of a flow: the flow is given up,
// and given back once there is room. A flow of which nothing was kept is not.
func TestOrphan(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, table := prepared(t, Options{})
	half, none, other := s.NewSession(value.ID{1}), s.NewSession(value.ID{2}), s.NewSession(value.ID{3})
	if err := errors.Join(half.Insert(table, "half", note("half")), half.Commit([]byte("h")), other.Finish([]byte("o"))); err != nil {
		t.Fatal(err)
	}
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	s.fillDisk(t, true)
	for name, f := range map[string]store.Session{"half": half, "none": none} {
		row := note(string(big[:100<<10]) + name)
		if err := f.Insert(table, name+" further", row); !errors.Is(err, store.ErrLost) {
			t.Errorf("inserting on a full disk gives %v, want %v", err, store.ErrLost)
		}
		if _, err := f.Get(table, "half"); !errors.Is(err, store.ErrLost) {
			t.Errorf("a flow that could not write goes on with %v, want %v", err, store.ErrLost)
		}
		f.Abandon()
	}
	reader := s.NewSession(value.ID{4})
	if row, err := reader.Get(table, "half"); row == nil || err != nil {
		t.Errorf("a full disk is not read: %v, %v", row, err)
	}
	if err := reader.Finish([]byte("r")); err != nil {
		t.Errorf("a flow that has only read rests on a full disk with %v", err)
	}
	// What waits to be written does not fit, so nothing can go on.
	s.queue.Lock()
	s.queue.ArmWithinLocked(time.Hour)
	s.queue.Unlock()
	waits := s.NewSession(value.ID{5})
	if err := waits.Commit(big); err != nil {
		t.Fatal(err)
	}
	short, stop := context.WithTimeout(ctx, 50*time.Millisecond)
	defer stop()
	if ids, err := s.TakenOver(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a full disk these flows are to go on: %v, %v", ids, err)
	}
	waits.Abandon()
	s.fillDisk(t, false)
	ids, err := s.TakenOver(ctx)
	if err != nil || len(ids) != 1 || ids[0] != (value.ID{1}) {
		t.Fatalf("when there is room these flows are to go on: %v, %v; want the one that is half done", ids, err)
	}
	again := s.NewSession(ids[0])
	if err := errors.Join(again.Insert(table, "rest", note("rest")), again.Finish([]byte("e"))); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[byte]string{1: "he", 2: "", 3: "o", 4: "r"} {
		if got, err := s.Journal(ctx, value.ID{id}); string(got) != want || err != nil {
			t.Errorf("the journal of flow %d is %q, %v, want %q", id, got, err, want)
		}
	}
	if left, err := s.Unfinished(ctx); len(left) > 0 || err != nil {
		t.Errorf("unfinished are %v, %v", left, err)
	}
}

// TestOnlyTheOwnerReads wants files that nobody else can read, whatever the
// process leaves to others elsewhere.
func TestOnlyTheOwnerReads(t *testing.T) {
	s, table := prepared(t, Options{})
	f := s.NewSession(value.ID{1})
	if err := errors.Join(f.Insert(table, "x", note("x")), f.Finish([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutBlob(context.Background(), strings.NewReader("a large value"), ""); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(filepath.Dir(s.path), "copy.db")
	if err := s.Backup(context.Background(), copied); err != nil {
		t.Fatal(err)
	}
	seen := 0
	err := filepath.WalkDir(filepath.Dir(s.path), func(name string, d os.DirEntry, err error) error {
		if err != nil || name == filepath.Dir(s.path) {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		seen++
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has permissions %o: others than its owner can get at it", name, mode)
		}
		return nil
	})
	if err != nil || seen < 8 {
		t.Errorf("%d files and folders were seen, %v", seen, err)
	}
}
