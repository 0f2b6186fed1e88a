package flows_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// A file of testdata/entries holds a program and its entry points.
func TestEntries(t *testing.T) {
	names, err := filepath.Glob("testdata/entries/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	text, err := os.ReadFile("testdata/stories/catalogue.concept")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, _ := syntax.Parse(source.NewFile("catalogue.concept", string(text)))
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := []*syntax.File{catalogue}
			at := -1
			for i, f := range a.Files {
				if f.Name == "entries" {
					at = i
					continue
				}
				tree, ds := syntax.Parse(source.NewFile(f.Name, string(f.Data)))
				for _, d := range ds {
					t.Errorf("%s: %s", d.Span, d.Message)
				}
				files = append(files, tree)
			}
			p, ds := flows.Check(files, check.Options{})
			for _, d := range ds {
				t.Errorf("%s: %s %s: %s", d.Span, d.Severity, d.Code, d.Message)
			}
			got := entries(p)
			if *update {
				if at < 0 {
					a.Files, at = append(a.Files, txtar.File{Name: "entries"}), len(a.Files)
				}
				a.Files[at].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if at < 0 || string(a.Files[at].Data) != got {
				t.Errorf("the entry points are not what the file expects (-update rewrites it); got:\n%s", got)
			}
		})
	}
}

func entries(p *flows.Analysis) string {
	var b strings.Builder
	for _, e := range p.EntryPoints {
		fmt.Fprintf(&b, "%s %s", [...]string{"route", "timer", "exposed", "from Go"}[e.Kind], e)
		if e.Opened != nil {
			fmt.Fprintf(&b, " open %q", e.Opened.Why)
		}
		b.WriteString("\n")
		for _, f := range e.Fields {
			fmt.Fprintf(&b, "    field %s: %s", f.Name, typeString(f.Type))
			for _, is := range []struct {
				word string
				is   bool
			}{{"optional", f.Optional}, {"secret", f.Secret}, {"credential", f.Credential != nil}, {"in the path", f.Param}} {
				if is.is {
					b.WriteString(", " + is.word)
				}
			}
			for _, v := range f.Literals {
				b.WriteString(" " + v.String())
			}
			b.WriteString("\n")
		}
		var syncs []string
		for _, s := range e.Syncs {
			syncs = append(syncs, s.Name)
		}
		if len(syncs) > 0 {
			fmt.Fprintf(&b, "    fires %s\n", strings.Join(syncs, ", "))
		}
		for _, l := range e.Lookups {
			fmt.Fprintf(&b, "    looks up by %s\n", l.Tree.Span.Text())
		}
		for _, a := range e.Answers {
			var parts []string
			for _, f := range a.Fields {
				parts = append(parts, f.Name+": "+typeString(f.Type))
			}
			if a.Body != nil {
				parts = []string{"body " + typeString(*a.Body)}
			}
			if a.Cookies {
				parts = append(parts, "cookies")
			}
			fmt.Fprintf(&b, "    %s answers %d {%s}\n", a.Sync.Name, a.Status, strings.Join(parts, ", "))
		}
		var refusals []string
		for _, u := range e.Refusals {
			refusals = append(refusals, fmt.Sprintf("    %s.%s may answer %s as %s\n", u.Instance.Name, u.Action.Name, u.Refusal.Code, u.Refusal.Kind))
		}
		slices.Sort(refusals)
		b.WriteString(strings.Join(refusals, ""))
	}
	return b.String()
}
