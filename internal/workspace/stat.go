package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/legible-lang/legible/internal/diag"
)

// Stat is os.Stat with an error that names the nearest path.
func Stat(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return info, err
	}
	message := fmt.Sprintf("there is no file or folder %s", filepath.ToSlash(path))
	if near, ok := nearestPath(path); ok {
		message += fmt.Sprintf("; did you mean %s?", filepath.ToSlash(near))
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
		if whole := filepath.Join(corrected, base); isThere(whole) {
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

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
