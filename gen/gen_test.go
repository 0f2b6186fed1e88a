package gen_test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/gen"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

var update = flag.Bool("update", false, "write the Go of the concept with every form anew")

// generate returns the Go of the one concept in a text, and all findings.
func generate(t *testing.T, name, spec string) ([]byte, []diag.Diagnostic) {
	t.Helper()
	tree, findings := syntax.Parse(source.NewFile(name, spec))
	program, more := check.Check([]*syntax.File{tree}, check.Options{})
	findings = append(findings, more...)
	if diag.HasErrors(findings) {
		return nil, findings
	}
	var out []byte
	for _, concept := range program.Concepts {
		var err error
		out, err = gen.Go(concept, gen.Options{})
		if f, ok := err.(*gen.FindingsError); ok {
			return nil, append(findings, f.Findings...)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out, findings
}

func text(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no file is %s: %v", pattern, err)
	}
	return files
}

// The Go of the concept with every form is held in the tree, where the
// compiler, and the tests of that package, read it.
func TestEveryForm(t *testing.T) {
	if *update {
		if _, _, err := gen.Folder("internal/forms"); err != nil {
			t.Fatal(err)
		}
	}
	stale, findings, err := gen.Stale("internal/forms")
	if err != nil || len(findings) > 0 {
		t.Fatalf("%v, %v", findings, err)
	}
	if len(stale) > 0 {
		t.Errorf("%s is stale: run go generate ./gen/internal/forms", strings.Join(stale, ", "))
	}
}

// Each line that ends in a comment "# error: …" has these findings, and no
// other line has any.
func TestFindings(t *testing.T) {
	for _, name := range glob(t, "testdata/findings/*.concept") {
		spec := text(t, name)
		_, findings := generate(t, name, spec)
		byLine := map[int][]string{}
		for _, d := range findings {
			line := d.Span.Position().Line
			byLine[line] = append(byLine[line], d.Message)
		}
		for i, line := range strings.Split(spec, "\n") {
			_, want, _ := strings.Cut(line, "# error: ")
			if got := strings.Join(byLine[i+1], "; "); got != want {
				t.Errorf("%s:%d: found %q, want %q", name, i+1, got, want)
			}
		}
	}
}

// The example of each code of this package has this finding and no other, and
// the corrected example has none.
func TestCatalogueExamples(t *testing.T) {
	dir := t.TempDir()
	stale := func(text string) ([]diag.Diagnostic, error) {
		if err := os.WriteFile(filepath.Join(dir, "example.concept"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, findings, err := gen.Stale(dir)
		return findings, err
	}
	for _, e := range diag.Catalogue() {
		if !strings.HasPrefix(string(e.Code), "L06") {
			continue
		}
		if findings, err := stale(e.Example); err != nil || len(findings) != 1 || findings[0].Code != e.Code {
			t.Errorf("the example of %s gives %v, %v", e.Code, findings, err)
		}
		if findings, err := stale(e.Corrected); err != nil || len(findings) != 0 || e.Corrected == "" {
			t.Errorf("the corrected example of %s is missing or gives %v, %v", e.Code, findings, err)
		}
	}
}

// Names that mean something else in Go do no harm: what is generated compiles.
func TestGeneratedGoCompiles(t *testing.T) {
	made := map[string][]byte{}
	for _, name := range glob(t, "testdata/compile/*.concept") {
		out, findings := generate(t, name, text(t, name))
		for _, d := range findings {
			t.Errorf("%s: %s", d.Span, d.Message)
		}
		made[name] = out // that it can be parsed has been seen when it was formatted
	}
	if testing.Short() || t.Failed() {
		return
	}
	// The packages exist in an overlay of this folder only.
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replace := map[string]string{}
	for name, out := range made {
		base := strings.TrimSuffix(filepath.Base(name), ".concept")
		// An overlay cannot hold what is embedded.
		source := []byte(strings.Replace(string(out), "//go:embed "+base+".concept\n", "", 1))
		file := filepath.Join(dir, base+".go")
		if err := os.WriteFile(file, source, 0o644); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(here, "testdata", "compile", base, "x.go")] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"build", "-overlay", file}
	for _, path := range slices.Sorted(maps.Keys(replace)) {
		args = append(args, "./"+filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), here+"/")))
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Errorf("the generated Go does not compile: %v\n%s", err, out)
	}
}

// The same text gives the same bytes, whatever ran before.
func TestGeneratedGoIsStable(t *testing.T) {
	spec := text(t, "internal/forms/forms.concept")
	first, _ := generate(t, "forms.concept", spec)
	for range 5 {
		if again, _ := generate(t, "forms.concept", spec); string(again) != string(first) {
			t.Fatal("the same specification gave other Go")
		}
	}
	if marked := regexp.MustCompile(`^// Code generated .* DO NOT EDIT\.\n`); !marked.Match(first) {
		t.Error("the file does not say that it is generated in the way that tools know")
	}
}
