package journal

import (
	"encoding/binary"
	"fmt"

	"github.com/legible-lang/legible/value"
)

// Rewrite calls change for the entries that have values, Asked, Completed, Fired,
// Dropped, Entered and Lost, and returns the changed record. The bytes of the other entries stay the same.
func Rewrite(b []byte, change func(*Entry)) ([]byte, error) {
	entries, err := Read(b)
	if err != nil {
		return nil, fmt.Errorf("rewriting a journal: %w", err)
	}
	w := &Writer{}
	for i := range entries {
		e := &entries[i]
		n := 5 + int(binary.LittleEndian.Uint32(b[1:])) // Read has checked the length
		switch e.Kind {
		case Asked, Completed, Fired, Dropped, Entered, Lost:
			change(e)
			w.entry(e)
		default:
			w.Bytes = append(w.Bytes, b[:n]...)
		}
		b = b[n:]
	}
	return w.Bytes, nil
}

// entry writes an entry that holds values.
func (w *Writer) entry(e *Entry) {
	switch {
	case e.Kind == Asked:
		w.Asked(e.ID, e.Action, nil, nil, e.In)
	case e.Kind != Completed:
		switch e.Kind {
		case Entered:
			w.Entered(e.Number, e.Sync, e.Stage, e.Of, e.Line)
		case Lost:
			w.Lost(e.Sync, e.Of, e.Place, e.Rows, e.Kept, e.Null)
		default:
			w.Match(e.Kind, e.Number, e.Sync, len(e.Matched))
			for _, id := range e.Matched {
				w.Matched(id)
			}
		}
		w.Frames(len(e.Frames))
		for _, f := range e.Frames {
			w.frame(f)
		}
		w.End()
	case e.Outcome == Returned:
		w.completed(e.ID, e.Action, Returned)
		w.fields(nil, nil, e.Out)
		w.close()
	case e.Outcome == Refused:
		w.Refused(e.ID, e.Action, e.Code, e.Text)
	default:
		w.Failed(e.ID, e.Action, e.Outcome, e.Text)
	}
}

func (w *Writer) frame(f Frame) {
	w.number(uint64(f.Line + 1))
	w.Bytes = value.AppendText(w.Bytes, f.DroppedAt)
	w.number(uint64(len(f.Bindings)))
	for _, b := range f.Bindings {
		w.number(uint64(b.Slot))
		w.Bytes = value.AppendText(w.Bytes, b.Name)
		w.Bytes = value.Append(w.Bytes, b.Value)
	}
}
