package graph_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/concepts"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/graph"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

var update = flag.Bool("update", false, "rewrite the pictures that the tests hold")

// planOf reads the texts of an archive; what is wanted of them is passed over.
func planOf(t *testing.T, archive *txtar.Archive) (*plan.Plan, []*flows.EntryPoint) {
	t.Helper()
	var trees []*syntax.File
	var findings []diag.Diagnostic
	for _, f := range archive.Files {
		if strings.HasPrefix(f.Name, "want ") {
			continue
		}
		tree, ds := syntax.Parse(source.NewFile(f.Name, string(f.Data)))
		trees, findings = append(trees, tree), append(findings, ds...)
	}
	p, ds := flows.Check(trees, check.Options{Concept: func(name string) *syntax.File {
		file, text, ok := concepts.Spec(name)
		if !ok {
			return nil
		}
		tree, _ := syntax.Parse(source.NewFile(file, text))
		return tree
	}})
	for _, d := range append(findings, ds...) {
		if d.Severity == diag.Error {
			t.Errorf("%s: %s", d.Span, d.Message)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return plan.Build(p.Program), p.EntryPoints
}

// draw returns what a wanted file is named after: "whole.svg", or the story of a
// route, "POST /login.mermaid".
func draw(t *testing.T, p *plan.Plan, entries []*flows.EntryPoint, name string) string {
	t.Helper()
	ext := filepath.Ext(name)
	name = strings.TrimSuffix(name, ext)
	g := graph.Of(p, entries)
	svg := g.SVG
	if name != "whole" {
		story := storyOf(t, p, entries, name)
		g, svg = story.Graph(), story.SVG
	}
	var out strings.Builder
	write := map[string]func(io.Writer) error{".mermaid": g.Mermaid, ".dot": g.Dot, ".svg": svg}[ext]
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func storyOf(t *testing.T, p *plan.Plan, entries []*flows.EntryPoint, route string) *graph.Story {
	t.Helper()
	for _, d := range p.Endpoints(entries) {
		if d.String() == route {
			return graph.Tell(p, d)
		}
	}
	t.Fatalf("the program has no route %s", route)
	return nil
}

// TestGraphs holds each picture against the one in the program's file. It is
// drawn from two readings, so that nothing in it hangs on the order of a map.
func TestGraphs(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no programs in testdata: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			p, entries := planOf(t, archive)
			again, entriesAgain := planOf(t, archive)
			for i, f := range archive.Files {
				what, isWant := strings.CutPrefix(f.Name, "want ")
				if !isWant {
					continue
				}
				got := draw(t, p, entries, what)
				if got != draw(t, again, entriesAgain, what) {
					t.Errorf("%s: the same program is drawn differently", what)
				}
				if *update {
					archive.Files[i].Data = []byte(got)
				} else if got != string(f.Data) {
					t.Errorf("%s is not what %s holds:\n%s", what, name, diff.Diff("want", f.Data, "got", []byte(got)))
				}
			}
			if *update {
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

var (
	mermaidLine = regexp.MustCompile(`^(flowchart (LR|TD)|( {4}| {8})\w+(\(\["|\["|\("|\{\{"|>")[^"]*("\]\)|"\]|"\)|"\}\})|    subgraph \w+\["[^"]*"\]|    end|    \w+ (-->|-\.->)(\|\w+\|)? \w+)$`)
	dotLine     = regexp.MustCompile(`^(digraph "([^"\\]|\\.)*" \{|\}|    rankdir=(TB|LR)|    (node|edge) \[.*\]|    \w+ \[label="([^"\\]|\\.)*" shape=.*\]|    \w+ \[shape=plain label=<.*>\]|    \w+(:\w+)? -> \w+(:\w+)?( \[.*\])?)$`)
)

// TestForms draws a program whose texts are full of what the formats take for
// their own signs, and everything that its routes can be asked for. No text may
// come out of its quotation marks.
func TestForms(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p, entries := planOf(t, archive)
		all := []string{"whole"}
		for _, d := range p.Endpoints(entries) {
			all = append(all, d.String())
		}
		for _, what := range all {
			for _, line := range strings.Split(strings.TrimSpace(draw(t, p, entries, what+".mermaid")), "\n") {
				if !mermaidLine.MatchString(line) {
					t.Errorf("%s, %s: this is no line of Mermaid: %s", name, what, line)
				}
			}
			for _, line := range strings.Split(strings.TrimSpace(draw(t, p, entries, what+".dot")), "\n") {
				if !dotLine.MatchString(line) {
					t.Errorf("%s, %s: this is no line of Graphviz: %s", name, what, line)
				}
			}
			wellFormed(t, what, draw(t, p, entries, what+".svg"))
		}
	}
}

// wellFormed reads an SVG as XML, and wants nothing in it that is asked of
// elsewhere or would run.
func wellFormed(t *testing.T, what, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: the picture is no XML: %v", what, err)
			return
		}
		e, isElement := token.(xml.StartElement)
		if !isElement {
			continue
		}
		switch e.Name.Local {
		case "svg", "style", "rect", "text", "path", "title":
		default:
			t.Errorf("%s: an element %s stands in the picture: did a text come out of its place?", what, e.Name.Local)
		}
		for _, a := range e.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" {
				t.Errorf("%s: an attribute %s stands in the picture", what, a.Name.Local)
			}
		}
	}
}

// TestEveryAnswerIsTold compares each story with the analysis of the program's
// flows: it contains every sync that can fire and every line that can answer.
func TestEveryAnswerIsTold(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p, entries := planOf(t, archive)
		for _, d := range p.Endpoints(entries) {
			told := map[string]bool{}
			var note func(list []*graph.Step)
			note = func(list []*graph.Step) {
				for _, x := range list {
					told[x.Span.String()] = true
					for _, e := range x.Exits {
						told[e.Span.String()] = true
						if e.Answer {
							told[e.Label] = true
						}
					}
					note(x.Steps)
				}
			}
			note(graph.Tell(p, d).Steps)
			for _, s := range d.Syncs {
				if !told[s.Span.String()] {
					t.Errorf("%s: the story of %s does not tell of the sync %s, which can fire", name, d, s.Name)
				}
			}
			for _, a := range d.Answers {
				if !told[a.Ask.Span.String()] {
					t.Errorf("%s: the story of %s does not tell of the answer at %s", name, d, a.Ask.Span)
				}
			}
		}
	}
}
