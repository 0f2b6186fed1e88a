// Package sqlite stores state and journal in a SQLite file.
//
// Its three main types are [Store], the file; session, one flow's access to it; and
// table, the members of a set. One flush makes many flows durable, through the commit
// queue of package group. It promises what package store requires, even if the process
// is killed or the power fails: one transaction writes at a time, in the order in which
// the flows made their changes, and a flow's answer waits for the flush of everything it
// depends on. It does not share the file with another process that writes, and does not
// lose data by a change of the schema unless Apply is called.
//
// The file is an ordinary database: the set User of the concept Profile is the table
// "Profile.User", a field is a column with its name, and any tool may read the file
// while the program runs. These names belong to the store:
//
//	_order   a member's place in the order of insertion
//	_id      a member's identity
//	_unique… the key of a unique that holds a collection or any value
//	"Profile.User.tags"  (value, member): who has which item in a collection
//	_journal             (flow, part, data): the entries of flows
//	_unfinished          (flow): the flows that are not at rest
//	_forgotten           (flow): flows that must not run again
//	_decision            (flow, name, code, reason): operators' decisions about flows
//	_meta                (name, value): the schema of the tables
//
// Large values are beside the file, in the folder whose name is that of the file with
// -blobs.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/legible-lang/legible/internal/store/group"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Options configure a store.
type Options struct {
	// Durability says when Finish and Flush return; zero is store.Full.
	Durability store.Durability
	// Lost is called when changes that no flow waits for could not be made
	// durable, only with Relaxed and Memory. It may be nil.
	Lost func(error)
	// ReadOnly opens an existing file for reading, also while another process
	// uses it. Nothing can be written, and Prepare accepts only the schema that
	// the file has.
	ReadOnly bool
}

// flushEvery bounds how long writes without a waiter stay undurable.
const flushEvery = 100 * time.Millisecond

// A Store is a database file.
type Store struct {
	path    string
	options Options
	lock    *os.File
	blobs   blobs
	group.Gauges
	queue *group.Queue

	// disk is held while the log is flushed. It is locked before the transaction lock. A
	// function whose name ends in DiskLocked requires it, one that ends in TxLocked the
	// transaction lock.
	disk      sync.Mutex
	log       *os.File             // opened with the first flush
	flushFile func(*os.File) error // flushFile, except in tests
	failure   atomic.Pointer[failure]

	// The transaction lock guards the connection and all below it.
	tx        sync.Mutex
	conn      *conn
	begun     bool      // a transaction is open
	behind    error     // why nothing can be written yet: behind.go
	tried     time.Time // time of the last try
	tables    []*table
	byName    map[string]*table
	versions  *store.TableVersions
	order     int64 // the Order of the last insertion
	leased    int64 // the largest Order to assign before the file's limit is raised
	part      int64 // the number of the last group, ascending over restarts
	batch     []group.Chunk
	fixed     fixed
	scratch   []byte
	schema    *store.Schema // the file's schema
	sweep     *store.Sweep  // marks the blobs of what is written, if not nil
	lastDirty *group.Group  // the last committed group with state; nil if it is certainly durable

	unflushed []*group.Group // committed groups, not yet known to be durable; under the queue's mutex
}

// fixed are the statements that do not depend on a table.
type fixed struct {
	begin, commit, rollback, savepoint, release, undo *stmt
	journal, mark, unmark, lease                      *stmt
	read, list, listAll                               *stmt
	flows, forget, remember, known                    *stmt
}

var _ store.Store = (*Store)(nil)

// Open opens the file or creates it. The folder must exist.
func Open(path string, options Options) (*Store, error) {
	s := &Store{path: path, options: options, flushFile: flushFile}
	s.queue = group.NewQueue(group.Options{
		Durability: options.Durability, ReadOnly: options.ReadOnly, Every: flushEvery, Commit: s.commitGroup, CommitIdle: s.commitIdle,
	}, &s.Gauges)
	s.blobs.folder, s.blobs.create = path+"-blobs", newFile
	if err := s.open(); err != nil {
		if s.conn != nil {
			s.conn.close()
		}
		if s.lock != nil {
			s.lock.Close()
		}
		return nil, fmt.Errorf("opening the store %s: %w", path, err)
	}
	return s, nil
}

func (s *Store) open() error {
	if s.path == "" {
		return errors.New("the path is empty: name a file")
	}
	folder := filepath.Dir(s.path)
	switch info, err := os.Stat(folder); {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there is no folder %s: create it first", folder)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder: name a file in a folder", folder)
	}
	if info, err := os.Stat(s.path); err == nil && info.IsDir() {
		return errors.New("this is a folder: name a file in it")
	}
	if s.options.ReadOnly {
		return s.openReader()
	}
	var err error
	if s.lock, err = lockFile(s.path + ".lock"); err != nil {
		return s.lockError(err)
	}
	if err := s.blobs.open(); err != nil {
		return fmt.Errorf("removing incomplete large values: %w", err)
	}
	if err := createPrivate(s.path); err != nil {
		return s.fileError(err)
	}
	if s.conn, err = openConn(s.path, false); err != nil {
		return explain(err)
	}
	synchronous := "NORMAL" // the store flushes the log: see log.go
	if s.options.Durability == store.Memory {
		synchronous = "OFF"
	}
	for _, pragma := range []string{"busy_timeout = 2000", "journal_mode = WAL", "synchronous = " + synchronous,
		"temp_store = MEMORY", "cache_size = -65536", "wal_autocheckpoint = 4000"} {
		if err := s.conn.exec("PRAGMA " + pragma); err != nil {
			return explain(err)
		}
	}
	// What another process left in the log may not be on disk.
	if err := s.conn.exec("PRAGMA wal_checkpoint(PASSIVE)"); err != nil && !full(err) {
		return explain(err)
	} else if err != nil {
		s.behind = err
	}
	if err := s.readMeta(); err != nil {
		return explain(err)
	}
	return nil
}

// openReader opens the file beside a process that may use it.
func (s *Store) openReader() (err error) {
	if _, err := os.Stat(s.path); errors.Is(err, os.ErrNotExist) {
		return errors.New("there is no such file")
	}
	if s.conn, err = openConn(s.path, true); err != nil {
		return explain(err)
	}
	if err := s.conn.exec("PRAGMA busy_timeout = 2000"); err != nil {
		return explain(err)
	}
	if err := s.readMeta(); err != nil {
		return explain(err)
	}
	if s.schema == nil {
		return errors.New("the file is empty: nothing has been stored in it yet")
	}
	return nil
}

func (s *Store) lockError(err error) error {
	switch {
	case errors.Is(err, errLocked):
		return fmt.Errorf("another process has it open: stop that one, or name another file (%s.lock is locked)", s.path)
	case errors.Is(err, os.ErrPermission):
		if _, e := os.Stat(s.path + ".lock"); e == nil {
			return fmt.Errorf("it belongs to another user, or is not writable: check its owner and permissions (%w)", err)
		}
	}
	return s.fileError(err)
}

func (s *Store) fileError(err error) error {
	switch {
	case diskFull(err):
		return fmt.Errorf("the disk is full: make room (%w)", err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("its folder cannot be written to: %w", err)
	}
	return err
}

// NewSession opens a session for a flow.
func (s *Store) NewSession(id value.ID) store.Session {
	f := &session{s: s}
	s.queue.Lock()
	defer s.queue.Unlock()
	f.JoinLocked(s.queue, id, f)
	return f
}

// Close commits the rest, checkpoints the log, and closes the file.
func (s *Store) Close() error {
	s.disk.Lock()
	defer s.disk.Unlock()
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.queue.Closed {
		return nil
	}
	err := s.commitTxLocked()
	s.queue.CloseTxLocked()
	s.blobs.close()
	if s.begun {
		s.fixed.rollback.run()
	}
	if s.failed() != nil {
		s.conn.keepLog()
	} else if !s.options.ReadOnly {
		if s.leased > s.order {
			s.fixed.lease.bindInt(s.order) // release the unused part
			s.fixed.lease.run()
		}
		if e := s.conn.exec("PRAGMA wal_checkpoint(TRUNCATE)"); e != nil && err == nil {
			err = explain(e)
		}
	}
	if s.log != nil {
		s.log.Close() // before SQLite removes it
	}
	if e := s.conn.close(); e != nil && err == nil {
		err = explain(e)
	}
	if s.lock != nil {
		s.lock.Close()
	}
	if err != nil {
		return fmt.Errorf("closing the store %s: %w", s.path, err)
	}
	return nil
}

// Unfinished lists the flows that are not at rest, oldest first.
func (s *Store) Unfinished(context.Context) ([]value.ID, error) {
	var ids []value.ID
	err := s.readJournal("listing the unfinished flows", func() error {
		return s.conn.query("SELECT flow FROM _unfinished ORDER BY flow", func(q *stmt) error {
			ids = append(ids, value.ID(q.bytes(0)))
			return nil
		})
	})
	return ids, err
}

// Journal returns a flow's entries.
func (s *Store) Journal(_ context.Context, id value.ID) ([]byte, error) {
	var entries []byte
	err := s.readJournal("reading the journal", func() error {
		q := s.fixed.read
		q.bindBlob(id[:])
		for {
			more, err := q.step()
			if err != nil {
				return err
			}
			if !more {
				break
			}
			entries = append(entries, q.bytes(0)...)
		}
		if err := q.reset(); err != nil || entries != nil || !id.Derived() {
			return err
		}
		s.fixed.known.bindBlob(id[:])
		known, err := s.fixed.known.step()
		if err != nil {
			return err
		}
		if known {
			entries = []byte{}
		}
		return s.fixed.known.reset()
	})
	return entries, err
}

// Flows lists flows, newest first.
func (s *Store) Flows(_ context.Context, before value.ID, limit int) ([]value.ID, error) {
	var ids []value.ID
	err := s.readJournal("listing the flows", func() error {
		q := s.fixed.listAll
		if before != value.Zero {
			q = s.fixed.list
			q.bindBlob(before[:])
		}
		if limit <= 0 {
			limit = -1
		}
		q.bindInt(int64(limit))
		for {
			more, err := q.step()
			if err != nil {
				return err
			}
			if !more {
				return q.reset()
			}
			ids = append(ids, value.ID(q.bytes(0)))
		}
	})
	return ids, err
}

// readJournal calls read under the transaction lock. It first makes pending entries
// durable, so that a flow that has just ended can be read.
func (s *Store) readJournal(doing string, read func() error) error {
	s.queue.Lock()
	// A read-only store releases its last snapshot.
	pending := s.queue.PendingLocked() || len(s.unflushed) > 0 || s.options.ReadOnly
	s.queue.Unlock()
	if pending {
		if err := s.flush(); err == store.ErrClosed {
			return err
		} else if err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.queue.Closed {
		return store.ErrClosed
	}
	if s.fixed.read == nil {
		return fmt.Errorf("%s: the store has not been prepared", doing)
	}
	if err := read(); err != nil {
		return fmt.Errorf("%s: %w", doing, classed(err))
	}
	return nil
}
