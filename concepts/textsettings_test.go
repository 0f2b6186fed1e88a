package concepts_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/textsettings"
	"github.com/legible-lang/legible/concepts/trial"
)

// setter returns a function that gives a document settings.
func setter(t *testing.T) func(font string, size, height float64) error {
	var c *textsettings.Concept
	app := trial.Open(t, func() legible.Concept {
		return textsettings.Define(func(s *textsettings.State) textsettings.Actions {
			c = &textsettings.Concept{State: s}
			return c
		})
	})
	document := ""
	return func(font string, size, height float64) error {
		document += "d"
		return app.Do(func(ctx legible.Context) error {
			_, err := c.CreateDocumentSettings(ctx, textsettings.CreateDocumentSettingsIn{
				Document: textsettings.Document(document), Font: font, FontSize: size, LineHeight: height,
			})
			return err
		})
	}
}

func TestFonts(t *testing.T) {
	set := setter(t)
	for _, font := range []string{
		"serif", `"Times New Roman", Times, serif`, `'Å "b"', x`, "明朝", strings.Repeat("ä", 200), "a/b", "a*b",
	} {
		if err := set(font, 16, 24); err != nil {
			t.Errorf("the font %q: %v", font, err)
		}
	}
	for _, font := range []string{
		"", " ", "\u00a0", strings.Repeat("ä", 201), "a;b", "a}b", "a{b", "</style>", "a\nb", "a\x00b", "a\xffb", `a\`, `"\"`,
		`"a`, `'a`, `"a'`, `a"b"'c`, "a /* b", `"/*"`,
	} {
		if err := set(font, 16, 24); !errors.Is(err, textsettings.ErrBadFont) {
			t.Errorf("the font %q: %v, want BAD_FONT", font, err)
		}
	}
}

func TestSizes(t *testing.T) {
	set := setter(t)
	for _, x := range []struct {
		size, height float64
		want         error
	}{
		{16, 24, nil}, {16, 16, nil}, {0.5, 0.5, nil}, {500, 1000, nil}, {500, 500, nil},
		{0, 24, textsettings.ErrBadFontSize}, {-1, 24, textsettings.ErrBadFontSize}, {500.1, 600, textsettings.ErrBadFontSize},
		{16, 15.9, textsettings.ErrBadLineHeight}, {16, 0, textsettings.ErrBadLineHeight}, {16, -16, textsettings.ErrBadLineHeight}, {16, 1000.1, textsettings.ErrBadLineHeight},
	} {
		if err := set("serif", x.size, x.height); !errors.Is(err, x.want) {
			t.Errorf("size %v with height %v: %v, want %v", x.size, x.height, err, x.want)
		}
	}
}
