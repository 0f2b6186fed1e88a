package journal

import (
	"encoding/binary"
	"slices"

	"github.com/legible-lang/legible/value"
)

// A debt is a value that a Writer has left out.
type debt struct {
	entry int // where its entry begins in Bytes
	at    int // where it belongs there
	value value.Value
	text  bool  // it is written as a text, without the kind of a value
	size  int64 // that it takes in full
}

// owed are the debts of a Writer. Values are kept by reference, so that a large
// one that stands in many entries is in memory once.
type owed struct {
	debts []debt
	full  int64                 // bytes that all of them take
	sizes map[value.Value]int64 // of the different ones
	held  int64                 // bytes that the different ones take
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

// Size is how many bytes the entries take when every value is kept.
func (w *Writer) Size() int64 { return int64(len(w.Bytes)) + w.owed.full }

// Held is how much memory the entries and the values that are left out take: a
// value that stands in several entries counts once.
func (w *Writer) Held() int64 { return int64(len(w.Bytes)) + w.owed.held }

// Reset takes back all entries.
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

// Cut takes back the entries from a place in Bytes on where an entry begins, also
// one that is still being written.
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

// Settle puts in what was left out: the values themselves, or their stand-ins.
// It is called between entries.
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

// Omits tells whether a record lacks values that were too large to be kept.
func Omits(entries []Entry) bool {
	field := func(f value.Field) bool { return f.Value.HoldsOmitted() }
	return slices.ContainsFunc(entries, func(e Entry) bool {
		return slices.ContainsFunc(e.In, field) || slices.ContainsFunc(e.Out, field) ||
			slices.ContainsFunc(e.Frames, func(f Frame) bool {
				return slices.ContainsFunc(f.Bindings, func(b Binding) bool { return b.Value.HoldsOmitted() })
			})
	})
}
