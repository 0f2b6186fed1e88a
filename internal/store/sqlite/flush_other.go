//go:build !linux

package sqlite

import "os"

// flushFile makes a file durable.
func flushFile(f *os.File) error { return f.Sync() }
