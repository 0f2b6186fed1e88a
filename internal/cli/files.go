package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/workspace"
)

// openWith finds the programs that the paths stand for. Without a text it is an error.
func openWith(t *workspace.Texts, paths []string) (*workspace.Workspace, error) {
	w, err := workspace.Open(t, paths)
	if err == nil && w.Files() == 0 {
		return nil, noTexts(paths)
	}
	return w, err
}

// open is openWith with files that have not been read.
func open(paths []string) (*workspace.Workspace, error) { return openWith(&workspace.Texts{}, paths) }

// noTexts says that paths hold nothing of the language, and where to begin.
func noTexts(paths []string) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	message := fmt.Sprintf("there are no %s files below %s", workspace.Kinds, strings.Join(paths, ", "))
	if len(paths) == 1 && paths[0] == "." {
		message += ": go to the folder of an app or name it, or begin one with legible new app NAME"
	}
	return errors.New(message)
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
		info, err := workspace.Stat(p)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			if !workspace.IsText(p) {
				return nil, fmt.Errorf("%s is not a %s file", slash(p), workspace.Kinds)
			}
			names = append(names, p)
			continue
		}
		below, err := (&workspace.Texts{}).Below(p)
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

// slash is a path as it is printed, the same on every system.
func slash(path string) string { return filepath.ToSlash(path) }
