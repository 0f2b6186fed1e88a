package scenario

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/syntax"
)

var update = flag.Bool("update", false, "rewrite what the files of testdata want")

// TestGolden runs the scenarios in the files of testdata and compares the output with
// the file "want" in each. If there is a text shelving.concept, the scenarios are
// those of that concept, else those of an app of Requesting and Shelving.
func TestGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in testdata: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			st, want := stageOf(t, archive)
			got := played(t, st)
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want.Data) {
				t.Errorf("%s: got\n%s\nwant\n%s", name, got, want.Data)
			}
		})
	}
}

// stageOf returns a stage with the texts of an archive.
func stageOf(t *testing.T, archive *txtar.Archive) (stage, *txtar.File) {
	t.Helper()
	files := fstest.MapFS{}
	var want *txtar.File
	spec, st := shelvingSpec, stage{of: "app", scenarios: func(p *check.Program) []*syntax.Scenario { return p.Scenarios }}
	for i := range archive.Files {
		switch f := &archive.Files[i]; f.Name {
		case "want":
			want = f
		case "shelving.concept":
			spec, st.of = string(f.Data), "concept"
			st.scenarios = func(p *check.Program) []*syntax.Scenario { return p.Concepts["Shelving"].Tree.Scenarios }
			files["alone.app"] = &fstest.MapFile{Data: []byte("app Alone\n\nuse Shelving\n")}
		default:
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	if want == nil {
		t.Fatal("the archive has no file want")
	}
	st.program = func() *legible.Program { return legible.New(files, requesting.New, shelving(spec)) }
	return st, want
}

// played runs all scenarios and returns their output.
func played(t *testing.T, st stage) string {
	t.Helper()
	program, findings, err := st.program().Checked(private.Access{})
	if err != nil {
		t.Fatal(err)
	}
	if diag.HasErrors(findings) {
		t.Fatal(broken(findings))
	}
	var b strings.Builder
	total := &Coverage{}
	for i, s := range st.scenarios(program.Program) {
		reached, failure := st.play(t.Context(), i)
		total.merge(reached)
		if failure == nil {
			fmt.Fprintf(&b, "ok    %s\n", s.Title)
		} else {
			fmt.Fprintf(&b, "FAIL  %s\n%s\n", s.Title, failure)
		}
	}
	if st.of == "app" {
		fmt.Fprintf(&b, "\n%s\n", total)
	}
	return numbered(b.String())
}

var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// numbered replaces identities by numbers, in the order in which they appear.
func numbered(text string) string {
	seen := map[string]string{}
	return ids.ReplaceAllStringFunc(text, func(id string) string {
		if seen[id] == "" {
			seen[id] = fmt.Sprintf("ID%d", len(seen)+1)
		}
		return seen[id]
	})
}
