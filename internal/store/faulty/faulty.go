// Package faulty wraps a store so that a test can make it fail.
//
// Its three main types are [Store], which wraps another store; [Fault], what is to happen
// and when; and [Op], the operations that it counts. It promises that all other operations
// are those of the wrapped store, that a fault happens once, at the given operation, and
// that after a crash, and while the store is down, nothing reaches the wrapped store. It
// keeps the contract of package store: an operation that fails has done nothing.
package faulty

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// An Op is a kind of operation of a flow.
type Op int

const (
	// Append is Commit: what a transaction has written, with entries, or entries alone.
	Append Op = iota
	// Read is Get and Find.
	Read
	// Write is Insert, Update and Delete.
	Write
	// Commit is Finish: the last entries, and waiting for all to be durable.
	Commit
	// Blob is PutBlob, OpenBlob, and each read of a large value.
	Blob
	// Look is any of Journal, Unfinished, Flows, Decisions, Decide and
	// RemoveDecision.
	Look
)

var opNames = [...]string{"append", "read", "write", "commit", "blob", "look"}

func (o Op) String() string { return opNames[o] }

// An Effect is what happens to an operation.
type Effect int

const (
	// Fail it, with store.ErrLost, as a full disk does: it may work later.
	Fail Effect = iota
	// Break it, with an unknown error, as a bug does.
	Break
	// Delay it for a moment.
	Delay
	// CrashBefore ends the process, as far as the store is concerned, before it.
	CrashBefore
	// Tear it: the process ends after the operation and before its result.
	Tear
	// Cut the connection before it, with the error of the connection, which is not
	// wrapped with store.ErrLost.
	Cut
	// Doubt it: it is done, but fails with store.ErrLost, as when the connection
	// breaks after a commit.
	Doubt
	// Refuse it, with a permanent error (*store.Fault), as for an invalid value.
	Refuse
)

var effectNames = [...]string{"fail", "break", "delay", "crash", "tear", "cut", "doubt", "refuse"}

func (d Effect) String() string { return effectNames[d] }

// A Fault happens at the Nth operation of a kind, from 1, after it was injected.
type Fault struct {
	Effect Effect
	Op     Op
	N      int
}

// Parse reads "fail commit 3".
func Parse(text string) (Fault, error) {
	words := strings.Fields(text)
	if len(words) != 3 {
		return Fault{}, fmt.Errorf("%q is not an effect, an operation and a number, such as fail commit 3", text)
	}
	f := Fault{Effect: -1, Op: -1}
	for i, name := range effectNames {
		if name == words[0] {
			f.Effect = Effect(i)
		}
	}
	for i, name := range opNames {
		if name == words[1] {
			f.Op = Op(i)
		}
	}
	n, err := strconv.Atoi(words[2])
	if f.N = n; f.Effect < 0 || f.Op < 0 || err != nil || n < 1 {
		return Fault{}, fmt.Errorf("%q: the effects are %s, the operations are %s, and the number is from 1", text, strings.Join(effectNames[:], ", "), strings.Join(opNames[:], ", "))
	}
	return f, nil
}

func (f Fault) String() string { return fmt.Sprintf("%s %s %d", f.Effect, f.Op, f.N) }

// ErrBroken is the error of the effect Break.
var ErrBroken = errors.New("the store is broken here, as the test wants it")

// ErrCrashed is the error of all operations after a crash.
var ErrCrashed = fmt.Errorf("%w: the process has crashed, as the test wants it", store.ErrLost)

// ErrRefused is the error of the effect Refuse.
var ErrRefused error = &store.Fault{Err: errors.New("the store refuses this, as the test wants it")}

// ErrCut is the error of the effect Cut.
var ErrCut = fmt.Errorf("the connection was cut, as the test wants it: %w", io.ErrUnexpectedEOF)

// ErrDown is the error of all operations while the store is down.
var ErrDown = fmt.Errorf("%w: the database is down, as the test wants it", store.ErrLost)

var errDoubt = fmt.Errorf("%w: the connection was cut after it was done, as the test wants it", store.ErrLost)

var errFull = fmt.Errorf("%w: the disk is full, as the test wants it", store.ErrLost)

// A Store injects faults into the operations of a wrapped store.
type Store struct {
	store.Store
	// Eager makes everything that is appended durable at once, so that a crash loses
	// nothing. Otherwise the wrapped store decides.
	Eager bool
	// OnCrash is called when the process ends, for example to copy the files.
	OnCrash func()

	mu      sync.Mutex
	faults  []*Fault
	crashed bool
	down    bool
}

// Down makes every operation fail until it is called with false, as for a stopped
// database.
func (s *Store) Down(down bool) {
	s.mu.Lock()
	s.down = down
	s.mu.Unlock()
}

// Inject adds a fault.
func (s *Store) Inject(f Fault) {
	s.mu.Lock()
	s.faults = append(s.faults, &f)
	s.mu.Unlock()
}

// Remaining returns the number of faults that have not happened, and removes them.
func (s *Store) Remaining() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.faults)
	s.faults = nil
	return n
}

// Crashed reports whether the process has crashed.
func (s *Store) Crashed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.crashed
}

// NewSession opens a session for a flow.
func (s *Store) NewSession(id value.ID) store.Session {
	return &session{Session: s.Store.NewSession(id), s: s}
}

// take counts an operation and returns the effect on it, if there is one.
func (s *Store) take(op Op) (Effect, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Op != op {
			continue
		}
		if f.N--; f.N == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			return f.Effect, true
		}
	}
	return 0, false
}

func (s *Store) crash() {
	s.mu.Lock()
	was := s.crashed
	s.crashed = true
	s.mu.Unlock()
	if !was && s.OnCrash != nil {
		s.OnCrash()
	}
}

// do runs an operation, or applies an effect to it.
func (s *Store) do(op Op, it func() error) error {
	s.mu.Lock()
	dead, down := s.crashed, s.down
	s.mu.Unlock()
	switch {
	case dead:
		return ErrCrashed
	case down:
		return ErrDown
	}
	deed, due := s.take(op)
	if !due {
		err := it()
		if err == nil && s.Eager && op == Append {
			_, err = s.Store.Unfinished(context.Background()) // which makes everything durable
		}
		return err
	}
	switch deed {
	case Fail:
		return errFull
	case Break:
		return ErrBroken
	case Cut:
		return ErrCut
	case Refuse:
		return ErrRefused
	case Doubt:
		if err := it(); err != nil {
			return err
		}
		return errDoubt
	case CrashBefore:
		s.crash()
		return ErrCrashed
	case Delay:
		time.Sleep(20 * time.Millisecond)
		return it()
	}
	if err := it(); err != nil { // Tear
		return err
	}
	s.crash()
	return ErrCrashed
}

// A session is a session into whose operations faults are injected.
type session struct {
	store.Session
	s      *Store
	ended  bool
	undone bool // as the wrapped session said at the end
}

// Undone reports whether the wrapped store certainly has nothing of the flow.
func (f *session) Undone() bool {
	if f.ended {
		return f.undone
	}
	return f.Session.Undone()
}

func (f *session) Abandon() {
	if !f.ended {
		f.undone = f.Undone()
		f.ended = true
		f.Session.Abandon()
	}
}

func (f *session) Get(t *store.Table, id string) (row store.Row, err error) {
	err = f.s.do(Read, func() error { row, err = f.Session.Get(t, id); return err })
	return row, err
}

func (f *session) Find(t *store.Table, columns []int, key []value.Value, page store.Page) (members []store.Member, err error) {
	err = f.s.do(Read, func() error { members, err = f.Session.Find(t, columns, key, page); return err })
	return members, err
}

func (f *session) Insert(t *store.Table, id string, row store.Row) error {
	return f.s.do(Write, func() error { return f.Session.Insert(t, id, row) })
}

func (f *session) Update(t *store.Table, id string, row store.Row) error {
	return f.s.do(Write, func() error { return f.Session.Update(t, id, row) })
}

func (f *session) Delete(t *store.Table, id string) error {
	return f.s.do(Write, func() error { return f.Session.Delete(t, id) })
}

func (f *session) Commit(entries []byte) error {
	return f.after(f.s.do(Append, func() error { return f.Session.Commit(entries) }))
}

// after ends the transaction of a failed Commit.
func (f *session) after(err error) error {
	if err != nil {
		f.Rollback()
	}
	return err
}

func (f *session) Flush(entries []byte) error {
	return f.s.do(Append, func() error { return f.Session.Flush(entries) })
}

func (f *session) Finish(entries []byte) error {
	rested := false
	err := f.s.do(Commit, func() error {
		err := f.Session.Finish(entries)
		rested = true
		if err == nil {
			f.ended = true
		}
		return err
	})
	switch {
	case err != nil && !rested:
		f.Abandon()
	case err != nil && !f.ended:
		f.undone = f.Undone()
		f.ended = true
	}
	return err
}
