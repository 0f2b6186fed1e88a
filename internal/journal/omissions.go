package journal

import (
	"encoding/binary"
	"slices"

	"github.com/legible-lang/legible/value"
)

// An omission is a value that a Writer omits.
type omission struct {
	entry int // the start of its entry in Bytes
	at    int // its position in Bytes
	value value.Value
	text  bool  // written as a text, without the kind of a value
	size  int64 // encoded in full
}

// omissions are the values that a Writer omits. Values are kept by reference: a large value
// in many entries is in memory once.
type omissions struct {
	list  []omission
	full  int64                 // total size in bytes
	sizes map[value.Value]int64 // of the distinct ones
	held  int64                 // total of the distinct sizes
}

func (o *omissions) add(d omission) {
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
	o.list = append(o.list, d)
}

// Size is the size of the entries in bytes with every value kept.
func (w *Writer) Size() int64 { return int64(len(w.Bytes)) + w.omitted.full }

// MemorySize is the memory of the entries and the omitted values in bytes: a value in
// several entries counts once.
func (w *Writer) MemorySize() int64 { return int64(len(w.Bytes)) + w.omitted.held }

// Reset removes all entries.
func (w *Writer) Reset() {
	w.Bytes = w.Bytes[:0]
	clear(w.hidden)
	w.hidden = w.hidden[:0]
	w.forget()
}

func (w *Writer) forget() {
	if w.omitted.list != nil {
		clear(w.omitted.list)
		w.omitted = omissions{list: w.omitted.list[:0]}
	}
}

// Cut removes the entries from a position in Bytes on where an entry begins, even
// an incomplete entry.
func (w *Writer) Cut(at int) {
	w.Bytes = w.Bytes[:at]
	for len(w.hidden) > 0 && w.hidden[len(w.hidden)-1].entry >= at {
		w.hidden = w.hidden[:len(w.hidden)-1]
	}
	list := w.omitted.list
	n := len(list)
	for n > 0 && list[n-1].entry >= at {
		n--
	}
	if n == len(list) {
		return
	}
	w.omitted = omissions{list: list[:0]}
	for _, d := range list[:n] {
		w.omitted.add(d)
	}
	clear(list[n:])
}

// Resolve inserts the omitted values if full, and their stand-ins otherwise. Call it
// between entries.
func (w *Writer) Resolve(full bool) {
	list := w.omitted.list
	if len(list) == 0 {
		return
	}
	room := len(w.Bytes) - list[0].entry
	if full {
		room += int(w.omitted.full)
	} else {
		room += 128 * len(list)
	}
	stand := map[value.Value]value.Value{}
	old, at := w.Bytes, list[0].entry
	tail := make([]byte, 0, room)
	for len(list) > 0 {
		entry := list[0].entry
		tail = append(tail, old[at:entry]...)
		begun, end := len(tail), entry+5+int(binary.LittleEndian.Uint32(old[entry+1:]))
		for at = entry; len(list) > 0 && list[0].entry == entry; list = list[1:] {
			d := &list[0]
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
	w.Bytes = append(old[:w.omitted.list[0].entry], tail...)
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
