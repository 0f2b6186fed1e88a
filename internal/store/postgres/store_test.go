package postgres

import (
	"context"
	"os"
	"testing"

	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
)

func TestMain(m *testing.M) {
	if becomes() {
		return
	}
	code := m.Run()
	pgtest.Stop()
	os.Exit(code)
}

// place returns the URL of an empty place in a server that does not flush, since
// no test pulls the plug.
func place(t testing.TB) string { return pgtest.Start(t, "-c", "fsync=off").URL(t) }

func opened(t testing.TB, url string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	for _, d := range []store.Durability{store.Full, store.Relaxed} {
		if testing.Short() && d != store.Full {
			continue
		}
		t.Run(d.String(), func(t *testing.T) {
			o := Options{Durability: d}
			urls := map[store.Store]string{}
			open := func(t testing.TB, url string) store.Store {
				s := opened(t, url, o)
				urls[s] = url
				return s
			}
			storetest.Run(t, storetest.Kit{
				Open: func(t testing.TB) store.Store { return open(t, place(t)) },
				Reopen: func(t testing.TB, s store.Store) store.Store {
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					return open(t, urls[s])
				},
			})
		})
	}
}
