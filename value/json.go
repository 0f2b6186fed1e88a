package value

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// MomentLayout is how a moment is written in JSON: RFC 3339, UTC, milliseconds.
const MomentLayout = "2006-01-02T15:04:05.000Z"

// Hidden is what is shown in place of a secret.
const Hidden = "•••"

// AppendJSON appends a value as JSON, hiding what is secret. An unset value is
// written as null.
func AppendJSON(dst []byte, v Value) []byte { return appendJSON(dst, v, false) }

// AppendRevealedJSON appends a value as JSON with the secrets in it. It is for
// the one answer that they were made for.
func AppendRevealedJSON(dst []byte, v Value) []byte { return appendJSON(dst, v, true) }

func appendJSON(dst []byte, v Value, reveal bool) []byte {
	switch v.Kind() {
	case FlagKind:
		return strconv.AppendBool(dst, v.num == 1)
	case NumberKind:
		f, _ := v.Num()
		return appendNumber(dst, f)
	case TimeKind:
		t, _ := v.Moment()
		dst = append(dst, '"')
		dst = t.AppendFormat(dst, MomentLayout)
		return append(dst, '"')
	case StringKind:
		s, _ := v.Text()
		return appendQuoted(dst, s)
	case ListKind:
		dst = append(dst, '[')
		for i, x := range v.Items() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, x, reveal)
		}
		return append(dst, ']')
	case RecordKind:
		dst = append(dst, '{')
		for i, f := range v.Fields() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendQuoted(dst, f.Name)
			dst = append(dst, ':')
			dst = appendJSON(dst, f.Value, reveal)
		}
		return append(dst, '}')
	case BlobKind:
		b := v.Blob()
		return fmt.Appendf(dst, `{"sha256":"%s","size":%d,"type":%s}`, hex.EncodeToString(b.Hash[:]), b.Size, appendQuoted(nil, b.Type))
	case SecretKind:
		if reveal {
			return appendJSON(dst, v.Reveal(), true)
		}
		return append(dst, `"`+Hidden+`"`...)
	case OmittedKind:
		return appendQuoted(dst, v.Omitted().String())
	}
	return append(dst, "null"...)
}

func appendNumber(dst []byte, f float64) []byte {
	if i := int64(f); float64(i) == f && i < 1<<53 && i > -1<<53 {
		return strconv.AppendInt(dst, i, 10)
	}
	b, err := jsontext.AppendFormat(dst, []byte(strconv.FormatFloat(f, 'g', -1, 64)), jsontext.CanonicalizeRawFloats(true))
	if err != nil {
		return append(dst, "null"...)
	}
	return b
}

func appendQuoted(dst []byte, s string) []byte {
	b, err := jsontext.AppendQuote(dst, s)
	if err != nil {
		// Not UTF-8: AppendQuote has written it with replacement characters.
		return b
	}
	return b
}

// String shows a value as JSON, secrets hidden, cut after 200 bytes.
func (v Value) String() string {
	if o := v.Omitted(); o != nil {
		return o.String()
	}
	b := AppendJSON(nil, v)
	if len(b) > 200 {
		return string(bytes.ToValidUTF8(b[:200], nil)) + "…"
	}
	return string(b)
}

// ParseJSON reads exactly one JSON value. Its errors say where, in lines and
// columns. Names that stand twice in an object, text that is not UTF-8, and
// nesting deeper than 200 are errors.
func ParseJSON(text []byte) (Value, error) { return ParseLentJSON(text, nil) }

// ParseLentJSON is ParseJSON for large texts that need not be copied: those in
// the fields of the outermost object for which lent is true lie in text itself,
// which is written over for them, and hold until it is changed.
func ParseLentJSON(text []byte, lent func(name string) bool) (Value, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	v, err := parseJSON(d, 0, lent, false)
	if err == nil {
		if _, more := d.ReadToken(); more != io.EOF {
			err = errors.New("there is text after the end of the JSON")
		}
	}
	if err != nil {
		return Value{}, fmt.Errorf("%s: %w", place(text, d.InputOffset()), plain(err))
	}
	return v, nil
}

func place(text []byte, offset int64) string {
	before := text[:min(int(offset), len(text))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("line %d, column %d", line, column)
}

// plain takes the library's own words for the place out of its errors.
func plain(err error) error {
	var s *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON ends too early")
	case errors.As(err, &s):
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fmt.Errorf("the name %q is repeated", s.JSONPointer.LastToken())
		}
		return unquoted(s.Err)
	}
	return err
}

// unquoted leaves out what the library quotes of a text behind a wrong escape:
// the text may be a password, and what is said of it is shown and logged.
func unquoted(err error) error {
	switch said := err.Error(); {
	case strings.HasPrefix(said, "invalid surrogate pair"):
		return errors.New("half of a surrogate pair in string")
	case strings.HasPrefix(said, "invalid escape sequence `\\u"):
		return errors.New("invalid escape sequence `\\u` in string")
	}
	return err
}

// parseJSON reads one value. With inPlace its texts are lent.
func parseJSON(d *jsontext.Decoder, depth int, lent func(string) bool, inPlace bool) (Value, error) {
	if depth > maxDepth {
		return Value{}, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	if inPlace && d.PeekKind() == '"' {
		quoted, err := d.ReadValue()
		if err != nil {
			return Value{}, err
		}
		return lentText(quoted)
	}
	t, err := d.ReadToken()
	if err != nil {
		return Value{}, err
	}
	switch t.Kind() {
	case 'n':
		return Null, nil
	case 't', 'f':
		return Flag(t.Bool()), nil
	case '"':
		return String(t.String()), nil
	case '0':
		f, err := strconv.ParseFloat(t.String(), 64)
		if err != nil {
			// The number is not repeated: it may be long, and meant for a secret field.
			return Value{}, errors.New("a number is too large")
		}
		return Number(f), nil
	case '[':
		items := []Value{}
		for d.PeekKind() != ']' {
			x, err := parseJSON(d, depth+1, nil, inPlace)
			if err != nil {
				return Value{}, err
			}
			items = append(items, x)
		}
		_, err := d.ReadToken()
		return List(items), err
	case '{':
		fields := []Field{}
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return Value{}, err
			}
			// The decoder refuses names that stand twice.
			field := Field{Name: name.String()}
			if field.Value, err = parseJSON(d, depth+1, nil, inPlace || lent != nil && lent(field.Name)); err != nil {
				return Value{}, err
			}
			fields = append(fields, field)
		}
		_, err := d.ReadToken()
		return Value{ref: &record{fields}}, err
	}
	return Value{}, fmt.Errorf("unexpected %s", t.Kind())
}

// lentText makes a text that lies where it stood in quotes. What has escapes in
// it becomes shorter, so that it can be written over itself.
func lentText(quoted []byte) (Value, error) {
	plain := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(plain, '\\') >= 0 {
		var err error
		if plain, err = jsontext.AppendUnquote(quoted[:0], quoted); err != nil {
			return Value{}, err
		}
	}
	return String(unsafe.String(unsafe.SliceData(plain), len(plain))), nil
}

// ParseMoment reads a moment as clients write it: RFC 3339 with any fraction
// and zone.
func ParseMoment(s string) (Value, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return Value{}, false
	}
	return Time(t), true
}
