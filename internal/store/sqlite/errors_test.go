package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/legible-lang/legible/store"
)

// TestClassed wants every error that says something of the disk, of memory or of
// others to suspend the flow, and every other to be the asker's.
func TestClassed(t *testing.T) {
	said := func(code int) error { return fmt.Errorf("asking: %w", &Error{Code: code, Text: "t"}) }
	for _, code := range []int{
		sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_NOMEM,
		sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_READONLY_DBMOVED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_ABORT, sqlite3.SQLITE_SCHEMA,
	} {
		if got := classed(said(code)); !errors.Is(got, store.ErrLost) || store.Permanent(got) {
			t.Errorf("code %d becomes %v, which does not suspend the flow", code, got)
		}
	}
	for _, code := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOSPC, syscall.EDQUOT} {
		if got := classed(&fs.PathError{Op: "open", Path: "p", Err: code}); !errors.Is(got, store.ErrLost) || store.Permanent(got) {
			t.Errorf("%v becomes %v, which does not suspend the flow", code, got)
		}
	}
	for _, code := range []int{
		sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH,
		sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB,
	} {
		if got := classed(said(code)); errors.Is(got, store.ErrLost) || !store.Permanent(got) {
			t.Errorf("code %d becomes %v, which is not the asker's", code, got)
		}
	}
	if got := classed(errors.New("the file holds something else")); !store.Permanent(got) {
		t.Errorf("what cannot be read becomes %v", got)
	}
}
