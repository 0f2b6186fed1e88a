package client_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/client"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/openapi"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

var update = flag.Bool("update", false, "rewrite what the clients should be")

// forms is the client of a program that has every form of route, field and
// answer.
func forms(t *testing.T) []byte {
	t.Helper()
	return clientOf(t, "forms")
}

// clientOf is the client of a program in a file of package openapi.
func clientOf(t *testing.T, name string) []byte {
	t.Helper()
	a, err := txtar.ParseFile("../openapi/testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	var files []*syntax.File
	for _, f := range a.Files {
		if filepath.Ext(f.Name) != ".json" {
			tree, _ := syntax.Parse(source.NewFile(f.Name, string(f.Data)))
			files = append(files, tree)
		}
	}
	p, ds := flows.Check(files, check.Options{})
	if diag.HasErrors(ds) {
		t.Fatalf("the program has errors: %v", ds)
	}
	text, err := client.Write("ts", openapi.Of(p, openapi.Options{}), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTypeScript(t *testing.T) {
	for _, name := range []string{"forms", "errors"} {
		t.Run(name, func(t *testing.T) { testTypeScript(t, name) })
	}
}

func testTypeScript(t *testing.T, of string) {
	name := "testdata/" + of + ".ts"
	got := clientOf(t, of)
	if again := clientOf(t, of); !bytes.Equal(got, again) {
		t.Error("the same program gives two clients")
	}
	if *update {
		if err := os.WriteFile(name, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(want, got) {
		t.Errorf("the client is not what %s holds (-update rewrites it): %v; got:\n%s", name, err, got)
	}
}

// TestTypes has the compiler look at a client and at what is asked of it, right
// and wrong.
func TestTypes(t *testing.T) {
	tsc := os.Getenv("LEGIBLE_TSC")
	if tsc == "" {
		var err error
		if tsc, err = exec.LookPath("tsc"); err != nil {
			t.Skip("there is no tsc: .ci/run brings one where npm can fetch it, and LEGIBLE_TSC names it")
		}
	}
	dir := t.TempDir()
	uses, err := os.ReadFile("testdata/uses.ts")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"forms.ts": forms(t), "uses.ts": uses} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, further := range [][]string{nil, {"--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--noUnusedLocals",
		"--noUnusedParameters", "--noPropertyAccessFromIndexSignature", "--erasableSyntaxOnly", "--verbatimModuleSyntax", "--isolatedModules"}} {
		args := append([]string{"--noEmit", "--strict", "--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler",
			"--lib", "es2022,dom,dom.iterable"}, further...)
		if text, err := exec.Command(tsc, append(args, filepath.Join(dir, "uses.ts"))...).CombinedOutput(); err != nil {
			t.Errorf("tsc %v: %v\n%s", further, err, text)
		}
	}
}

func TestUnknownLanguage(t *testing.T) {
	_, err := client.Write("cobol", &openapi.API{}, client.Options{})
	if want := `cannot write a client in "cobol"; the languages are: ts`; err == nil || err.Error() != want {
		t.Errorf("a client in COBOL gives %v, want %s", err, want)
	}
}
