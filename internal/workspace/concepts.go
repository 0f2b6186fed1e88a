package workspace

import (
	"path/filepath"

	"github.com/legible-lang/legible/concepts"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// concept returns the specification of a concept that the program in a folder uses and
// does not have: from the module around it, or from the catalogue.
func (w *Workspace) concept(root, name string) *syntax.File {
	module := Module(root)
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

// conceptsIn reads the specifications of a module that belong to no app below its
// folder. Of two with one name neither is taken: nothing says which one is meant. Files
// that cannot be read are skipped, as nobody named them.
func (t *Texts) conceptsIn(module string) map[string]*syntax.File {
	found := map[string]*syntax.File{}
	l, err := t.list(module)
	if err != nil {
		return found
	}
	twice := map[string]bool{}
	for _, name := range paths(module, l.own()) {
		if filepath.Ext(name) != ".concept" {
			continue
		}
		text, err := t.Read(name)
		if err != nil {
			continue
		}
		for _, c := range text.Tree.Concepts {
			twice[c.Name.Text] = twice[c.Name.Text] || found[c.Name.Text] != nil
			found[c.Name.Text] = text.Tree
		}
	}
	for name, ambiguous := range twice {
		if ambiguous {
			delete(found, name)
		}
	}
	return found
}
