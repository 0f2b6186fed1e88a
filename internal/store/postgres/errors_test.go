package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/legible-lang/legible/store"
)

// TestClassed wants every error that says nothing of what was asked to wrap
// store.ErrLost, and none that can be taken for the end of what is read or for
// something that is not there.
func TestClassed(t *testing.T) {
	server := func(code string) error { return fmt.Errorf("asking: %w", &pgconn.PgError{Code: code, Message: "m"}) }
	for _, err := range []error{
		server("08000"), server("08003"), server("08006"), server("08P01"),
		server("57P01"), server("57P02"), server("57P03"), server("57P04"), server("57P05"), server("57014"),
		server("53000"), server("53100"), server("53200"), server("53300"), server("53400"),
		server("40001"), server("40P01"), server("55P03"), server("25P02"), server("25P03"), server("25006"),
		server("28000"), server("28P01"), server("3D000"), server("58030"), server("XX000"),
		server("42P01"), server("42703"), server("0A000"),
		io.EOF, io.ErrUnexpectedEOF, fmt.Errorf("receiving: %w", io.EOF), net.ErrClosed,
		&net.OpError{Op: "read", Err: syscall.ECONNRESET}, &net.OpError{Op: "write", Err: syscall.EPIPE},
		&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, &net.OpError{Op: "dial", Err: syscall.ENOENT}, syscall.EMFILE,
		context.DeadlineExceeded, context.Canceled, errors.New("closed pool"), errors.New("conn closed"),
		errDead, errOutdated,
	} {
		got := classed(err)
		if !errors.Is(got, store.ErrLost) || store.Permanent(got) {
			t.Errorf("%v becomes %v, which does not suspend the flow", err, got)
		}
		if errors.Is(got, io.EOF) || errors.Is(got, io.ErrUnexpectedEOF) || errors.Is(got, fs.ErrNotExist) || errors.Is(got, context.Canceled) {
			t.Errorf("%v becomes %v, which can be taken for something else", err, got)
		}
		if !strings.Contains(got.Error(), err.Error()) {
			t.Errorf("%v becomes %v, which does not say so", err, got)
		}
	}
	for _, err := range []error{
		server("22021"), server("22003"), server("22P02"), server("23505"), server("23502"), server("42601"), server("42501"), server("54000"), server("XX001"),
		&store.Fault{Err: errors.New("coded wrongly")}, &store.ReadError{Err: io.ErrUnexpectedEOF},
	} {
		if got := classed(err); errors.Is(got, store.ErrLost) || !store.Permanent(got) {
			t.Errorf("%v becomes %v, which is not the asker's", err, got)
		}
	}
	if classed(nil) != nil || classed(store.ErrClosed) != store.ErrClosed {
		t.Error("no error, or that of a closed store, becomes another")
	}
}
