package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
)

// kinds are the files of the language, as a person is told of them.
const kinds = ".app, .sync, .concept or .scenario"

func isText(name string) bool {
	switch filepath.Ext(name) {
	case ".app", ".sync", ".concept", ".scenario":
		return true
	}
	return false
}

// walk gives the files of the language below a folder, in the order of their
// names. Hidden folders, testdata and node_modules are passed over, unless it
// is the folder itself, and so are hidden files: they belong to editors and
// systems.
func walk(dir string) ([]string, error) {
	var names []string
	root := dir + string(filepath.Separator) // so that a link to a folder is one
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch base := d; {
		case err != nil:
			return err
		case d.IsDir() && name != root && passedOver(base.Name()):
			return filepath.SkipDir
		case !d.IsDir() && isText(name) && !hidden(base.Name()):
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for files: %w", allowed(err))
	}
	return names, nil
}

// allowed adds the way out to an error that is about rights.
func allowed(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: give yourself the right to read it, or name other paths", err)
	}
	return err
}

// noTexts says that paths hold nothing of the language, and where to begin.
func noTexts(paths []string) error {
	message := fmt.Sprintf("there are no %s files below %s", kinds, strings.Join(paths, ", "))
	if len(paths) == 1 && paths[0] == "." {
		message += ": go to the folder of an app or name it, or begin one with legible new app NAME"
	}
	return errors.New(message)
}

func passedOver(folder string) bool {
	return hidden(folder) || folder == "testdata" || folder == "node_modules"
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

// stat is os.Stat, whose error says what may have been meant.
func stat(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return info, err
	}
	message := fmt.Sprintf("there is no file or folder %s", slash(path))
	if near, ok := nearestPath(path); ok {
		message += fmt.Sprintf("; did you mean %s?", slash(near))
	}
	return nil, errors.New(message)
}

// nearestPath corrects the first part of a path that is not there.
func nearestPath(path string) (string, bool) {
	dir, base := filepath.Split(path)
	dir = filepath.Clean(dir)
	if _, err := os.Stat(dir); err != nil {
		corrected, ok := nearestPath(dir)
		if !ok || dir == path {
			return "", false
		}
		if whole := filepath.Join(corrected, base); exists(whole) {
			return whole, true
		}
		return corrected, true
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", false
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	near, ok := diag.Nearest(base, names)
	return filepath.Join(dir, near), ok
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// textsBelow gives the files that paths stand for, each once.
func textsBelow(paths []string) ([]string, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var names []string
	for _, p := range paths {
		p = filepath.Clean(p)
		info, err := stat(p)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			if !isText(p) {
				return nil, fmt.Errorf("%s is no %s file", slash(p), kinds)
			}
			names = append(names, p)
			continue
		}
		below, err := walk(p)
		if err != nil {
			return nil, err
		}
		names = append(names, below...)
	}
	if len(names) == 0 {
		return nil, noTexts(paths)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// conceptFolders gives the folders below paths that hold specifications.
func conceptFolders(paths []string) ([]string, error) {
	names, err := textsBelow(paths)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, name := range names {
		if filepath.Ext(name) == ".concept" {
			folders = append(folders, filepath.Dir(name))
		}
	}
	slices.Sort(folders)
	folders = slices.Compact(folders)
	if len(folders) == 0 {
		return nil, errors.New("there are no .concept files here")
	}
	return folders, nil
}

// appAround gives the nearest folder with an .app file, from dir upwards to
// the edge of its module.
func appAround(dir string) (string, bool) {
	for at := dir; ; {
		apps, err := filepath.Glob(filepath.Join(at, "*.app"))
		if err == nil && len(apps) > 0 {
			return at, true
		}
		up, ok := parent(at)
		if !ok || isEdge(at) {
			return "", false
		}
		at = up
	}
}

// moduleAround gives the folder of the module that dir is in, or dir itself.
func moduleAround(dir string) string {
	for at := dir; ; {
		if isEdge(at) {
			return at
		}
		up, ok := parent(at)
		if !ok {
			return dir
		}
		at = up
	}
}

// isEdge tells whether a folder is the top of a module or repository.
func isEdge(dir string) bool {
	return exists(filepath.Join(dir, "go.mod")) || exists(filepath.Join(dir, ".git"))
}

// parent gives the folder above, in the same form: a relative path stays one.
func parent(dir string) (string, bool) {
	full, err := filepath.Abs(dir)
	if err != nil || full == filepath.Dir(full) {
		return "", false
	}
	if base := filepath.Base(dir); base == "." || base == ".." {
		return filepath.Join(dir, ".."), true
	}
	return filepath.Dir(dir), true
}

// within tells whether a path is a folder or below it.
func within(dir, path string) bool {
	if strings.HasPrefix(dir, "..") || strings.HasPrefix(path, "..") {
		dir, path = absolute(dir), absolute(path) // "." and "../here" are one folder, which their names alone do not tell
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// slash is a path as it is printed, the same on every system.
func slash(path string) string { return filepath.ToSlash(path) }
