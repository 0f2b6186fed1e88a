package memory

import (
	"testing"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Kit{Open: func(t testing.TB) store.Store {
		s := New(Options{})
		t.Cleanup(func() { s.Close() })
		return s
	}})
}
