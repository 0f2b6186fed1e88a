package sqlite

import "time"

// A store that is opened on a full disk, as after a crash there, can be read as usual.
// But the log of earlier openings cannot be copied to the database, and no range of
// parts can be reserved, and both must precede the first write. The store is behind: it
// rejects writes, and retries until there is room.

// behindEvery is the least time between two tries.
const behindEvery = 100 * time.Millisecond

// full reports whether an error means a full disk.
func full(err error) bool {
	return err != nil && (code(err)&0xff == codeFull || diskFull(err))
}

// beginTxLocked begins a transaction.
func (s *Store) beginTxLocked() error {
	if s.behind != nil && time.Since(s.tried) >= behindEvery {
		s.catchUpTxLocked()
	}
	if err := s.fixed.begin.run(); err != nil {
		return err
	}
	s.begun = true
	return nil
}

// catchUpTxLocked prepares the first write. It must be called outside of a transaction.
func (s *Store) catchUpTxLocked() {
	s.tried = time.Now()
	err := s.conn.exec("PRAGMA wal_checkpoint(PASSIVE)")
	if err == nil {
		err = s.reserve()
	}
	s.behind = err
}
