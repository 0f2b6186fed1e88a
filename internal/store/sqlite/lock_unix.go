//go:build !windows

package sqlite

import (
	"errors"
	"os"
	"syscall"
	"time"
)

var errLocked = errors.New("the lock is held")

// lockWait is how long a lock that is held is tried again. A process that this
// one starts holds a copy of each lock until it has become another program, so
// a lock that was given back may be held a moment longer; and who restarts a
// server need not wait for the last of the old one.
const lockWait = 500 * time.Millisecond

// lockFile takes a lock that ends with the process. The file stays, since
// removing it would race with one who is about to lock it.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for waited := time.Duration(0); ; waited += lockWait / 20 {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if errors.Is(err, syscall.EWOULDBLOCK) && waited < lockWait {
			time.Sleep(lockWait / 20)
			continue
		}
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, err
	}
}
