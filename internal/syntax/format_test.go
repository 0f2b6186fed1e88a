package syntax

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

var update = flag.Bool("update", false, "rewrite the expected results in testdata")

// dump prints a tree without its places. Expressions are given as their
// tokens, since the space in them may change.
func dump(v any) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(v), 0)
	return b.String()
}

func dumpValue(b *strings.Builder, v reflect.Value, depth int) {
	line := func(format string, args ...any) {
		fmt.Fprintf(b, "%s%s\n", strings.Repeat("  ", depth), fmt.Sprintf(format, args...))
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			line("nil")
			return
		}
		if e, ok := v.Interface().(*Expr); ok {
			line("expr %q", exprTokens(e.Text))
			return
		}
		if _, ok := v.Interface().(*source.Span); ok {
			line("there")
			return
		}
		dumpValue(b, v.Elem(), depth)
	case reflect.Struct:
		if n, ok := v.Interface().(Name); ok {
			line("%q", n.Text)
			return
		}
		line("%s", v.Type().Name())
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Type == reflect.TypeFor[source.Span]() || f.Type == reflect.TypeFor[*source.File]() || v.Field(i).IsZero() {
				continue
			}
			line(" %s:", f.Name)
			dumpValue(b, v.Field(i), depth+1)
		}
	case reflect.Slice:
		for i := range v.Len() {
			dumpValue(b, v.Index(i), depth)
		}
	default:
		line("%#v", v.Interface())
	}
}

func exprTokens(text string) []string {
	p := &parser{src: source.NewFile("expr", strings.ReplaceAll(text, "\n", " ")), file: &File{}}
	p.splitLines()
	var words []string
	if p.peek() != nil {
		for _, t := range p.scan(p.next, 0).tokens {
			words = append(words, p.textOf(t))
		}
	}
	return words
}

// checkFormat tests what the formatter promises of any text.
func checkFormat(t *testing.T, name, text string) string {
	t.Helper()
	src := source.NewFile(name, text)
	tree, ds := Parse(src)
	once, fds := Format(src)
	if diag.HasErrors(ds) {
		if once != text || !diag.HasErrors(fds) {
			t.Fatalf("%s: a text with errors must come back unchanged, with the errors", name)
		}
		return once
	}
	again, ds := Parse(source.NewFile(name, once))
	for _, d := range ds {
		t.Fatalf("%s: formatted text does not parse: %s: %s\n--- before\n%s\n--- after\n%s", name, d.Span, d.Message, text, once)
	}
	if before, after := dump(tree), dump(again); before != after {
		t.Fatalf("%s: the formatter changed the meaning\n--- before\n%s\n--- after\n%s\n%s", name, text, once, diffLines(before, after))
	}
	if twice, _ := Format(source.NewFile(name, once)); twice != once {
		t.Fatalf("%s: twice is not once\n--- text\n%q\n--- once\n%s\n--- twice\n%s", name, text, once, twice)
	}
	return once
}

// diffLines shows the first lines in which two texts differ.
func diffLines(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d\n< %s\n> %s", i+1, strings.Join(x[max(0, i-3):i+1], "\n< "), strings.Join(y[max(0, i-3):i+1], "\n> "))
		}
	}
	return fmt.Sprintf("one has %d lines, the other %d", len(x), len(y))
}

// Each file of testdata/format holds a text; the file beside it with .want
// holds how it is to look.
func TestFormat(t *testing.T) {
	files, _ := filepath.Glob("testdata/format/*.in")
	contract, _ := filepath.Glob("testdata/contract/*")
	if len(files) == 0 || len(contract) == 0 {
		t.Fatal("no files to format")
	}
	for _, name := range append(files, contract...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got := checkFormat(t, name, string(text))
		if strings.HasPrefix(name, "testdata/contract") {
			continue
		}
		golden(t, strings.TrimSuffix(name, ".in")+".want", got)
	}
}

func FuzzFormat(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) { checkFormat(t, "fuzz", text) })
}

func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		src := source.NewFile("fuzz", text)
		tree, ds := Parse(src)
		if tree == nil || tree.Source != src {
			t.Fatal("there must always be a tree")
		}
		for _, d := range ds {
			checkSpan(t, d.Span, len(text))
			for _, r := range d.Related {
				checkSpan(t, r.Span, len(text))
			}
			if d.Fix != nil {
				for _, e := range d.Fix.Edits {
					checkSpan(t, e.Span, len(text))
				}
			}
			if d.Code == "" || d.Message == "" {
				t.Fatalf("a finding without code or message: %+v", d)
			}
		}
		checkSpans(t, reflect.ValueOf(tree), len(text))
	})
}

func checkSpan(t *testing.T, s source.Span, size int) {
	t.Helper()
	if s.File == nil || s.Start < 0 || s.End < s.Start || s.End > size {
		t.Fatalf("a span out of bounds: %d to %d of %d", s.Start, s.End, size)
	}
}

// checkSpans tests all spans of a tree; a missing name may have none.
func checkSpans(t *testing.T, v reflect.Value, size int) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if _, ok := v.Interface().(*source.File); !ok && !v.IsNil() {
			checkSpans(t, v.Elem(), size)
		}
	case reflect.Struct:
		if s, ok := v.Interface().(source.Span); ok {
			if s.Known() {
				checkSpan(t, s, size)
			}
			return
		}
		for i := range v.NumField() {
			checkSpans(t, v.Field(i), size)
		}
	case reflect.Slice:
		for i := range v.Len() {
			checkSpans(t, v.Index(i), size)
		}
	}
}

// seed returns the fuzzers every text of testdata.
func seed(f *testing.F) {
	for _, pattern := range []string{"testdata/contract/*", "testdata/format/*.in", "testdata/errors/*"} {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
}
