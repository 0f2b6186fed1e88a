package syntax

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// The examples of the contract must all be read without a finding.
func TestContractExamples(t *testing.T) {
	files, err := filepath.Glob("testdata/contract/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, ds := Parse(source.NewFile(name, string(text)))
		for _, d := range ds {
			t.Errorf("%s: %s: %s", d.Span, d.Code, d.Message)
		}
		if len(f.Concepts)+len(f.Apps)+len(f.Syncs)+len(f.Views)+len(f.Scenarios) == 0 {
			t.Errorf("%s: nothing was read", name)
		}
		golden(t, "testdata/tree/"+filepath.Base(name)+".want", dump(f))
	}
}

// Texts that come from other systems, or are cut off, say the same.
func TestForeignText(t *testing.T) {
	plain := "sync A\nwhen\n    B.c (d) # note\n\nthen\n    E.f (\n        d\n    )\n"
	tree, _ := Parse(source.NewFile("plain", plain))
	want := dump(tree)
	for name, text := range map[string]string{
		"with CRLF":               strings.ReplaceAll(plain, "\n", "\r\n"),
		"with a byte order mark":  "\uFEFF" + plain,
		"without an end":          strings.TrimSuffix(plain, "\n"),
		"with spaces at the ends": strings.ReplaceAll(plain, "\n", "  \t\n"),
		"with tabs":               strings.ReplaceAll(plain, "    ", "\t"),
	} {
		src := source.NewFile(name, text)
		tree, ds := Parse(src)
		if got := dump(tree); got != want || diag.HasErrors(ds) {
			t.Errorf("a text %s is read otherwise: %v %s", name, ds, diffLines(want, got))
		}
		formatted, _ := Format(src)
		if again, _ := Format(source.NewFile("plain", plain)); formatted != again {
			t.Errorf("a text %s is formatted as %q", name, formatted)
		}
	}
}

// Blocks may be nested to the limit, and what lies beyond is said once.
func TestDepth(t *testing.T) {
	nested := func(depth int) *source.File {
		var b strings.Builder
		b.WriteString("view V ()\nwhere\n")
		for i := range depth - 1 {
			b.WriteString(strings.Repeat("    ", i+1) + "x is each y\n")
		}
		b.WriteString(strings.Repeat("    ", depth) + "y > 3\n")
		return source.NewFile("deep", b.String())
	}
	if _, ds := Parse(nested(maxDepth)); len(ds) != 0 {
		t.Errorf("%d blocks: %s", maxDepth, ds[0].Message)
	}
	if _, ds := Parse(nested(maxDepth + 20)); len(ds) != 1 || ds[0].Code != diag.TooDeep {
		t.Errorf("%d blocks: %v", maxDepth+20, ds)
	}
}

// The text of an expression is as long as its span, without its comments, so
// that a place in the one is a place in the other.
func TestExpressionText(t *testing.T) {
	text := "view V ()\nwhere\n    x is {a: 1, # one\n        # two\n        b: \"# no\"} + z # end\n"
	tree, ds := Parse(source.NewFile("v", text))
	if len(ds) > 0 {
		t.Fatal(ds[0].Message)
	}
	e := tree.Views[0].Where[0].Body.(*IsLine).Expr
	if len(e.Text) != e.Span.End-e.Span.Start || strings.Contains(e.Text, "one") || strings.Contains(e.Text, "two") ||
		!strings.HasSuffix(e.Text, `b: "# no"} + z`) {
		t.Errorf("the expression is %q", e.Text)
	}
}
