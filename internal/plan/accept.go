package plan

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// Accept checks a value from outside against the type of its destination, and returns
// it in the form that the program uses: it parses moments and marks secrets. fromText
// is set for values of a path, a query string or a header, in which numbers and flags
// are text. The error completes "the field x …"; if an item of a list or a field of a
// record does not fit, it is an *ItemError.
func Accept(t check.Type, v value.Value, fromText bool) (value.Value, error) {
	if v.IsNull() {
		return value.Null, nil
	}
	s, isText := v.Text()
	switch t.Kind {
	case check.Unknown, check.Json:
		return v, nil
	case check.Record:
		if len(t.Fields) == 0 {
			return v, nil
		}
		return acceptRecord(t, v)
	case check.Number:
		if fromText {
			if f, err := strconv.ParseFloat(s, 64); err == nil && !strings.ContainsAny(s, "xXpP_iInN") {
				return value.Number(f), nil
			}
		}
		if _, ok := v.Num(); ok {
			return v, nil
		}
		return v, wanted("a number", v)
	case check.Flag:
		if fromText && (s == "true" || s == "false") {
			return value.Flag(s == "true"), nil
		}
		if _, ok := v.Bool(); ok {
			return v, nil
		}
		return v, wanted("true or false", v)
	case check.DateTime:
		if v.Kind() == value.TimeKind {
			return v, nil
		}
		if isText {
			if m, ok := value.ParseMoment(s); ok {
				return m, nil
			}
		}
		return v, wanted(`a moment such as "2030-01-31T12:00:00Z"`, v)
	case check.Date:
		if isText {
			if _, err := time.Parse(time.DateOnly, s); err == nil {
				return v, nil
			}
		}
		return v, wanted(`a date such as "2030-01-31"`, v)
	case check.Secret:
		if isText {
			return value.Secret(v), nil
		}
		return v, wanted("a text", v)
	case check.Enum:
		for _, c := range t.Constants {
			if isText && s == c {
				return v, nil
			}
		}
		return v, wanted("one of "+strings.Join(t.Constants, ", "), v)
	case check.Binary:
		if v.Kind() == value.BlobKind {
			return v, nil
		}
		if isText {
			if _, err := base64.StdEncoding.DecodeString(s); err == nil {
				return v, nil
			}
		}
		return v, wanted("binary data in base64", v)
	case check.List:
		if fromText && v.Kind() == value.StringKind {
			v = value.List([]value.Value{v})
		}
		if v.Kind() != value.ListKind {
			return v, wanted("a list", v)
		}
		items := make([]value.Value, len(v.Items()))
		for i, x := range v.Items() {
			y, err := item(*t.Elem, x, fromText)
			if err != nil {
				return v, within("["+strconv.Itoa(i)+"]", err)
			}
			items[i] = y
		}
		return value.List(items), nil
	}
	if isText {
		return v, nil
	}
	return v, wanted("a text", v)
}

// acceptRecord checks a record field by field, leaves out what the type does not
// have, and gives null to what is absent.
func acceptRecord(t check.Type, v value.Value) (value.Value, error) {
	if v.Kind() != value.RecordKind {
		return v, wanted("a record", v)
	}
	fields := make([]value.Field, 0, len(t.Fields))
	if t.Open {
		fields = append(fields, v.Fields()...)
	}
	for _, f := range t.Fields {
		part := v.Get(f.Name)
		if part.IsNull() {
			if !f.Type.Null {
				return v, within("."+f.Name, errors.New("is missing"))
			}
			if t.Open {
				continue
			}
			fields = append(fields, value.Field{Name: f.Name, Value: value.Null})
			continue
		}
		got, err := Accept(f.Type, part, false)
		if err != nil {
			return v, within("."+f.Name, err)
		}
		// The last of several fields with a name counts.
		fields = append(fields, value.Field{Name: f.Name, Value: got})
	}
	return value.Record(fields), nil
}

// item checks an item of a list, which must not be null.
func item(t check.Type, v value.Value, fromText bool) (value.Value, error) {
	if v.IsNull() && !t.Null {
		return v, errors.New("must be there, and is null")
	}
	return Accept(t, v, fromText)
}

// An ItemError is the error of Accept for an item of a list or a field of a record
// that does not fit.
type ItemError struct {
	Path string // from the whole value: "[2]", "[2].name"
	Err  error  // completes "the field x[2] …"
}

func (m *ItemError) Error() string {
	return "must have in " + m.Path + " what fits, which " + m.Err.Error()
}
func (m *ItemError) Unwrap() error { return m.Err }

func within(step string, err error) error {
	m := &ItemError{step, err}
	if inner, ok := errors.AsType[*ItemError](err); ok {
		m.Path, m.Err = m.Path+inner.Path, inner.Err
	}
	return m
}

func wanted(what string, v value.Value) error {
	if v.Kind() == value.StringKind {
		return fmt.Errorf("must be %s, not this text", what)
	}
	return fmt.Errorf("must be %s, not %s", what, v.Kind())
}
