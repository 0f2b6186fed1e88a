//go:build !windows

package sqlite

import (
	"errors"
	"os"
	"syscall"
	"time"
)

var errLocked = errors.New("another process has the lock")

// lockWait is how long lockFile retries. A child process has a copy of each lock until
// it runs its program, so a released lock may be held a moment longer; and a server may
// be restarted before the old process has ended.
const lockWait = 500 * time.Millisecond

// lockFile takes a lock that ends with the process. The file stays, since removing it
// would race with a process that is about to lock it.
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
