package syntax

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/source"
)

// How each line of where is understood is held in a file, so that a change of
// the rules is seen.
func TestWhereLines(t *testing.T) {
	text, err := os.ReadFile("testdata/where/lines.txt")
	if err != nil {
		t.Fatal(err)
	}
	head := "view V ()\nwhere\n"
	var indented strings.Builder
	for _, line := range strings.SplitAfter(string(text), "\n") {
		if line != "" {
			indented.WriteString("    " + line)
		}
	}
	tree, ds := Parse(source.NewFile("lines.txt", head+indented.String()))
	for _, d := range ds {
		t.Errorf("%s: %s", d.Span, d.Message)
	}
	var got strings.Builder
	for _, l := range tree.Views[0].Where {
		fmt.Fprintf(&got, "%s\n    %s %s\n", l.Span.Text(), l.Mode, summary(l.Body))
		if l.If != nil {
			fmt.Fprintf(&got, "    if %q\n", exprTokens(l.If.Text))
		}
	}
	golden(t, "testdata/where/lines.want", got.String())
}

func summary(body LineBody) string {
	lines := strings.Split(strings.TrimSpace(dump(body)), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(lines, " ")
}

// golden compares a result with the one that is held in a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, _ := os.ReadFile(name)
	if got != string(want) {
		t.Errorf("%s: %s", name, diffLines(string(want), got))
	}
}

// A fold takes the lines below it; the same word with a bracket and nothing
// below is a function.
func TestFolds(t *testing.T) {
	text := `view V ()
where
    a is first (x + 1)
        in C: f of x is y
        order by x desc, y asc, z
        limit n + 1
        offset 2
        distinct
        page (limit: n ?? 10, cursor) : (next?: further)
        else A.b (a)
    b is first (x + 1)
        else A.b ()
        else
            A.c ()
            A.d () : (e)
    n is count
        m is max of y
            no in C: f of x is y
            limit is 3
`
	tree, ds := Parse(source.NewFile("v", text))
	for _, d := range ds {
		t.Errorf("%s: %s", d.Span, d.Message)
	}
	golden(t, "testdata/where/folds.want", dump(tree))
}
