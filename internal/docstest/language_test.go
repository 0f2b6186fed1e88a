package docstest

import (
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/concepts"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// catalogue gives the concepts that a document does not hold.
func catalogue(name string) *syntax.File {
	file, text, ok := concepts.Spec(name)
	if !ok {
		return nil
	}
	tree, _ := syntax.Parse(source.NewFile(file, text))
	return tree
}

// app is the app of examples that show none.
const app = `app Example

use Requesting
    session from body, bearer, cookie "session"
use Profile
use Sessioning [User = Profile.User]
`

// program checks texts as one program; where they hold no app it is the one
// above.
func program(trees ...*syntax.File) []diag.Diagnostic {
	if !slices.ContainsFunc(trees, func(f *syntax.File) bool { return len(f.Apps) > 0 }) {
		tree, _ := syntax.Parse(source.NewFile("example.app", app))
		trees = append(trees, tree)
	}
	_, findings := flows.Check(trees, check.Options{Concept: catalogue})
	return findings
}

// TestLanguage checks the examples in the language: those of a document are
// one program, those with the word "alone" a program each, and those with
// "wrong CODE" must have that fault. All stand in the one style. Examples with
// "from FILE" are part of another program; TestQuotedSyncs compares them.
func TestLanguage(t *testing.T) {
	for _, doc := range documents(t) {
		var whole []*syntax.File
		for _, f := range fences(t, doc) {
			switch f.kind {
			case "where":
				f.text = "sync Example\nwhen\n    Requesting.request () : (request)\nwhere\n" + indent(f.text) +
					"then\n    Requesting.respond (request)\n"
				f.line -= 4
				report(t, f, parse(t, f, nil))
				continue
			case "concept", "app", "sync", "scenario":
			case "console", "finding", "text", "sh", "go", "diff", "store", "json":
				continue // other tests run them, or they are no examples of ours
			default:
				t.Errorf("%s:%d: nobody tests an example of kind %q", f.doc, f.line, f.kind)
				continue
			}
			if len(f.words) == 2 && f.words[0] == "from" {
				continue
			}
			file := source.NewFile(f.doc, f.inPlace())
			tree, findings := syntax.Parse(file)
			if len(f.words) > 0 && f.words[0] == "in" { // the file in which it stands
				f.words = nil
			}
			if len(f.words) > 0 {
				findings = append(findings, program(tree)...)
			}
			switch {
			case len(f.words) == 2 && f.words[0] == "wrong":
				if !slices.ContainsFunc(findings, func(d diag.Diagnostic) bool { return string(d.Code) == f.words[1] }) {
					t.Errorf("%s:%d: the example does not have the fault %s; it has %v", f.doc, f.line, f.words[1], findings)
				}
				continue
			case len(f.words) == 1 && f.words[0] == "alone":
			case len(f.words) == 0:
				whole = append(whole, tree)
			default:
				t.Errorf("%s:%d: the words %q are not known", f.doc, f.line, f.words)
			}
			report(t, f, findings)
			if styled, _ := syntax.Format(source.NewFile(f.doc, f.text)); styled != f.text {
				t.Errorf("%s:%d: the example is not in the one style; it would be\n%s", f.doc, f.line, styled)
			}
		}
		report(t, fence{doc: doc}, program(whole...))
	}
}

func parse(t *testing.T, f fence, findings []diag.Diagnostic) []diag.Diagnostic {
	t.Helper()
	_, ds := syntax.Parse(source.NewFile(f.doc, f.inPlace()))
	return append(findings, ds...)
}

func report(t *testing.T, f fence, findings []diag.Diagnostic) {
	t.Helper()
	var b strings.Builder
	if err := diag.WriteText(&b, findings, diag.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 0 {
		t.Errorf("an example of %s is not what it should be:\n%s", f.doc, &b)
	}
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n"
}
