package postgres

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// The encoding of values in columns:
//
//	text    TEXT
//	number  DOUBLE PRECISION
//	flag    BOOLEAN
//	moment  BIGINT, milliseconds since 1970
//	blob    TEXT, "sha256:" and the hash in hexadecimal, size, media type, separated by semicolons
//	json    TEXT, JSON if that loses nothing, else the encoding of package value
//
// A collection is like json, and its items have the form that they would have in a
// column. The texts of the database can have neither zero bytes nor invalid UTF-8. Such
// texts, those that begin with U+0001, and the encoding of package value are written as
// U+0001 and base64.

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

// encodeText encodes a string as a text that the database can store.
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
		return "", fmt.Errorf("the database has a text with an invalid encoding: %w", err)
	}
	return string(b), nil
}

// encode returns the form of a column's value in the database.
func encode(c *store.Column, v value.Value) any {
	switch {
	case v.IsNull():
		return nil
	case c.Many != store.One:
		return encodeAny(tables.Plain(c.Type, v))
	}
	return encodeItem(c.Type, v)
}

// encodeItem returns the form of one value of a type in the database.
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
		return encodeText(tables.BlobText(v.Blob()))
	case store.Json:
		return encodeAny(v)
	}
	s, _ := v.Text()
	return encodeText(s)
}

// itemText returns the text by which an item of a collection is found.
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
	if tables.IsJSON(v) {
		return string(value.AppendJSON(nil, v))
	}
	return coded + base64.RawStdEncoding.EncodeToString(value.Append(nil, v))
}

// decode returns the value of a column from its form in the database.
func decode(c *store.Column, x any) (value.Value, error) {
	if x == nil {
		return value.Null, nil
	}
	if c.Many != store.One {
		v, err := decodeAny(x)
		if err != nil {
			return v, err
		}
		return tables.Unplain(c.Type, v)
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
			return tables.ParseBlob(s)
		}
	case float64:
		return value.Number(x), nil
	case bool:
		return value.Flag(x), nil
	case int64:
		return value.Time(time.UnixMilli(x)), nil
	}
	return value.Value{}, fmt.Errorf("the database has a %T instead of a %v", x, c.Type)
}

func decodeAny(x any) (value.Value, error) {
	s, ok := x.(string)
	if !ok {
		return value.Value{}, fmt.Errorf("the database has a %T instead of a text", x)
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

// uniqueKey returns the key by which a unique is compared, or nil if a null exempts the
// row. It is a digest, since indexes of the database cannot have long values.
func uniqueKey(t *store.Table, columns []int, row store.Row) []byte {
	key := tables.UniqueKey(t, columns, row)
	if key == nil {
		return nil
	}
	sum := sha256.Sum256(key)
	return sum[:]
}
