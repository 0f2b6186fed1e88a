package sqlite

import (
	"errors"
	"syscall"
)

// syncFolder does nothing: Windows does not flush folders, and has a journal for names.
func syncFolder(string) error { return nil }

// diskFull reports whether an error means a full disk.
func diskFull(err error) bool {
	return errors.Is(err, syscall.Errno(112)) || errors.Is(err, syscall.Errno(39))
}
