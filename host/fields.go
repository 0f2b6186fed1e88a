package host

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/legible-lang/legible/check"
	"github.com/legible-lang/legible/plan"
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

// gather puts what the request carries into the columns of Requesting.request.
// A field comes from the path, else from the body, else from the query string.
// What no sync on the route names is kept apart.
func (x *exchange) gather(k *knownRoute) *reply {
	body, no := x.readBody()
	if no != nil {
		return no
	}
	query, no := readQuery(x.request.URL.RawQuery)
	if no != nil {
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
	for _, field := range k.fields {
		v, fromText := x.carried(field, body, query)
		if v.IsNull() {
			x.put(field.column, v)
			continue
		}
		v, err := field.accept(v, fromText)
		if err != nil {
			x.bad = append(x.bad, badField{field, err})
			continue
		}
		x.put(field.column, v)
	}
	for _, list := range [][]value.Field{body.Fields(), query} {
		for _, field := range list {
			if k.field(field.Name) == nil && !slices.Contains(reserved, field.Name) {
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
		n = len(k.query.Inputs)
	}
	if cap(x.in) < n {
		x.in = make([]value.Value, n)
	}
	x.in = x.in[:n]
}

// reserved are the names that the front gives their values itself.
var reserved = []string{"method", "path", "headers"}

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
func (x *exchange) carried(field *knownField, body value.Value, query []value.Field) (v value.Value, fromText bool) {
	if field.Param {
		return get(x.params, field.Name), true
	}
	if field.Credential != nil {
		v, fromText, _ = x.credential(field.Credential, body)
		return v, fromText
	}
	if v := body.Get(field.Name); !v.IsUnset() {
		return v, false
	}
	return get(query, field.Name), true
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
		_, err := plan.Accept(field.Type, withoutDataURL(v), fromText)
		return v, err // keepBinary makes a reference of it
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
	return v, nil
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

// readBody gives the fields of the body, a JSON object, or a value that is
// unset when there is none.
func (x *exchange) readBody() (value.Value, *reply) {
	r, limit := x.request, x.front.options.MaxBody
	none := value.Value{}
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return none, nil
	}
	if r.ContentLength > limit {
		return none, tooLarge(limit)
	}
	if no := jsonBody(r.Header); no != nil {
		return none, no
	}
	if err := x.readAll(r.Body, limit); err != nil {
		switch {
		case errors.Is(err, errTooLarge):
			return none, tooLarge(limit)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return none, problem(http.StatusRequestTimeout, "the body did not arrive in time")
		}
		return none, problem(http.StatusBadRequest, "the body ended before it was complete")
	}
	if len(x.body) == 0 {
		return none, nil
	}
	v, err := value.ParseJSON(x.body)
	if err != nil {
		return none, problem(http.StatusBadRequest, "the body is not JSON: "+clip(err.Error(), 300))
	}
	if v.Kind() != value.RecordKind {
		return none, problem(http.StatusBadRequest, `the body must be a JSON object such as {"name": "value"}, not `+kindOf(v))
	}
	if len(v.Fields()) > maxFields {
		return none, problem(http.StatusBadRequest, "the body has more than 1000 fields")
	}
	return v, nil
}

// kindOf says what a value is, in the words of the language.
func kindOf(v value.Value) string {
	if v = v.Reveal(); v.Kind() == value.StringKind {
		return "a text"
	}
	return v.Kind().String()
}

var errTooLarge = errors.New("the body is too large")

// readAll reads into the exchange's buffer, which grows with what arrives and
// not with what was promised. The server closes the connection of a client that
// goes on sending after its answer.
func (x *exchange) readAll(r io.Reader, limit int64) error {
	if cap(x.body) == 0 {
		x.body = make([]byte, 0, 1024)
	}
	for {
		if len(x.body) == cap(x.body) {
			x.body = append(x.body, 0)[:len(x.body)]
		}
		n, err := r.Read(x.body[len(x.body):cap(x.body)])
		x.body = x.body[:len(x.body)+n]
		if int64(len(x.body)) > limit {
			return errTooLarge
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func tooLarge(limit int64) *reply {
	return problem(http.StatusRequestEntityTooLarge, "the body is larger than "+size(limit)+", which is the limit",
		value.Field{Name: "limit", Value: value.Number(float64(limit))})
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

// jsonBody refuses a body that says that it is something else.
func jsonBody(h http.Header) *reply {
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return problem(http.StatusUnsupportedMediaType, "the body must not be compressed")
	}
	kind := h.Get("Content-Type")
	if kind == "" || kind == "application/json" {
		return nil
	}
	media, params, err := mime.ParseMediaType(kind)
	if err == nil && (media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")) {
		if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") {
			return problem(http.StatusUnsupportedMediaType, "the body must be in UTF-8, not "+clip(c, 40))
		}
		return nil
	}
	return problem(http.StatusUnsupportedMediaType, "the body must be application/json, not "+clip(kind, 80))
}

// readQuery gives the fields of a query string in their order. A name that
// stands several times becomes a list.
func readQuery(raw string) ([]value.Field, *reply) {
	if raw == "" {
		return nil, nil
	}
	var fields []value.Field
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(k)
		text, err2 := url.QueryUnescape(v)
		if err != nil || err2 != nil || !utf8.ValidString(name) || !utf8.ValidString(text) {
			return nil, problem(http.StatusBadRequest, "the query string has an escape that is no UTF-8 text")
		}
		if i := slices.IndexFunc(fields, func(f value.Field) bool { return f.Name == name }); i >= 0 {
			items := fields[i].Value.Items()
			if items == nil {
				items = []value.Value{fields[i].Value}
			}
			fields[i].Value = value.List(append(items, value.String(text)))
			continue
		}
		if len(fields) == maxFields {
			return nil, problem(http.StatusBadRequest, "the query string has more than 1000 fields")
		}
		fields = append(fields, value.Field{Name: name, Value: value.String(text)})
	}
	return fields, nil
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
