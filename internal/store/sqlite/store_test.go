package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
)

func opened(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	for _, d := range []store.Durability{store.Full, store.Relaxed, store.Memory} {
		if testing.Short() && d == store.Memory {
			continue // the others are flushed, and otherwise the same
		}
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			o := Options{Durability: d}
			storetest.Run(t, storetest.Kit{
				Open: func(t testing.TB) store.Store { return opened(t, filepath.Join(t.TempDir(), "test.db"), o) },
				Reopen: func(t testing.TB, s store.Store) store.Store {
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					return opened(t, s.(*Store).path, o)
				},
			})
		})
	}
}
