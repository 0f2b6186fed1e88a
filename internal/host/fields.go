package host

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

const (
	// maxFields is how many fields a body or a query string may have.
	maxFields = 1000
	// maxHeaders is how many headers a request may have that syncs look at.
	maxHeaders = 200
)

// A badField was sent, but does not fit what it flows into.
type badField struct {
	*knownField
	err error // completes "the field x …"
}

// sentence says what is wrong, and where in the field.
func (b *badField) sentence() string {
	if m, ok := errors.AsType[*plan.ItemError](b.err); ok {
		return "the field " + b.Name + m.Path + " " + m.Err.Error()
	}
	return "the field " + b.Name + " " + b.err.Error()
}

// gather puts what the request carries into the columns of Requesting.request.
// A field comes from the path, else from the body, else from the query string.
// What no sync on the route names is kept apart.
func (x *exchange) gather(k *knownRoute, l *load) *reply {
	var no *reply
	if l.query, no = readPairs(x.request.URL.RawQuery, "query string"); no != nil {
		return no
	}
	f := x.front
	x.widen(k)
	if k.action == f.routes.Request {
		x.put(f.method, value.String(k.method(x.request.Method)))
		x.put(f.path, value.String(k.Path))
	}
	if k.wantsHeaders {
		if len(x.request.Header) > maxHeaders {
			return problem(http.StatusRequestHeaderFieldsTooLarge, "the request has more than 200 headers")
		}
		x.put(f.headers, f.headerRecord(x.request.Header))
	}
	if k.wantsHTTP {
		x.put(f.http, httpRecord(f.client(x.request), x.filesOf(k, l)))
	}
	for _, field := range k.fields {
		if field == l.file {
			x.put(field.column, somethingBinary) // until it is read
			continue
		}
		v, fromText := x.carried(field, l)
		if v.IsNull() {
			x.put(field.column, v)
			continue
		}
		v, err := field.accept(v, fromText)
		if err != nil {
			x.bad = append(x.bad, badField{field, err})
			continue
		}
		if no := field.tooLong(v); no != nil {
			return no
		}
		x.put(field.column, v)
	}
	for _, list := range [][]value.Field{l.body.Fields(), l.query} {
		for _, field := range list {
			if k.field(field.Name) == nil && !check.IsRuntimeField(field.Name) {
				x.further = append(x.further, field)
			}
		}
	}
	return nil
}

// widen makes room for a value of each input of what will be asked.
func (x *exchange) widen(k *knownRoute) {
	n := 0
	if k.action != nil {
		n = len(k.action.Inputs)
	} else {
		n = len(k.query.Inputs) + pageFields
	}
	if cap(x.in) < n {
		x.in = make([]value.Value, n)
	}
	x.in = x.in[:n]
}

func (x *exchange) put(column int, v value.Value) {
	if column >= 0 {
		x.in[column] = v
	}
}

// method is what a request with a method counts as on the route: HEAD is
// answered as GET is.
func (k *knownRoute) method(m string) string {
	if k.Method != "" {
		return k.Method
	}
	return strings.ToValidUTF8(m, "?")
}

// carried finds the value of a field and tells whether it came as text.
func (x *exchange) carried(field *knownField, l *load) (v value.Value, fromText bool) {
	if field.Param {
		return get(x.params, field.Name), true
	}
	if field.Credential != nil {
		v, fromText, _ = x.credential(field.Credential, l.body)
		return v, fromText
	}
	if v := l.body.Get(field.Name); !v.IsUnset() {
		return v, l.texts
	}
	return get(l.query, field.Name), true
}

func get(fields []value.Field, name string) value.Value {
	for _, f := range fields {
		if f.Name == name {
			return f.Value
		}
	}
	return value.Value{}
}

// accept holds a value against the field's type, and marks it where it is secret.
func (field *knownField) accept(v value.Value, fromText bool) (value.Value, error) {
	if fromText && field.Type.Kind == check.Unknown {
		v = field.likeLiterals(v)
	}
	if field.binary {
		return field.acceptBinary(v, fromText)
	}
	v, err := plan.Accept(field.Type, v, fromText)
	if err != nil {
		return v, err
	}
	if _, isText := v.Text(); field.Credential != nil && !isText {
		return v, errors.New("must be a text, not " + kindOf(v))
	}
	if field.Secret {
		v = value.Secret(v)
	}
	return v, field.paging(v)
}

// likeLiterals reads a text as the numbers and flags that syncs compare it
// with, where nothing else says what it is.
func (field *knownField) likeLiterals(v value.Value) value.Value {
	for _, l := range field.literals {
		kind := check.Unknown
		switch l.Kind() {
		case value.NumberKind:
			kind = check.Number
		case value.FlagKind:
			kind = check.Flag
		default:
			continue
		}
		if got, err := plan.Accept(check.Type{Kind: kind}, v, true); err == nil && value.Equal(got, l) {
			return got
		}
	}
	return v
}

// headerRecord gives the headers of a request as a record in the order of
// their names, lower-case; those that carry secrets are left out.
func (f *Front) headerRecord(h http.Header) value.Value {
	fields := make([]value.Field, 0, len(h))
	for name, values := range h {
		if !f.secretHeaders[name] {
			text := strings.ToValidUTF8(strings.Join(values, ", "), "?")
			fields = append(fields, value.Field{Name: strings.ToLower(name), Value: value.String(text)})
		}
	}
	slices.SortFunc(fields, func(a, b value.Field) int { return strings.Compare(a.Name, b.Name) })
	return value.Record(fields)
}
