package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/source"
)

// Apply returns the text of a file after the edits in it. It ignores edits of
// other files. If edits overlap, it returns the unchanged text and an error.
func Apply(file *source.File, edits []Edit) (string, error) {
	mine := slices.DeleteFunc(slices.Clone(edits), func(e Edit) bool { return e.Span.File != file })
	slices.SortStableFunc(mine, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End))
	})
	var b strings.Builder
	at := 0
	for _, e := range mine {
		if e.Span.Start < at {
			return file.Text, fmt.Errorf("applying edits to %s: two of them change the same text at %s", file.Name, e.Span)
		}
		b.WriteString(file.Text[at:e.Span.Start])
		b.WriteString(e.Text)
		at = e.Span.End
	}
	b.WriteString(file.Text[at:])
	return b.String(), nil
}
