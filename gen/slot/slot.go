// Package slot converts between values and the Go types of a concept. Only
// generated code uses it.
//
// It has no types of its own: its main parts are the readers ([Text], [Number]
// and so on), which convert a value to Go; the writers ([OfText], [OfSecret]
// and so on), which convert back; and [Maybe] and [List], which apply either
// to optional values and collections. A value that is written reads back
// unchanged, and a text or an identity allocates no memory. A value of another
// kind than the specification requires makes the action fault, with both kinds
// in the message.
package slot

import (
	"fmt"
	"slices"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/value"
)

// wrong ends the action. The engine has held what it gives against the
// specification before, so that only a concept's own Go comes here.
func wrong(v value.Value, wanted string) {
	panic(fmt.Sprintf("expected %s, found %v", wanted, v.Kind()))
}

// Text reads a text, also a secret one.
func Text(v value.Value) string {
	s, ok := v.Text()
	if !ok {
		wrong(v, "a string")
	}
	return s
}

// TextOf reads an identity, a constant or a digest.
func TextOf[T ~string](v value.Value) T { return T(Text(v)) }

// Number reads a number.
func Number(v value.Value) float64 {
	f, ok := v.Reveal().Num()
	if !ok {
		wrong(v, "a number")
	}
	return f
}

// Flag reads a truth value.
func Flag(v value.Value) bool {
	b, ok := v.Reveal().Bool()
	if !ok {
		wrong(v, "a flag")
	}
	return b
}

// Moment reads a moment, in UTC.
func Moment(v value.Value) time.Time {
	t, ok := v.Reveal().Moment()
	if !ok {
		wrong(v, "a moment")
	}
	return t
}

// Secret reads a secret, or a text that is to be one.
func Secret(v value.Value) legible.Secret { return legible.SecretOf(Text(v)) }

// Blob reads binary data; nil where there is none.
func Blob(v value.Value) *legible.Blob {
	b := v.Reveal().Blob()
	if b == nil && !v.IsNull() {
		wrong(v, "binary data")
	}
	return b
}

// Itself reads and writes any value.
func Itself(v value.Value) value.Value { return v }

// OfText writes an identity, a constant or a digest.
func OfText[T ~string](s T) value.Value { return value.String(string(s)) }

// OfSecret writes a secret.
func OfSecret(s legible.Secret) value.Value { return value.Secret(value.String(s.Reveal())) }

// OfBlob writes binary data; nil becomes null.
func OfBlob(b *legible.Blob) value.Value {
	if b == nil {
		return value.Null
	}
	return value.Binary(b)
}

// OrNull writes null where nothing is there.
func OrNull(v value.Value) value.Value {
	if v.IsUnset() {
		return value.Null
	}
	return v
}

// Maybe reads what is optional; nil where it is absent.
func Maybe[T any](v value.Value, read func(value.Value) T) *T {
	if v.IsNull() {
		return nil
	}
	return new(read(v))
}

// Given reports whether an input declared “or null” was given a value or null.
func Given(v value.Value) bool { return !v.IsUnset() }

// OfMaybe writes what is optional; nil becomes null.
func OfMaybe[T any](p *T, write func(T) value.Value) value.Value {
	if p == nil {
		return value.Null
	}
	return write(*p)
}

// List reads a collection: nil where it is absent, never nil where it is
// there.
func List[T any](v value.Value, read func(value.Value) T) []T {
	if v.IsNull() {
		return nil
	}
	if v.Reveal().Kind() != value.ListKind {
		wrong(v, "a list")
	}
	out := make([]T, len(v.Items()))
	for i, x := range v.Items() {
		out[i] = read(x)
	}
	return out
}

// Set reads a list from outside as a set: what stands in it again is left out.
func Set[T any](v value.Value, read func(value.Value) T) []T {
	if v = v.Reveal(); len(v.Items()) > 1 {
		v = value.List(distinct(slices.Clone(v.Items())))
	}
	return List(v, read)
}

// OfList writes a sequence; nil becomes an empty one.
func OfList[T any](items []T, write func(T) value.Value) value.Value {
	out := make([]value.Value, len(items))
	for i, x := range items {
		out[i] = write(x)
	}
	return value.List(out)
}

// OfSet writes a set: what stands in the slice again is left out.
func OfSet[T any](items []T, write func(T) value.Value) value.Value {
	return value.List(distinct(OfList(items, write).Items()))
}

// OfMaybeList writes an optional sequence; nil becomes null.
func OfMaybeList[T any](items []T, write func(T) value.Value) value.Value {
	if items == nil {
		return value.Null
	}
	return OfList(items, write)
}

// OfMaybeSet writes an optional set; nil becomes null.
func OfMaybeSet[T any](items []T, write func(T) value.Value) value.Value {
	if items == nil {
		return value.Null
	}
	return OfSet(items, write)
}

// manyItems is from how many on items are compared by their encodings.
const manyItems = 16

// distinct leaves the first of equal items.
func distinct(items []value.Value) []value.Value {
	if len(items) < manyItems {
		kept := items[:0]
		for _, x := range items {
			if !slices.ContainsFunc(kept, func(y value.Value) bool { return value.Equal(x, y) }) {
				kept = append(kept, x)
			}
		}
		return kept
	}
	seen := make(map[string]bool, len(items))
	var key []byte
	return slices.DeleteFunc(items, func(x value.Value) bool {
		key = value.AppendKey(key[:0], x)
		if seen[string(key)] {
			return true
		}
		seen[string(key)] = true
		return false
	})
}
