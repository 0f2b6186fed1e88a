package sqlite

import (
	"fmt"
	"os"

	"github.com/legible-lang/legible/store"
)

// The log is the file beside the database, named like it with -wal at the end,
// to which SQLite appends what a commit has changed. SQLite is told not to flush
// it with each commit (synchronous = NORMAL): the store does so itself, once the
// transaction is free again, so that flows go on while the disk is at work. An answer
// waits for the flush as it would for that of SQLite, and this holds as well:
//
//   - A flush makes all groups durable that were committed before it. Between
//     two checkpoints the log is only appended to, and each part of it has a
//     checksum over all before it: what a crash leaves of a later group ends
//     where the checksums do, and no group is there without those before it. So
//     it does no harm that a flow builds upon what is committed and not yet
//     durable; it has to wait for that group, too.
//   - A checkpoint copies the log into the database. With NORMAL as with FULL,
//     SQLite flushes the log before it copies, and the database before it writes
//     the log from its beginning again. So a group whose part of the log has been
//     written over is durable in the database.
//   - When a flush fails, nobody knows what is on the disk, and the next flush
//     may succeed although it is not there: the system forgets what it could not
//     write. Later groups may stand upon it. So everyone who waits is told that
//     it is lost, nothing more is taken, and nothing is copied any more. Who
//     opens the file again reads and checks what there is, and copies it before
//     anything is added: open does that.

// A failure is why the store takes nothing more.
type failure struct{ cause error }

func (x *failure) err() error {
	return fmt.Errorf("%w: flushing the log failed, and nothing more is taken until the store is opened again: %w", store.ErrLost, x.cause)
}

// failed returns the error of a store that takes nothing more.
func (s *Store) failed() error {
	if x := s.failure.Load(); x != nil {
		return x.err()
	}
	return nil
}

// flushLogDiskLocked makes durable what is in the log.
func (s *Store) flushLogDiskLocked() error {
	if s.options.Durability == store.Memory || s.options.ReadOnly {
		return nil
	}
	if s.log == nil {
		f, err := os.OpenFile(s.conn.logPath(), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		s.log = f
	}
	return s.flushFile(s.log)
}

// flushDiskLocked makes the groups durable that are in the log. It is best called without the
// transaction lock.
func (s *Store) flushDiskLocked() error {
	s.queue.Lock()
	groups := s.unflushed
	s.unflushed = nil
	s.queue.Unlock()
	if len(groups) == 0 {
		return s.failed()
	}
	err := s.failed()
	if err == nil {
		if cause := s.flushLogDiskLocked(); cause != nil {
			s.failure.Store(&failure{explain(cause)})
			err = s.failed()
		}
	}
	s.queue.Resolve(err, groups...)
	return err
}

// commitTxLocked makes the open group durable, or loses it. It must be called with the
// disk and the transaction; who can let go of the transaction between calls land and flush.
func (s *Store) commitTxLocked() error {
	if err := s.commitGroupTxLocked(); err != nil {
		return err
	}
	return s.flushDiskLocked()
}
