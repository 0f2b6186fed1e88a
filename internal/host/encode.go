package host

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A JSON answer is encoded while it is sent, so that only a piece of it is in
// memory. A small one is encoded once, into a buffer; a large one, or one with
// binary data, is first encoded to learn its length and to check that all of it
// exists.

const (
	// smallAnswer is the size up to which a whole answer is in memory.
	smallAnswer = 64 << 10
	// answerPiece is how much of a larger one is.
	answerPiece = 32 << 10
)

// errLargeAnswer reports an answer larger than MaxAnswer allows.
var errLargeAnswer = errors.New("the answer is too large")

// errPieces stops encoding an answer that does not fit the buffer.
var errPieces = errors.New("the answer is written in pieces")

// An encoder writes values as JSON, including secrets: it is for the answer
// that they were made for.
type encoder struct {
	out []byte
	// piece consumes out; nil keeps it, up to smallAnswer.
	piece func([]byte) error
	// blob writes binary data, as base64.
	blob func(*value.Blob) error
	err  error
}

// more passes out on once it holds at least so many bytes.
func (e *encoder) more(least int) {
	switch {
	case e.err != nil || len(e.out) < least:
	case e.piece != nil:
		e.err = e.piece(e.out)
		e.out = e.out[:0]
	case len(e.out) > smallAnswer:
		e.err = errPieces
	}
}

func (e *encoder) object(fields []value.Field) {
	e.out = append(e.out, '{')
	for i, f := range fields {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.out = value.AppendJSON(e.out, value.String(f.Name))
		e.out = append(e.out, ':')
		if e.value(f.Value); e.err != nil {
			return
		}
	}
	e.out = append(e.out, '}')
}

func (e *encoder) value(v value.Value) {
	v = v.Reveal()
	switch v.Kind() {
	case value.ListKind:
		e.out = append(e.out, '[')
		for i, item := range v.Items() {
			if i > 0 {
				e.out = append(e.out, ',')
			}
			if e.value(item); e.err != nil {
				return
			}
		}
		e.out = append(e.out, ']')
	case value.RecordKind:
		e.object(v.Fields())
	case value.BlobKind:
		if e.piece == nil {
			e.err = errPieces
			return
		}
		e.out = append(e.out, '"')
		if e.more(0); e.err == nil {
			e.err = e.blob(v.Blob())
		}
		e.out = append(e.out, '"')
	default:
		e.out = value.AppendJSON(e.out, v)
	}
	e.more(answerPiece)
}

// encode makes a value the body of a reply. The error is errLargeAnswer, or that
// the store lacks its binary data.
func (x *exchange) encode(p *reply, v value.Value) error {
	p.content, p.object = v, nil
	return x.fix(p)
}

// encodeObject makes an object of fields the body of a reply.
func (x *exchange) encodeObject(p *reply, fields []value.Field) error {
	p.content, p.object = value.Value{}, fields
	if fields == nil {
		p.object = []value.Field{}
	}
	return x.fix(p)
}

// fix encodes the body of a reply, or measures it.
func (x *exchange) fix(p *reply) error {
	e := &encoder{out: x.out[:0]}
	p.encode(e)
	if e.err == nil {
		x.out, p.body, p.pieces = e.out, e.out, false
		return nil
	}
	p.body, p.pieces, p.size = nil, true, 0
	ctx, st, most := x.request.Context(), x.front.engine.Store(), x.front.options.MaxAnswer
	var binary int64
	e = &encoder{
		piece: func(b []byte) error {
			if p.size += int64(len(b)); p.size > most {
				return errLargeAnswer
			}
			return nil
		},
		blob: func(b *value.Blob) error {
			binary += (b.Size + 2) / 3 * 4
			return isThere(ctx, st, b)
		},
	}
	p.encode(e)
	e.more(0)
	p.size += binary
	return e.err
}

// encode writes the body.
func (p *reply) encode(e *encoder) {
	if p.object != nil {
		e.object(p.object)
	} else {
		e.value(p.content)
	}
}

// unsaid replaces a reply that cannot be sent.
func (x *exchange) unsaid(p *reply, trace string, err error) *reply {
	if field, ok := errors.AsType[*engine.FieldError](err); ok {
		reason := field.Err
		if !x.undone {
			reason = fmt.Errorf("%w. What was asked is done all the same", reason)
		}
		return x.front.soft(x.route.badPart(field.Field, reason))
	}
	if !errors.Is(err, errLargeAnswer) {
		return x.failed("sending an answer", trace, err)
	}
	remedy := "Ask for less of it."
	if k := x.route; k != nil {
		for _, f := range k.fields {
			if f.Paging != nil && f.Paging.Limit {
				remedy = "Ask for a smaller page, with the field " + f.Name + "."
			}
		}
	}
	if !x.undone {
		remedy = "The request was carried out all the same. " + remedy
	}
	limit := x.front.options.MaxAnswer
	no := problem(422, "The answer is larger than "+size(limit)+", which is the limit. "+remedy,
		value.Field{Name: "limit", Value: value.Number(float64(limit))})
	no.trace = trace
	return x.front.soft(no)
}

// isThere checks that the store has binary data, so that missing data is
// reported while the status can still be chosen.
func isThere(ctx context.Context, st store.Store, b *value.Blob) error {
	r, err := st.OpenBlob(ctx, b.Hash)
	if err != nil {
		return fmt.Errorf("opening the binary data %s: %w", hex.EncodeToString(b.Hash[:8]), store.OrLost(err))
	}
	return r.Close()
}

// length returns the body's length.
func (p *reply) length() int64 {
	switch {
	case p.blob != nil:
		return p.blob.Size
	case p.pieces:
		return p.size
	}
	return int64(len(p.body))
}

// write sends the body and returns the bytes sent.
func (p *reply) write(ctx context.Context, st store.Store, w io.Writer) (int64, error) {
	if !p.pieces {
		n, err := w.Write(p.body)
		return int64(n), err
	}
	var sent int64
	e := &encoder{out: make([]byte, 0, answerPiece+answerPiece/4)}
	e.piece = func(b []byte) error {
		n, err := w.Write(b)
		sent += int64(n)
		return err
	}
	e.blob = func(b *value.Blob) error {
		err := encode(ctx, st, w, b)
		if err == nil {
			sent += (b.Size + 2) / 3 * 4
		}
		return err
	}
	p.encode(e)
	e.more(0)
	return sent, e.err
}

// encode writes binary data as base64.
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
