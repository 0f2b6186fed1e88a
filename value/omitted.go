package value

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// An Omitted replaces, in a record, a value that is not kept.
type Omitted struct {
	Kind  Kind   // of the value
	Count int64  // bytes of a text, items of a list, fields of a record
	Size  int64  // bytes of the value's encoding
	Start string // the first characters of a text; "" of other values
	// Sum is the start of a SHA-256. Equal values have equal sums. It is zero if
	// any part of the value is secret.
	Sum [16]byte
}

// startLength is the most bytes of a text that a stand-in keeps.
const startLength = 64

// Omit returns the stand-in of a text, list or record. Other values are always
// small and are not changed.
func Omit(v Value) Value {
	k := v.Kind()
	if k < StringKind || k > RecordKind {
		return v
	}
	o := &Omitted{Kind: k, Size: EncodedSize(v)}
	switch k {
	case StringKind:
		s, _ := v.Text()
		o.Count, o.Start = int64(len(s)), strings.Clone(start(s, startLength))
	case ListKind:
		o.Count = int64(len(v.Items()))
	case RecordKind:
		o.Count = int64(len(v.Fields()))
	}
	if !v.HoldsSecret() {
		h := &hasher{sum: sha256.New()}
		h.add(v)
		h.flush()
		copy(o.Sum[:], h.sum.Sum(nil))
	}
	return Value{ref: o}
}

// start returns the start of a text, at most n bytes.
func start(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for most := n; n > 0 && n > most-utf8.UTFMax && !utf8.RuneStart(s[n]); {
		n--
	}
	return s[:n]
}

// Shorten returns a text of more than most bytes as a record keeps it: its
// start, and its original length.
func Shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes, the rest was not kept)", start(s, most), len(s))
}

var shortened = regexp.MustCompile(`… \(\d+ bytes, the rest was not kept\)$`)

// IsShortened reports whether a text has the form of Shorten.
func IsShortened(s string) bool { return shortened.MatchString(s) }

// Omitted returns the stand-in of a value that a record omits, nil for other
// values.
func (v Value) Omitted() *Omitted {
	o, _ := v.ref.(*Omitted)
	return o
}

// HoldsOmitted reports whether any part of it is omitted.
func (v Value) HoldsOmitted() bool {
	switch r := v.ref.(type) {
	case *Omitted:
		return true
	case *list:
		for _, x := range r.items {
			if x.HoldsOmitted() {
				return true
			}
		}
	case *record:
		for _, f := range r.fields {
			if f.Value.HoldsOmitted() {
				return true
			}
		}
	}
	return false
}

// Alike reports whether two recorded values may be the same. It compares as
// Equal does, but omitted values by kind, count and sum.
func Alike(a, b Value) bool {
	x, y := a.Omitted(), b.Omitted()
	switch {
	case x == nil && y == nil:
		return Equal(a, b)
	case x == nil:
		x = Omit(a.Reveal()).Omitted()
	case y == nil:
		y = Omit(b.Reveal()).Omitted()
	}
	none := [16]byte{}
	return x != nil && y != nil && x.Kind == y.Kind && x.Count == y.Count &&
		(x.Sum == y.Sum || x.Sum == none || y.Sum == none)
}

// String shows what is known of it: `"It was a dark …" (1048576 bytes, not kept)`.
func (o *Omitted) String() string {
	size := strconv.FormatInt(o.Size, 10) + " bytes, not kept"
	things := func(name string) string {
		if o.Count == 1 {
			return "1 " + name
		}
		return strconv.FormatInt(o.Count, 10) + " " + name + "s"
	}
	switch o.Kind {
	case StringKind:
		return fmt.Sprintf("%s (%d bytes, not kept)", appendQuoted(nil, o.Start+"…"), o.Count)
	case ListKind:
		return "[…] (" + things("item") + ", " + size + ")"
	}
	return "{…} (" + things("field") + ", " + size + ")"
}

// Small reports whether a value takes at most about limit bytes in a record: the
// bytes of a text, the encoding of a list or record. Others always do. It reads
// no more of the value than necessary.
func Small(v Value, limit int) bool {
	if _, ok := v.ref.(text); ok { // most values are
		return v.num <= uint64(limit)
	}
	k := v.Kind()
	return k != ListKind && k != RecordKind || encodedSize(v, int64(limit)) <= int64(limit)
}

// EncodedSize returns how many bytes Append appends.
func EncodedSize(v Value) int64 { return encodedSize(v, 1<<62) }

// encodedSize stops counting above limit.
func encodedSize(v Value, limit int64) int64 {
	switch r := v.ref.(type) {
	case text:
		return 1 + textSize(int(v.num))
	case *list:
		n := 1 + varintSize(uint64(len(r.items)))
		for _, x := range r.items {
			if n > limit {
				break
			}
			n += encodedSize(x, limit-n)
		}
		return n
	case *record:
		n := 1 + varintSize(uint64(len(r.fields)))
		for i := range r.fields {
			if n > limit {
				break
			}
			n += textSize(len(r.fields[i].Name)) + encodedSize(r.fields[i].Value, limit-n)
		}
		return n
	case *Blob:
		return 1 + int64(len(r.Hash)) + varintSize(uint64(r.Size)) + textSize(len(r.Type))
	case *Omitted:
		return int64(len(appendOmitted(nil, r))) + 1
	}
	switch v.Kind() {
	case FlagKind:
		return 2
	case NumberKind, TimeKind:
		return 9
	}
	return 1
}

func textSize(n int) int64 { return varintSize(uint64(n)) + int64(n) }

func varintSize(n uint64) int64 {
	size := int64(1)
	for ; n >= 1<<7; n >>= 7 {
		size++
	}
	return size
}

// A hasher hashes the key encoding of a value piece by piece.
type hasher struct {
	sum    hash.Hash
	buffer []byte
}

func (h *hasher) flush() {
	h.sum.Write(h.buffer)
	h.buffer = h.buffer[:0]
}

func (h *hasher) add(v Value) {
	switch v.Kind() {
	case ListKind:
		h.buffer = binary.AppendUvarint(append(h.buffer, byte(ListKind)), uint64(len(v.Items())))
		for _, x := range v.Items() {
			h.add(x)
		}
		return
	case RecordKind:
		fields := sorted(v.Fields())
		h.buffer = binary.AppendUvarint(append(h.buffer, byte(RecordKind)), uint64(len(fields)))
		for _, f := range fields {
			h.buffer = AppendText(h.buffer, f.Name)
			h.add(f.Value)
		}
		return
	case StringKind:
		s, _ := v.Text()
		if len(s) > 4<<10 {
			h.buffer = binary.AppendUvarint(append(h.buffer, byte(StringKind)), uint64(len(s)))
			h.flush()
			h.sum.Write(unsafe.Slice(unsafe.StringData(s), len(s)))
			return
		}
	}
	h.buffer = appendValue(h.buffer, v, true)
	if len(h.buffer) > 32<<10 {
		h.flush()
	}
}

// appendOmitted appends a stand-in, without its kind byte.
func appendOmitted(dst []byte, o *Omitted) []byte {
	dst = append(dst, byte(o.Kind))
	dst = binary.AppendUvarint(dst, uint64(o.Count))
	dst = binary.AppendUvarint(dst, uint64(o.Size))
	dst = append(dst, o.Sum[:]...)
	return AppendText(dst, o.Start)
}

func decodeOmitted(b []byte) (Value, []byte, error) {
	bad := func() (Value, []byte, error) { return Value{}, nil, ErrEncoding }
	if len(b) < 1 || Kind(b[0]) < StringKind || Kind(b[0]) > RecordKind {
		return bad()
	}
	o := &Omitted{Kind: Kind(b[0])}
	b = b[1:]
	for _, n := range []*int64{&o.Count, &o.Size} {
		x, size := binary.Uvarint(b)
		if size <= 0 || x > 1<<62 {
			return bad()
		}
		*n, b = int64(x), b[size:]
	}
	if len(b) < len(o.Sum) {
		return bad()
	}
	b = b[copy(o.Sum[:], b):]
	var err error
	if o.Start, b, err = DecodeText(b); err != nil {
		return bad()
	}
	return Value{ref: o}, b, nil
}

// compareOmitted orders stand-ins by all fields.
func compareOmitted(x, y *Omitted) int {
	return bytes.Compare(appendOmitted(nil, x), appendOmitted(nil, y))
}
