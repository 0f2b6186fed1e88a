package inspect_test

import (
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/value"
)

// BenchmarkRecord is what the inspector costs a flow, here a login in the
// pieces in which an engine tells of it.
func BenchmarkRecord(b *testing.B) {
	w := open(b, legible.Inspect{Development: true}, nil)
	id, err := value.ParseID(w.lived()["login"])
	if err != nil {
		b.Fatal(err)
	}
	entries := w.entries(id)
	ids := value.SeededIDs([32]byte{3})
	b.ReportAllocs()
	for b.Loop() {
		id := ids.At(w.now)
		w.pages.Record(id, entries[:len(entries)/2], false)
		w.pages.Record(id, entries[len(entries)/2:], true)
	}
}
