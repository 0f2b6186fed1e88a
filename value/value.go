// Package value defines the values that requests, actions, queries and journal
// entries hold.
//
// Its three main types are [Value], one value of any kind; [Field], a name and
// a value in a record; and [Blob], a large value that is stored once and
// referred to by its hash. It promises that values never change once made,
// that equality is by structure, that there is one total order and one
// canonical encoding, and that a secret prints and encodes as a mark that
// holds nothing of it. It refuses to know about concepts, types or stores.
package value

import (
	"math"
	"slices"
	"strings"
	"time"
	"unsafe"
)

// A Kind is the form of a value.
type Kind uint8

const (
	// Unset is the zero Value: nothing is there, not even null.
	Unset Kind = iota
	// NullKind is the kind of null.
	NullKind
	// FlagKind is true and false.
	FlagKind
	// NumberKind is a 64-bit floating point number, never NaN or infinite.
	NumberKind
	// TimeKind is a moment, in milliseconds.
	TimeKind
	// StringKind is text; identities are text too.
	StringKind
	// ListKind is a sequence of values.
	ListKind
	// RecordKind is a sequence of named values, each name once.
	RecordKind
	// BlobKind is a reference to a large value.
	BlobKind
	// SecretKind is a value that must not be shown.
	SecretKind
	// OmittedKind stands in a record for a value that the record does not keep.
	OmittedKind
)

// Kinds is how many kinds there are.
const Kinds = int(OmittedKind) + 1

func (k Kind) String() string {
	return [...]string{"nothing", "null", "a flag", "a number", "a moment", "a string", "a list", "a record", "binary data", "a secret", "a value that was not kept"}[k]
}

// A Value is one value. The zero Value is unset. Values of text and scalars
// need no memory beside the Value itself.
type Value struct {
	num uint64
	ref any // a Kind for scalars, else one of the types below
}

type (
	text   *byte // num is the length
	list   struct{ items []Value }
	record struct{ fields []Field }
	secret struct{ v Value }
)

// A Field is a named value in a record.
type Field struct {
	Name  string
	Value Value
}

// A Blob refers to a large value by the SHA-256 of its bytes.
type Blob struct {
	Hash [32]byte
	Size int64  // in bytes
	Type string // media type, such as "application/epub+zip"
}

// Null is the value that stands for absence.
var Null = Value{ref: NullKind}

// Flag makes a truth value.
func Flag(b bool) Value {
	if b {
		return Value{num: 1, ref: FlagKind}
	}
	return Value{ref: FlagKind}
}

// Number makes a number. What is no number (NaN, infinity) becomes null.
func Number(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Null
	}
	if f == 0 {
		f = 0 // no negative zero: equal numbers have equal bits
	}
	return Value{num: math.Float64bits(f), ref: NumberKind}
}

// Time makes a moment; what is finer than a millisecond is cut off.
func Time(t time.Time) Value { return Value{num: uint64(t.UnixMilli()), ref: TimeKind} }

// String makes a text.
func String(s string) Value { return Value{num: uint64(len(s)), ref: text(unsafe.StringData(s))} }

// List makes a list. The slice belongs to the value from then on.
func List(items []Value) Value { return Value{ref: &list{items}} }

// Record makes a record. The slice belongs to the value from then on; of a
// name that stands twice the last one counts.
func Record(fields []Field) Value {
	for i := 1; i < len(fields); i++ {
		for j := 0; j < i; j++ {
			if fields[j].Name == fields[i].Name {
				fields[j].Value = fields[i].Value
				fields = append(fields[:i], fields[i+1:]...)
				i--
				break
			}
		}
	}
	return Value{ref: &record{fields}}
}

// Binary makes a reference to a large value.
func Binary(b *Blob) Value { return Value{ref: b} }

// Secret marks a value as one that must not be shown. Null and what is secret
// already stay as they are.
func Secret(v Value) Value {
	switch v.Kind() {
	case Unset, NullKind, SecretKind:
		return v
	}
	return Value{ref: &secret{v}}
}

// Kind is the form of the value.
func (v Value) Kind() Kind {
	switch r := v.ref.(type) {
	case nil:
		return Unset
	case Kind:
		return r
	case text:
		return StringKind
	case *list:
		return ListKind
	case *record:
		return RecordKind
	case *secret:
		return SecretKind
	case *Blob:
		return BlobKind
	case *Omitted:
		return OmittedKind
	}
	panic("value: a Value that this package did not make")
}

// IsUnset tells whether nothing is there.
func (v Value) IsUnset() bool { return v.ref == nil }

// IsNull tells whether the value is null or unset.
func (v Value) IsNull() bool { return v.ref == nil || v.ref == NullKind }

// IsSecret tells whether the value itself is marked as secret.
func (v Value) IsSecret() bool { _, ok := v.ref.(*secret); return ok }

// Reveal gives what a secret hides, and any other value as it is.
func (v Value) Reveal() Value {
	if s, ok := v.ref.(*secret); ok {
		return s.v
	}
	return v
}

// RevealAll gives the value without any mark: what it hides itself, and what its
// items and fields hide.
func (v Value) RevealAll() Value {
	if !v.HoldsSecret() {
		return v
	}
	v = v.Reveal()
	switch r := v.ref.(type) {
	case *list:
		items := make([]Value, len(r.items))
		for i, x := range r.items {
			items[i] = x.RevealAll()
		}
		return List(items)
	case *record:
		fields := slices.Clone(r.fields)
		for i := range fields {
			fields[i].Value = fields[i].Value.RevealAll()
		}
		return Value{ref: &record{fields}}
	}
	return v
}

// Text gives the text of a string, also of a secret one, and whether it is one.
func (v Value) Text() (string, bool) {
	switch r := v.ref.(type) {
	case text:
		return unsafe.String((*byte)(r), int(v.num)), true
	case *secret:
		return r.v.Text()
	}
	return "", false
}

// Num gives a number, also a secret one, and whether it is one.
func (v Value) Num() (float64, bool) {
	v = v.Reveal()
	if v.ref == NumberKind {
		return math.Float64frombits(v.num), true
	}
	return 0, false
}

// Bool gives a flag, also a secret one, and whether it is one.
func (v Value) Bool() (b, ok bool) {
	v = v.Reveal()
	return v.num == 1 && v.ref == FlagKind, v.ref == FlagKind
}

// Moment gives a moment in UTC, also a secret one, and whether it is one.
func (v Value) Moment() (time.Time, bool) {
	v = v.Reveal()
	if v.ref == TimeKind {
		return time.UnixMilli(int64(v.num)).UTC(), true
	}
	return time.Time{}, false
}

// Items gives the values of a list, not to be changed, and nil for others. Those
// of a secret list are secret.
func (v Value) Items() []Value {
	switch r := v.ref.(type) {
	case *list:
		return r.items
	case *secret:
		items := slices.Clone(r.v.Items())
		for i, x := range items {
			items[i] = Secret(x)
		}
		return items
	}
	return nil
}

// Fields gives the fields of a record, not to be changed, and nil for others.
// The values of a secret record are secret; the names are not.
func (v Value) Fields() []Field {
	switch r := v.ref.(type) {
	case *record:
		return r.fields
	case *secret:
		fields := slices.Clone(r.v.Fields())
		for i := range fields {
			fields[i].Value = Secret(fields[i].Value)
		}
		return fields
	}
	return nil
}

// Get gives a field of a record, and the unset value where it has none.
func (v Value) Get(name string) Value {
	for _, f := range v.Fields() {
		if f.Name == name {
			return f.Value
		}
	}
	return Value{}
}

// Blob gives the reference of a large value, also a secret one, and nil for
// others.
func (v Value) Blob() *Blob {
	b, _ := v.Reveal().ref.(*Blob)
	return b
}

// HoldsSecret tells whether the value or anything in it is secret.
func (v Value) HoldsSecret() bool {
	switch r := v.ref.(type) {
	case *secret:
		return true
	case *list:
		for _, x := range r.items {
			if x.HoldsSecret() {
				return true
			}
		}
	case *record:
		for _, f := range r.fields {
			if f.Value.HoldsSecret() {
				return true
			}
		}
	}
	return false
}

// Equal compares by structure: numbers by value, lists item by item, records
// by name whatever the order, a secret like what it hides. Unset equals only
// unset.
func Equal(a, b Value) bool {
	if x, ok := a.ref.(text); ok {
		if y, ok := b.ref.(text); ok {
			return a.num == b.num && (x == y || unsafe.String((*byte)(x), int(a.num)) == unsafe.String((*byte)(y), int(b.num)))
		}
	}
	return Compare(a, b) == 0
}

// Compare is the one total order: by kind as the kinds are listed (a secret
// like what it hides), then by what is in them: false before true, numbers and
// moments by size, text by bytes, lists item by item, records by their fields
// sorted by name.
func Compare(a, b Value) int {
	a, b = a.Reveal(), b.Reveal()
	k := a.Kind()
	if d := int(k) - int(b.Kind()); d != 0 {
		return sign(d)
	}
	switch k {
	case FlagKind:
		return sign(int(a.num) - int(b.num))
	case NumberKind:
		x, y := math.Float64frombits(a.num), math.Float64frombits(b.num)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	case TimeKind:
		x, y := int64(a.num), int64(b.num)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	case StringKind:
		x, _ := a.Text()
		y, _ := b.Text()
		return strings.Compare(x, y)
	case ListKind:
		x, y := a.Items(), b.Items()
		for i := 0; i < len(x) && i < len(y); i++ {
			if c := Compare(x[i], y[i]); c != 0 {
				return c
			}
		}
		return sign(len(x) - len(y))
	case RecordKind:
		x, y := sorted(a.Fields()), sorted(b.Fields())
		for i := 0; i < len(x) && i < len(y); i++ {
			if c := strings.Compare(x[i].Name, y[i].Name); c != 0 {
				return c
			}
			if c := Compare(x[i].Value, y[i].Value); c != 0 {
				return c
			}
		}
		return sign(len(x) - len(y))
	case BlobKind:
		x, y := a.Blob(), b.Blob()
		if c := strings.Compare(string(x.Hash[:]), string(y.Hash[:])); c != 0 {
			return c
		}
		return strings.Compare(x.Type, y.Type)
	case OmittedKind:
		return compareOmitted(a.Omitted(), b.Omitted())
	}
	return 0
}

func sign(d int) int {
	switch {
	case d < 0:
		return -1
	case d > 0:
		return 1
	}
	return 0
}
