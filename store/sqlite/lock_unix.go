//go:build !windows

package sqlite

import (
	"errors"
	"os"
	"syscall"
)

var errLocked = errors.New("the lock is held")

// lockFile takes a lock that ends with the process. The file stays, since
// removing it would race with one who is about to lock it.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, err
	}
	return f, nil
}
