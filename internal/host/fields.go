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
	place string // of what does not fit: the field, or a record around it
	err   error  // completes "the field x …"
}

// sentence says what is wrong, and where in the field.
func (b *badField) sentence() string {
	if m, ok := errors.AsType[*plan.ItemError](b.err); ok {
		return "the field " + b.place + m.Path + " " + m.Err.Error()
	}
	return "the field " + b.place + " " + b.err.Error()
}

// path is the whole path of what does not fit: “user.links[1].title”.
func (b *badField) path() string {
	if m, ok := errors.AsType[*plan.ItemError](b.err); ok {
		return b.place + m.Path
	}
	return b.place
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
	for part, column := range k.httpParts {
		v := value.Secret(value.String(l.raw))
		if part != check.RawField {
			v = httpRecord(f.client(x.request), x.filesOf(k, l)).Get(part)
		}
		x.put(column, v)
	}
	for _, field := range k.fields {
		if field == l.file {
			x.put(field.column, somethingBinary) // until it is read
			continue
		}
		v, fromText, place, err := x.carried(field, l)
		if err != nil {
			x.bad = append(x.bad, badField{field, place, err})
			continue
		}
		if v.IsNull() {
			x.put(field.column, v)
			continue
		}
		v, err = field.accept(v, fromText)
		if err != nil {
			x.bad = append(x.bad, badField{field, field.shown, err})
			continue
		}
		if no := field.tooLong(v); no != nil {
			return no
		}
		x.put(field.column, v)
	}
	for _, list := range [][]value.Field{l.body.Fields(), l.query} {
		for _, field := range list {
			x.unread(k, "", field)
		}
	}
	return nil
}

// unread adds what no sync on the route names to the further fields: a field, or
// the parts of a record that syncs divide.
func (x *exchange) unread(k *knownRoute, path string, field value.Field) {
	path = strings.TrimPrefix(path+"."+field.Name, ".")
	divided := false
	for _, f := range k.fields {
		if f.shown == path && !f.record {
			return
		}
		divided = divided || f.record && f.shown == path || strings.HasPrefix(f.shown, path+".")
	}
	if divided && field.Value.Kind() == value.RecordKind {
		for _, part := range field.Value.Fields() {
			x.unread(k, path, part)
		}
		return
	}
	if !divided && !check.IsRuntimeField(path) {
		x.further = append(x.further, value.Field{Name: path, Value: field.Value})
	}
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

// carried finds the value of a field and tells whether it came as text. The error
// is about the record at place, which the field is a part of, and completes
// "the field x …".
func (x *exchange) carried(field *knownField, l *load) (v value.Value, fromText bool, place string, err error) {
	if field.Param {
		return get(x.params, field.Name), true, "", nil
	}
	if field.Credential != nil {
		v, fromText, _ = x.credential(field.Credential, l.body)
		return v, fromText, "", nil
	}
	if len(field.steps) > 1 || field.record {
		v, place, err = field.part(l.body)
		return v, false, place, err
	}
	if v := l.body.Get(field.steps[0]); !v.IsUnset() {
		return v, l.texts, "", nil
	}
	return get(l.query, field.steps[0]), true, "", nil
}

// part finds the value of a part of a record in a body. Of a record that syncs
// divide, only an empty one is left.
func (field *knownField) part(v value.Value) (part value.Value, place string, err error) {
	for i, step := range field.steps {
		v = v.Get(step)
		place = strings.Join(field.steps[:i+1], ".")
		if v.IsNull() {
			if i+1 < len(field.steps) {
				v = value.Value{} // a record that is null has no parts
			}
			return v, place, nil
		}
		if (i+1 < len(field.steps) || field.record) && v.Kind() != value.RecordKind {
			return v, place, errors.New("must be a record, not " + kindOf(v))
		}
	}
	if field.record {
		v = value.Record(nil)
	}
	return v, place, nil
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
