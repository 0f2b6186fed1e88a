package mutation

import (
	"slices"
	"testing"

	"github.com/legible-lang/legible/internal/diag"
)

// TestFixesHideNothing verifies that applying the fixes for any mutation gives the
// original program again, or leaves a finding that names the place.
func TestFixesHideNothing(t *testing.T) {
	programs, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	step := 7
	if testing.Short() {
		step = 60
	}
	fixed := 0
	for _, p := range programs {
		for i, m := range Operate(p) {
			if i%step != 0 && len(p.files) > 5 {
				continue
			}
			j := &judge{Mutation: m}
			if j.files, err = m.texts(); err != nil {
				t.Errorf("%s: %v", m.ID, err)
				continue
			}
			_, found := p.check(j.files)
			if !slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Fix != nil }) {
				continue
			}
			fixed++
			if hidden := j.hides(found); hidden != "" {
				t.Errorf("%s: the fixes hide the mistake: %s\n%s", m.ID, hidden, m.Diff())
				for _, d := range found {
					t.Logf("%s: %s [%s]", d.Span, d.Message, d.Code)
				}
			}
		}
	}
	if fixed < 20 {
		t.Errorf("only %d mutations have fixes", fixed)
	}
}
