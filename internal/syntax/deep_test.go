package syntax_test

import (
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// Brackets without end cost one message and neither stack nor time: such a line
// is not read.
func TestDeepBrackets(t *testing.T) {
	const deep = 1 << 19
	for name, text := range map[string]string{
		"patterns": "sync S\nwhen\n    R.r (a: " + strings.Repeat("{a:", deep) + "b" + strings.Repeat("}", deep) + ")\nthen\n    A.b ()\n",
		"types":    "sync S\nwhen\n    R.r (a: seq of " + strings.Repeat("{a:", deep) + "B" + strings.Repeat("}", deep) + ")\nthen\n    A.b ()\n",
		"data":     "scenario s\n    POST /a " + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "\n",
	} {
		_, found := syntax.Parse(source.NewFile("deep", text))
		if len(found) != 1 || found[0].Code != diag.TooDeep {
			t.Errorf("%s: %d findings, the first is %v", name, len(found), found)
		}
	}
}
