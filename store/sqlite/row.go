package sqlite

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// How a value lies in a column:
//
//	text    TEXT
//	number  REAL
//	flag    INTEGER, 0 or 1
//	moment  INTEGER, milliseconds since 1970
//	blob    TEXT, "sha256:" and the hash in hexadecimal, size, media type, by semicolons
//	json    TEXT, JSON, if that loses nothing, else BLOB, the encoding of package value
//
// and a collection like json, with its items in the form that they would have
// in a column.

func sqlType(c *store.Column) string {
	if c.Many != store.One {
		return "ANY"
	}
	switch c.Type {
	case store.Number:
		return "REAL"
	case store.Flag, store.Moment:
		return "INTEGER"
	case store.Json:
		return "ANY"
	}
	return "TEXT"
}

// bindColumn binds the next parameter to a column's value.
func (s *Store) bindColumn(q *stmt, c *store.Column, v value.Value) {
	switch {
	case v.IsNull():
		q.bindNull()
	case c.Many != store.One:
		s.bindAny(q, plain(c.Type, v))
	default:
		s.bindItem(q, c.Type, v)
	}
}

// bindItem binds the next parameter to one value of a type.
func (s *Store) bindItem(q *stmt, t store.Type, v value.Value) {
	switch t {
	case store.Text:
		text, _ := v.Text()
		q.bindText(text)
	case store.Number:
		f, _ := v.Num()
		q.bindFloat(f)
	case store.Flag:
		b, _ := v.Bool()
		if b {
			q.bindInt(1)
		} else {
			q.bindInt(0)
		}
	case store.Moment:
		m, _ := v.Moment()
		q.bindInt(m.UnixMilli())
	case store.Blob:
		q.bindText(blobText(v.Blob()))
	case store.Json:
		s.bindAny(q, v)
	}
}

// bindAny binds the next parameter to a value of any kind.
func (s *Store) bindAny(q *stmt, v value.Value) {
	if isJSON(v) {
		s.scratch = value.AppendJSON(s.scratch[:0], v)
		q.bindText(string(s.scratch))
		return
	}
	s.scratch = value.Append(s.scratch[:0], v)
	q.bindBlob(s.scratch)
}

// column reads column i of a result as the value of a column.
func (q *stmt) value(i int, c *store.Column) (value.Value, error) {
	kind := q.kind(i)
	if kind == isNull {
		return value.Null, nil
	}
	if c.Many == store.One {
		return q.item(i, kind, c.Type)
	}
	v, err := q.any(i, kind)
	if err != nil {
		return v, err
	}
	return unplain(c.Type, v)
}

func (q *stmt) item(i int, kind columnKind, t store.Type) (value.Value, error) {
	switch {
	case t == store.Text && kind == isText:
		return value.String(q.string(i)), nil
	case t == store.Number:
		return value.Number(q.float(i)), nil
	case t == store.Flag:
		return value.Flag(q.int(i) != 0), nil
	case t == store.Moment:
		return value.Time(time.UnixMilli(q.int(i))), nil
	case t == store.Blob:
		return parseBlob(q.string(i))
	case t == store.Json:
		return q.any(i, kind)
	}
	return value.Value{}, fmt.Errorf("the file holds something else than %v", t)
}

func (q *stmt) any(i int, kind columnKind) (value.Value, error) {
	if kind == isBlob {
		v, _, err := value.Decode(q.bytes(i))
		return v, err
	}
	return value.ParseJSON([]byte(q.string(i)))
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
		return value.Value{}, fmt.Errorf("the file holds %q where a reference to a large value should be", s)
	}
	if _, err := hex.Decode(b.Hash[:], hash); err != nil {
		return value.Value{}, fmt.Errorf("the file holds %q where a reference to a large value should be", s)
	}
	b.Size, b.Type = n, string(media)
	return value.Binary(&b), nil
}

// uniqueKey is what a unique that SQLite cannot compare by itself is compared
// by; nil when a null exempts the row.
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
	return key
}
