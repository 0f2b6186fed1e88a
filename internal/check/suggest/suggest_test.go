package suggest_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/check/suggest"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/mutation"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

var update = flag.Bool("update", false, "rewrite what the tests expect")

// A program of testdata has its texts, the suggestions that are made until none is left,
// and the texts with the suggestions applied.
func TestSuggestions(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var texts []*source.File
			var kept []txtar.File
			for _, f := range a.Files {
				if f.Name != "suggestions" && !strings.HasPrefix(f.Name, "want ") {
					texts = append(texts, source.NewFile(f.Name, string(f.Data)))
					kept = append(kept, f)
				}
			}
			changed, log := apply(t, texts, catalogue(t, "../flows/testdata/stories/catalogue.concept"))
			got := append(kept, txtar.File{Name: "suggestions", Data: []byte(log)})
			for i, f := range changed {
				if f.Text != texts[i].Text {
					got = append(got, txtar.File{Name: "want " + f.Name, Data: []byte(f.Text)})
				}
			}
			want := txtar.Format(a)
			a.Files = got
			if *update {
				if err := os.WriteFile(name, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if string(txtar.Format(a)) != string(want) {
				t.Errorf("the suggestions are not what the file expects (-update rewrites it); got:\n%s", txtar.Format(a))
			}
		})
	}
}

// TestReader applies all suggestions to an earlier version of FocusReader, which was
// written before the language had these forms. Its scenarios still pass.
func TestReader(t *testing.T) {
	if testing.Short() {
		t.Skip("plays the scenarios of FocusReader twice")
	}
	log, fewer := replay(t, "testdata/reader/*")
	for _, code := range []diag.Code{diag.SharedGuard, diag.ViewForGuard, diag.OneMemberLine} {
		if !strings.Contains(log, string(code)) {
			t.Errorf("no suggestion %s:\n%s", code, log)
		}
	}
	if fewer < 50 {
		t.Errorf("the texts have only %d lines less", fewer)
	}
}

// TestAnswers does the same with syncs that only answer for others.
func TestAnswers(t *testing.T) {
	if log, _ := replay(t, "testdata/answers/*"); strings.Count(log, string(diag.StageForAnswer)) != 3 {
		t.Errorf("not all answers became stages:\n%s", log)
	}
}

// replay plays the scenarios of a program before and after the suggestions are applied.
// It returns the suggestions, and how many lines the program has less.
func replay(t *testing.T, pattern string) (log string, fewer int) {
	t.Helper()
	var texts []*source.File
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no texts: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		// The scenarios send files of the app.
		texts = append(texts, source.NewFile("apps/focusreader/"+filepath.Base(name), string(text)))
		fewer += strings.Count(string(text), "\n")
	}
	concepts := catalogue(t, "../../../concepts/*/*.concept")
	t.Chdir("../../..")
	if _, err := mutation.LoadReader("before", texts); err != nil {
		t.Fatal(err)
	}
	changed, log := apply(t, texts, concepts)
	if _, err := mutation.LoadReader("after", changed); err != nil {
		t.Errorf("%v\n%s", err, log)
	}
	for _, f := range changed {
		fewer -= strings.Count(f.Text, "\n")
	}
	return log, fewer
}

func catalogue(t *testing.T, pattern string) func(string) *syntax.File {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no concepts: %v", err)
	}
	trees := map[string]*syntax.File{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tree, _ := syntax.Parse(source.NewFile(name, string(text)))
		for _, c := range tree.Concepts {
			trees[c.Name.Text] = tree
		}
	}
	return func(name string) *syntax.File { return trees[name] }
}

// apply applies suggestions until none is left.
func apply(t *testing.T, texts []*source.File, concept func(string) *syntax.File) ([]*source.File, string) {
	t.Helper()
	texts = slices.Clone(texts)
	var log strings.Builder
	opt := check.Options{Concept: concept}
	for range 200 {
		var trees []*syntax.File
		for _, f := range texts {
			tree, found := syntax.Parse(f)
			for _, d := range found {
				t.Fatalf("%s: %s", d.Span, d.Message)
			}
			trees = append(trees, tree)
		}
		analysis, found := flows.Check(trees, opt)
		for _, d := range found {
			t.Fatalf("%s: %s [%s]", d.Span, d.Message, d.Code)
		}
		offered := suggest.Find(trees, opt, analysis)
		if len(offered) == 0 {
			return texts, log.String()
		}
		d := offered[0]
		if d.Severity != diag.Suggestion || d.Fix == nil {
			t.Fatalf("%s: a suggestion without a fix, or with another severity: %s", d.Span, d.Message)
		}
		fmt.Fprintf(&log, "%s: %s: %s [%s]\n", d.Span, d.Message, d.Fix.Title, d.Code)
		i := slices.Index(texts, d.Span.File)
		text, err := diag.Apply(texts[i], d.Fix.Edits)
		if err != nil {
			t.Fatal(err)
		}
		styled, _ := syntax.Format(source.NewFile(texts[i].Name, text))
		texts[i] = source.NewFile(texts[i].Name, styled)
	}
	t.Fatal("there is no end of suggestions")
	return nil, ""
}
