package postgres

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// How a value lies in a column:
//
//	text    TEXT
//	number  DOUBLE PRECISION
//	flag    BOOLEAN
//	moment  BIGINT, milliseconds since 1970
//	blob    TEXT, "sha256:" and the hash in hexadecimal, size, media type, by semicolons
//	json    TEXT, JSON if that loses nothing, else the encoding of package value
//
// and a collection like json, with its items in the form that they would have
// in a column. The database's texts hold neither zero bytes nor what is not
// UTF-8. What does, and the encoding of package value, is written as U+0001 and
// base64; so is a text that begins with U+0001.

const coded = "\x01"

func sqlType(c *store.Column) string {
	if c.Many == store.One {
		switch c.Type {
		case store.Number:
			return "DOUBLE PRECISION"
		case store.Flag:
			return "BOOLEAN"
		case store.Moment:
			return "BIGINT"
		}
	}
	return "TEXT"
}

// encodeText makes a string one that the database can hold.
func encodeText(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") && !strings.HasPrefix(s, coded) {
		return s
	}
	return coded + base64.RawStdEncoding.EncodeToString([]byte(s))
}

func decodeText(s string) (string, error) {
	text, isCoded := strings.CutPrefix(s, coded)
	if !isCoded {
		return s, nil
	}
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("the database holds a text that is coded wrongly: %w", err)
	}
	return string(b), nil
}

// encode gives what a column's value is in the database.
func encode(c *store.Column, v value.Value) any {
	switch {
	case v.IsNull():
		return nil
	case c.Many != store.One:
		return encodeAny(plain(c.Type, v))
	}
	return encodeItem(c.Type, v)
}

// encodeItem gives what one value of a type is in the database.
func encodeItem(t store.Type, v value.Value) any {
	switch t {
	case store.Number:
		f, _ := v.Num()
		return f
	case store.Flag:
		b, _ := v.Bool()
		return b
	case store.Moment:
		m, _ := v.Moment()
		return m.UnixMilli()
	case store.Blob:
		return encodeText(blobText(v.Blob()))
	case store.Json:
		return encodeAny(v)
	}
	s, _ := v.Text()
	return encodeText(s)
}

// itemText gives the text by which an item of a collection is found.
func itemText(t store.Type, v value.Value) string {
	switch x := encodeItem(t, v).(type) {
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	default:
		return fmt.Sprint(x)
	}
}

func encodeAny(v value.Value) string {
	if isJSON(v) {
		return string(value.AppendJSON(nil, v))
	}
	return coded + base64.RawStdEncoding.EncodeToString(value.Append(nil, v))
}

// decode makes a column's value of what the database gives.
func decode(c *store.Column, x any) (value.Value, error) {
	if x == nil {
		return value.Null, nil
	}
	if c.Many != store.One {
		v, err := decodeAny(x)
		if err != nil {
			return v, err
		}
		return unplain(c.Type, v)
	}
	switch x := x.(type) {
	case string:
		switch c.Type {
		case store.Json:
			return decodeAny(x)
		case store.Text, store.Blob:
			s, err := decodeText(x)
			if err != nil || c.Type == store.Text {
				return value.String(s), err
			}
			return parseBlob(s)
		}
	case float64:
		return value.Number(x), nil
	case bool:
		return value.Flag(x), nil
	case int64:
		return value.Time(time.UnixMilli(x)), nil
	}
	return value.Value{}, fmt.Errorf("the database holds a %T instead of a %v", x, c.Type)
}

func decodeAny(x any) (value.Value, error) {
	s, ok := x.(string)
	if !ok {
		return value.Value{}, fmt.Errorf("the database holds a %T instead of a text", x)
	}
	if strings.HasPrefix(s, coded) {
		b, err := decodeText(s)
		if err != nil {
			return value.Value{}, err
		}
		v, _, err := value.Decode([]byte(b))
		return v, err
	}
	return value.ParseJSON([]byte(s))
}

// isJSON tells whether a value comes back from JSON as it was.
func isJSON(v value.Value) bool {
	switch v.Kind() {
	case value.NullKind, value.FlagKind, value.NumberKind:
		return true
	case value.StringKind:
		s, _ := v.Text()
		return utf8.ValidString(s)
	case value.ListKind:
		return !slices.ContainsFunc(v.Items(), func(x value.Value) bool { return !isJSON(x) })
	case value.RecordKind:
		return !slices.ContainsFunc(v.Fields(), func(f value.Field) bool { return !utf8.ValidString(f.Name) || !isJSON(f.Value) })
	}
	return false
}

// plain gives the items of a collection the form that they have in a column, so
// that the collection can be JSON.
func plain(t store.Type, v value.Value) value.Value {
	if t != store.Moment && t != store.Blob {
		return v
	}
	items := slices.Clone(v.Items())
	for i, x := range items {
		if m, ok := x.Moment(); ok {
			ms := m.UnixMilli()
			if ms < -1<<53 || ms > 1<<53 {
				return v // not a whole number in JSON
			}
			items[i] = value.Number(float64(ms))
		} else if b := x.Blob(); b != nil {
			items[i] = value.String(blobText(b))
		}
	}
	return value.List(items)
}

func unplain(t store.Type, v value.Value) (value.Value, error) {
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
			b, err := parseBlob(s)
			if err != nil {
				return v, err
			}
			items[i] = b
		}
	}
	return value.List(items), nil
}

func blobText(b *value.Blob) string {
	return "sha256:" + hex.EncodeToString(b.Hash[:]) + ";" + strconv.FormatInt(b.Size, 10) + ";" + b.Type
}

func parseBlob(s string) (value.Value, error) {
	var b value.Blob
	rest, ok := bytes.CutPrefix([]byte(s), []byte("sha256:"))
	hash, rest, ok1 := bytes.Cut(rest, []byte(";"))
	size, media, ok2 := bytes.Cut(rest, []byte(";"))
	n, err := strconv.ParseInt(string(size), 10, 64)
	if !ok || !ok1 || !ok2 || err != nil || n < 0 || n > math.MaxInt64 || len(hash) != 64 {
		return value.Value{}, fmt.Errorf("the database holds %q where a reference to a large value should be", s)
	}
	if _, err := hex.Decode(b.Hash[:], hash); err != nil {
		return value.Value{}, fmt.Errorf("the database holds %q where a reference to a large value should be", s)
	}
	b.Size, b.Type = n, string(media)
	return value.Binary(&b), nil
}

// uniqueKey is what a unique is compared by; nil when a null exempts the row. It
// is a digest, since the database's indexes hold no long values.
func uniqueKey(t *store.Table, columns []int, row store.Row) []byte {
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
	sum := sha256.Sum256(key)
	return sum[:]
}
