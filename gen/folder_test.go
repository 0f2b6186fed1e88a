package gen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/legible-lang/legible/gen"
	"github.com/legible-lang/legible/internal/diag"
)

// write makes a folder with files; a value that is empty makes no file.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const counting = "concept Counting\n\npurpose\n    count\n\nactions\n    count () : (n: Number)\n"

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "Count-Down")
	write(t, dir, map[string]string{"counting.concept": counting})
	want := filepath.Join(dir, "counting_gen.go")

	stale, findings, err := gen.Stale(dir)
	if err != nil || len(findings) > 0 || len(stale) != 1 || stale[0] != want {
		t.Fatalf("at first %v is stale (%v, %v), want %s", stale, findings, err, want)
	}
	if _, err := os.Stat(want); err == nil {
		t.Error("Stale wrote a file")
	}
	changed, findings, err := gen.Folder(dir)
	if err != nil || len(findings) > 0 || len(changed) != 1 || changed[0] != want {
		t.Fatalf("the first time %v changed (%v, %v)", changed, findings, err)
	}
	if got := text(t, want); !strings.Contains(got, "\npackage countdown\n") || !strings.Contains(got, "//go:embed counting.concept\n") {
		t.Errorf("the package or the specification has another name:\n%.300s", got)
	}
	if changed, _, err := gen.Folder(dir); err != nil || len(changed) > 0 {
		t.Errorf("the second time %v changed, %v", changed, err)
	}

	// The hand-written Go says how the package is called.
	write(t, dir, map[string]string{"counting.go": "// Package other counts.\npackage other\n", "a_test.go": "package other_test\n"})
	if changed, _, err := gen.Folder(dir); err != nil || len(changed) != 1 || !strings.Contains(text(t, want), "\npackage other\n") {
		t.Errorf("beside a package called other %v changed, %v", changed, err)
	}

	// Of what is broken nothing is written.
	before := text(t, want)
	write(t, dir, map[string]string{"counting.concept": strings.Replace(counting, "Number", "Nomber", 1)})
	changed, findings, err = gen.Folder(dir)
	if err != nil || len(changed) > 0 || !diag.HasErrors(findings) || text(t, want) != before {
		t.Errorf("of a broken specification %v changed (%v, %v)", changed, findings, err)
	}
}

func TestFolderOfTwoConcepts(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.concept": counting, "b.concept": strings.Replace(counting, "Counting", "Adding", 1)})
	changed, findings, err := gen.Folder(dir)
	if err != nil || len(changed) != 1 || len(findings) != 1 || findings[0].Code != diag.CrowdedFolder ||
		filepath.Base(findings[0].Span.File.Name) != "b.concept" {
		t.Errorf("two concepts in one folder: %v changed, %v, %v", changed, findings, err)
	}
}

func TestFolderWithoutWork(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"requesting.concept": "concept Requesting\n\npurpose\n    stand for HTTP\n\n" +
		"state\n    a set of Requests\n\nactions\n    request (path: String, ...) : (request: Request)\n"})
	if changed, findings, err := gen.Folder(dir); err != nil || len(changed)+len(findings) > 0 {
		t.Errorf("the engine's own concept: %v changed, %v, %v", changed, findings, err)
	}
	if changed, findings, err := gen.Folder(t.TempDir()); err != nil || len(changed)+len(findings) > 0 {
		t.Errorf("an empty folder: %v changed, %v, %v", changed, findings, err)
	}
	blocked := filepath.Join(dir, "blocked")
	write(t, blocked, map[string]string{"counting.concept": counting})
	if err := os.Mkdir(filepath.Join(blocked, "counting_gen.go"), 0o755); err != nil {
		t.Fatal(err)
	}
	if changed, _, err := gen.Folder(blocked); err == nil || len(changed) > 0 {
		t.Errorf("where the file cannot be written: %v changed, and no error", changed)
	}
}
