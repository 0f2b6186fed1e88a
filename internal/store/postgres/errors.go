package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/legible-lang/legible/store"
)

// explain adds the remedy to an error of the database if it is known.
func explain(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch e.Code {
		case "28P01", "28000":
			return fmt.Errorf("the database refuses the user: check the user and the password in the URL (%w)", err)
		case "3D000":
			return fmt.Errorf("there is no such database: create it with createdb, or name another one (%w)", err)
		case "3F000":
			return fmt.Errorf("there is no such schema in the database: create it with CREATE SCHEMA, or name another one in the search_path (%w)", err)
		case "42501":
			return fmt.Errorf("the user may not do this: grant it the right to create tables (%w)", err)
		case "25006":
			return fmt.Errorf("the server is read-only: name the primary server (%w)", err)
		case "53100":
			return fmt.Errorf("the disk of the database is full: free some space (%w)", err)
		case "53300":
			return fmt.Errorf("the database has too many connections: raise max_connections, or lower pool_max_conns in the URL (%w)", err)
		case "57P01", "57P02", "57P03":
			return fmt.Errorf("the database is being stopped or started (%w)", err)
		case "25P03":
			return fmt.Errorf("a transaction was idle for half a lease: do slow work before the first write (%w)", err)
		}
		return err
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		return fmt.Errorf("the server does not answer: start PostgreSQL, or check the host and the port in the URL (%w)", err)
	}
	return err
}

// classed converts an error of the database or the driver to the kind that
// package store has for it: a *store.Fault if it is permanent, otherwise one that wraps
// store.ErrLost.
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

// passing reports whether an error is temporary. An error of the server is permanent,
// unless its code says otherwise. All other errors are temporary: the connection is
// broken or closed, a timeout, the pool is closed.
func passing(err error) bool {
	c := code(err)
	if c == "" {
		return true
	}
	switch c {
	case "57014", // a statement was cancelled
		"55P03",          // a lock was not available
		"25P02", "25P03", // the transaction was ended before
		"25006",                   // the server is a replica, as after a failover
		"42P01", "42703", "0A000", // the tables were changed by another program: this one is outdated
		"XX000": // an internal error of the server
		return true
	}
	switch c[:2] {
	case "08", // the connection
		"28", "3D", // no access, or the database no longer exists
		"40", // the transaction conflicted with others
		"53", // no space, memory or connections left
		"57", // the server stops or starts
		"58": // the server's system fails
		return true
	}
	return false
}
