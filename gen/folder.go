package gen

import (
	"bytes"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// Folder writes NAME_gen.go for each NAME.concept of a folder, and gives the
// paths of those that were not fresh. Nothing is written of a specification
// with errors; the findings come sorted by place. The error is that of the
// file system.
func Folder(dir string) (changed []string, findings []diag.Diagnostic, err error) {
	files, findings, err := folder(dir)
	if err != nil {
		return nil, findings, err
	}
	for _, f := range files {
		if f.fresh {
			continue
		}
		if err := os.WriteFile(f.path, f.text, 0o644); err != nil {
			return changed, findings, fmt.Errorf("writing the Go of a concept: %w", err)
		}
		changed = append(changed, f.path)
	}
	return changed, findings, nil
}

// Stale returns the paths that Folder would write, and writes nothing.
func Stale(dir string) (stale []string, findings []diag.Diagnostic, err error) {
	files, findings, err := folder(dir)
	for _, f := range files {
		if !f.fresh {
			stale = append(stale, f.path)
		}
	}
	return stale, findings, err
}

// A goFile is what the Go file at a path shall be.
type goFile struct {
	path  string
	text  []byte
	fresh bool
}

func folder(dir string) ([]goFile, []diag.Diagnostic, error) {
	specs, err := filepath.Glob(filepath.Join(dir, "*.concept"))
	if err != nil {
		return nil, nil, fmt.Errorf("looking for concepts in %s: %w", dir, err)
	}
	pkg, err := packageName(dir)
	if err != nil {
		return nil, nil, err
	}
	var files []goFile
	var findings []diag.Diagnostic
	var first *check.Concept
	for _, spec := range specs {
		text, err := os.ReadFile(spec)
		if err != nil {
			return nil, nil, fmt.Errorf("reading a specification: %w", err)
		}
		concepts, ds := read(source.NewFile(filepath.ToSlash(spec), string(text)))
		findings = append(findings, ds...)
		if diag.HasErrors(ds) {
			continue
		}
		for _, concept := range concepts {
			if keptByEngine(concept) {
				continue
			}
			if first != nil {
				findings = append(findings, crowded(first, concept))
				continue
			}
			first = concept
			out, err := Go(concept, Options{Package: pkg, File: filepath.Base(spec)})
			var f *FindingsError
			if errors.As(err, &f) {
				findings = append(findings, f.Findings...)
				continue
			}
			if err != nil {
				return nil, findings, err
			}
			path := strings.TrimSuffix(spec, ".concept") + "_gen.go"
			old, _ := os.ReadFile(path) // what cannot be read is not fresh
			files = append(files, goFile{path, out, bytes.Equal(old, out)})
		}
	}
	return files, diag.Sort(findings), nil
}

// read returns the concepts of one text, checked, in the order of the text.
func read(src *source.File) ([]*check.Concept, []diag.Diagnostic) {
	tree, ds := syntax.Parse(src)
	program, more := check.Check([]*syntax.File{tree}, check.Options{})
	var concepts []*check.Concept
	for _, t := range tree.Concepts {
		if c := program.Concepts[t.Name.Text]; c != nil && c.Tree == t {
			concepts = append(concepts, c)
		}
	}
	return concepts, diag.Sort(append(ds, more...))
}

// keptByEngine tells of Requesting: the engine itself is its implementation.
func keptByEngine(c *check.Concept) bool { return c.Name == "Requesting" }

func crowded(first, second *check.Concept) diag.Diagnostic {
	return diag.Diagnostic{Code: diag.CrowdedFolder, Span: second.Tree.Name.Span,
		Message: "“" + second.Name + "” stands in one folder with “" + first.Name + "”, and a folder is one Go package",
		Related: []diag.Related{{Span: first.Tree.Name.Span, Message: "“" + first.Name + "” stands here"}}}
}

// packageName is the name of the Go package in a folder: that of the Go files
// there, or the folder's.
func packageName(dir string) (string, error) {
	list, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", fmt.Errorf("looking for Go in %s: %w", dir, err)
	}
	for _, path := range list {
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_gen.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly)
		if err == nil {
			return f.Name.Name, nil
		}
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("naming the package in %s: %w", dir, err)
	}
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, filepath.Base(full))
	if !token.IsIdentifier(name) {
		return "concept" + name, nil
	}
	return name, nil
}
