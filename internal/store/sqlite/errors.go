package sqlite

import (
	"errors"
	"fmt"

	"github.com/legible-lang/legible/store"
)

// code returns the SQLite result code of an error, 0 if none.
func code(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// explain adds the remedy to an error of SQLite, if there is one.
func explain(err error) error {
	switch code(err) & 0xff {
	case codeNotADB:
		return fmt.Errorf("the file is not a SQLite database: name another file, or move this one away (%w)", err)
	case codeCorrupt:
		return fmt.Errorf("the file is damaged: restore a copy, or try sqlite3's .recover (%w)", err)
	case codeReadOnly, codePerm, codeCantOpen:
		return fmt.Errorf("the file cannot be opened for writing: check its owner and permissions (%w)", err)
	case codeFull:
		return fmt.Errorf("the disk is full: make room (%w)", err)
	case codeBusy, codeLocked:
		return fmt.Errorf("another program has locked the database: wait until it finishes (%w)", err)
	case codeIO:
		return fmt.Errorf("the disk has failed: check it, and restore a copy of the file (%w)", err)
	}
	return err
}

// classed converts an error that comes from SQLite, or from reading the file, to
// the kind that package store has for it: a *store.Fault if it lasts, else one
// that wraps store.ErrLost.
func classed(err error) error {
	var fault *store.Fault
	var read *store.ReadError
	switch {
	case err == nil || errors.Is(err, store.ErrLost) || errors.Is(err, store.ErrClosed) || errors.As(err, &fault) || errors.As(err, &read):
		return err
	case passing(err) || store.Exhausted(err):
		return store.Lost(explain(err))
	}
	return &store.Fault{Err: explain(err)}
}

// passing reports whether an error is about the disk, memory or other users of
// the file, which may soon change, and not about the request. Errors not from
// SQLite are about the file's content.
func passing(err error) bool {
	switch code(err) & 0xff {
	case 0, codeError, codeCorrupt, codeTooBig, codeConstraint, codeMismatch, codeMisuse, codeRange, codeNotADB:
		return false
	}
	return true
}

const (
	codeError      = 1
	codePerm       = 3
	codeBusy       = 5
	codeLocked     = 6
	codeReadOnly   = 8
	codeIO         = 10
	codeCorrupt    = 11
	codeFull       = 13
	codeCantOpen   = 14
	codeTooBig     = 18
	codeConstraint = 19
	codeMismatch   = 20
	codeMisuse     = 21
	codeRange      = 25
	codeNotADB     = 26
)
