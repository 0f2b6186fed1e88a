package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/legible-lang/legible/value"
)

// An entry is encoded as its kind in one byte, the length of the rest in four
// bytes (little-endian), and then its fields in the order of Entry: numbers as
// varints, texts and values as in package value, lists as a count and items. An
// unset value is not written at all.

// A Writer appends entries to Bytes. The zero Writer writes every value in
// full. With Brief set it omits larger values until [Writer.Resolve] decides
// what to keep; only then are Bytes complete. Cut removes entries.
type Writer struct {
	Bytes []byte
	// Brief is the maximum size in bytes of a value that is written at once; 0
	// means no maximum.
	Brief   int
	start   int
	omitted omissions
	// hidden are the values that hold a secret, in the order of writing. Bytes has
	// a mark in place of each secret.
	hidden []hidden
}

func (w *Writer) open(k Kind) {
	w.Bytes = append(w.Bytes, byte(k), 0, 0, 0, 0)
	w.start = len(w.Bytes)
}

func (w *Writer) close() {
	binary.LittleEndian.PutUint32(w.Bytes[w.start-4:], uint32(len(w.Bytes)-w.start))
}

func (w *Writer) number(n uint64) {
	if n < 1<<7 { // most
		w.Bytes = append(w.Bytes, byte(n))
		return
	}
	w.Bytes = binary.AppendUvarint(w.Bytes, n)
}

func (w *Writer) id(id ActionID) {
	if id.Firing < 1<<7 && id.Frame < 1<<7 && id.Line < 1<<7 {
		w.Bytes = append(w.Bytes, byte(id.Firing), byte(id.Frame), byte(id.Line))
		return
	}
	w.number(uint64(id.Firing))
	w.number(uint64(id.Frame))
	w.number(uint64(id.Line))
}

// Begun writes a flow's first entry.
func (w *Writer) Begun(now time.Time) {
	w.open(Begun)
	w.number(Version)
	w.number(uint64(now.UnixMilli()))
	w.close()
}

// Asked writes that an action was asked with the named values. Fields besides
// these are further.
func (w *Writer) Asked(id ActionID, action string, names []string, values []value.Value, further []value.Field) {
	w.open(Asked)
	w.id(id)
	w.Bytes = value.AppendText(w.Bytes, action)
	w.fields(names, values, further)
	w.close()
}

// Returned writes that an action returned the named values.
func (w *Writer) Returned(id ActionID, action string, names []string, values []value.Value) {
	w.completed(id, action, Returned)
	w.fields(names, values, nil)
	w.close()
}

// Refused writes that an action was refused.
func (w *Writer) Refused(id ActionID, action, code, sentence string) {
	w.completed(id, action, Refused)
	w.Bytes = value.AppendText(w.Bytes, code)
	w.text(sentence)
	w.close()
}

// Failed writes that an action faulted, or that it was undone.
func (w *Writer) Failed(id ActionID, action string, outcome Outcome, text string) {
	w.completed(id, action, outcome)
	w.text(text)
	w.close()
}

func (w *Writer) completed(id ActionID, action string, o Outcome) {
	w.open(Completed)
	w.id(id)
	w.Bytes = value.AppendText(w.Bytes, action)
	w.Bytes = append(w.Bytes, byte(o))
}

func (w *Writer) fields(names []string, values []value.Value, further []value.Field) {
	n := len(further)
	for i := range values {
		if !values[i].IsUnset() {
			n++
		}
	}
	w.number(uint64(n))
	b := w.Bytes
	for i := range values {
		if !values[i].IsUnset() {
			b = w.value(value.AppendText(b, names[i]), values[i])
		}
	}
	for _, f := range further {
		b = w.value(value.AppendText(b, f.Name), f.Value)
	}
	w.Bytes = b
}

// A hidden value is only in memory.
type hidden struct {
	entry int // where its entry began in Bytes when written
	value value.Value
}

// value appends a value to b, which becomes Bytes, or omits it.
func (w *Writer) value(b []byte, v value.Value) []byte {
	b, done := value.AppendShort(b, v, w.Brief)
	if done {
		return b
	}
	if v.HoldsSecret() {
		w.hidden = append(w.hidden, hidden{entry: w.start - 5, value: v})
	}
	if w.Brief > 0 && !value.Small(v, w.Brief) {
		w.omitted.add(omission{entry: w.start - 5, at: len(b), value: v})
		return b
	}
	return value.Append(b, v)
}

// text appends a text of any length.
func (w *Writer) text(s string) {
	if w.Brief > 0 && len(s) > w.Brief {
		w.omitted.add(omission{entry: w.start - 5, at: len(w.Bytes), value: value.String(s), text: true})
		return
	}
	w.Bytes = value.AppendText(w.Bytes, s)
}

// Match begins an entry Fired (with the number of the firing) or Dropped. One
// Matched for each action, one Frame for each frame, and End follow.
func (w *Writer) Match(k Kind, number uint32, sync string, matched int) {
	w.open(k)
	w.number(uint64(number))
	w.Bytes = value.AppendText(w.Bytes, sync)
	w.number(uint64(matched))
}

// Entered begins an entry Entered. Frames, one Frame for each frame, and End follow.
func (w *Writer) Entered(number uint32, sync string, stage int, of FrameID, line int) {
	w.open(Entered)
	w.number(uint64(number))
	w.Bytes = value.AppendText(w.Bytes, sync)
	w.place(stage, of, line)
}

// Lost begins an entry Lost. Frames, one Frame for each recorded row, and End follow.
func (w *Writer) Lost(sync string, of FrameID, place string, rows, kept uint32, null string) {
	w.open(Lost)
	w.Bytes = value.AppendText(w.Bytes, sync)
	w.number(uint64(of.Firing))
	w.number(uint64(of.Frame))
	w.Bytes = value.AppendText(w.Bytes, place)
	w.number(uint64(rows))
	w.number(uint64(kept))
	w.Bytes = value.AppendText(w.Bytes, null)
}

// Matched writes a matched action.
func (w *Writer) Matched(id ActionID) { w.id(id) }

// Frames writes the number of frames.
func (w *Writer) Frames(n int) { w.number(uint64(n)) }

// Frame writes a frame with the bindings of its set and named slots. A frame
// that was not dropped has line -1 and droppedAt "".
func (w *Writer) Frame(line int, droppedAt string, names []string, slots []value.Value) {
	w.number(uint64(line + 1))
	w.Bytes = value.AppendText(w.Bytes, droppedAt)
	n := 0
	for i, v := range slots {
		if !v.IsUnset() && names[i] != "" {
			n++
		}
	}
	w.number(uint64(n))
	for i, v := range slots {
		if !v.IsUnset() && names[i] != "" {
			w.number(uint64(i))
			w.Bytes = w.value(value.AppendText(w.Bytes, names[i]), v)
		}
	}
}

// Row writes a row of an entry Lost, with the bindings of some of its slots.
func (w *Writer) Row(of []int, names []string, slots []value.Value) {
	w.number(0) // no line
	w.Bytes = value.AppendText(w.Bytes, "")
	n := 0
	named := func(i, at int) bool {
		return !slots[at].IsUnset() && names[at] != "" && !slices.Contains(of[:i], at)
	}
	for i, at := range of {
		if named(i, at) {
			n++
		}
	}
	w.number(uint64(n))
	for i, at := range of {
		if named(i, at) {
			w.number(uint64(at))
			w.Bytes = w.value(value.AppendText(w.Bytes, names[at]), slots[at])
		}
	}
}

// End ends an entry that Match, Entered or Lost began.
func (w *Writer) End() { w.close() }

// Faulted writes a fault outside an action: the text of e, and if a part of a sync faulted,
// which one.
func (w *Writer) Faulted(e Entry) {
	w.open(Faulted)
	w.Bytes = value.AppendText(w.Bytes, e.Text)
	if e.Sync != "" {
		w.Bytes = value.AppendText(w.Bytes, e.Sync)
		w.number(uint64(len(e.Matched)))
		for _, id := range e.Matched {
			w.id(id)
		}
		w.place(e.Stage, e.Of, e.Line)
		w.id(e.ID)
	}
	w.close()
}

func (w *Writer) place(stage int, of FrameID, line int) {
	w.number(uint64(stage))
	w.number(uint64(of.Firing))
	w.number(uint64(of.Frame))
	w.number(uint64(line))
}

// Tried writes that an effect action failed and when it is retried.
func (w *Writer) Tried(id ActionID, action string, tries uint32, now, next time.Time, text string) {
	w.about(Tried, id, action, now)
	w.number(uint64(tries))
	w.number(uint64(next.UnixMilli()))
	w.Bytes = value.AppendText(w.Bytes, text)
	w.close()
}

// Parked writes that an effect action failed and is not retried.
func (w *Writer) Parked(id ActionID, action string, tries uint32, now time.Time, text string) {
	w.about(Parked, id, action, now)
	w.number(uint64(tries))
	w.Bytes = value.AppendText(w.Bytes, text)
	w.close()
}

// Decided writes a decision about an effect action: "retry" or "cancel", the
// reason, and the name of the decision.
func (w *Writer) Decided(id ActionID, action, code string, now time.Time, text, decision string) {
	w.about(Decided, id, action, now)
	w.Bytes = value.AppendText(w.Bytes, code)
	w.Bytes = value.AppendText(w.Bytes, text)
	w.Bytes = value.AppendText(w.Bytes, decision)
	w.close()
}

func (w *Writer) about(k Kind, id ActionID, action string, now time.Time) {
	w.open(k)
	w.id(id)
	w.Bytes = value.AppendText(w.Bytes, action)
	w.number(uint64(now.UnixMilli()))
}

// ErrCorrupt is the error for an invalid journal.
var ErrCorrupt = errors.New("the journal is damaged")

// A NewerError reports a journal of a later version.
type NewerError struct{ Version int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("the journal has format %d; this program reads up to format %d: run it with the newer program", e.Version, Version)
}

// Read returns the entries of a flow. A truncated last entry is an error; the
// entries before it are returned too.
func Read(b []byte) ([]Entry, error) { return read(b, nil) }

// Entries reads what was written, as [Read] does, but with secrets. Call it
// after Resolve(true).
func (w *Writer) Entries() ([]Entry, error) { return read(w.Bytes, w.hidden) }

func read(b []byte, known []hidden) ([]Entry, error) {
	var list []Entry
	for len(b) > 0 {
		if len(b) < 5 {
			return list, fmt.Errorf("%w: an entry is cut off", ErrCorrupt)
		}
		kind, size := Kind(b[0]), binary.LittleEndian.Uint32(b[1:])
		if uint64(size) > uint64(len(b)-5) {
			return list, fmt.Errorf("%w: an entry is cut off", ErrCorrupt)
		}
		r := &reader{b: b[5 : 5+size], hidden: known}
		e := r.entry(kind)
		if r.err == nil && len(r.b) > 0 {
			r.fail()
		}
		if r.err != nil {
			return list, fmt.Errorf("entry %d (%s): %w", len(list)+1, kind, r.err)
		}
		if e.Kind == Begun && e.Version > Version {
			return list, &NewerError{e.Version}
		}
		list = append(list, e)
		b, known = b[5+size:], r.hidden
	}
	return list, nil
}

type reader struct {
	b      []byte
	hidden []hidden // the values that held secrets, as far as known
	err    error
}

func (r *reader) fail() {
	if r.err == nil {
		r.err = ErrCorrupt
	}
	r.b = nil
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) small() uint32 {
	n := r.number()
	if n > 1<<31 {
		r.fail()
		return 0
	}
	return uint32(n)
}

// count reads a count of items of at least one byte each.
func (r *reader) count() int {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	s, rest, err := value.DecodeText(r.b)
	if err != nil {
		r.fail()
		return ""
	}
	r.b = rest
	return s
}

func (r *reader) value() value.Value {
	v, rest, err := value.Decode(r.b)
	if err != nil {
		r.fail()
		return value.Value{}
	}
	r.b = rest
	if len(r.hidden) > 0 && v.HoldsSecret() {
		v, r.hidden = r.hidden[0].value, r.hidden[1:]
	}
	return v
}

func (r *reader) moment() time.Time { return time.UnixMilli(int64(r.number())).UTC() }

func (r *reader) id() ActionID { return ActionID{r.small(), r.small(), r.small()} }

func (r *reader) ids() []ActionID {
	var list []ActionID
	for range r.count() {
		list = append(list, r.id())
	}
	return list
}

func (r *reader) place(e *Entry) {
	e.Stage, e.Of = int(r.small()), FrameID{r.small(), r.small()}
	e.Line = int(r.small())
}

func (r *reader) fields() []value.Field {
	n := r.count()
	list := make([]value.Field, 0, n)
	for range n {
		list = append(list, value.Field{Name: r.text(), Value: r.value()})
		if r.err != nil {
			return nil
		}
	}
	return list
}

func (r *reader) entry(kind Kind) Entry {
	e := Entry{Kind: kind}
	switch kind {
	case Begun:
		e.Version = int(r.small())
		e.Moment = r.moment()
		if e.Version > Version {
			r.b = nil // a field of a later version
		}
	case Asked:
		e.ID, e.Action, e.In = r.id(), r.text(), r.fields()
	case Completed:
		e.ID, e.Action = r.id(), r.text()
		if len(r.b) == 0 {
			r.fail()
			return e
		}
		e.Outcome, r.b = Outcome(r.b[0]), r.b[1:]
		switch e.Outcome {
		case Returned:
			e.Out = r.fields()
		case Refused:
			e.Code, e.Text = r.text(), r.text()
		case Fault, Undone:
			e.Text = r.text()
		default:
			r.fail()
		}
	case Fired, Dropped, Entered:
		e.Number, e.Sync = r.small(), r.text()
		if kind == Entered {
			r.place(&e)
		} else {
			e.Matched = r.ids()
		}
		e.Frames = r.frames()
	case Lost:
		e.Sync, e.Of, e.Place = r.text(), FrameID{r.small(), r.small()}, r.text()
		e.Rows, e.Kept, e.Null = r.small(), r.small(), r.text()
		e.Frames = r.frames()
	case Faulted:
		if e.Text = r.text(); len(r.b) > 0 {
			e.Sync, e.Matched = r.text(), r.ids()
			r.place(&e)
			e.ID = r.id()
		}
	case Tried, Parked, Decided:
		e.ID, e.Action, e.Moment = r.id(), r.text(), r.moment()
		switch kind {
		case Tried:
			e.Tries, e.Next, e.Text = r.small(), r.moment(), r.text()
		case Parked:
			e.Tries, e.Text = r.small(), r.text()
		default:
			e.Code, e.Text, e.Decision = r.text(), r.text(), r.text()
		}
	default:
		r.fail()
	}
	return e
}

func (r *reader) frames() []Frame {
	var list []Frame
	for range r.count() {
		f := Frame{Line: int(r.small()) - 1, DroppedAt: r.text()}
		for range r.count() {
			f.Bindings = append(f.Bindings, Binding{Slot: int(r.small()), Name: r.text(), Value: r.value()})
		}
		list = append(list, f)
		if r.err != nil {
			break
		}
	}
	return list
}
