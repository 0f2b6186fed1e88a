package inspect

import (
	"testing"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/value"
)

// TestSearchInIdentities looks for digits that stand in an identity by chance.
func TestSearchInIdentities(t *testing.T) {
	const id = "01b977d7-a409-72b2-8a36-6dce7e87da6f"
	s := &story{Flow: &history.Flow{}, entries: []journal.Entry{{Kind: journal.Asked, Action: "Noting.write",
		In: []value.Field{{Name: "note", Value: value.String(id)}, {Name: "text", Value: value.String("room 12 of " + id)}}}}}
	for text, want := range map[string]bool{"409": false, "a409": false, "da6f": false, "01b977d7": true, "7e87da6f": true, id: true, "room 12": true, "12 of 01b9": false, "of": true} {
		if s.has(text) != want {
			t.Errorf("%q is found: %v", text, !want)
		}
	}
}
