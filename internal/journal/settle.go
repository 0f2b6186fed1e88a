package journal

import (
	"encoding/binary"
	"slices"

	"github.com/legible-lang/legible/value"
)

// A debt is a value that a Writer omits.
type debt struct {
	entry int // the start of its entry in Bytes
	at    int // its position in Bytes
	value value.Value
	text  bool  // written as a text, without the kind of a value
	size  int64 // encoded in full
}

// owed are the debts of a Writer. Values are kept by reference: a large value
// in many entries is in memory once.
type owed struct {
	debts []debt
	full  int64                 // total size in bytes
	sizes map[value.Value]int64 // of the distinct ones
	held  int64                 // total of the distinct sizes
}

func (o *owed) add(d debt) {
	size, known := o.sizes[d.value]
	if !known {
		if o.sizes == nil {
			o.sizes = map[value.Value]int64{}
		}
		size = value.EncodedSize(d.value)
		o.sizes[d.value] = size
		o.held += size
	}
	d.size = size
	if d.text {
		d.size--
	}
	o.full += d.size
	o.debts = append(o.debts, d)
}

// Size is the size of the entries in bytes with every value kept.
func (w *Writer) Size() int64 { return int64(len(w.Bytes)) + w.owed.full }

// Held is the memory that the entries and the omitted values take: a value in
// several entries counts once.
func (w *Writer) Held() int64 { return int64(len(w.Bytes)) + w.owed.held }

// Reset removes all entries.
func (w *Writer) Reset() {
	w.Bytes = w.Bytes[:0]
	clear(w.hidden)
	w.hidden = w.hidden[:0]
	w.forget()
}

func (w *Writer) forget() {
	if w.owed.debts != nil {
		clear(w.owed.debts)
		w.owed = owed{debts: w.owed.debts[:0]}
	}
}

// Cut removes the entries from a position in Bytes on where an entry begins, even
// an incomplete entry.
func (w *Writer) Cut(at int) {
	w.Bytes = w.Bytes[:at]
	for len(w.hidden) > 0 && w.hidden[len(w.hidden)-1].entry >= at {
		w.hidden = w.hidden[:len(w.hidden)-1]
	}
	debts := w.owed.debts
	n := len(debts)
	for n > 0 && debts[n-1].entry >= at {
		n--
	}
	if n == len(debts) {
		return
	}
	w.owed = owed{debts: debts[:0]}
	for _, d := range debts[:n] {
		w.owed.add(d)
	}
	clear(debts[n:])
}

// Settle inserts what was omitted: the values, or their stand-ins. Call it
// between entries.
func (w *Writer) Settle(full bool) {
	debts := w.owed.debts
	if len(debts) == 0 {
		return
	}
	room := len(w.Bytes) - debts[0].entry
	if full {
		room += int(w.owed.full)
	} else {
		room += 128 * len(debts)
	}
	stand := map[value.Value]value.Value{}
	old, at := w.Bytes, debts[0].entry
	tail := make([]byte, 0, room)
	for len(debts) > 0 {
		entry := debts[0].entry
		tail = append(tail, old[at:entry]...)
		begun, end := len(tail), entry+5+int(binary.LittleEndian.Uint32(old[entry+1:]))
		for at = entry; len(debts) > 0 && debts[0].entry == entry; debts = debts[1:] {
			d := &debts[0]
			tail = append(tail, old[at:d.at]...)
			at = d.at
			switch s, _ := d.value.Text(); {
			case d.text && full:
				tail = value.AppendText(tail, s)
			case d.text:
				tail = value.AppendText(tail, value.Shorten(s, w.Brief))
			case full:
				tail = value.Append(tail, d.value)
			default:
				v, known := stand[d.value]
				if !known {
					v = value.Omit(d.value)
					stand[d.value] = v
				}
				tail = value.Append(tail, v)
			}
		}
		tail = append(tail, old[at:end]...)
		at = end
		binary.LittleEndian.PutUint32(tail[begun+1:], uint32(len(tail)-begun-5))
	}
	tail = append(tail, old[at:]...)
	w.Bytes = append(old[:w.owed.debts[0].entry], tail...)
	w.forget()
}

// Omits reports whether a record lacks values that were too large.
func Omits(entries []Entry) bool {
	field := func(f value.Field) bool { return f.Value.HoldsOmitted() }
	return slices.ContainsFunc(entries, func(e Entry) bool {
		return slices.ContainsFunc(e.In, field) || slices.ContainsFunc(e.Out, field) ||
			slices.ContainsFunc(e.Frames, func(f Frame) bool {
				return slices.ContainsFunc(f.Bindings, func(b Binding) bool { return b.Value.HoldsOmitted() })
			})
	})
}
