package archtest

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	module    = "github.com/legible-lang/legible"
	top       = "../.."
	maxLines  = 800 // of a file that is not generated
	docWords  = 40  // least number of words of a package comment
	fewWords  = 15  // the same for commands and packages for tests
	docTable  = "ARCHITECTURE.md"
	tableMark = "<!-- packages: written by go test ./internal/archtest -update -->\n"
	tableEnd  = "<!-- end of packages -->\n"
)

var update = flag.Bool("update", false, "rewrite the table of packages in ARCHITECTURE.md")

// A file is one Go file of the module.
type file struct {
	name   string // relative to the module root, with slashes
	folder string // "." for the module root
	text   string
	tree   *ast.File
	test   bool
	made   bool // generated
}

func goFiles(t *testing.T) []file {
	t.Helper()
	files, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// parsed reads the Go files of the module, once for all tests.
var parsed = sync.OnceValues(func() ([]file, error) {
	var files []file
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != top && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && name != top {
				return filepath.SkipDir // another module
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		files = append(files, file{name: rel, folder: path.Dir(rel), text: string(text), tree: tree,
			test: strings.HasSuffix(rel, "_test.go"), made: ast.IsGenerated(tree)})
		return nil
	})
	return files, err
})

// find returns the rule of a folder.
func find(folder string) (rule, bool) {
	for _, r := range rules {
		if r.folder == folder || strings.HasSuffix(r.folder, "/*") && path.Dir(folder) == path.Dir(r.folder) {
			return r, true
		}
	}
	return rule{}, false
}

func (r rule) may(folder string) bool {
	return slices.ContainsFunc(r.uses, func(u string) bool {
		return u == folder || strings.HasSuffix(u, "/*") && path.Dir(folder) == path.Dir(u)
	})
}

// TestImports checks every import against the rules.
func TestImports(t *testing.T) {
	for _, f := range goFiles(t) {
		r, known := find(f.folder)
		if !known {
			if !f.test {
				t.Errorf("%s: the folder %s has no rule; add one to rules_test.go", f.name, f.folder)
			}
			continue
		}
		for _, spec := range f.tree.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			inner, ours := strings.CutPrefix(imported, module)
			switch {
			case ours && !f.test:
				inner = cmp.Or(strings.TrimPrefix(inner, "/"), ".")
				if !r.may(inner) {
					t.Errorf("%s: %s may not import %s: %s", f.name, f.folder, inner, r.why)
				}
			case !ours && strings.Contains(strings.Split(imported, "/")[0], "."):
				checkLibrary(t, f, imported)
			}
		}
	}
}

func checkLibrary(t *testing.T, f file, imported string) {
	t.Helper()
	for _, l := range libraries {
		if !strings.HasPrefix(imported, l.path) {
			continue
		}
		if !slices.Contains(l.packages, f.folder) && !(f.test && l.tests) {
			t.Errorf("%s: only %[4]s may import %[2]s (%[3]s)", f.name, imported, l.reason, cmp.Or(strings.Join(l.packages, " and "), "tests"))
		}
		return
	}
	t.Errorf("%s: the library %s is not listed; add it to libraries in rules_test.go", f.name, imported)
}

// TestReadingIsPure checks that the packages that read texts use no files,
// network or processes, so that they give the same results in an editor, a
// browser and a test.
func TestReadingIsPure(t *testing.T) {
	reading := []string{"internal/source", "internal/diag", "internal/expression", "internal/syntax", "internal/check", "internal/check/flows", "internal/plan", "internal/graph", "value", "internal/journal", "internal/explain"}
	outside := []string{"os", "io/ioutil", "net", "net/http", "syscall", "os/exec", "math/rand", "log", "log/slog"}
	for _, f := range goFiles(t) {
		if f.test || !slices.Contains(reading, f.folder) {
			continue
		}
		for _, spec := range f.tree.Imports {
			if imported := strings.Trim(spec.Path.Value, `"`); slices.Contains(outside, imported) {
				t.Errorf("%s: %s may not import %s: it must not depend on anything outside of its texts", f.name, f.folder, imported)
			}
		}
	}
}

// TestRulesAreDirected checks the rules themselves: a package may import only
// packages above it, so that there are no cycles.
func TestRulesAreDirected(t *testing.T) {
	place := map[string]int{}
	for i, r := range rules {
		place[r.folder] = i
	}
	for i, r := range rules {
		for _, u := range r.uses {
			j, known := place[u]
			if !known {
				t.Errorf("%s may import %s, which has no rule", r.folder, u)
			}
			if j >= i {
				t.Errorf("%s may import %s, which is below it", r.folder, u)
			}
		}
	}
}

// TestFiles checks the size of files, and that they have no init and no open
// tasks.
func TestFiles(t *testing.T) {
	open := []string{"TO" + "DO", "FIX" + "ME"}
	for _, f := range goFiles(t) {
		if f.made {
			continue
		}
		if n := strings.Count(f.text, "\n"); n > maxLines && !f.test {
			t.Errorf("%s has %d lines; the limit is %d", f.name, n, maxLines)
		}
		for i, line := range strings.Split(f.text, "\n") {
			for _, word := range open {
				if strings.Contains(line, word) {
					t.Errorf("%s:%d: %s: the source must not contain open tasks", f.name, i+1, word)
				}
			}
		}
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: func init is not allowed: code that runs before main is hard to follow", f.name)
			}
		}
	}
}

// docs returns the package comment of each package that has more than tests.
func docs(files []file) map[string]string {
	out := map[string]string{}
	for _, f := range files {
		if f.test {
			continue
		}
		if _, ok := out[f.folder]; !ok {
			out[f.folder] = ""
		}
		if f.tree.Doc != nil && !f.made {
			out[f.folder] += f.tree.Doc.Text()
		}
	}
	return out
}

// TestPackageComments checks that each package comment has a few sentences.
func TestPackageComments(t *testing.T) {
	for folder, doc := range docs(goFiles(t)) {
		least := docWords
		if strings.HasPrefix(folder, "cmd/") || strings.HasSuffix(folder, "test") || folder == "gen/internal/forms" {
			least = fewWords
		}
		if folder == "internal/mutation/programs/signing" {
			continue // its text is the tutorial's
		}
		if n := len(strings.Fields(doc)); n < least {
			t.Errorf("the package comment in %s has %d words; write at least %d about its purpose, its main types, its guarantees and its limits", folder, n, least)
		}
	}
}

// TestTable compares the table in ARCHITECTURE.md with the folders and rules.
func TestTable(t *testing.T) {
	name := filepath.Join(top, docTable)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableMark)
	_, after, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		t.Fatalf("%s has no table of packages between its two marks", docTable)
	}
	want := before + tableMark + table(docs(goFiles(t))) + tableEnd + after
	if want == string(text) {
		return
	}
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("the table of packages in %s is out of date: run go test ./internal/archtest -update", docTable)
}

// table returns the rules as a Markdown table. A rule for many folders is one
// row that lists them.
func table(docs map[string]string) string {
	var b strings.Builder
	b.WriteString("| package | purpose | may import |\n| --- | --- | --- |\n")
	for _, r := range rules {
		if parent, many := strings.CutSuffix(r.folder, "/*"); many {
			var links []string
			for _, folder := range slices.Sorted(folders(docs, r)) {
				links = append(links, fmt.Sprintf("[%s](%s)", path.Base(folder), folder))
			}
			fmt.Fprintf(&b, "| %s | %s: %s | %s |\n", r.folder, parents[parent], strings.Join(links, ", "), uses(r))
			continue
		}
		for _, folder := range slices.Sorted(folders(docs, r)) {
			link := fmt.Sprintf("[%s](%s)", folder, folder)
			if folder == "." {
				link = "[legible](legible.go)"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", link, sentence(docs[folder]), uses(r))
		}
	}
	return b.String()
}

// parents describes the folders of a rule for many folders.
var parents = map[string]string{
	"apps":     "the apps",
	"concepts": "the Go code of the catalogue's concepts",

	"internal/mutation/programs": "concepts of programs that are mutated",
}

// uses lists what the package of a rule may import.
func uses(r rule) string {
	if r.folder == "bench" {
		return "any"
	}
	uses := slices.Clone(r.uses)
	for i, u := range uses {
		if uses[i] = strings.TrimPrefix(u, "internal/"); u == "." {
			uses[i] = "legible"
		}
	}
	return strings.Join(uses, ", ")
}

func folders(docs map[string]string, r rule) func(func(string) bool) {
	return func(yield func(string) bool) {
		for folder := range docs {
			if found, ok := find(folder); ok && found.folder == r.folder && !yield(folder) {
				return
			}
		}
	}
}

// sentence returns the first sentence of a package comment without "Package x".
func sentence(doc string) string {
	doc = strings.Join(strings.Fields(doc), " ")
	first, _, _ := strings.Cut(doc, ". ")
	words := strings.Fields(strings.TrimSuffix(first, "."))
	if len(words) > 2 && (words[0] == "Package" || words[0] == "Command") {
		words = words[2:]
		if words[0] == "is" {
			words = words[1:]
		}
	}
	return strings.ReplaceAll(strings.Join(words, " "), "|", "\\|")
}
