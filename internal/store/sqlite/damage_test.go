package sqlite

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
	"github.com/legible-lang/legible/value"
)

// TestDamagedPages writes other bytes into pages of a closed file. Nothing
// panics, and where what is read comes as an error the file says that it is
// damaged: when it is opened, or when it is examined; and it is not copied then.
func TestDamagedPages(t *testing.T) {
	seeds := 40
	if testing.Short() {
		seeds = 8
	}
	ctx := context.Background()
	whole := filepath.Join(t.TempDir(), "whole.db")
	schema := storetest.ParseSchema(t, notes)
	s := opened(t, whole, Options{})
	if err := s.Prepare(ctx, schema); err != nil {
		t.Fatal(err)
	}
	for n := range byte(50) {
		f := s.NewSession(value.ID{n + 1})
		text := strings.Repeat(string(rune('a'+n%26)), 300) + string(rune('0'+n))
		if err := errors.Join(f.Insert(schema.Tables[0], text, note(text)), f.Finish([]byte(text))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(uint64(seed), 0))
		spoilt := append([]byte(nil), b...)
		page := rng.IntN(len(b) / 4096)
		for range 200 {
			spoilt[page*4096+rng.IntN(4096)] = byte(rng.Uint32())
		}
		path := filepath.Join(t.TempDir(), "spoilt.db")
		if err := os.WriteFile(path, spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path, Options{})
		if err != nil {
			told++
			if !strings.Contains(err.Error(), path) {
				t.Errorf("seed %d: opening says %v, and not which file it is", seed, err)
			}
			continue
		}
		failed := s.Prepare(ctx, storetest.ParseSchema(t, notes))
		if failed == nil {
			f := s.NewSession(value.ID{200})
			_, failed = f.Find(s.schema.Tables[0], nil, nil, store.Page{})
			f.Abandon()
		}
		found, err := s.CheckIntegrity(ctx)
		if len(found) > 0 || err != nil {
			told++
			copied := filepath.Join(filepath.Dir(path), "copy.db")
			if err := s.Backup(ctx, copied); err == nil {
				t.Errorf("seed %d: it is copied, and there is damage: %q", seed, found)
			} else if _, e := os.Stat(copied); e == nil {
				t.Errorf("seed %d: copying failed with %v, and there is a copy", seed, err)
			}
		} else if failed != nil {
			t.Errorf("seed %d: reading fails with %v, and no damage is found", seed, failed)
		}
		s.Close() // it may fail
	}
	if told < seeds/2 {
		t.Errorf("of %d spoilt files %d were told of", seeds, told)
	}
}

// TestLockedByOthers lets another program hold the database: nothing can be
// written until it lets go, and then all goes on.
func TestLockedByOthers(t *testing.T) {
	s, table := prepared(t, Options{})
	if err := s.conn.exec("PRAGMA busy_timeout = 20"); err != nil {
		t.Fatal(err)
	}
	other, err := openConn(s.path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer other.close()
	if err := other.exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	f := s.NewSession(value.ID{1})
	if err := f.Insert(table, "x", note("x")); !errors.Is(err, store.ErrLost) || !strings.Contains(err.Error(), "another program has locked the database: wait until it finishes") {
		t.Errorf("writing while another program holds the database gives %v", err)
	}
	f.Abandon()
	if err := other.exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	f = s.NewSession(value.ID{2})
	if err := errors.Join(f.Insert(table, "x", note("x")), f.Finish([]byte("x"))); err != nil {
		t.Errorf("when it has let go: %v", err)
	}
}
