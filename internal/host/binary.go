package host

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Binary data comes in JSON as base64, or as a data URL that says its media
// type, or as a file of its own (upload.go). It goes into the store once and
// through the program as a reference, and out again as base64, or as it is where
// it is the whole body.

// unknownType is the media type of binary data that says nothing of its own.
const unknownType = "application/octet-stream"

// holdsBinary tells whether values of a type are or hold binary data.
func holdsBinary(t check.Type) bool {
	return t.Kind == check.Binary || t.Kind == check.List && t.Elem != nil && holdsBinary(*t.Elem)
}

// filesOf is how many bytes the files of a request have together, as far as that
// is known before they are taken: the whole body, what stands as base64 in JSON,
// or what a form has left when the first file begins.
func (x *exchange) filesOf(k *knownRoute, l *load) int64 {
	if l.file != nil {
		return max(x.request.ContentLength, 0)
	}
	n := x.coming
	for _, field := range k.fields {
		if field.binary && !field.Param {
			n += decodedSize(l.body.Get(field.steps[0]))
		}
	}
	return n
}

// decodedSize is how many bytes the base64 in a value stands for.
func decodedSize(v value.Value) int64 {
	var n int64
	for _, item := range v.Items() {
		n += decodedSize(item)
	}
	if text, ok := v.Text(); ok {
		_, text = dataURL(text)
		n = int64(len(text))/4*3 - int64(len(text)-len(strings.TrimRight(text, "=")))
	}
	return max(n, 0)
}

// keepBinary puts the binary data that came in a text into the store.
func (x *exchange) keepBinary(k *knownRoute) *reply {
	in := x.letsIn(k)
	for _, field := range k.fields {
		if !field.binary {
			continue
		}
		v, err := x.kept(x.in[field.column], in)
		if err != nil {
			return x.notKept(field.Name, err)
		}
		x.in[field.column] = v
	}
	return x.letGo()
}

// notKept is the reply where the store does not take binary data.
func (x *exchange) notKept(field string, err error) *reply {
	if x.request.Context().Err() != nil {
		return unread(io.ErrUnexpectedEOF) // the client is gone, and nothing broke here
	}
	x.undone = true
	return x.failed("storing binary data", x.trace(), fmt.Errorf("keeping the field %s: %w", field, store.OrLost(err)))
}

// kept puts the data of a text into the store; of one that is not let in,
// nothing of it.
func (x *exchange) kept(v value.Value, in bool) (value.Value, error) {
	if items := v.Items(); items != nil {
		list := make([]value.Value, len(items))
		for i, item := range items {
			var err error
			if list[i], err = x.kept(item, in); err != nil {
				return value.Value{}, err
			}
		}
		return value.List(list), nil
	}
	text, ok := v.Text()
	if !ok {
		return v, nil
	}
	media, text := dataURL(text)
	if !in {
		text = ""
	}
	blob, err := x.front.engine.Store().PutBlob(x.request.Context(), base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)), media)
	if err != nil {
		return value.Value{}, err
	}
	return value.Binary(blob), nil
}

// dataURL takes "data:TYPE;base64,TEXT" apart; any other text is base64 itself.
func dataURL(s string) (media, text string) {
	if !strings.HasPrefix(s, "data:") {
		return unknownType, s
	}
	head, text, ok := strings.Cut(s[len("data:"):], ",")
	if media, isBase64 := strings.CutSuffix(head, ";base64"); ok && isBase64 {
		return mediaType(media), text
	}
	return unknownType, s
}

// mediaType is what a client says of its data, where that can be said again.
func mediaType(s string) string {
	if s == "" || len(s) > 100 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return unknownType
	}
	return s
}

// acceptBinary holds what came for a field of binary data against its type. It
// stays as it is until keepBinary makes references of it.
func (field *knownField) acceptBinary(v value.Value, fromText bool) (value.Value, error) {
	if field.Type.Kind == check.List && (v.Kind() == value.BlobKind || fromText && v.Kind() == value.StringKind) {
		v = value.List([]value.Value{v})
	}
	if field.Type.Kind == check.Binary && fromText && v.Kind() == value.ListKind {
		return v, errors.New("came several times, but is one file")
	}
	_, err := plan.Accept(field.Type, decoded(v), fromText)
	return v, err
}

// decoded gives a reference to nothing in place of each text that is base64, so
// that it can be held against a type without being decoded into memory.
func decoded(v value.Value) value.Value {
	if items := v.Items(); items != nil {
		list := make([]value.Value, len(items))
		for i, item := range items {
			list[i] = decoded(item)
		}
		return value.List(list)
	}
	s, ok := v.Text()
	if !ok {
		return v
	}
	if _, s = dataURL(s); isBase64(s) {
		return somethingBinary
	}
	return value.String("?")
}

var somethingBinary = value.Binary(&value.Blob{})

// isBase64 tells whether base64.StdEncoding decodes a text.
func isBase64(s string) bool {
	// The decoder takes padding for the end of a piece only.
	if strings.Contains(strings.TrimRight(s, "=\r\n"), "=") {
		return false
	}
	_, err := io.Copy(io.Discard, base64.NewDecoder(base64.StdEncoding, strings.NewReader(s)))
	return err == nil
}

// sendBlob sends binary data as the whole body, or the part of it that the
// request asks for.
func (x *exchange) sendBlob(p *reply) error {
	r, err := x.front.engine.Store().OpenBlob(x.request.Context(), p.blob.Hash)
	if err != nil {
		return fmt.Errorf("opening binary data: %w", err)
	}
	defer r.Close()
	method := x.request.Method
	if p.status != http.StatusOK || method != http.MethodGet && method != http.MethodHead {
		x.writer.WriteHeader(p.status)
		if method != http.MethodHead {
			p.sent, err = io.Copy(x.writer, r)
		}
		return err
	}
	header := x.writer.Header()
	header.Del("Content-Length") // it may be a part only
	if wanted := x.request.Header.Get("Range"); wanted != "" && !rangeOfBytes.MatchString(wanted) {
		x.request.Header.Del("Range") // a unit that nobody knows is ignored (RFC 9110, 14.2)
	}
	w := &partWriter{ResponseWriter: x.writer}
	http.ServeContent(w, x.request, "", time.Time{}, r)
	p.status, p.sent = cmp.Or(w.status, p.status), w.sent
	if p.status != http.StatusRequestedRangeNotSatisfiable {
		return nil
	}
	// The library's answer to this is no JSON, and it has not left.
	no := problem(p.status, fmt.Sprintf("the binary data has %d bytes, and the Range is outside of them", p.blob.Size))
	no.set("Content-Range", fmt.Sprintf("bytes */%d", p.blob.Size))
	no.trace, p.blob = p.trace, nil
	x.send(no)
	return nil
}

// rangeOfBytes is a Range that says which bytes are wanted.
var rangeOfBytes = regexp.MustCompile(`^bytes=[ \t]*(\d+-\d*|-\d+)([ \t]*,[ \t]*(\d+-\d*|-\d+))*[ \t]*$`)

// A partWriter notes what http.ServeContent answers, and keeps back that there
// is no such part.
type partWriter struct {
	http.ResponseWriter
	status int
	sent   int64
}

func (w *partWriter) WriteHeader(status int) {
	w.status = status
	if status != http.StatusRequestedRangeNotSatisfiable {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *partWriter) Write(b []byte) (int, error) {
	if w.status == http.StatusRequestedRangeNotSatisfiable {
		return len(b), nil
	}
	n, err := w.ResponseWriter.Write(b)
	w.sent += int64(n)
	return n, err
}

// ReadFrom lets the connection take the data out of the file itself.
func (w *partWriter) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(w.ResponseWriter, r)
	w.sent += n
	return n, err
}
