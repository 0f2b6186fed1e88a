package docstest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/cli"
)

// TestSpecification runs the examples of docs/spec.md: they are one program,
// whose Go code and further scenarios are in testdata/spec. The scenarios must
// reach each line of the syncs.
func TestSpecification(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program of the specification: .ci/run runs it, as does go test without -short")
	}
	here, err := filepath.Abs(top)
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string]string{"app": "spec.app", "concept": "shelving/shelving.concept", "sync": "spec.sync", "scenario": "spec.scenario"}
	texts := map[string]string{}
	for _, f := range fences(t, filepath.Join(top, "docs", "spec.md")) {
		if name := examples[f.kind]; name != "" && len(f.words) == 0 {
			texts[name] += f.text + "\n"
		}
	}
	code := os.DirFS(filepath.Join(here, "internal", "docstest", "testdata", "spec"))
	t.Chdir(t.TempDir())
	if err := os.CopyFS(".", code); err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		write(t, name, text)
	}
	write(t, "go.mod", "module example.org/spec\n\ngo 1.26\n")
	var out strings.Builder
	if status := cli.Run([]string{"gen", "shelving"}, strings.NewReader(""), &out, &out); status != 0 {
		t.Fatalf("legible gen: %s", &out)
	}
	for _, words := range [][]string{{"go", "work", "init", ".", here}, {"go", "test", "."}} {
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Env = append(os.Environ(), "GOWORK=", "GOFLAGS=")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, text)
		}
	}
}
