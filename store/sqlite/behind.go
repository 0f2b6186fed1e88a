package sqlite

import "time"

// A store that is opened on a full disk, as after a crash there, is read like any
// other. What the log holds of earlier openings cannot be copied to the database,
// and no range of parts be taken, which both come before the first write. The store is
// behind with them: it takes nothing, and tries again, until there is room.

// behindEvery is how long the store waits between two tries, at least.
const behindEvery = 100 * time.Millisecond

// full tells whether an error says that the disk has no room.
func full(err error) bool {
	return err != nil && (code(err)&0xff == codeFull || diskFull(err))
}

// begin begins a transaction. It must be called with the turn.
func (s *Store) begin() error {
	if s.behind != nil && time.Since(s.tried) >= behindEvery {
		s.catchUp()
	}
	if err := s.fixed.begin.run(); err != nil {
		return err
	}
	s.begun = true
	return nil
}

// catchUp does what comes before the first write. It must be called with the turn,
// and outside of a transaction.
func (s *Store) catchUp() {
	s.tried = time.Now()
	err := s.conn.exec("PRAGMA wal_checkpoint(PASSIVE)")
	if err == nil {
		err = s.reserve()
	}
	s.behind = err
}
