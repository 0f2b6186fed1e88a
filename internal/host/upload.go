package host

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// Files come as the whole body, on a route that has one field for a file, or as
// parts of a form. They go to the store as they arrive, and no more than a piece
// of one is in memory. What was put there for a request that is then refused, or
// breaks off, is swept away with all that nothing refers to.

const (
	// maxFiles is how many files a form may have.
	maxFiles = 100
	// maxPartHead is how much may stand between the contents of two parts: the
	// headers of the second.
	maxPartHead = 16 << 10
	// behindFiles is how much of a form is let stand behind its files: the end of
	// the form, and short fields.
	behindFiles = 4 << 10
	// maxPartName is how long the name of a part may be.
	maxPartName = 200
	// pieces is what a file takes of the budget while it arrives.
	pieces = 128 << 10
	// slowest is how many bytes a second an upload must have at least, after
	// the time that every request has.
	slowest = 64 << 10
)

// An upload is a body on its way to the store.
type upload struct {
	x       *exchange
	limit   int64
	read    int64
	head    int64 // what may be read until a part begins; below zero: anything
	err     error // that the body could not be read further
	began   time.Time
	control *http.ResponseController
}

var errLongHead = errors.New("a part of the form has headers that are too long")

// upload begins an upload of at most limit bytes.
func (x *exchange) upload(limit int64) (*upload, *reply) {
	if x.request.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	if no := x.hold(pieces); no != nil {
		return nil, no
	}
	return &upload{x: x, limit: limit, head: -1, began: time.Now(), control: http.NewResponseController(x.writer)}, nil
}

func (u *upload) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	if u.head >= 0 && int64(len(p)) > u.head {
		if u.head == 0 {
			u.err = errLongHead
			return 0, u.err
		}
		p = p[:u.head]
	}
	n, err := u.x.request.Body.Read(p)
	if u.head >= 0 {
		u.head -= int64(n)
	}
	before := u.read
	if u.read += int64(n); u.read > u.limit {
		n, err = int(u.limit-before), errTooLarge // what ends within the limit is whole
		u.read = u.limit
	} else if u.read>>20 != before>>20 {
		u.moreTime()
	}
	if err != io.EOF {
		u.err = err
	}
	return n, err
}

// moreTime moves the end of the time that the server gives for reading, as long
// as something comes. Not every writer has one.
func (u *upload) moreTime() {
	if u.x.front.options.ReadTimeout < 0 {
		return
	}
	more := u.x.front.options.ReadTimeout + time.Duration(u.read/slowest)*time.Second
	_ = u.control.SetReadDeadline(u.began.Add(more))
}

// end gives the answer the time that it would have without an upload.
func (u *upload) end() {
	if u.x.front.options.WriteTimeout < 0 {
		return
	}
	_ = u.control.SetWriteDeadline(time.Now().Add(u.x.front.options.WriteTimeout))
}

// problem is the reply where the body could not be read; nil when it could.
func (u *upload) problem() *reply {
	switch {
	case u.err == nil && u.x.request.Context().Err() == nil:
		return nil
	case u.err == nil:
		return unread(io.ErrUnexpectedEOF) // the client is gone
	case errors.Is(u.err, errTooLarge):
		return tooLarge(u.limit)
	case errors.Is(u.err, errLongHead):
		return problem(http.StatusRequestHeaderFieldsTooLarge, u.err.Error())
	}
	return unread(u.err)
}

// keep puts a file into the store.
func (u *upload) keep(field string, r io.Reader, media string) (value.Value, *reply) {
	part := &watched{Reader: r}
	blob, err := u.x.front.engine.Store().PutBlob(u.x.request.Context(), part, media)
	switch {
	case err == nil:
		return value.Binary(blob), nil
	case part.err != nil:
		return value.Value{}, u.x.brokenPart(u)
	}
	return value.Value{}, u.x.notKept(field, err)
}

// A watched reader remembers that reading failed, so that what is the client's is
// told from what is the store's, whatever errors both have.
type watched struct {
	io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != io.EOF {
		w.err = err
	}
	return n, err
}

// readRaw keeps the body as the route's one file.
func (x *exchange) readRaw(k *knownRoute, media string) *reply {
	if !x.letsIn(k) {
		v, no := x.nothing(k.file.shown, media)
		x.put(k.file.column, v)
		return no
	}
	u, no := x.upload(x.front.options.MaxUpload)
	if no != nil {
		return no
	}
	defer u.end()
	v, no := u.keep(k.file.shown, u, media)
	if no != nil {
		return no
	}
	x.put(k.file.column, v)
	return x.hold(0)
}

// readParts gives the fields of a form in parts. A part with the name of a
// field of binary data is a file; any other is a text.
func (x *exchange) readParts(k *knownRoute, boundary string, l *load) *reply {
	limit := k.texts
	if k.binary {
		limit = x.front.options.MaxUpload
		if no := x.lacksCredential(k); no != nil {
			return no
		}
	}
	u, no := x.upload(limit)
	if no != nil {
		return no
	}
	defer u.end()
	x.copied = pieces
	parts := multipart.NewReader(u, boundary)
	var fields []value.Field
	for n, files := 0, 0; ; n++ {
		u.head = maxPartHead
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return x.brokenPart(u)
		}
		u.head = -1
		name := part.FormName()
		switch {
		case n == maxFields:
			return problem(http.StatusBadRequest, "the form has more than 1000 fields")
		case name == "":
			return problem(http.StatusBadRequest, "a part of the form has no name")
		case len(name) > maxPartName || !utf8.ValidString(name):
			return problem(http.StatusBadRequest, "a part of the form has a name that is longer than 200 bytes or not valid UTF-8")
		}
		if part.FileName() != "" || k.isBinary(name) {
			if files++; files > maxFiles {
				return problem(http.StatusBadRequest, "the form has more than 100 files")
			}
		}
		v, no := x.readPart(k, u, part, fields)
		if no != nil {
			return no
		}
		fields = added(fields, name, v)
	}
	l.body, l.texts = value.Record(fields), true
	x.copied -= pieces
	return x.letGo()
}

// brokenPart is the reply to a form that cannot be read.
func (x *exchange) brokenPart(u *upload) *reply {
	if no := u.problem(); no != nil {
		return no
	}
	return problem(http.StatusBadRequest, "the body is not a valid multipart form, or ends before its last part")
}

// readPart gives the value of a part that comes after others.
func (x *exchange) readPart(k *knownRoute, u *upload, part *multipart.Part, before []value.Field) (value.Value, *reply) {
	name := part.FormName()
	switch field := k.wire(name); {
	case field != nil && field.binary:
		if x.coming == 0 {
			// What is behind the file is not known; in a form, files come last.
			x.coming = max(x.request.ContentLength-u.read-behindFiles, 0)
		}
		media := mediaType(part.Header.Get("Content-Type"))
		in, no := x.letsPartIn(k, before)
		if no != nil {
			return value.Value{}, no
		}
		if in {
			return u.keep(name, part, media)
		}
		if _, err := io.Copy(io.Discard, part); err != nil {
			return value.Value{}, x.brokenPart(u)
		}
		x.left = files
		return x.nothing(name, media)
	case field == nil && part.FileName() != "":
		if _, err := io.Copy(io.Discard, part); err != nil {
			return value.Value{}, x.brokenPart(u)
		}
		return value.Null, nil // nobody wants it
	}
	limit := k.texts
	if no := x.fill(part, limit-(x.copied-pieces), -1); no != nil {
		if u.err != nil {
			return value.Value{}, u.problem()
		}
		if no.status == http.StatusRequestEntityTooLarge {
			no = problem(no.status, "the texts of the form are larger than "+size(limit)+", which is the limit")
		}
		return value.Value{}, no
	}
	if !utf8.Valid(x.body) {
		return value.Value{}, problem(http.StatusBadRequest, "the field "+words.Clip(strings.ToValidUTF8(name, "?"), maxPartName)+" of the form is not valid UTF-8")
	}
	if x.left == files {
		x.left = filesThenTexts
	}
	x.copied += int64(len(x.body))
	if no := x.hold(x.copied + int64(cap(x.body))); no != nil {
		return value.Value{}, no
	}
	return value.String(string(x.body)), nil
}

// lacksCredential answers before a form is read where no part of it can bring
// the credential that is missing.
func (x *exchange) lacksCredential(k *knownRoute) *reply {
	for _, field := range k.fields {
		if c := field.Credential; c != nil && !c.Body && !field.Optional && x.needed(k, field) {
			if v, _, _ := x.credential(c, value.Value{}); v.IsNull() {
				return x.front.soft(x.logIn(field, ""))
			}
		}
	}
	return nil
}

// needed tells whether nothing can be asked without a field.
func (x *exchange) needed(k *knownRoute, field *knownField) bool {
	if k.action != x.front.routes.Request || k.query != nil {
		return true
	}
	for _, e := range k.Starters {
		names := false
		for i := range e.Pattern.Vars {
			v := &e.Pattern.Vars[i]
			names = names || !v.Column.Out && !v.Optional && v.Column.Index == field.column
		}
		if !names {
			return false
		}
	}
	return len(k.Starters) > 0
}
