package engine_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/journal"
)

// numbered are the firings, whose numbers are others when one is left out.
var numbered = regexp.MustCompile(`(?m)^(fired|entered|asked|returned) [0-9.]+`)

// ofFrame names the frame that entered a stage.
var ofFrame = regexp.MustCompile(` of frame [0-9.]+`)

// TestGone cuts a flow off after every entry of its record. When it goes on
// without its secrets, it does nothing that it would not have done with them:
// what a secret decides and was not decided yet ends it as faulted.
func TestGone(t *testing.T) {
	const file = "testdata/secrets-gone.txtar"
	p, _ := load(t, file)
	_, journals := p.trace(t)
	for id, whole := range journals {
		lines := func(entries []journal.Entry) []string {
			return strings.Split(ofFrame.ReplaceAllString(numbered.ReplaceAllString(canonical(id, entries), "$1"), ""), "\n")
		}
		entries, err := journal.Read(whole)
		if err != nil {
			t.Fatal(err)
		}
		want := lines(entries)
		for cut := 0; cut < len(whole); {
			cut += 5 + int(uint32(whole[cut+1])|uint32(whole[cut+2])<<8|uint32(whole[cut+3])<<16|uint32(whole[cut+4])<<24)
			before, err := journal.Read(whole[:cut])
			if err != nil {
				t.Fatal(err)
			}
			if len(before) < 2 {
				continue // the request itself was never kept
			}
			after := lines(resume(t, file, id, whole[:cut], before))
			for _, line := range after {
				if line != "" && !strings.HasPrefix(line, "faulted") && !slices.Contains(want, line) {
					t.Errorf("cut after %d entries the flow goes on with\n%s\nwhich it would not have done", len(before), line)
				}
			}
			for _, line := range want {
				if !slices.Contains(after, line) && !slices.Contains(lines(before), line) && !strings.Contains(strings.Join(after, "\n"), "faulted") {
					t.Errorf("cut after %d entries the flow does not go on with\n%s\nand no fault is told of", len(before), line)
				}
			}
		}
	}
}
