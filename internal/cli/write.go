package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

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
