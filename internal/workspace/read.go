package workspace

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/legible-lang/legible/internal/source"
)

// Read reads the texts of the program in files. A file in a later layer replaces one
// of the same name, or is added: the layer may be what an editor has not saved.
func Read(files fs.FS, layers ...fs.FS) ([]*source.File, error) {
	names, err := Names(files, layers...)
	if err != nil {
		return nil, err
	}
	all := append([]fs.FS{files}, layers...)
	texts := make([]*source.File, len(names))
	for i, name := range names {
		content, err := readLast(all, name)
		if err != nil {
			return nil, fmt.Errorf("reading the program: %w", err)
		}
		texts[i] = source.NewFile(name, string(content))
	}
	return texts, nil
}

// readLast reads a file in the last layer that has it.
func readLast(layers []fs.FS, name string) (content []byte, err error) {
	for i := len(layers) - 1; i >= 0; i-- {
		if content, err = fs.ReadFile(layers[i], name); !errors.Is(err, fs.ErrNotExist) {
			return content, err
		}
	}
	return nil, err
}
