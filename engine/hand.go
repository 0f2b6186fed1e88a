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

// A hand is a flow's hand in the store. It notes the first error that says
// nothing of what was asked (see store.Lasting), such as that of a lost
// connection or of a process that has no files left. Whatever an action, a query or an expression makes of such an
// error, the flow cannot go on from where it is: it is suspended, and gone on
// with later. So no other file of this package asks the store past the hand.
type hand struct {
	store.Flow
	broke error // wraps store.ErrLost or store.ErrClosed
}

func (h *hand) note(err error) error {
	if err = store.OrLost(err); h.broke == nil && isLost(err) {
		h.broke = err
	}
	return err
}

// noteShort notes an error of the Go of an action or a query where it says that the
// process or the machine is short of something, as the store's errors are noted.
func (h *hand) noteShort(err error) {
	if store.Exhausted(err) {
		_ = h.note(err)
	}
}

func (h *hand) Stamp(t *store.Table) (uint64, error) {
	n, err := h.Flow.Stamp(t)
	return n, h.note(err)
}

func (h *hand) Get(t *store.Table, id string) (store.Row, error) {
	row, err := h.Flow.Get(t, id)
	return row, h.note(err)
}

func (h *hand) Find(t *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	members, err := h.Flow.Find(t, columns, key, page)
	return members, h.note(err)
}

func (h *hand) Insert(t *store.Table, id string, row store.Row) error {
	return h.note(h.Flow.Insert(t, id, row))
}

func (h *hand) Update(t *store.Table, id string, row store.Row) error {
	return h.note(h.Flow.Update(t, id, row))
}

func (h *hand) Delete(t *store.Table, id string) error { return h.note(h.Flow.Delete(t, id)) }

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

// undone tells whether it is certain that the store has nothing of the flow.
func (h *hand) undone() bool {
	t, ok := h.Flow.(store.Teller)
	return ok && t.Undone()
}

// A notedReader reads a blob and notes what the store could not do.
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

// suspended tells whether the store could not do something that the flow asked
// of it. Then the flow is at its end for now. What it has kept stays, and it is
// gone on with as after a crash: by who gets it from store.Fleet, or by Rescue.
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
			level = slog.LevelDebug // of several clocks one is first, and all is well
		}
		f.engine.options.Log.Log(f.ctx, level, "flow suspended after a store error; it will resume from its last commit",
			"flow", f.idText, "error", err.Error())
	}
	return true
}

// A DeadlineError says that a flow has run for longer than Limits.Deadline.
type DeadlineError struct {
	Limit fmt.Stringer
	Cause error // of the action that was cut off, nil when there was none
}

func (e *DeadlineError) Error() string {
	text := fmt.Sprintf("the flow has run for %s, which is its deadline", e.Limit)
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

func (e *DeadlineError) Unwrap() error { return e.Cause }
