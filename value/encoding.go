package value

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unsafe"
)

// The encoding of a value is one byte for its kind and then
//
//	flag    one byte, 0 or 1
//	number  8 bytes, IEEE 754, most significant first
//	moment  8 bytes, milliseconds since 1970, most significant first
//	string  length as a varint, bytes
//	list    count as a varint, values
//	record  count as a varint, then for each field its name as a string
//	        without the kind byte, and its value
//	blob    32 bytes of hash, size as a varint, media type as a string
//	secret  nothing: what is secret is not written
//	omitted the kind of the value that is not kept, its count and its size as
//	        varints, 16 bytes of its hash or zeros, and how a text begins as a string
//
// A secret therefore reads back as a secret null: [Gone] tells.

// Append appends the encoding of a value. Records keep the order of their
// fields.
func Append(dst []byte, v Value) []byte {
	if t, ok := v.ref.(text); ok { // most values are
		dst = append(dst, byte(StringKind))
		return AppendText(dst, unsafe.String((*byte)(t), int(v.num)))
	}
	return appendValue(dst, v, false)
}

// AppendShort appends the encoding of a text of at most so many bytes, or of any
// text where limit is 0, and tells whether the value is one. Most are.
func AppendShort(dst []byte, v Value, limit int) ([]byte, bool) {
	t, ok := v.ref.(text)
	if !ok || limit > 0 && v.num > uint64(limit) {
		return dst, false
	}
	dst = append(dst, byte(StringKind))
	return AppendText(dst, unsafe.String((*byte)(t), int(v.num))), true
}

// AppendKey appends an encoding that is equal for two values exactly if they
// are equal. It reveals secrets, so it must stay in memory.
func AppendKey(dst []byte, v Value) []byte { return appendValue(dst, v, true) }

func appendValue(dst []byte, v Value, key bool) []byte {
	k := v.Kind()
	if k == SecretKind && key {
		return appendValue(dst, v.Reveal(), true)
	}
	dst = append(dst, byte(k))
	switch k {
	case FlagKind:
		dst = append(dst, byte(v.num))
	case NumberKind, TimeKind:
		dst = binary.BigEndian.AppendUint64(dst, v.num)
	case StringKind:
		s, _ := v.Text()
		dst = AppendText(dst, s)
	case ListKind:
		dst = binary.AppendUvarint(dst, uint64(len(v.Items())))
		for _, x := range v.Items() {
			dst = appendValue(dst, x, key)
		}
	case RecordKind:
		fields := v.Fields()
		if key {
			fields = sorted(fields)
		}
		dst = binary.AppendUvarint(dst, uint64(len(fields)))
		for _, f := range fields {
			dst = AppendText(dst, f.Name)
			dst = appendValue(dst, f.Value, key)
		}
	case BlobKind:
		b := v.Blob()
		dst = append(dst, b.Hash[:]...)
		dst = binary.AppendUvarint(dst, uint64(b.Size))
		dst = AppendText(dst, b.Type)
	case OmittedKind:
		dst = appendOmitted(dst, v.Omitted())
	}
	return dst
}

// AppendText appends a string as its length and its bytes.
func AppendText(dst []byte, s string) []byte {
	if len(s) < 1<<7 { // most are: a varint of one byte
		return append(append(dst, byte(len(s))), s...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// Gone reports whether a value was a secret when it was written, so that nothing
// of it could be read back.
func Gone(v Value) bool {
	s, ok := v.ref.(*secret)
	return ok && s.v.ref == NullKind
}

// Lost is a secret of which nothing is known.
var Lost = Value{ref: &secret{Null}}

// HoldsGone reports whether the value or anything in it is [Gone].
func HoldsGone(v Value) bool {
	switch r := v.ref.(type) {
	case *secret:
		return r.v.ref == NullKind
	case *list:
		return slices.ContainsFunc(r.items, HoldsGone)
	case *record:
		return slices.ContainsFunc(r.fields, func(f Field) bool { return HoldsGone(f.Value) })
	}
	return false
}

// ErrEncoding is the error for bytes that are no encoding of a value.
var ErrEncoding = errors.New("these bytes are not an encoded value")

// maxDepth bounds the nesting of lists and records in decoded values.
const maxDepth = 200

// Decode reads one value from the beginning of b and gives the rest of b. The
// value holds no reference to b.
func Decode(b []byte) (Value, []byte, error) { return decode(b, 0) }

func decode(b []byte, depth int) (Value, []byte, error) {
	if len(b) == 0 || depth > maxDepth {
		return Value{}, nil, ErrEncoding
	}
	k, b := Kind(b[0]), b[1:]
	switch k {
	case Unset:
		return Value{}, b, nil
	case NullKind:
		return Null, b, nil
	case SecretKind:
		return Lost, b, nil
	case FlagKind:
		if len(b) < 1 || b[0] > 1 {
			return Value{}, nil, ErrEncoding
		}
		return Flag(b[0] == 1), b[1:], nil
	case NumberKind, TimeKind:
		if len(b) < 8 {
			return Value{}, nil, ErrEncoding
		}
		n := binary.BigEndian.Uint64(b)
		if f := math.Float64frombits(n); k == NumberKind && (math.IsNaN(f) || math.IsInf(f, 0)) {
			return Value{}, nil, ErrEncoding
		}
		return Value{num: n, ref: k}, b[8:], nil
	case StringKind:
		s, rest, err := DecodeText(b)
		return String(s), rest, err
	case ListKind:
		n, b, err := count(b)
		if err != nil {
			return Value{}, nil, err
		}
		items := make([]Value, n)
		for i := range items {
			if items[i], b, err = decode(b, depth+1); err != nil {
				return Value{}, nil, err
			}
		}
		return List(items), b, nil
	case RecordKind:
		n, b, err := count(b)
		if err != nil {
			return Value{}, nil, err
		}
		fields := make([]Field, n)
		for i := range fields {
			if fields[i].Name, b, err = DecodeText(b); err != nil {
				return Value{}, nil, err
			}
			if fields[i].Value, b, err = decode(b, depth+1); err != nil {
				return Value{}, nil, err
			}
		}
		return Value{ref: &record{fields}}, b, nil
	case BlobKind:
		var blob Blob
		if len(b) < len(blob.Hash) {
			return Value{}, nil, ErrEncoding
		}
		b = b[copy(blob.Hash[:], b):]
		size, n := binary.Uvarint(b)
		if n <= 0 || size > math.MaxInt64 {
			return Value{}, nil, ErrEncoding
		}
		blob.Size = int64(size)
		var err error
		if blob.Type, b, err = DecodeText(b[n:]); err != nil {
			return Value{}, nil, err
		}
		return Binary(&blob), b, nil
	case OmittedKind:
		return decodeOmitted(b)
	}
	return Value{}, nil, fmt.Errorf("%w: kind %d", ErrEncoding, k)
}

// DecodeText reads what AppendText wrote.
func DecodeText(b []byte) (string, []byte, error) {
	n, b, err := count(b)
	if err != nil {
		return "", nil, err
	}
	return string(b[:n]), b[n:], nil
}

// count reads a number that cannot be larger than the bytes that follow it,
// since each thing counted takes one byte at least.
func count(b []byte) (int, []byte, error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return 0, nil, ErrEncoding
	}
	return int(n), b[size:], nil
}

func sorted(fields []Field) []Field {
	byName := func(a, b Field) int { return strings.Compare(a.Name, b.Name) }
	if slices.IsSortedFunc(fields, byName) {
		return fields
	}
	fields = slices.Clone(fields)
	slices.SortFunc(fields, byName)
	return fields
}
