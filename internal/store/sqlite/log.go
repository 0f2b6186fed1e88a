package sqlite

import (
	"fmt"
	"os"

	"github.com/legible-lang/legible/store"
)

// The log is the write-ahead log of SQLite, a file beside the database whose name ends in
// -wal. SQLite does not flush it with each commit (synchronous = NORMAL): the store does,
// after it has released the transaction lock, so that flows continue while the disk
// writes. An answer waits for the flush as it would for that of SQLite. This is correct:
//
//   - A flush makes all groups durable that were committed before it. Between two
//     checkpoints the log is only appended to, and each frame has a checksum over all
//     before it: after a crash the log ends with the last valid checksum, and has no
//     group without those before it. So a flow may read what is committed and not yet
//     durable; its answer waits for that group, too.
//   - A checkpoint copies the log into the database. With NORMAL as with FULL,
//     SQLite flushes the log before it copies, and the database before it writes
//     the log from its beginning again. So a group whose part of the log was
//     overwritten is durable in the database.
//   - After a failed flush it is unknown what is on the disk, and the next flush may
//     succeed although data is missing, since the system drops pages that it could not
//     write. Later groups may depend on them. So all waiters get the error, and the
//     store accepts and copies nothing more. Opening the file again reads and checks
//     the log, and copies it before anything is added.

// A failure is the failed flush after which the store accepts nothing more.
type failure struct{ cause error }

func (x *failure) err() error {
	return fmt.Errorf("%w: flushing the log failed; the store accepts nothing until it is opened again: %w", store.ErrLost, x.cause)
}

// failed returns the error of a failed store, or nil.
func (s *Store) failed() error {
	if x := s.failure.Load(); x != nil {
		return x.err()
	}
	return nil
}

// flushLogDiskLocked flushes the log.
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

// flushDiskLocked makes the committed groups durable. It should be called without the
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

// commitTxLocked makes the open group durable, or fails it. It also requires the disk. A
// caller that can release the transaction lock in between calls commitGroupTxLocked and
// flushDiskLocked instead.
func (s *Store) commitTxLocked() error {
	if err := s.commitGroupTxLocked(); err != nil {
		return err
	}
	return s.flushDiskLocked()
}
