package mutation

import (
	"strings"
	"testing"
)

// TestOwnershipLines removes each line of FocusReader that relates something to the
// caller, or to what is related already. The checker must name the place.
func TestOwnershipLines(t *testing.T) {
	programs, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, p := range programs {
		if p.Name != "focusreader" {
			continue
		}
		for _, m := range Operate(p) {
			_, line, ok := strings.Cut(m.ID, ": remove where line ")
			relates := strings.HasPrefix(line, "Own") || strings.HasPrefix(line, "Caller") || strings.HasPrefix(line, "in ") && strings.Contains(line, "user")
			if !ok || !relates || strings.Contains(m.ID, " LoggedIn: ") {
				continue
			}
			lines++
			if r := m.Judge(); r.Verdict != Right {
				t.Errorf("%s: %v\n%s\n%s", m.ID, r.Verdict, m.Diff(), r.Said)
			}
		}
	}
	if lines < 20 {
		t.Errorf("only %d lines relate something to the caller", lines)
	}
}
