// Package value defines the values that requests, actions, queries and journal
// entries hold.
//
// Its three main types are [Value], one value of any kind; [Field], a name and
// a value in a record; and [Blob], a large value that is stored once and
// referred to by its hash. Values are immutable, equality is by structure, and
// there is one total order and one canonical encoding. A secret prints and
// encodes as a mark without its content. The package does not know concepts,
// types or stores.
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
	// Unset is the zero Value: no value, not even null.
	Unset Kind = iota
	// NullKind is the kind of null.
	NullKind
	// FlagKind is true and false.
	FlagKind
	// NumberKind is a 64-bit floating point number, never NaN or infinite.
	NumberKind
	// TimeKind is a time, in milliseconds.
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
	// OmittedKind replaces, in a record, a value that is not kept.
	OmittedKind
)

// Kinds is the number of kinds.
const Kinds = int(OmittedKind) + 1

func (k Kind) String() string {
	return [...]string{"nothing", "null", "a flag", "a number", "a moment", "a string", "a list", "a record", "binary data", "a secret", "a value that was not kept"}[k]
}

// A Value is one value. The zero Value is unset. Texts and scalars need no
// memory besides the Value itself.
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

// Null is the value that means absence.
var Null = Value{ref: NullKind}

// Flag makes a boolean.
func Flag(b bool) Value {
	if b {
		return Value{num: 1, ref: FlagKind}
	}
	return Value{ref: FlagKind}
}

// Number makes a number. NaN and infinity become null.
func Number(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Null
	}
	if f == 0 {
		f = 0 // no negative zero: equal numbers have equal bits
	}
	return Value{num: math.Float64bits(f), ref: NumberKind}
}

// Time makes a time, truncated to milliseconds.
func Time(t time.Time) Value { return Value{num: uint64(t.UnixMilli()), ref: TimeKind} }

// String makes a text.
func String(s string) Value { return Value{num: uint64(len(s)), ref: text(unsafe.StringData(s))} }

// List makes a list. It takes ownership of the slice.
func List(items []Value) Value { return Value{ref: &list{items}} }

// Record makes a record. It takes ownership of the slice. If a name occurs
// twice, the last field counts.
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

// Secret marks a value that must not be shown. Null and secret values are
// returned unchanged.
func Secret(v Value) Value {
	switch v.Kind() {
	case Unset, NullKind, SecretKind:
		return v
	}
	return Value{ref: &secret{v}}
}

// Kind returns the kind of v.
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

// IsUnset reports whether v is unset.
func (v Value) IsUnset() bool { return v.ref == nil }

// IsNull reports whether v is null or unset.
func (v Value) IsNull() bool { return v.ref == nil || v.ref == NullKind }

// IsSecret reports whether v itself is marked as secret.
func (v Value) IsSecret() bool { _, ok := v.ref.(*secret); return ok }

// Reveal returns what a secret hides, or v unchanged.
func (v Value) Reveal() Value {
	if s, ok := v.ref.(*secret); ok {
		return s.v
	}
	return v
}

// RevealAll returns the value without any mark, on itself or on its items and
// fields.
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

// Text returns a string's text, secret or not, and whether it is one.
func (v Value) Text() (string, bool) {
	switch r := v.ref.(type) {
	case text:
		return unsafe.String((*byte)(r), int(v.num)), true
	case *secret:
		return r.v.Text()
	}
	return "", false
}

// Num returns a number, secret or not, and whether it is one.
func (v Value) Num() (float64, bool) {
	v = v.Reveal()
	if v.ref == NumberKind {
		return math.Float64frombits(v.num), true
	}
	return 0, false
}

// Bool returns a flag, secret or not, and whether it is one.
func (v Value) Bool() (b, ok bool) {
	v = v.Reveal()
	return v.num == 1 && v.ref == FlagKind, v.ref == FlagKind
}

// Moment returns a time in UTC, secret or not, and whether it is one.
func (v Value) Moment() (time.Time, bool) {
	v = v.Reveal()
	if v.ref == TimeKind {
		return time.UnixMilli(int64(v.num)).UTC(), true
	}
	return time.Time{}, false
}

// Items returns the items of a list, nil for others. Do not change them. Those
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

// Fields returns the fields of a record, nil for others. Do not change it. The
// values of a secret record are secret; the names are not.
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

// Get returns a field of a record, or unset if it has none.
func (v Value) Get(name string) Value {
	for _, f := range v.Fields() {
		if f.Name == name {
			return f.Value
		}
	}
	return Value{}
}

// Blob returns the reference of a large value, secret or not, nil for others.
func (v Value) Blob() *Blob {
	b, _ := v.Reveal().ref.(*Blob)
	return b
}

// HoldsSecret reports whether any part of it is secret.
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

// Equal compares by structure: numbers by value, lists item by item, records by
// name in any order, a secret like its content. Unset equals only unset.
func Equal(a, b Value) bool {
	if x, ok := a.ref.(text); ok {
		if y, ok := b.ref.(text); ok {
			return a.num == b.num && (x == y || unsafe.String((*byte)(x), int(a.num)) == unsafe.String((*byte)(y), int(b.num)))
		}
	}
	return Compare(a, b) == 0
}

// Compare is the total order: by kind in the declared order (a secret like its
// content), then by content: false before true, numbers and times by size,
// texts by bytes, lists item by item, records by their fields sorted by name.
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
