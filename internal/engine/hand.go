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

// A hand is a flow's access to the store. It notes the first error that does not
// concern the request itself (see store.Lasting), such as that of a lost
// connection or of a process out of files. Whatever an action, a query or an
// expression makes of it, the flow cannot continue: it is suspended, and resumes
// later. So all other files of this package use the store through the hand.
type hand struct {
	store.Session
	broke error // wraps store.ErrLost or store.ErrClosed
}

func (h *hand) note(err error) error {
	if err = store.OrLost(err); h.broke == nil && isLost(err) {
		h.broke = err
	}
	return err
}

// noteShort notes an error of the Go code of an action or query, like an error of
// the store, if it says that the process or the machine is out of a resource.
func (h *hand) noteShort(err error) {
	if store.Exhausted(err) {
		_ = h.note(err)
	}
}

func (h *hand) Version(t *store.Table) (uint64, error) {
	n, err := h.Session.Version(t)
	return n, h.note(err)
}

func (h *hand) Get(t *store.Table, id string) (store.Row, error) {
	row, err := h.Session.Get(t, id)
	return row, h.note(err)
}

func (h *hand) Find(t *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	members, err := h.Session.Find(t, columns, key, page)
	return members, h.note(err)
}

func (h *hand) Insert(t *store.Table, id string, row store.Row) error {
	return h.note(h.Session.Insert(t, id, row))
}

func (h *hand) Update(t *store.Table, id string, row store.Row) error {
	return h.note(h.Session.Update(t, id, row))
}

func (h *hand) Delete(t *store.Table, id string) error { return h.note(h.Session.Delete(t, id)) }

func (h *hand) putBlob(ctx context.Context, st store.Store, r io.Reader, mediaType string) (*value.Blob, error) {
	b, err := st.PutBlob(ctx, r, mediaType)
	return b, h.note(err)
}

func (h *hand) openBlob(ctx context.Context, st store.Store, hash [32]byte) (store.BlobReader, error) {
	r, err := st.OpenBlob(ctx, hash)
	if err != nil {
		return nil, h.note(err)
	}
	return &notedReader{r, h}, nil
}

// undone reports whether the store certainly has nothing of the flow.
func (h *hand) undone() bool {
	return h.Session.Undone()
}

// A notedReader reads a blob and notes the errors of the store.
type notedReader struct {
	store.BlobReader
	hand *hand
}

func (r *notedReader) Read(b []byte) (int, error) {
	n, err := r.BlobReader.Read(b)
	if err != io.EOF {
		err = r.hand.note(err)
	}
	return n, err
}

func (r *notedReader) ReadAt(b []byte, off int64) (int, error) {
	n, err := r.BlobReader.ReadAt(b, off)
	if err != io.EOF {
		err = r.hand.note(err)
	}
	return n, err
}

// suspended reports whether the store failed an operation of the flow. If so, the
// flow ends for now. What it has committed stays, and it resumes as after a
// crash: in the process that gets it from store.Shared, or by Rescue.
func (f *flow) suspended() bool {
	err := f.hand.broke
	if err == nil {
		return false
	}
	if f.dead == nil {
		f.dead = err
		f.failed(err)
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
