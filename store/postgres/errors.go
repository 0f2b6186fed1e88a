package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// explain says what can be done about an error of the database when that is
// known.
func explain(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch e.Code {
		case "28P01", "28000":
			return fmt.Errorf("the database refuses the user: look at the user and the password in the URL (%w)", err)
		case "3D000":
			return fmt.Errorf("there is no such database: make it with createdb, or name another one (%w)", err)
		case "3F000":
			return fmt.Errorf("there is no such schema in the database: make it with CREATE SCHEMA, or name another one in the search_path (%w)", err)
		case "42501":
			return fmt.Errorf("the user may not do this: grant it the right to create tables (%w)", err)
		case "25006":
			return fmt.Errorf("the server cannot be written to: name the primary and not a copy of it (%w)", err)
		case "53100":
			return fmt.Errorf("the disk of the database is full (%w)", err)
		case "53300":
			return fmt.Errorf("the database has too many connections: raise max_connections, or lower pool_max_conns in the URL (%w)", err)
		case "57P01", "57P02", "57P03":
			return fmt.Errorf("the database is being stopped or started (%w)", err)
		case "25P03":
			return fmt.Errorf("a turn asked nothing of the database for half a lease: slow work comes before the first write (%w)", err)
		}
		return err
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		return fmt.Errorf("nobody answers: start PostgreSQL, or look at the host and the port in the URL (%w)", err)
	}
	return err
}

// unreachable tells whether an error is one of the connection.
func unreachable(err error) bool {
	var net net.Error
	var connecting *pgconn.ConnectError
	return errors.As(err, &net) || errors.As(err, &connecting) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded)
}
