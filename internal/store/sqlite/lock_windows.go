package sqlite

import (
	"errors"
	"os"
	"syscall"
)

var errLocked = errors.New("another process has the lock")

// sharingViolation is the error if another process has opened the file.
const sharingViolation = syscall.Errno(32)

// lockFile takes a lock that ends with the process, by opening a file without sharing.
// The file stays, since removing it would race with a process that is about to lock it.
func lockFile(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, errLocked
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}
