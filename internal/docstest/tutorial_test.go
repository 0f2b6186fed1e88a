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
// is written, or changes the file if it is a diff, and the commands of a
// console are run and must print what is shown; where nothing is shown they may
// talk. The source that the tutorial has beside it is this module, and the command
// is made of it.
func TestTutorial(t *testing.T) {
	if testing.Short() {
		t.Skip("builds what the tutorial builds: .ci/run runs it, as does go test without -short")
	}
	folder := t.TempDir()
	here, err := filepath.Abs(top)
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "legible")
	if text, err := exec.Command("go", "build", "-o", binary, here+"/cmd/legible").CombinedOutput(); err != nil {
		t.Fatalf("building legible: %v\n%s", err, text)
	}
	if err := os.Symlink(here, filepath.Join(folder, "legible")); err != nil {
		t.Fatal(err)
	}
	files, run := 0, 0
	for _, f := range fences(t, filepath.Join(top, "docs", "tutorial.md")) {
		if len(f.words) == 2 && f.words[0] == "in" {
			files++
			name := filepath.Join(folder, filepath.FromSlash(f.words[1]))
			if f.kind == "diff" {
				change(t, f, name)
			} else {
				write(t, name, f.text)
			}
		}
		if f.kind != "console" {
			continue
		}
		for _, c := range commands(f) {
			run++
			words := strings.Fields(c.input)
			switch {
			case words[0] == "cd":
				folder = filepath.Join(folder, words[1])
				continue
			case words[0] == "legible":
				words[0] = binary
			}
			var out, talk bytes.Buffer
			cmd := exec.Command(words[0], words[1:]...)
			cmd.Dir, cmd.Stdout, cmd.Stderr = folder, &out, &talk
			// What this module's go.sum vouches for need not be asked for again.
			cmd.Env = append(os.Environ(), "GOWORK=", "GOFLAGS=", "GOSUMDB=off")
			err := cmd.Run()
			said := out.String()
			if c.output != "" {
				said = cmp.Or(said, talk.String())
			}
			if err != nil || !shown(c.output).MatchString(said) {
				t.Fatalf("%s:%d: %s (%v) prints\n%s%s\nand the document shows\n%s", c.doc, c.line, c.input, err, &out, &talk, c.output)
			}
		}
	}
	if files < 8 || run < 10 {
		t.Errorf("the tutorial has %d files and %d commands: is it read as it should be?", files, run)
	}
}

// change makes the change in a file that a diff shows: its lines without those
// to be added must stand there once, one below the other.
func change(t *testing.T, f fence, name string) {
	t.Helper()
	var before, after strings.Builder
	for line := range strings.Lines(f.text) {
		if mark := line[0]; mark != '+' {
			before.WriteString(line[1:])
		}
		if mark := line[0]; mark != '-' {
			after.WriteString(line[1:])
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%s:%d: %v", f.doc, f.line, err)
	}
	if n := strings.Count(string(text), before.String()); n != 1 {
		t.Fatalf("%s:%d: what is to be changed stands %d times in %s:\n%s", f.doc, f.line, n, f.words[1], text)
	}
	write(t, name, strings.Replace(string(text), before.String(), after.String(), 1))
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
