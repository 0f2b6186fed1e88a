package textsettings

import (
	"errors"
	"strings"
	"testing"
)

func TestFonts(t *testing.T) {
	for _, font := range []string{
		"serif", `"Times New Roman", Times, serif`, `'Å "b"', x`, "明朝", strings.Repeat("ä", 200), "a/b", "a*b",
	} {
		if !isFont(font) {
			t.Errorf("%q is no font", font)
		}
	}
	for _, font := range []string{
		"", " ", "\u00a0", strings.Repeat("ä", 201), "a;b", "a}b", "a{b", "</style>", "a\nb", "a\x00b", "a\xffb", `a\`, `"\"`,
		`"a`, `'a`, `"a'`, `a"b"'c`, "a /* b", `"/*"`,
	} {
		if isFont(font) {
			t.Errorf("%q is a font", font)
		}
	}
}

func TestValues(t *testing.T) {
	for _, x := range []struct {
		size, height float64
		want         error
	}{
		{16, 24, nil}, {16, 16, nil}, {0.5, 0.5, nil}, {500, 1000, nil}, {500, 500, nil},
		{0, 24, ErrBadFontSize}, {-1, 24, ErrBadFontSize}, {500.1, 600, ErrBadFontSize},
		{16, 15.9, ErrBadLineHeight}, {16, 0, ErrBadLineHeight}, {16, -16, ErrBadLineHeight}, {16, 1000.1, ErrBadLineHeight},
	} {
		if _, err := values("serif", x.size, x.height); !errors.Is(err, x.want) {
			t.Errorf("size %v with height %v: %v, want %v", x.size, x.height, err, x.want)
		}
	}
}
