package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// list returns what is below a folder, with the texts that are not saved. Its names
// are relative to the folder.
func (t *Texts) list(dir string) (*listing, error) {
	l := &listing{}
	if err := l.add(os.DirFS(dir)); err != nil {
		var where *fs.PathError
		if errors.As(err, &where) {
			where.Path = filepath.Join(dir, filepath.FromSlash(where.Path))
		}
		return nil, readable(err)
	}
	known := map[string]bool{}
	for _, name := range l.texts {
		known[name] = true
	}
	for _, name := range t.unsaved(Full(dir)) {
		if !known[name] && IsText(name) && !skips(path.Dir(name)) {
			l.texts = append(l.texts, name)
		}
	}
	return l, nil
}

func skips(dir string) bool {
	for folder := range strings.SplitSeq(dir, "/") {
		if IsSkipped(folder) {
			return true
		}
	}
	return false
}

// Below returns the paths of all texts below a folder, of whatever program.
func (t *Texts) Below(dir string) ([]string, error) {
	l, err := t.list(dir)
	if err != nil {
		return nil, err
	}
	return paths(dir, l.texts), nil
}

// program returns the paths of the texts of the program in a folder.
func (t *Texts) program(dir string) ([]string, error) {
	l, err := t.list(dir)
	if err != nil {
		return nil, err
	}
	names := paths(dir, l.program())
	for i, name := range names {
		if strings.HasPrefix(name, "..") { // the working directory may be below the folder
			names[i] = Relative(Full(name))
		}
	}
	return names, nil
}

func paths(dir string, names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = filepath.Join(dir, filepath.FromSlash(name))
	}
	return list
}

// readable adds the remedy to an error about permissions.
func readable(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: give yourself the right to read it, or name other paths", err)
	}
	return err
}

// App returns the nearest folder with an .app file, from dir upwards to the top of its
// module.
func App(dir string) (string, bool) {
	for at := dir; ; {
		apps, err := filepath.Glob(filepath.Join(at, "*.app"))
		if err == nil && len(apps) > 0 {
			return at, true
		}
		up, ok := Parent(at)
		if !ok || IsModule(at) {
			return "", false
		}
		at = up
	}
}

// Module returns the folder of the module that dir is in, or dir itself.
func Module(dir string) string {
	for at := dir; ; {
		if IsModule(at) {
			return at
		}
		up, ok := Parent(at)
		if !ok {
			return dir
		}
		at = up
	}
}

// IsModule reports whether a folder is the top of a module or repository.
func IsModule(dir string) bool { return isModule(os.DirFS(dir), ".") }

// Parent returns the folder above, in the same form: a relative path stays one.
func Parent(dir string) (string, bool) {
	full, err := filepath.Abs(dir)
	if err != nil || full == filepath.Dir(full) {
		return "", false
	}
	if base := filepath.Base(dir); base == "." || base == ".." {
		return filepath.Join(dir, ".."), true
	}
	return filepath.Dir(dir), true
}

// Within reports whether a path is a folder or below it.
func Within(dir, path string) bool {
	if strings.HasPrefix(dir, "..") || strings.HasPrefix(path, "..") {
		dir, path = Full(dir), Full(path) // "." and "../here" are one folder, which their names alone do not tell
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// Full returns the absolute form of a path.
func Full(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return filepath.Clean(name)
}

// Relative returns a path as it is from the working directory.
func Relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil {
		return rel
	}
	return path
}
