package journal

import "testing"

// TestSkim holds the short reading against the whole one, also of a journal
// that is cut off anywhere.
func TestSkim(t *testing.T) {
	b := sample()
	for n := 0; n <= len(b); n++ {
		want, _ := Read(b[:n])
		i := 0
		Skim(b[:n], func(m Mark) {
			if i == len(want) {
				t.Fatalf("cut at %d: there is no entry %d", n, i)
			}
			e := want[i]
			name := e.Action
			if e.Kind == Fired || e.Kind == Dropped || e.Kind == Entered {
				name = e.Sync
			}
			if m.Kind != e.Kind || string(m.Name) != name || m.Outcome != e.Outcome {
				t.Errorf("cut at %d, entry %d: skimmed as %s %q %s, but it is %s", n, i, m.Kind, m.Name, m.Outcome, e)
			}
			i++
		})
		if i != len(want) {
			t.Errorf("cut at %d: %d entries were skimmed of %d", n, i, len(want))
		}
	}
}
