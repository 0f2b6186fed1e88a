package sqlite

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// TestGauges counts flows into groups, however they fall.
func TestGauges(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "gauges.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Prepare(t.Context(), &store.Schema{}); err != nil {
		t.Fatal(err)
	}
	before, _ := s.Commits()
	ids := value.NewIDs()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := s.NewSession(ids.At(time.Now())).Finish([]byte("entry")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := s.Close(); err != nil { // all that was written is durable then
		t.Fatal(err)
	}
	groups, flows := s.Commits()
	if flows != 20 || groups <= before || groups-before > 20 {
		t.Errorf("20 flows came to rest, and are counted as %d in %d groups", flows, groups-before)
	}
	if n := s.Waiting(); n != 0 {
		t.Errorf("%d flows wait for nothing", n)
	}
}
