package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// Errors of a store are of two kinds. A lasting one says something of what was
// asked: the member is there already, the value does not fit, the statement is
// wrong. To ask again would give it again, so it is the asker's to deal with. Any
// other says that the store cannot do it now: the connection is gone, the disk is
// full, the file is locked. It says nothing of what was asked, and the flow that
// meets it must be gone on with later, as if its process had ended.
//
// A store wraps ErrLost in the errors of the second kind that it knows. What it
// does not know counts as one of them: only what is said to last does.

// Lasting tells whether an error of a store says something of what was asked, so
// that to ask again would give it again.
func Lasting(err error) bool {
	if err == nil || Passing(err) {
		return false
	}
	var fault *Fault
	var unique *UniqueError
	var member *MemberError
	var schema *SchemaError
	var read *ReadError
	return errors.As(err, &unique) || errors.As(err, &member) || errors.As(err, &fault) || errors.As(err, &read) || errors.As(err, &schema) ||
		errors.Is(err, ErrView) || errors.Is(err, ErrReadOnly) || errors.Is(err, ErrInTurn) || errors.Is(err, fs.ErrNotExist)
}

// A Fault is an error that lasts and that no other type tells of: a value that a
// column cannot hold, a statement that the database refuses, damage.
type Fault struct{ Err error }

func (e *Fault) Error() string { return e.Err.Error() }
func (e *Fault) Unwrap() error { return e.Err }

// faultf makes a Fault.
func faultf(format string, args ...any) error { return &Fault{fmt.Errorf(format, args...)} }

// Lost makes an error of the second kind. The cause is told and not wrapped: to
// who reads a large value, an io.EOF of the connection would be the value's end.
func Lost(cause error) error {
	if errors.Is(cause, ErrLost) || errors.Is(cause, ErrClosed) {
		return cause
	}
	return fmt.Errorf("%w: %v", ErrLost, cause)
}

// OrLost gives an error of a store as it is where it lasts, and else as one that wraps
// ErrLost or ErrClosed.
func OrLost(err error) error {
	if err == nil || Lasting(err) {
		return err
	}
	return Lost(err)
}

// Passing tells whether an error says that a store, the process or the machine cannot
// do something now. It is for errors that need not be those of a store.
func Passing(err error) bool {
	return errors.Is(err, ErrLost) || errors.Is(err, ErrClosed) || Exhausted(err)
}

// Exhausted tells whether an error says that the process or the machine has run out of
// something that may be free again in a moment: open files, memory, buffers, room on a
// disk or in a quota. It says nothing of what was asked.
func Exhausted(err error) bool {
	for _, code := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

// A ReadError says that what a reader gave could not be read to its end while it
// was stored. It is not the store's.
type ReadError struct{ Err error }

func (e *ReadError) Error() string { return "reading what is to be stored: " + e.Err.Error() }
func (e *ReadError) Unwrap() error { return e.Err }

// A UniqueError says that a member with the same values is there already.
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

// A MemberError says that a member is not there, or on insertion that it is.
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

// A SchemaError says why a store was not brought to a schema.
type SchemaError struct {
	Losses  []string // what would be lost or left empty, each a phrase such as "column Profile.User.email, which 3 members have"
	Blocked []string // what cannot be done at all with what the store holds
}

func (e *SchemaError) Error() string {
	var parts []string
	if len(e.Losses) > 0 {
		parts = append(parts, "what the specification says now would lose or leave empty: "+strings.Join(e.Losses, "; "))
	}
	if len(e.Blocked) > 0 {
		parts = append(parts, "in the way of what the specification says now: "+strings.Join(e.Blocked, "; "))
	}
	return strings.Join(parts, "; ")
}

var (
	// ErrClosed says that the store has ended.
	ErrClosed = errors.New("the store is closed")
	// ErrView says that a flow writes in a turn that View began.
	ErrView = errors.New("nothing can be written while looking")
	// ErrReadOnly is said of writing to a store that was opened for reading only.
	ErrReadOnly = errors.New("the store was opened for reading only")
	// ErrLost says that the store cannot do now what it was asked, or that
	// something the flow had written did not become durable and was undone with
	// everything that came with it. The flow cannot go on from where it is. It
	// wraps with the cause.
	ErrLost = errors.New("the store could not make the changes durable")
	// ErrElsewhere is the ErrLost of a flow with a derived id that another
	// process was first to run. Nothing is amiss.
	ErrElsewhere = fmt.Errorf("%w: another process has run the flow", ErrLost)
)
