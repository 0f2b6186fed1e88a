package gen_test

import (
	"path/filepath"
	"testing"
)

// FuzzGo: whatever passes the checker either becomes Go that can be parsed, or
// is refused with findings. generate fails the test for any other error.
func FuzzGo(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.concept", "internal/forms/*.concept", "../concepts/*/*.concept"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files {
			f.Add(text(f, name))
		}
	}
	f.Fuzz(func(t *testing.T, text string) { generate(t, "fuzz.concept", text) })
}
