package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A session is a flow's access to the store. It notes the first error that does not
// concern the request itself (see store.Lasting), such as that of a lost
// connection or of a process out of files. Whatever an action, a query or an
// expression makes of it, the flow cannot continue: it is suspended, and resumes
// later. So all other files of this package use the store through the hand.
type session struct {
	store.Session
	failed error // wraps store.ErrLost or store.ErrClosed
}

func (s *session) noteError(err error) error {
	if err = store.OrLost(err); s.failed == nil && isLost(err) {
		s.failed = err
	}
	return err
}

// noteExhausted notes an error of the Go code of an action or query, like an error of
// the store, if it says that the process or the machine is out of a resource.
func (s *session) noteExhausted(err error) {
	if store.Exhausted(err) {
		_ = s.noteError(err)
	}
}

func (s *session) Version(t *store.Table) (uint64, error) {
	n, err := s.Session.Version(t)
	return n, s.noteError(err)
}

func (s *session) Get(t *store.Table, id string) (store.Row, error) {
	row, err := s.Session.Get(t, id)
	return row, s.noteError(err)
}

func (s *session) Find(t *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	members, err := s.Session.Find(t, columns, key, page)
	return members, s.noteError(err)
}

func (s *session) Insert(t *store.Table, id string, row store.Row) error {
	return s.noteError(s.Session.Insert(t, id, row))
}

func (s *session) Update(t *store.Table, id string, row store.Row) error {
	return s.noteError(s.Session.Update(t, id, row))
}

func (s *session) Delete(t *store.Table, id string) error {
	return s.noteError(s.Session.Delete(t, id))
}

func (s *session) putBlob(ctx context.Context, st store.Store, r io.Reader, mediaType string) (*value.Blob, error) {
	b, err := st.PutBlob(ctx, r, mediaType)
	return b, s.noteError(err)
}

func (s *session) openBlob(ctx context.Context, st store.Store, hash [32]byte) (store.BlobReader, error) {
	r, err := st.OpenBlob(ctx, hash)
	if err != nil {
		return nil, s.noteError(err)
	}
	return &notedReader{r, s}, nil
}

// undone reports whether the store certainly has nothing of the flow.
func (s *session) undone() bool {
	return s.Session.Undone()
}

// A notedReader reads a blob and notes the errors of the store.
type notedReader struct {
	store.BlobReader
	session *session
}

func (r *notedReader) Read(b []byte) (int, error) {
	n, err := r.BlobReader.Read(b)
	if err != io.EOF {
		err = r.session.noteError(err)
	}
	return n, err
}

func (r *notedReader) ReadAt(b []byte, off int64) (int, error) {
	n, err := r.BlobReader.ReadAt(b, off)
	if err != io.EOF {
		err = r.session.noteError(err)
	}
	return n, err
}

// suspended reports whether the store failed an operation of the flow. If so, the
// flow ends for now. What it has committed stays, and it resumes as after a
// crash: in the process that gets it from store.Shared, or by Rescue.
func (f *flow) suspended() bool {
	err := f.session.failed
	if err == nil {
		return false
	}
	if f.dead == nil {
		f.dead = err
		f.noteFault(err)
		level := slog.LevelWarn
		if errors.Is(err, store.ErrElsewhere) {
			level = slog.LevelDebug // another clock was first; this is no fault
		}
		f.engine.options.Log.Log(f.ctx, level, "flow suspended after a store error; it will resume from its last commit",
			"flow", f.idText, "error", err.Error())
	}
	return true
}

// A DeadlineError says that a flow has run for longer than Limits.Deadline.
type DeadlineError struct {
	Limit fmt.Stringer
	Cause error // of the interrupted action, nil if there was none
}

func (e *DeadlineError) Error() string {
	text := fmt.Sprintf("the flow has run for %s, which is its deadline", e.Limit)
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

func (e *DeadlineError) Unwrap() error { return e.Cause }
