package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/legible-lang/legible/concepts"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// A workspace is the programs that some paths stand for.
type workspace struct {
	programs []*program
	// around are the concepts of the modules around the programs, by the
	// module's folder; they are read when the first one is missed.
	around map[string]map[string]*syntax.File
	texts  *texts
}

// A program is the texts of one folder with an .app, or of a folder without
// any.
type program struct {
	root  string   // its folder
	names []string // of its texts
	// parts are the paths that findings are wanted of; nil means all.
	parts   []string
	checked *flows.Analysis
}

// open finds the programs that the paths stand for.
func open(paths []string) (*workspace, error) { return openWith(&texts{}, paths) }

// openWith is open with files that may have been read before.
func openWith(t *texts, paths []string) (*workspace, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	w := &workspace{around: map[string]map[string]*syntax.File{}, texts: t}
	for _, p := range paths {
		if err := w.add(filepath.Clean(p)); err != nil {
			return nil, err
		}
	}
	if w.files() == 0 {
		return nil, noTexts(paths)
	}
	return w, nil
}

func (w *workspace) files() int {
	n := 0
	for _, p := range w.programs {
		n += len(p.names)
	}
	return n
}

// add takes a path in: the program around it, or those below it.
func (w *workspace) add(path string) error {
	info, err := stat(path)
	if err != nil {
		return err
	}
	dir := path
	if !info.IsDir() {
		if !isText(path) {
			return fmt.Errorf("%s is no %s file", path, kinds)
		}
		dir = filepath.Dir(path)
	}
	if root, ok := appAround(dir); ok {
		if root != dir || !info.IsDir() {
			return w.take(root, nil, path)
		}
		return w.take(root, nil, "")
	}
	if !info.IsDir() {
		return w.take(dir, []string{path}, "")
	}
	return w.below(dir)
}

// below takes in every program below a folder, and what belongs to none as one
// more.
func (w *workspace) below(dir string) error {
	names, err := walk(dir)
	if err != nil {
		return err
	}
	var roots, loose []string
	for _, name := range names {
		if filepath.Ext(name) == ".app" {
			roots = append(roots, filepath.Dir(name))
		}
	}
	for _, root := range slices.Compact(roots) {
		if err := w.take(root, nil, ""); err != nil {
			return err
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(roots, func(root string) bool { return within(root, name) }) {
			loose = append(loose, name)
		}
	}
	if len(loose) > 0 {
		return w.take(dir, loose, "")
	}
	return nil
}

// take adds a program, or a part of one that is there already. Without names
// it has the texts below its folder that belong to no other program.
func (w *workspace) take(root string, names []string, part string) error {
	for _, p := range w.programs {
		if p.root != root || !slices.Equal(names, p.names) && names != nil {
			continue
		}
		if part == "" {
			p.parts = nil
		} else if p.parts != nil {
			p.parts = append(p.parts, part)
		}
		return nil
	}
	p := &program{root: root, names: names}
	if part != "" {
		p.parts = []string{part}
	}
	if names == nil {
		all, err := walk(root)
		if err != nil {
			return err
		}
		for i, name := range all {
			if strings.HasPrefix(name, "..") { // the present folder may be in this one
				all[i] = relative(absolute(name))
			}
		}
		var others []string
		for _, name := range all {
			if dir := filepath.Dir(name); filepath.Ext(name) == ".app" && dir != root {
				others = append(others, dir)
			}
		}
		p.names = slices.DeleteFunc(all, func(name string) bool {
			return slices.ContainsFunc(others, func(dir string) bool { return within(dir, name) })
		})
	}
	w.programs = append(w.programs, p)
	return nil
}

// title is how a person is told of the program.
func (p *program) title() string {
	for _, name := range p.names {
		if filepath.Ext(name) == ".app" {
			return slash(p.root)
		}
	}
	return slash(p.root) + " (without an app)"
}

// check reads and checks the program and gives the findings of its parts.
func (p *program) check(w *workspace) ([]diag.Diagnostic, error) {
	var trees []*syntax.File
	var findings []diag.Diagnostic
	for _, name := range p.names {
		text, err := w.texts.read(name)
		if err != nil {
			return nil, err
		}
		trees, findings = append(trees, text.tree), append(findings, text.findings...)
	}
	checked, ds := flows.Check(trees, check.Options{
		Concept: func(name string) *syntax.File { return w.concept(p.root, name) },
		Known:   concepts.Names(),
	})
	p.checked = checked
	findings = append(findings, ds...)
	return slices.DeleteFunc(findings, func(d diag.Diagnostic) bool {
		return d.Span.Known() && !p.wanted(filepath.FromSlash(d.Span.File.Name))
	}), nil
}

// wanted tells whether findings are wanted of a file.
func (p *program) wanted(name string) bool {
	return p.parts == nil || slices.ContainsFunc(p.parts, func(part string) bool { return within(part, name) })
}
