package syntax

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/source"
)

// Texts that are nearly right find more than texts that are noise: the tokens
// and lines of the examples are moved, doubled, left out and put into each
// other, and whatever comes out must be read without a panic and, where it is
// without errors, formatted without a change of meaning.
func TestMutations(t *testing.T) {
	var texts []string
	for _, pattern := range []string{"testdata/contract/*", "testdata/format/*.in", "testdata/errors/*"} {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
	}
	rounds := 20000
	if testing.Short() {
		rounds = 600
	}
	r := rand.New(rand.NewPCG(7, 11))
	read := 0
	for range rounds {
		text := mutate(r, texts)
		src := source.NewFile("mutated", text)
		tree, ds := Parse(src)
		checkSpans(t, reflect.ValueOf(tree), len(text))
		for _, d := range ds {
			checkSpan(t, d.Span, len(text))
		}
		checkFormat(t, "mutated", text)
		if len(ds) == 0 {
			read++
		}
	}
	if read < rounds/20 {
		t.Errorf("only %d of %d mutated texts were free of errors; the mutations are too coarse", read, rounds)
	}
}

// mutate changes an item of a text a few times.
func mutate(r *rand.Rand, texts []string) string {
	lines := strings.SplitAfter(texts[r.IntN(len(texts))], "\n")
	if n := len(lines); n > 12 {
		from := r.IntN(n - 8)
		for from > 0 && (lines[from] == "" || strings.TrimSpace(lines[from]) == "" || lines[from][0] == ' ') {
			from--
		}
		lines = lines[from:min(n, from+6+r.IntN(25))]
	}
	for range r.IntN(4) {
		i := r.IntN(len(lines))
		switch r.IntN(9) {
		case 0:
			lines[i] = ""
		case 1:
			lines[i] += lines[i]
		case 2:
			lines[i] = "    " + lines[i]
		case 3:
			lines[i] = strings.TrimPrefix(lines[i], "    ")
		case 4:
			lines[i] = strings.TrimSuffix(lines[i], "\n") + " # note\n"
		case 5:
			lines[i] = strings.Repeat(" ", r.IntN(13)) + "# alone\n\n\n" + lines[i]
		case 6:
			lines[i] = strings.Replace(lines[i], ", ", ",\n# x\n ", 1+r.IntN(3))
		case 7:
			lines[i] = strings.Replace(lines[i], ", ", ", # y\n ", 1+r.IntN(3))
		default:
			other := strings.Fields(texts[r.IntN(len(texts))])
			words := strings.SplitAfter(lines[i], " ")
			words[r.IntN(len(words))] = other[r.IntN(len(other))] + " "
			lines[i] = strings.Join(words, "")
		}
	}
	return strings.Join(lines, "")
}
