package sqlite

import (
	"errors"
	"syscall"
)

// syncFolder does nothing: the system does not flush folders, and returns and
// takes names by a journal of its own.
func syncFolder(string) error { return nil }

// diskFull reports whether an error says that there is no room.
func diskFull(err error) bool {
	return errors.Is(err, syscall.Errno(112)) || errors.Is(err, syscall.Errno(39))
}
