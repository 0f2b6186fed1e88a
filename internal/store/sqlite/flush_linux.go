package sqlite

import (
	"os"
	"syscall"
)

// flushFile makes the bytes of a file durable, without its modification time, which would
// cost a second write.
func flushFile(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
