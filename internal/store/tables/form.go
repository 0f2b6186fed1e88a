package tables

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A database has texts, numbers and bytes. The following functions encode the other
// values.

// IsJSON reports whether JSON preserves a value.
func IsJSON(v value.Value) bool {
	switch v.Kind() {
	case value.NullKind, value.FlagKind, value.NumberKind:
		return true
	case value.StringKind:
		s, _ := v.Text()
		return utf8.ValidString(s)
	case value.ListKind:
		return !slices.ContainsFunc(v.Items(), func(x value.Value) bool { return !IsJSON(x) })
	case value.RecordKind:
		return !slices.ContainsFunc(v.Fields(), func(f value.Field) bool { return !utf8.ValidString(f.Name) || !IsJSON(f.Value) })
	}
	return false
}

// Plain gives the items of a collection the form that they have in a column, so that the
// collection can be JSON.
func Plain(t store.Type, v value.Value) value.Value {
	if t != store.Moment && t != store.Blob {
		return v
	}
	items := slices.Clone(v.Items())
	for i, x := range items {
		if m, ok := x.Moment(); ok {
			ms := m.UnixMilli()
			if ms < -1<<53 || ms > 1<<53 {
				return v // JSON has no such integer
			}
			items[i] = value.Number(float64(ms))
		} else if b := x.Blob(); b != nil {
			items[i] = value.String(BlobText(b))
		}
	}
	return value.List(items)
}

// Unplain reverses Plain.
func Unplain(t store.Type, v value.Value) (value.Value, error) {
	if t != store.Moment && t != store.Blob {
		return v, nil
	}
	items := slices.Clone(v.Items())
	for i, x := range items {
		switch x.Kind() {
		case value.NumberKind:
			f, _ := x.Num()
			items[i] = value.Time(time.UnixMilli(int64(f)))
		case value.StringKind:
			s, _ := x.Text()
			b, err := ParseBlob(s)
			if err != nil {
				return v, err
			}
			items[i] = b
		}
	}
	return value.List(items), nil
}

// BlobText returns a reference to a large value as a text: "sha256:" and the hash in
// hexadecimal, the size and the media type, separated by semicolons.
func BlobText(b *value.Blob) string {
	return "sha256:" + hex.EncodeToString(b.Hash[:]) + ";" + strconv.FormatInt(b.Size, 10) + ";" + b.Type
}

// ParseBlob parses the result of BlobText.
func ParseBlob(s string) (value.Value, error) {
	var b value.Blob
	rest, ok := bytes.CutPrefix([]byte(s), []byte("sha256:"))
	hash, rest, ok1 := bytes.Cut(rest, []byte(";"))
	size, media, ok2 := bytes.Cut(rest, []byte(";"))
	n, err := strconv.ParseInt(string(size), 10, 64)
	if !ok || !ok1 || !ok2 || err != nil || n < 0 || len(hash) != 64 {
		return value.Value{}, fmt.Errorf("the store holds %q where a reference to a large value should be", s)
	}
	if _, err := hex.Decode(b.Hash[:], hash); err != nil {
		return value.Value{}, fmt.Errorf("the store holds %q where a reference to a large value should be", s)
	}
	b.Size, b.Type = n, string(media)
	return value.Binary(&b), nil
}

// UniqueKey returns the key of a unique that a database cannot compare itself, or nil if
// a null exempts the row.
func UniqueKey(t *store.Table, columns []int, row store.Row) []byte {
	key := []byte{}
	for _, c := range columns {
		v := row[c]
		if v.IsNull() {
			return nil
		}
		if t.Columns[c].Many == store.Set {
			items := slices.Clone(v.Items())
			slices.SortFunc(items, value.Compare)
			v = value.List(items)
		}
		key = value.AppendKey(key, v)
	}
	return key
}
