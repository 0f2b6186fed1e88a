// Package workspace finds the programs in folders and reads their texts.
//
// Its main types are [Workspace], the programs that some paths stand for; [Program],
// the texts of one folder; and [Texts], files that have been read. It promises that
// everything that reads a program finds the same texts: [Names] is the one rule. It
// writes nothing, and contents that are not saved count as if they were.
package workspace

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/legible-lang/legible/concepts"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/check/suggest"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// A Workspace is the programs that some paths stand for.
type Workspace struct {
	Programs []*Program
	// around are the concepts of the modules around the programs, by the
	// module's folder; they are read when the first one is missed.
	around map[string]map[string]*syntax.File
	texts  *Texts
}

// A Program is the texts of one folder with an .app, or of a folder without
// any.
type Program struct {
	Root  string   // its folder
	Names []string // the paths of its texts
	// Parts are the paths that findings are wanted of; nil means all.
	Parts   []string
	Checked *flows.Analysis // set by Check
}

// Open finds the programs that paths stand for, each a folder or a file; none means
// the working directory.
func Open(texts *Texts, paths []string) (*Workspace, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	w := &Workspace{around: map[string]map[string]*syntax.File{}, texts: texts}
	for _, p := range paths {
		if err := w.add(filepath.Clean(p)); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Files is the number of texts.
func (w *Workspace) Files() int {
	n := 0
	for _, p := range w.Programs {
		n += len(p.Names)
	}
	return n
}

// add takes a path in: the program around it, or those below it.
func (w *Workspace) add(path string) error {
	isDir := false
	if !w.texts.isUnsaved(path) {
		info, err := Stat(path)
		if err != nil {
			return err
		}
		isDir = info.IsDir()
	}
	dir := path
	if !isDir {
		if !IsText(path) {
			return fmt.Errorf("%s is not a %s file", path, Kinds)
		}
		dir = filepath.Dir(path)
	}
	if root, ok := App(dir); ok {
		if root != dir || !isDir {
			return w.take(root, nil, path)
		}
		return w.take(root, nil, "")
	}
	if !isDir {
		return w.take(dir, []string{path}, "")
	}
	return w.below(dir)
}

// below takes in every program below a folder, and what belongs to none as one
// more.
func (w *Workspace) below(dir string) error {
	names, err := w.texts.Below(dir)
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
		if !slices.ContainsFunc(roots, func(root string) bool { return Within(root, name) }) {
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
func (w *Workspace) take(root string, names []string, part string) error {
	for _, p := range w.Programs {
		if p.Root != root || !slices.Equal(names, p.Names) && names != nil {
			continue
		}
		if part == "" {
			p.Parts = nil
		} else if p.Parts != nil {
			p.Parts = append(p.Parts, part)
		}
		return nil
	}
	p := &Program{Root: root, Names: names}
	if part != "" {
		p.Parts = []string{part}
	}
	if names == nil {
		var err error
		if p.Names, err = w.texts.program(root); err != nil {
			return err
		}
	}
	w.Programs = append(w.Programs, p)
	return nil
}

// HasApp reports whether the program has an .app file.
func (p *Program) HasApp() bool {
	return slices.ContainsFunc(p.Names, func(name string) bool { return filepath.Ext(name) == ".app" })
}

// Title returns the name of the program in messages.
func (p *Program) Title() string {
	if p.HasApp() {
		return filepath.ToSlash(p.Root)
	}
	return filepath.ToSlash(p.Root) + " (without an app)"
}

// Check reads and checks a program and returns the findings in its parts.
func (w *Workspace) Check(p *Program) ([]diag.Diagnostic, error) {
	var trees []*syntax.File
	var findings []diag.Diagnostic
	for _, name := range p.Names {
		text, err := w.texts.Read(name)
		if err != nil {
			return nil, err
		}
		trees, findings = append(trees, text.Tree), append(findings, text.Findings...)
	}
	checked, ds := flows.Check(trees, w.options(p))
	p.Checked = checked
	findings = append(findings, ds...)
	var wanted []diag.Diagnostic
	for _, d := range findings {
		if d.Span.Known() && !p.wants(d.Span) {
			if !slices.ContainsFunc(d.Related, func(r diag.Related) bool { return r.Span.Known() && p.wants(r.Span) }) {
				continue
			}
			d.Fix = nil // nothing changes in other files
		}
		wanted = append(wanted, d)
	}
	return wanted, nil
}

// wants reports whether findings about a place are wanted.
func (p *Program) wants(s source.Span) bool { return p.Wanted(filepath.FromSlash(s.File.Name)) }

// options are those of the check of a program.
func (w *Workspace) options(p *Program) check.Options {
	return check.Options{
		Concept: func(name string) *syntax.File { return w.concept(p.Root, name) },
		Known:   concepts.Names(),
	}
}

// Suggest returns suggestions for a program that has been checked.
func (w *Workspace) Suggest(p *Program) []diag.Diagnostic {
	var trees []*syntax.File
	for _, name := range p.Names {
		trees = append(trees, w.texts.Get(name).Tree)
	}
	found := suggest.Find(trees, w.options(p), p.Checked)
	return slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return !p.Wanted(filepath.FromSlash(d.Span.File.Name)) })
}

// Wanted reports whether findings in a file are wanted.
func (p *Program) Wanted(name string) bool {
	return p.Parts == nil || slices.ContainsFunc(p.Parts, func(part string) bool { return Within(part, name) })
}
