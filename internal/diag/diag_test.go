package diag_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

var update = flag.Bool("update", false, "rewrite the expected results in testdata")

// findings are such that each part of a finding is shown by one of them.
func findings() []diag.Diagnostic {
	f := source.NewFile("my app/log,in.sync", "sync LogIn\nwhne\n\tgrüße.x (a: \"ü\", b)\n    <b>\x07\n")
	long := source.NewFile("long.sync", strings.Repeat("word ", 60)+"here "+strings.Repeat("word ", 60))
	return []diag.Diagnostic{
		{Code: diag.UnknownWord, Span: f.Span(11, 15), Message: "“whne” is not a part of the sync",
			Related: []diag.Related{{Span: f.Span(0, 10), Message: "the sync"}},
			Notes:   []string{"its parts are when, where and then", "100% sure"},
			Fix:     &diag.Fix{Title: "write when", Edits: []diag.Edit{{Span: f.Span(11, 15), Text: "when"}}}},
		{Code: diag.TabIndent, Severity: diag.Warning, Span: f.Span(17, 42), Message: "over two lines"},
		{Code: "L9999", Span: f.Span(26, 26), Message: "no width"},
		{Code: diag.ControlCharacter, Span: f.Span(46, 47), Message: "a control character <here>"},
		{Code: diag.Unexpected, Span: long.Span(300, 304), Message: "far to the right"},
		{Code: diag.Unexpected, Message: "no place"},
	}
}

func TestPrinters(t *testing.T) {
	printers := map[string]func(io.Writer) error{
		"text":   func(w io.Writer) error { return diag.WriteText(w, findings(), diag.TextOptions{}) },
		"color":  func(w io.Writer) error { return diag.WriteText(w, findings()[:2], diag.TextOptions{Color: true}) },
		"json":   func(w io.Writer) error { return diag.WriteJSON(w, findings()) },
		"sarif":  func(w io.Writer) error { return diag.WriteSARIF(w, findings()) },
		"github": func(w io.Writer) error { return diag.WriteGitHub(w, findings()) },
	}
	for name, print := range printers {
		var got bytes.Buffer
		if err := print(&got); err != nil {
			t.Fatal(err)
		}
		golden := "testdata/" + name + ".want"
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got.String(), want)
		}
	}
}

// TestExcerptHidesWhatIsNoText holds that a line is shown without what could
// change what a terminal shows, and a line that is hardly text not at all.
func TestExcerptHidesWhatIsNoText(t *testing.T) {
	for _, c := range []struct{ line, shown string }{
		{"path: \"/caf\xe9/\"", "path: \"/caf\uFFFD/\""},
		{"a \x1b[31m line that is red", "a \uFFFD[31m line that is red"},
		{"a line \u202eturned around\u202c", "a line \uFFFDturned around\uFFFD"},
		{"a\ttab and an é stay", "a\ttab and an é stay"},
		{"\x00\x01\xff\xfePK\x03\x04", ""},
	} {
		file := source.NewFile("a.sync", c.line+"\n")
		var out strings.Builder
		if err := diag.WriteText(&out, []diag.Diagnostic{{Code: diag.NotUTF8, Span: file.Span(0, 1), Message: "m"}}, diag.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		_, shown, _ := strings.Cut(out.String(), "    1 | ")
		shown, _, _ = strings.Cut(shown, "\n")
		if shown != c.shown {
			t.Errorf("%q is shown as %q; wanted %q", c.line, shown, c.shown)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"when", "where", "then", "together", "Sessioning", "in", "request"}
	for word, want := range map[string]string{
		"whne": "when", "wen": "when", "When": "when", "THEN": "then", "togehter": "together",
		"sesioning": "Sessioning", "wehre": "where", "IN": "in", "requets": "request",
		"on": "", "xyz": "", "": "", "window": "", "when": "", "an": "",
	} {
		got, ok := diag.Nearest(word, words)
		if word == "when" { // a word is not near to itself; "then" is
			want = "then"
		}
		if got != want || ok != (want != "") {
			t.Errorf("the nearest of %q is %q, want %q", word, got, want)
		}
	}
}

// Each code has one complete entry, each entry has a code, and the file of an
// entry is named after its code.
func TestCatalogue(t *testing.T) {
	number := regexp.MustCompile(`^L\d{4}$`)
	codes, names := map[diag.Code]bool{}, map[string]bool{}
	last := diag.Code("")
	for _, e := range diag.Catalogue() {
		if !number.MatchString(string(e.Code)) || e.Code <= last {
			t.Errorf("%s: codes must be numbers, each once, in order", e.Code)
		}
		if _, err := os.Stat("catalogue/" + string(e.Code) + ".txt"); err != nil {
			t.Errorf("the entry of %s must be in %s.txt: %v", e.Code, e.Code, err)
		}
		if e.Name == "" || names[e.Name] || strings.ToLower(e.Name) != e.Name || strings.Contains(e.Name, " ") {
			t.Errorf("%s: the name %q must be short, lower case and unique", e.Code, e.Name)
		}
		if e.Title == "" || strings.HasSuffix(e.Title, ".") || !strings.HasSuffix(e.Explanation, ".") || !strings.HasSuffix(e.Remedy, ".") {
			t.Errorf("%s: an entry needs a title without a full stop, an explanation and a remedy", e.Code)
		}
		if e.Example == "" && e.Code != diag.TooLarge || strings.Contains(e.Example+e.Corrected, `\x`) {
			t.Errorf("%s: the example is missing, or has a \\x that is not followed by two hexadecimal digits", e.Code)
		}
		codes[e.Code], names[e.Name], last = true, true, e.Code
	}
	text, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^\t\w+ +Code = "(L\d+)"`).FindAllStringSubmatch(string(text), -1)
	for _, m := range declared {
		if !codes[diag.Code(m[1])] {
			t.Errorf("codes.go declares %s, which has no entry in the catalogue", m[1])
		}
	}
	if len(declared) != len(codes) {
		t.Errorf("codes.go declares %d codes, the catalogue has %d", len(declared), len(codes))
	}
}

func TestApply(t *testing.T) {
	f, other := source.NewFile("a", "one two three"), source.NewFile("b", "")
	got, err := diag.Apply(f, []diag.Edit{
		{Span: f.Span(8, 13), Text: "3"}, {Span: f.Span(0, 3), Text: "1"},
		{Span: f.Span(4, 4), Text: "+"}, {Span: other.Span(0, 0), Text: "x"}})
	if err != nil || got != "1 +two 3" {
		t.Errorf("got %q, %v", got, err)
	}
	got, err = diag.Apply(f, []diag.Edit{{Span: f.Span(0, 5)}, {Span: f.Span(4, 7)}})
	if err == nil || got != f.Text {
		t.Errorf("edits that overlap must change nothing and be an error, got %q, %v", got, err)
	}
}

func TestSort(t *testing.T) {
	f := source.NewFile("a", "one two")
	ds := diag.Sort([]diag.Diagnostic{
		{Code: "L2", Span: f.Span(4, 7), Message: "m"}, {Code: "L1", Span: f.Span(4, 7), Message: "m"},
		{Code: "L3", Span: f.Span(0, 3), Message: "m"}, {Code: "L1", Span: f.Span(4, 7), Message: "m"}})
	var codes []string
	for _, d := range ds {
		codes = append(codes, string(d.Code))
	}
	if got := strings.Join(codes, " "); got != "L3 L1 L2" {
		t.Errorf("got %s", got)
	}
}
