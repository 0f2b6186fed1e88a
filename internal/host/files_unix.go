//go:build unix

package host

import (
	"math"
	"syscall"
)

// maxFilesOpen is how many files the process may have open, 0 where nobody knows.
func maxFilesOpen() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || uint64(l.Cur) > math.MaxInt32 {
		return 0
	}
	return int(l.Cur)
}
