package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// texts are the files that were read, with their trees, by their full paths. A
// file is read again only when somebody says that it has changed. The zero value
// is right.
type texts struct{ kept map[string]*text }

// A text is one file that was read.
type text struct {
	file     *source.File
	tree     *syntax.File
	findings []diag.Diagnostic
}

// read gives a file that was read before, or reads it.
func (t *texts) read(name string) (*text, error) {
	if x := t.kept[full(name)]; x != nil {
		return x, nil
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the program: %w", allowed(err))
	}
	return t.put(name, string(content)), nil
}

// put gives a path a text, whatever stands in the file.
func (t *texts) put(name, content string) *text {
	file := source.NewFile(slash(name), content)
	x := &text{file: file}
	x.tree, x.findings = syntax.Parse(file)
	if t.kept == nil {
		t.kept = map[string]*text{}
	}
	t.kept[full(name)] = x
	return x
}

// forget lets a file be read again, and everything in a folder of that name.
func (t *texts) forget(name string) {
	name = full(name)
	delete(t.kept, name)
	for kept := range t.kept {
		if strings.HasPrefix(kept, name+string(filepath.Separator)) {
			delete(t.kept, kept)
		}
	}
}

// full is a path that is the same from wherever one looks.
func full(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return filepath.Clean(name)
}

// overwrite gives a file another text and leaves its mode. Whoever reads the
// file meanwhile finds the one text or the other, never a part.
func overwrite(name, text string) error {
	target, err := filepath.EvalSymlinks(name) // what a link leads to is written, the link stays
	if err != nil {
		return err // it names the file
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	beside, err := os.CreateTemp(filepath.Dir(target), ".legible-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", slash(name), err)
	}
	_, err = beside.WriteString(text)
	err = errors.Join(err, beside.Chmod(info.Mode().Perm()), beside.Sync(), beside.Close())
	if err == nil {
		err = os.Rename(beside.Name(), target)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", slash(name), errors.Join(err, os.Remove(beside.Name())))
	}
	return nil
}
