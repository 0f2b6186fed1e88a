package archtest

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// termsHeading begins the table of replaced terms in the glossary.
const termsHeading = "## Replaced terms\n"

var (
	termRow   = regexp.MustCompile(`(?m)^\| ([a-z-]+) \| ([^|]+) \|$`)
	docTokens = regexp.MustCompile(`[a-z0-9_-]+`)
)

// replacedTerms returns the terms that the glossary replaces, with what to write
// instead.
func replacedTerms(t *testing.T) map[string]string {
	t.Helper()
	glossary, err := os.ReadFile(filepath.Join(top, "docs", "glossary.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(glossary), termsHeading)
	if !ok {
		t.Fatalf("docs/glossary.md has no heading %q", termsHeading)
	}
	terms := map[string]string{}
	for _, m := range termRow.FindAllStringSubmatch(table, -1) {
		terms[m[1]] = m[2]
	}
	if len(terms) < 5 {
		t.Fatalf("docs/glossary.md replaces only %d terms: the table has another form than %s", len(terms), termRow)
	}
	return terms
}

// TestTerms checks that exported names and package comments use no term that the
// glossary replaces. A concept for tests may have any names.
func TestTerms(t *testing.T) {
	terms := replacedTerms(t)
	for _, f := range goFiles(t) {
		if f.test || f.folder == "gen/internal/forms" {
			continue
		}
		for _, name := range exportedNames(f.tree) {
			for _, word := range wordsOf(name) {
				if instead := terms[strings.ToLower(word)]; instead != "" {
					t.Errorf("%s: the name %s has the term %q; docs/glossary.md replaces it: %s", f.name, name, strings.ToLower(word), instead)
				}
			}
		}
		if f.tree.Doc == nil {
			continue
		}
		for _, word := range docTokens.FindAllString(strings.ToLower(f.tree.Doc.Text()), -1) {
			if instead := terms[word]; instead != "" {
				t.Errorf("%s: the package comment has the term %q; docs/glossary.md replaces it: %s", f.name, word, instead)
			}
		}
	}
}

// wordsOf splits a name where an upper-case letter begins a word.
func wordsOf(name string) (words []string) {
	begin := 0
	for i := 1; i < len(name); i++ {
		isUpper := name[i] >= 'A' && name[i] <= 'Z'
		afterLower := name[i-1] < 'A' || name[i-1] > 'Z'
		beforeLower := i+1 < len(name) && name[i+1] >= 'a' && name[i+1] <= 'z'
		if isUpper && (afterLower || beforeLower) {
			words, begin = append(words, name[begin:i]), i
		}
	}
	return append(words, name[begin:])
}

// exportedNames returns the exported names that a file declares: those of the package,
// and of methods and fields.
func exportedNames(tree *ast.File) (names []string) {
	add := func(list ...*ast.Ident) {
		for _, name := range list {
			if name.IsExported() {
				names = append(names, name.Name)
			}
		}
	}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			add(d.Name)
		case *ast.GenDecl:
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncLit:
					return false
				case *ast.ValueSpec:
					add(n.Names...)
				case *ast.TypeSpec:
					add(n.Name)
				case *ast.Field:
					add(n.Names...)
				}
				return true
			})
		}
	}
	return names
}

// TestTermsAreFound checks the test: it splits names and finds each place of a name.
func TestTermsAreFound(t *testing.T) {
	if got := strings.Join(wordsOf("NewHTTPDoorOf2IDs"), " "); got != "New HTTP Door Of2 I Ds" {
		t.Errorf("NewHTTPDoorOf2IDs has the words %s", got)
	}
	var tree *ast.File
	for _, f := range goFiles(t) {
		if f.name == "app.go" {
			tree = f.tree
		}
	}
	if tree == nil {
		t.Fatal("there is no app.go")
	}
	if got := strings.Join(exportedNames(tree), " "); got != "App Engine Close" {
		t.Errorf("the exported names of app.go are %s", got)
	}
}
