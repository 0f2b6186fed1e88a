package host

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/legible-lang/legible/check"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Binary data comes in JSON as base64, or as a data URL that says its media
// type. It goes into the store once and through the program as a reference, and
// out again as base64, or as it is where it is the whole body.

// unknownType is the media type of binary data that says nothing of its own.
const unknownType = "application/octet-stream"

// holdsBinary tells whether values of a type are or hold binary data.
func holdsBinary(t check.Type) bool {
	return t.Kind == check.Binary || t.Kind == check.List && t.Elem != nil && holdsBinary(*t.Elem)
}

// keepBinary puts the binary data of the request into the store.
func (x *exchange) keepBinary(k *knownRoute) error {
	for _, field := range k.fields {
		if !field.binary {
			continue
		}
		v, err := x.kept(x.in[field.column])
		if err != nil {
			return fmt.Errorf("keeping the field %s: %w", field.Name, err)
		}
		x.in[field.column] = v
	}
	return nil
}

func (x *exchange) kept(v value.Value) (value.Value, error) {
	if items := v.Items(); items != nil {
		list := make([]value.Value, len(items))
		for i, item := range items {
			var err error
			if list[i], err = x.kept(item); err != nil {
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
	blob, err := x.front.engine.Store().PutBlob(x.request.Context(), base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)), media)
	if err != nil {
		return value.Value{}, err
	}
	return value.Binary(blob), nil
}

// dataURL takes "data:TYPE;base64,TEXT" apart; any other text is base64 itself.
func dataURL(s string) (media, text string) {
	head, text, ok := strings.Cut(s, ",")
	if media, isData := strings.CutPrefix(head, "data:"); ok && isData {
		if media, isBase64 := strings.CutSuffix(media, ";base64"); isBase64 {
			if media == "" || len(media) > 100 || strings.ContainsFunc(media, func(r rune) bool { return r < ' ' || r > '~' }) {
				media = unknownType
			}
			return media, text
		}
	}
	return unknownType, s
}

// withoutDataURL gives the base64 of a data URL, so that it can be held against
// its type.
func withoutDataURL(v value.Value) value.Value {
	if items := v.Items(); items != nil {
		list := make([]value.Value, len(items))
		for i, item := range items {
			list[i] = withoutDataURL(item)
		}
		return value.List(list)
	}
	if s, ok := v.Text(); ok && strings.HasPrefix(s, "data:") {
		_, s = dataURL(s)
		return value.String(s)
	}
	return v
}

// A cut is a place in an answer's JSON where binary data goes in as base64.
type cut struct {
	at   int
	blob *value.Blob
}

// appendValue appends a value as JSON with its secrets, and notes where binary
// data goes in.
func (p *reply) appendValue(out []byte, v value.Value) []byte {
	v = v.Reveal()
	switch v.Kind() {
	case value.ListKind:
		out = append(out, '[')
		for i, item := range v.Items() {
			if i > 0 {
				out = append(out, ',')
			}
			out = p.appendValue(out, item)
		}
		return append(out, ']')
	case value.RecordKind:
		out = append(out, '{')
		for i, f := range v.Fields() {
			if i > 0 {
				out = append(out, ',')
			}
			out = value.AppendJSON(out, value.String(f.Name))
			out = append(out, ':')
			out = p.appendValue(out, f.Value)
		}
		return append(out, '}')
	case value.BlobKind:
		p.cuts = append(p.cuts, cut{len(out) + 1, v.Blob()})
		return append(out, '"', '"')
	}
	return value.AppendJSON(out, v)
}

// length is how many bytes the body has with the binary data in it.
func (p *reply) length() int64 {
	if p.blob != nil {
		return p.blob.Size
	}
	n := int64(len(p.body))
	for _, c := range p.cuts {
		n += (c.blob.Size + 2) / 3 * 4
	}
	return n
}

// opens tells whether the store has the binary data of an answer, so that what
// it lacks is said while there is still a status to say it with.
func (p *reply) opens(ctx context.Context, st store.Store) error {
	check := func(b *value.Blob) error {
		r, err := st.OpenBlob(ctx, b.Hash)
		if err != nil {
			return fmt.Errorf("opening the binary data %s: %w", hex.EncodeToString(b.Hash[:8]), err)
		}
		return r.Close()
	}
	if p.blob != nil {
		return check(p.blob)
	}
	for _, c := range p.cuts {
		if err := check(c.blob); err != nil {
			return err
		}
	}
	return nil
}

// write sends the body and gives how many bytes have left.
func (p *reply) write(ctx context.Context, st store.Store, w io.Writer) (int64, error) {
	if len(p.cuts) == 0 {
		n, err := w.Write(p.body)
		return int64(n), err
	}
	var sent int64
	from := 0
	for _, c := range append(p.cuts, cut{at: len(p.body)}) {
		n, err := w.Write(p.body[from:c.at])
		if sent += int64(n); err != nil || c.blob == nil {
			return sent, err
		}
		from = c.at
		if err := encode(ctx, st, w, c.blob); err != nil {
			return sent, err
		}
		sent += (c.blob.Size + 2) / 3 * 4
	}
	return sent, nil
}

func encode(ctx context.Context, st store.Store, w io.Writer, b *value.Blob) error {
	r, err := st.OpenBlob(ctx, b.Hash)
	if err != nil {
		return fmt.Errorf("opening binary data: %w", err)
	}
	defer r.Close()
	e := base64.NewEncoder(base64.StdEncoding, w)
	if _, err := io.Copy(e, r); err != nil {
		return fmt.Errorf("sending binary data: %w", err)
	}
	return e.Close()
}

// sendBlob sends binary data as the whole body, or the part of it that the
// request asks for.
func (x *exchange) sendBlob(p *reply) (int64, error) {
	r, err := x.front.engine.Store().OpenBlob(x.request.Context(), p.blob.Hash)
	if err != nil {
		return 0, fmt.Errorf("opening binary data: %w", err)
	}
	defer r.Close()
	method := x.request.Method
	if p.status == http.StatusOK && (method == http.MethodGet || method == http.MethodHead) {
		x.writer.Header().Del("Content-Length") // it may be a part only
		http.ServeContent(x.writer, x.request, "", time.Time{}, r)
		return p.blob.Size, nil
	}
	x.writer.WriteHeader(p.status)
	return io.Copy(x.writer, r)
}
