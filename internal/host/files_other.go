//go:build !unix

package host

// maxFilesOpen is how many files the process may have open, 0 where nobody knows.
func maxFilesOpen() int { return 0 }
