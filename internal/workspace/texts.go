package workspace

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// Texts are files that have been read, with their trees. A file is read again only
// after Forget. The zero value has read nothing.
type Texts struct{ kept map[string]*Text } // by full path

// A Text is one file.
type Text struct {
	File     *source.File
	Tree     *syntax.File
	Findings []diag.Diagnostic // of the parser
	unsaved  bool
}

// Read returns a file that was read before, or reads it.
func (t *Texts) Read(name string) (*Text, error) {
	if x := t.Get(name); x != nil {
		return x, nil
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the program: %w", readable(err))
	}
	return t.keep(name, string(content)), nil
}

// Get returns a file that has been read, or nil.
func (t *Texts) Get(name string) *Text { return t.kept[Full(name)] }

// Put gives a path a content that is not saved. Until Forget it counts instead of the
// file, also if there is no such file.
func (t *Texts) Put(name, content string) *Text {
	x := t.keep(name, content)
	x.unsaved = true
	return x
}

func (t *Texts) keep(name, content string) *Text {
	file := source.NewFile(filepath.ToSlash(name), content)
	x := &Text{File: file}
	x.Tree, x.Findings = syntax.Parse(file)
	if t.kept == nil {
		t.kept = map[string]*Text{}
	}
	t.kept[Full(name)] = x
	return x
}

// Forget drops a file, or everything in a folder of that name.
func (t *Texts) Forget(name string) {
	name = Full(name)
	delete(t.kept, name)
	for kept := range t.kept {
		if strings.HasPrefix(kept, name+string(filepath.Separator)) {
			delete(t.kept, kept)
		}
	}
}

// ForgetAll drops all files.
func (t *Texts) ForgetAll() { t.kept = nil }

// Kept returns the full paths of the files that have been read, sorted.
func (t *Texts) Kept() []string { return slices.Sorted(maps.Keys(t.kept)) }

func (t *Texts) isUnsaved(name string) bool {
	x := t.Get(name)
	return x != nil && x.unsaved
}

// unsaved returns the names of the contents below a folder that are not saved,
// relative to it and sorted.
func (t *Texts) unsaved(dir string) []string {
	var names []string
	for name, x := range t.kept {
		if rel, err := filepath.Rel(dir, name); x.unsaved && err == nil && filepath.IsLocal(rel) {
			names = append(names, filepath.ToSlash(rel))
		}
	}
	slices.Sort(names)
	return names
}
