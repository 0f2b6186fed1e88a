package syntax

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

var (
	errorMark = regexp.MustCompile(`# ERROR (L\d+) "((?:[^"\\]|\\.)*)"`)
	keptMark  = regexp.MustCompile(`KEPT: (.*)`)
)

// In testdata/errors a comment on the offending line says what must be found
// there, and nothing else may be found. The words after KEPT must be in the
// tree nevertheless.
func TestErrors(t *testing.T) {
	files, _ := filepath.Glob("testdata/errors/*.txt")
	if len(files) == 0 {
		t.Fatal("no files with errors")
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		src := source.NewFile(name, string(text))
		tree, ds := Parse(src)
		found := map[int][]diag.Diagnostic{}
		for _, d := range ds {
			line := d.Span.Position().Line
			found[line] = append(found[line], d)
		}
		for line := 1; line <= src.Lines(); line++ {
			mark := errorMark.FindStringSubmatch(src.Line(line))
			got := found[line]
			if mark == nil {
				for _, d := range got {
					t.Errorf("%s: not expected: %s %s", d.Span, d.Code, d.Message)
				}
				continue
			}
			want := strings.ReplaceAll(mark[2], `\"`, `"`)
			if len(got) != 1 || string(got[0].Code) != mark[1] || !regexp.MustCompile(want).MatchString(got[0].Message) {
				t.Errorf("%s:%d: want %s %q, found %d:", name, line, mark[1], want, len(got))
				for _, d := range got {
					t.Errorf("\t%s %s", d.Code, d.Message)
				}
			}
		}
		all := dump(tree)
		if kept := keptMark.FindStringSubmatch(string(text)); kept != nil {
			for _, word := range strings.Fields(kept[1]) {
				if !strings.Contains(all, `"`+word+`"`) {
					t.Errorf("%s: %q was lost", name, word)
				}
			}
		}
	}
}

// The example of each syntax code has this finding and no other, and the
// corrected example has none.
func TestCatalogueExamples(t *testing.T) {
	n := 0
	for _, e := range diag.Catalogue() {
		if !strings.HasPrefix(string(e.Code), "L01") {
			continue
		}
		n++
		text := e.Example
		if e.Code == diag.TooLarge {
			text = strings.Repeat("# a long text\n", 400_000)
		}
		_, ds := Parse(source.NewFile("example", text))
		if len(ds) != 1 || ds[0].Code != e.Code {
			t.Errorf("the example of %s gives %v", e.Code, ds)
		}
		if _, ds := Parse(source.NewFile("corrected", e.Corrected)); e.Corrected == "" && e.Code != diag.TooLarge || len(ds) > 0 {
			t.Errorf("the corrected example of %s is missing or gives %v", e.Code, ds)
		}
	}
	if n == 0 {
		t.Error("the catalogue has no syntax code")
	}
}

// A fix removes the finding that it belongs to, and brings no new ones.
func TestFixes(t *testing.T) {
	files, _ := filepath.Glob("testdata/errors/*.txt")
	fixed := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		src := source.NewFile(name, string(text))
		_, before := Parse(src)
		for _, d := range before {
			if d.Fix == nil {
				continue
			}
			fixed++
			repaired, err := diag.Apply(src, d.Fix.Edits)
			if err != nil {
				t.Errorf("%s: %v", d.Span, err)
			}
			same := 0
			_, after := Parse(source.NewFile(name, repaired))
			for _, a := range after {
				if a.Code == d.Code && a.Message == d.Message {
					same++
				}
			}
			for _, b := range before {
				if b.Code == d.Code && b.Message == d.Message {
					same--
				}
			}
			if same >= 0 {
				t.Errorf("%s: %s: the fix %q does not remove it", d.Span, d.Message, d.Fix.Title)
			}
		}
	}
	if fixed < 10 {
		t.Errorf("only %d findings have a fix", fixed)
	}
}
