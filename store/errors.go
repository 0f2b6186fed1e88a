package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// Errors of a store are of two kinds. A permanent error is about the request: the
// member exists already, the value does not fit, the statement is wrong. The same
// request would fail again, so the caller must handle it. A temporary error means
// that the store cannot do it now: the connection is gone, the disk is full, the
// file is locked. It says nothing about the request, and the flow must be
// continued later, as after a crash.
//
// A store wraps ErrLost in the temporary errors that it knows. Unknown errors count
// as temporary.

// Permanent reports whether an error of a store is about the request, so that the
// same request would fail again.
func Permanent(err error) bool {
	if err == nil || Temporary(err) {
		return false
	}
	var fault *Fault
	var unique *UniqueError
	var member *MemberError
	var schema *SchemaError
	var read *ReadError
	return errors.As(err, &unique) || errors.As(err, &member) || errors.As(err, &fault) || errors.As(err, &read) || errors.As(err, &schema) ||
		errors.Is(err, ErrReadOnlyTx) || errors.Is(err, ErrReadOnly) || errors.Is(err, ErrInTx) || errors.Is(err, fs.ErrNotExist)
}

// A Fault is a permanent error that has no other type: a value that a column
// cannot hold, a statement that the database refuses, damage.
type Fault struct{ Err error }

func (e *Fault) Error() string { return e.Err.Error() }
func (e *Fault) Unwrap() error { return e.Err }

// faultf makes a Fault.
func faultf(format string, args ...any) error { return &Fault{fmt.Errorf(format, args...)} }

// Lost returns a temporary error. It prints the cause but does not
// wrap it: a reader would take a connection's io.EOF for the end of a value.
func Lost(cause error) error {
	if errors.Is(cause, ErrLost) || errors.Is(cause, ErrClosed) {
		return cause
	}
	return fmt.Errorf("%w: %v", ErrLost, cause)
}

// OrLost returns a permanent error as it is, and any other as one that wraps ErrLost or
// ErrClosed.
func OrLost(err error) error {
	if err == nil || Permanent(err) {
		return err
	}
	return Lost(err)
}

// Temporary reports whether an error means that a store, the process or the machine
// cannot do something now. It also takes errors of other sources.
func Temporary(err error) bool {
	return errors.Is(err, ErrLost) || errors.Is(err, ErrClosed) || Exhausted(err)
}

// Exhausted reports whether an error means that the process or the machine has run out
// of something that may soon be free again: open files, memory, buffers, room on a
// disk or in a quota. It is not about the request.
func Exhausted(err error) bool {
	for _, code := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

// A ReadError reports that a source could not be read to its end while it was
// stored. The store is not at fault.
type ReadError struct{ Err error }

func (e *ReadError) Error() string { return "reading what is to be stored: " + e.Err.Error() }
func (e *ReadError) Unwrap() error { return e.Err }

// A UniqueError reports that a member has the same values already.
type UniqueError struct {
	Table   *Table
	Columns []int
	ID      string // the member that is there already, if the store knows
}

func (e *UniqueError) Error() string {
	return fmt.Sprintf("%s has a member with this %s already", e.Table.Name(), e.Table.columnNames(e.Columns))
}

func (t *Table) columnNames(columns []int) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = t.Columns[c].Name
	}
	return strings.Join(names, ", ")
}

// A MemberError reports a missing member, or on insertion an existing one.
type MemberError struct {
	Table  *Table
	ID     string
	Exists bool
}

func (e *MemberError) Error() string {
	if e.Exists {
		return fmt.Sprintf("%s has the member %s already", e.Table.Name(), e.ID)
	}
	return fmt.Sprintf("%s has no member %s", e.Table.Name(), e.ID)
}

// A SchemaError reports why a store could not adopt a schema.
type SchemaError struct {
	Losses  []string // content that would be lost or left empty, each a phrase such as "column Profile.User.email, which 3 members have"
	Blocked []string // changes that the content of the store prevents
}

func (e *SchemaError) Error() string {
	var parts []string
	if len(e.Losses) > 0 {
		parts = append(parts, "the new specification would lose or leave empty: "+strings.Join(e.Losses, "; "))
	}
	if len(e.Blocked) > 0 {
		parts = append(parts, "the new specification cannot be applied because of: "+strings.Join(e.Blocked, "; "))
	}
	return strings.Join(parts, "; ")
}

var (
	// ErrClosed reports a closed store.
	ErrClosed = errors.New("the store is closed")
	// ErrReadOnlyTx reports a write in a read-only transaction.
	ErrReadOnlyTx = errors.New("a read-only transaction cannot write")
	// ErrReadOnly reports a write to a store that was opened read-only.
	ErrReadOnly = errors.New("the store was opened for reading only")
	// ErrLost reports that the store cannot do the request now, or that
	// something the flow had written did not become durable and was undone with
	// its whole group. The flow cannot continue from there. It is wrapped with
	// the cause.
	ErrLost = errors.New("the store could not make the changes durable")
	// ErrElsewhere is the ErrLost of a flow with a derived id that another
	// process ran first. It is no failure.
	ErrElsewhere = fmt.Errorf("%w: another process has run the flow", ErrLost)
)
