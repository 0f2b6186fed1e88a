package cli

import (
	"path/filepath"
	"slices"

	"github.com/legible-lang/legible/concepts"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// concept finds a concept that the program in a folder uses and does not hold:
// in the module around it, then in the catalogue.
func (w *workspace) concept(root, name string) *syntax.File {
	module := moduleAround(root)
	if w.around[module] == nil {
		w.around[module] = w.texts.conceptsIn(module)
	}
	if tree := w.around[module][name]; tree != nil {
		return tree
	}
	file, text, ok := concepts.Spec(name)
	if !ok {
		return nil
	}
	tree, _ := syntax.Parse(source.NewFile(file, text)) // a test holds the catalogue to be sound
	return tree
}

// conceptsIn reads the specifications of a module that belong to no app. Of two
// with one name neither is taken: nothing says which one is meant. What cannot
// be read is passed over, as nobody named it.
func (t *texts) conceptsIn(module string) map[string]*syntax.File {
	found := map[string]*syntax.File{}
	names, err := walk(module)
	if err != nil {
		return found
	}
	var apps []string
	for _, name := range names {
		if filepath.Ext(name) == ".app" {
			apps = append(apps, filepath.Dir(name))
		}
	}
	twice := map[string]bool{}
	for _, name := range names {
		if filepath.Ext(name) != ".concept" || slices.ContainsFunc(apps, func(dir string) bool { return dir != module && within(dir, name) }) {
			continue
		}
		text, err := t.read(name)
		if err != nil {
			continue
		}
		for _, c := range text.tree.Concepts {
			twice[c.Name.Text] = twice[c.Name.Text] || found[c.Name.Text] != nil
			found[c.Name.Text] = text.tree
		}
	}
	for name, ambiguous := range twice {
		if ambiguous {
			delete(found, name)
		}
	}
	return found
}
