package syntax_test

import (
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// TestNoText reads what is no text at all: that costs one message. A text in
// which a few bytes are at fault is a text, and each of its lines is told.
func TestNoText(t *testing.T) {
	sentence := "sync LogIn\nwhen\n    Requesting.request (path: \"/login\") : (request)\n"
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"a picture":  {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x02\x00\x00\x00\xff\xfe\xfd\n\xfa\xfb\n\x00\n\x00\n", 1},
		"UTF-16":     {"\xff\xfe" + strings.Join(strings.Split(sentence, ""), "\x00") + "\x00", 1},
		"two faults": {"# Stra\xdfe\n# Gr\xfc\xdfe\n" + strings.Repeat("# a comment\n", 20), 2},
	} {
		_, found := syntax.Parse(source.NewFile("x.sync", c.text))
		if len(found) != c.want {
			t.Errorf("%s: %d findings, want %d: %v", name, len(found), c.want, found)
		}
		for _, d := range found {
			if d.Code != diag.NotUTF8 {
				t.Errorf("%s: finding %s, want %s: %s", name, d.Code, diag.NotUTF8, d.Message)
			}
		}
	}
}
