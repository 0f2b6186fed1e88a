package diag_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// A scanned is as much of a SARIF log as a code scanner needs.
type scanned struct {
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct{ Rules []struct{ ID string } }
		}
		ColumnKind string
		Results    []struct {
			RuleID    string
			RuleIndex int
			Message   struct{ Text string }
			Locations []struct{ PhysicalLocation scannedPlace }
			Fixes     []struct {
				ArtifactChanges []struct {
					ArtifactLocation struct{ URI string }
					Replacements     []struct {
						DeletedRegion   scannedRegion
						InsertedContent struct{ Text string }
					}
				}
			}
		}
	}
}

type scannedPlace struct {
	ArtifactLocation struct{ URI string }
	Region           scannedRegion
}

type scannedRegion struct{ StartLine, StartColumn, EndLine, EndColumn int }

// cut gives what stands before, in and behind a region, counted in code points.
func (r scannedRegion) cut(t *testing.T, text string) (before, in, behind string) {
	t.Helper()
	offset := func(line, column int) int {
		lines := strings.SplitAfter(text, "\n")
		if line < 1 || column < 1 || line > len(lines) || column > len([]rune(lines[line-1]))+1 {
			t.Fatalf("the text has no line %d column %d", line, column)
		}
		return len(strings.Join(lines[:line-1], "")) + len(string([]rune(lines[line-1])[:column-1]))
	}
	start, end := offset(r.StartLine, r.StartColumn), offset(r.EndLine, r.EndColumn)
	return text[:start], text[start:end], text[end:]
}

// TestSARIFIsScanned reads a log as a scanner does: each rule is declared, each
// place is the one meant, and each fix gives the text that Apply gives, also
// behind characters of several bytes and outside the first plane.
func TestSARIFIsScanned(t *testing.T) {
	const name = "a:b/100% größe/#𝒳?.sync"
	f := source.NewFile(name, "sync Grüße\r\n𝒳 ünï whne e\u0301x\n")
	at := strings.Index(f.Text, "whne")
	ds := []diag.Diagnostic{{Code: diag.UnknownWord, Span: f.Span(at, at+4), Message: "“whne”\nand “𝒳”",
		Fix: &diag.Fix{Title: "write when", Edits: []diag.Edit{{Span: f.Span(at, at+4), Text: "when𝒳"}}}}}
	var out bytes.Buffer
	if err := diag.WriteSARIF(&out, ds); err != nil {
		t.Fatal(err)
	}
	var log scanned
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if log.Version != "2.1.0" || run.ColumnKind != "unicodeCodePoints" || len(run.Results) != 1 {
		t.Fatalf("version %q, columns in %q, %d results", log.Version, run.ColumnKind, len(run.Results))
	}
	r := run.Results[0]
	if rules := run.Tool.Driver.Rules; r.RuleIndex >= len(rules) || rules[r.RuleIndex].ID != r.RuleID || r.RuleID != string(diag.UnknownWord) {
		t.Errorf("result of rule %q at %d, declared are %v", r.RuleID, r.RuleIndex, rules)
	}
	place := r.Locations[0].PhysicalLocation
	u, err := url.Parse(place.ArtifactLocation.URI)
	if err != nil || u.IsAbs() || u.RawQuery != "" || u.Fragment != "" || strings.TrimPrefix(u.Path, "./") != name {
		t.Errorf("the URI %q is read as %+v (%v), want the relative path %s", place.ArtifactLocation.URI, u, err, name)
	}
	if _, in, _ := place.Region.cut(t, f.Text); in != "whne" {
		t.Errorf("the region %+v is %q, want whne", place.Region, in)
	}
	change := r.Fixes[0].ArtifactChanges[0]
	if change.ArtifactLocation != place.ArtifactLocation {
		t.Errorf("the fix is of %q", change.ArtifactLocation.URI)
	}
	before, _, behind := change.Replacements[0].DeletedRegion.cut(t, f.Text)
	want, err := diag.Apply(f, ds[0].Fix.Edits)
	if got := before + change.Replacements[0].InsertedContent.Text + behind; err != nil || got != want {
		t.Errorf("the fix gives %q, want %q (%v)", got, want, err)
	}
}

// TestGitHubEscapes holds that nothing of a name or a message ends an annotation
// or one of its properties early.
func TestGitHubEscapes(t *testing.T) {
	f := source.NewFile("a:b,100%25.sync", "𝒳ü whne\n")
	at := strings.Index(f.Text, "whne")
	var out bytes.Buffer
	if err := diag.WriteGitHub(&out, []diag.Diagnostic{{Code: diag.UnknownWord, Span: f.Span(at, at+4), Message: "a%0A\r\n::b,c"}}); err != nil {
		t.Fatal(err)
	}
	want := "::error file=a%3Ab%2C100%2525.sync,line=1,endLine=1,col=4,endColumn=7,title=L0112::a%250A%0D%0A::b,c\n"
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
