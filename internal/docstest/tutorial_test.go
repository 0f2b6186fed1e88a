package docstest

import (
	"bytes"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTutorial does what the tutorial says, in its order: an example "in FILE"
// is written, and the commands of a console are run and must print what is
// shown. The module of the tutorial finds this one through a workspace in
// place of "go get".
func TestTutorial(t *testing.T) {
	if testing.Short() {
		t.Skip("builds what the tutorial builds: .ci/run runs it, as does go test without -short")
	}
	work := t.TempDir()
	folder := filepath.Join(work, "guestbook")
	here, err := filepath.Abs(top)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "go.mod"), "module example.org/guestbook\n\ngo 1.26\n")
	write(t, filepath.Join(work, "go.work"), "go 1.26.0\n\nuse (\n\t./guestbook\n\t"+here+"\n)\n")
	binary := filepath.Join(work, "legible")
	if text, err := exec.Command("go", "build", "-o", binary, here+"/cmd/legible").CombinedOutput(); err != nil {
		t.Fatalf("building legible: %v\n%s", err, text)
	}
	files, run := 0, 0
	for _, f := range fences(t, filepath.Join(top, "docs", "tutorial.md")) {
		if len(f.words) == 2 && f.words[0] == "in" {
			files++
			write(t, filepath.Join(folder, filepath.FromSlash(f.words[1])), f.text)
		}
		if f.kind != "console" {
			continue
		}
		for _, c := range commands(f) {
			run++
			words := strings.Fields(c.input)
			if words[0] == "legible" {
				words[0] = binary
			}
			var out, talk bytes.Buffer
			cmd := exec.Command(words[0], words[1:]...)
			cmd.Dir, cmd.Stdout, cmd.Stderr = folder, &out, &talk
			cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(work, "go.work"), "GOFLAGS=")
			err := cmd.Run()
			said := cmp.Or(out.String(), talk.String())
			if err != nil || !shown(c.output).MatchString(said) {
				t.Fatalf("%s:%d: %s (%v) prints\n%s%s\nand the document shows\n%s", c.doc, c.line, c.input, err, &out, &talk, c.output)
			}
		}
	}
	if files < 8 || run < 6 {
		t.Errorf("the tutorial has %d files and %d commands: is it read as it should be?", files, run)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
