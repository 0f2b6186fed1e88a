package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	written "github.com/legible-lang/legible/internal/client"
	"github.com/legible-lang/legible/internal/openapi"
)

// TestTypeScriptClient runs the app from Node through its client, which the compiler
// has checked. The witness compares all of it with the document.
func TestTypeScriptClient(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a client and starts Node: .ci/run runs it, as does go test without -short")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no Node")
	}
	tsc := os.Getenv("LEGIBLE_TSC")
	if tsc == "" {
		if tsc, err = exec.LookPath("tsc"); err != nil {
			t.Skip("there is no tsc: .ci/run brings one where npm can fetch it, and LEGIBLE_TSC names it")
		}
	}
	program, err := testAnalysis()
	if err != nil {
		t.Fatal(err)
	}
	text, err := written.Write("ts", openapi.Of(program, openapi.Options{}), written.Options{})
	if err != nil {
		t.Fatal(err)
	}
	drive, err := os.ReadFile("testdata/drive.ts")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{"focusreader.ts": text, "drive.ts": drive, "package.json": []byte(`{"type": "module"}`)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	compile := exec.Command(tsc, "--strict", "--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler",
		"--lib", "es2022,dom,dom.iterable", "drive.ts")
	compile.Dir = dir
	if said, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("the compiler refuses the client or its use: %v\n%s", err, said)
	}
	book, err := filepath.Abs("testdata/sea.epub")
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(node, filepath.Join(dir, "drive.js"))
	run.Env = append(os.Environ(), "API="+serve(t).base+prefix, "BOOK="+book)
	if said, err := run.CombinedOutput(); err != nil {
		t.Fatalf("driving the app through its client: %v\n%s", err, said)
	}
}
