package host

import (
	"errors"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// A bodyKind says how a body is read.
type bodyKind int

const (
	noBody    bodyKind = iota
	jsonBody           // a JSON object
	formBody           // a form in one line, or JSON that says it is one
	partsBody          // a form in parts: upload.go
	rawBody            // the one file of the route: upload.go
)

// A load is what a request carries beside its path and headers.
type load struct {
	body  value.Value // a record, or unset
	texts bool        // the body's fields came as texts
	file  *knownField // that the whole body is for, nil in general
	query []value.Field
	raw   string // the body as it came, if a sync names it
}

// kindOfBody tells by the headers alone how the body is to be read, with the
// boundary of a form in parts or the media type of a file.
func (x *exchange) kindOfBody(k *knownRoute) (kind bodyKind, detail string, no *reply) {
	r := x.request
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return noBody, "", nil
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return noBody, "", problem(http.StatusUnsupportedMediaType, "the body must not be compressed")
	}
	text := r.Header.Get("Content-Type")
	if text == "" || text == "application/json" {
		return jsonBody, "", nil
	}
	media, params, err := mime.ParseMediaType(text)
	readable := err == nil
	switch {
	case !readable:
	case media == "application/json", media == "text/json", strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"):
		kind = jsonBody
	case media == "text/plain":
		kind = jsonBody
	case media == "application/x-www-form-urlencoded":
		kind = formBody
	case media == "multipart/form-data":
		if params["boundary"] == "" {
			return noBody, "", problem(http.StatusBadRequest, "the Content-Type multipart/form-data names no boundary")
		}
		return partsBody, params["boundary"], nil
	}
	switch {
	case kind == noBody && k.file != nil && readable:
		return rawBody, mediaType(text), nil
	case kind == noBody && k.file != nil && errors.Is(err, mime.ErrInvalidMediaParameter):
		return rawBody, mediaType(media), nil
	case kind == noBody:
		return noBody, "", problem(http.StatusUnsupportedMediaType, k.takes()+", not "+words.Clip(text, 80))
	}
	if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") && !strings.EqualFold(c, "us-ascii") {
		return noBody, "", problem(http.StatusUnsupportedMediaType, "the body must be in UTF-8, not "+words.Clip(c, 40))
	}
	return kind, "", nil
}

// takes says which bodies a route takes.
func (k *knownRoute) takes() string {
	if !k.binary {
		return "the body must be application/json"
	}
	return "the body must be application/json or multipart/form-data, as several files may come"
}

// readBody gives the fields of a body that is read into memory as a whole.
func (x *exchange) readBody(k *knownRoute, kind bodyKind, l *load) *reply {
	r, limit := x.request, k.texts
	if k.binary {
		limit = x.front.options.MaxBinary
	}
	if r.ContentLength > limit {
		return tooLarge(limit)
	}
	if no := x.fill(r.Body, limit, r.ContentLength); no != nil || len(x.body) == 0 {
		return no
	}
	if k.wantsRaw {
		if !utf8.Valid(x.body) {
			return problem(http.StatusBadRequest, "the body is not valid UTF-8")
		}
		l.raw = string(x.body)
	}
	if kind == formBody && looksLikeForm(x.body) {
		// The fields' texts are cut out of one copy.
		if no := x.hold(int64(cap(x.body) + 2*len(x.body) + len(l.raw))); no != nil {
			return no
		}
		fields, no := readPairs(string(x.body), "form")
		l.body, l.texts = value.Record(fields), true
		return no
	}
	return x.readJSON(k, l)
}

// readJSON reads what is in the exchange's buffer. Texts that are binary data
// stay there until they are in the store, so that they are in memory once.
func (x *exchange) readJSON(k *knownRoute, l *load) *reply {
	n := int64(len(x.body))
	var values int64
	if n > smallBody {
		values = weight(x.body) + int64(len(l.raw))
		copies := n
		if k.binary {
			copies = 0
		}
		if no := x.hold(int64(cap(x.body)) + values + copies); no != nil {
			return no
		}
	}
	var lent func(string) bool
	if k.binary {
		lent = k.isBinary
	}
	v, err := value.ParseLentJSON(x.body, lent)
	if err != nil {
		hint := ""
		if k.binary {
			hint = "; a file is sent with a Content-Type of its own, such as " + unknownType + ", or in a form as multipart/form-data"
			if k.file == nil {
				hint = "; files are sent in a form as multipart/form-data"
			}
		}
		return problem(http.StatusBadRequest, "the body is not JSON: "+words.Clip(err.Error(), 300)+hint)
	}
	if v.Kind() != value.RecordKind {
		return problem(http.StatusBadRequest, `the body must be a JSON object such as {"name": "value"}, not `+kindOf(v))
	}
	if len(v.Fields()) > maxFields {
		return problem(http.StatusBadRequest, "the body has more than 1000 fields")
	}
	l.body = v
	if n <= smallBody {
		return nil
	}
	if k.binary {
		x.copied = values + n - lentSize(k, v)
		return x.hold(int64(cap(x.body)) + x.copied)
	}
	x.copied = values + n
	return x.letGo()
}

// letGo gives the buffer of the body away, once nothing lies in it any more.
func (x *exchange) letGo() *reply {
	x.body = small(x.body)
	return x.hold(x.copied)
}

// isBinary tells whether a field of the route is or holds binary data.
func (k *knownRoute) isBinary(name string) bool {
	field := k.wire(name)
	return field != nil && field.binary
}

// lentSize is how many bytes of the body its texts of binary data take.
func lentSize(k *knownRoute, body value.Value) int64 {
	var n int64
	add := func(v value.Value) {
		s, _ := v.Text()
		n += int64(len(s))
	}
	for _, f := range body.Fields() {
		if k.isBinary(f.Name) {
			add(f.Value)
			for _, item := range f.Value.Items() {
				add(item)
			}
		}
	}
	return n
}

// kindOf says what a value is, in the words of the language.
func kindOf(v value.Value) string {
	if v = v.Reveal(); v.Kind() == value.StringKind {
		return "a text"
	}
	return v.Kind().String()
}
