package docstest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var linked = regexp.MustCompile(`\[([^\]\[]*)\]\(([^)\s]+)\)`)

// TestLinks wants what the documents link to in this repository to be there; a
// link whose text is the name of a test leads to the file that has it.
func TestLinks(t *testing.T) {
	tests := 0
	for _, doc := range documents(t) {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range linked.FindAllStringSubmatch(string(text), -1) {
			to, _, _ := strings.Cut(m[2], "#")
			if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") || to == "" {
				continue
			}
			name := filepath.Join(filepath.Dir(doc), filepath.FromSlash(to))
			file, err := os.Stat(name)
			if err != nil {
				t.Errorf("%s links to %s, which is not there", doc, m[2])
				continue
			}
			if !strings.HasPrefix(strings.ToLower(m[1]), "test") || file.IsDir() || filepath.Ext(name) != ".go" {
				continue
			}
			tests++
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(source), "\nfunc "+m[1]+"(") {
				t.Errorf("%s says that %s has %s, and it does not", doc, to, m[1])
			}
		}
	}
	if tests < 20 {
		t.Errorf("only %d tests are linked: is docs/explanation/guarantees.md read?", tests)
	}
}
