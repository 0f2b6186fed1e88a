package workspace

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Kinds lists the extensions of texts, for messages.
const Kinds = ".app, .sync, .concept or .scenario"

// IsText reports whether a file holds a text of the language, by its name.
func IsText(name string) bool {
	switch filepath.Ext(name) {
	case ".app", ".sync", ".concept", ".scenario":
		return !isHidden(filepath.Base(name))
	}
	return false
}

// IsSkipped reports whether a folder below that of a program holds none of its
// texts, by the folder's name: hidden folders, testdata and node_modules do not.
func IsSkipped(folder string) bool {
	return isHidden(folder) || folder == "testdata" || folder == "node_modules"
}

func isHidden(name string) bool { return len(name) > 1 && name[0] == '.' }

// Names returns the names of the texts of the program in files, in the order in which
// [fs.WalkDir] finds them. Those below further layers follow; a name that is in
// several layers is returned once.
//
// The program has the texts in its folder and below, except those in folders that
// [IsSkipped] names. Below a folder with an .app file it has no texts of other
// programs: none in a folder with another .app, and none in another module, which is
// a folder with a go.mod or .git.
func Names(files fs.FS, layers ...fs.FS) ([]string, error) {
	var all listing
	for _, layer := range append([]fs.FS{files}, layers...) {
		if err := all.add(layer); err != nil {
			return nil, err
		}
	}
	return all.program(), nil
}

// A listing is what is below a folder.
type listing struct {
	texts   []string
	modules []string // folders of other modules
}

// add adds the texts of a file system.
func (l *listing) add(files fs.FS) error {
	known := map[string]bool{}
	for _, name := range l.texts {
		known[name] = true
	}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name != "." && IsSkipped(d.Name()) {
				return fs.SkipDir
			}
			if name != "." && isModule(files, name) {
				l.modules = append(l.modules, name)
			}
		case IsText(name) && !known[name] && isFile(files, name, d):
			l.texts = append(l.texts, name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("looking for files: %w", err)
	}
	return nil
}

// isFile reports whether an entry can be read: a file, or a link that is not one to
// a folder. A link to nothing is reported when it is read.
func isFile(files fs.FS, name string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular()
	}
	info, err := fs.Stat(files, name)
	return err != nil || info.Mode().IsRegular()
}

func isModule(files fs.FS, folder string) bool {
	for _, edge := range edges {
		if _, err := fs.Stat(files, path.Join(folder, edge)); err == nil {
			return true
		}
	}
	return false
}

// edges are what is in the top folder of a module or repository.
var edges = []string{"go.mod", ".git"}

// program returns the texts of the program in the folder itself.
func (l *listing) program() []string {
	if !slices.ContainsFunc(l.texts, func(name string) bool { return path.Ext(name) == ".app" && path.Dir(name) == "." }) {
		return l.texts
	}
	return l.own()
}

// own returns the texts that are in no folder of another program or module.
func (l *listing) own() []string {
	others := slices.Clone(l.modules)
	for _, name := range l.texts {
		if dir := path.Dir(name); path.Ext(name) == ".app" && dir != "." {
			others = append(others, dir)
		}
	}
	var own []string
	for _, name := range l.texts {
		if !slices.ContainsFunc(others, func(dir string) bool { return strings.HasPrefix(name, dir+"/") }) {
			own = append(own, name)
		}
	}
	return own
}
