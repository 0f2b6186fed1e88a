package sqlite

import (
	"fmt"
	"time"

	"github.com/legible-lang/legible/internal/store/tables"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// The encoding of values in columns:
//
//	text    TEXT
//	number  REAL
//	flag    INTEGER, 0 or 1
//	moment  INTEGER, milliseconds since 1970
//	blob    TEXT, "sha256:" and the hash in hexadecimal, size, media type, separated by semicolons
//	json    TEXT, JSON, if that loses nothing, else BLOB, the encoding of package value
//
// A collection is like json, and its items have the form that they would have in a
// column.

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
		s.bindAny(q, tables.Plain(c.Type, v))
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
		q.bindText(tables.BlobText(v.Blob()))
	case store.Json:
		s.bindAny(q, v)
	}
}

// bindAny binds the next parameter to a value of any kind.
func (s *Store) bindAny(q *stmt, v value.Value) {
	if tables.IsJSON(v) {
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
	return tables.Unplain(c.Type, v)
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
		return tables.ParseBlob(q.string(i))
	case t == store.Json:
		return q.any(i, kind)
	}
	return value.Value{}, fmt.Errorf("the file has another type of value than %v here", t)
}

func (q *stmt) any(i int, kind columnKind) (value.Value, error) {
	if kind == isBlob {
		v, _, err := value.Decode(q.bytes(i))
		return v, err
	}
	return value.ParseJSON([]byte(q.string(i)))
}
