package host

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/textproto"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/value"
)

// answered makes the reply of what Requesting.respond was asked with. The
// fields status, headers, cookies and body are read; the others are a JSON
// object in their order, secrets revealed: this is the answer that they were
// made for. The error says what no answer can be, and names no values;
// it is an *engine.FieldError where the client has sent that.
func (x *exchange) answered(a *engine.Answer, trace string) (*reply, error) {
	fields := a.Fields
	p := &x.reply
	*p = reply{status: http.StatusOK}
	var body, next value.Value
	failed := false
	rest := x.rest[:0]
	for i := range fields {
		v := fields[i].Value
		var err error
		switch fields[i].Name {
		case "status":
			p.status, err = history.AnswerStatus(v)
		case "headers":
			err = p.headers(v)
		case "cookies":
			err = x.cookies(p, v)
		case "body":
			body = v
		default:
			if fields[i].Name == "next" {
				next = v
			}
			rest = append(rest, value.Field{Name: check.WireName(fields[i].Name), Value: v})
			failed = failed || fields[i].Name == "error" && !v.IsNull()
		}
		if err != nil && i < len(a.Terms) {
			err = x.sent(a.Terms[i], err)
		}
		if err != nil {
			return nil, err
		}
	}
	x.rest = rest
	var err error
	if body.IsNull() { // null given to an optional input is absence
		if failed && x.front.plan.Errors != nil {
			for _, f := range rest {
				p.parts.Set(f.Name, f.Value)
			}
			if v, ok := x.front.formatted(x.request.Context(), p, trace); ok {
				x.rest = append(rest[:0], v.Fields()...)
			}
		}
		err = x.encodeObject(p, x.rest)
	} else {
		if cursor, ok := next.Text(); ok && body.Kind() == value.ListKind {
			x.link(p, cursor)
		}
		err = x.whole(p, body)
	}
	if err != nil {
		return nil, err
	}
	if failed {
		x.front.soft(p)
	}
	return p, nil
}

// whole makes a body that is sent as it is: a text as text, binary data as what
// it is, all else as JSON.
func (x *exchange) whole(p *reply, v value.Value) error {
	if text, ok := v.Text(); ok {
		if p.kind == "" {
			p.kind = "text/plain; charset=utf-8"
		}
		if int64(len(text)) > x.front.options.MaxAnswer {
			return errLargeAnswer
		}
		p.body = []byte(text)
		return nil
	}
	if p.blob = v.Reveal().Blob(); p.blob == nil {
		return x.encode(p, v)
	}
	if p.kind == "" {
		p.kind = p.blob.Type
	}
	if !p.has("Content-Security-Policy") {
		// It may be anything that anybody has sent: no browser shall run it.
		p.set("Content-Security-Policy", "default-src 'none'; sandbox")
	}
	if !p.has("Etag") {
		p.set("Etag", `"`+hex.EncodeToString(p.blob.Hash[:])+`"`)
	}
	return isThere(x.request.Context(), x.front.engine.Store(), p.blob)
}

// headers reads the record of headers: a text, number or flag for each, a list
// for one that is sent several times, null for none.
func (p *reply) headers(v value.Value) error {
	if v.IsNull() {
		return nil
	}
	if v.Reveal().Kind() != value.RecordKind {
		return fmt.Errorf("Requesting.respond was given %s as headers, which are a record", kindOf(v))
	}
	for _, f := range v.Fields() {
		name := textproto.CanonicalMIMEHeaderKey(f.Name)
		if !isToken(f.Name) {
			return &unfitError{fmt.Errorf("Requesting.respond was given a header with the name %q, which is not valid", f.Name), value.String(f.Name), unfitHeader}
		}
		if why := forbidden(name); why != "" {
			return &unfitError{fmt.Errorf("Requesting.respond was given the header %s: %s", name, why), value.String(f.Name), unfitHeader}
		}
		var values []string
		items := f.Value.Items()
		if items == nil {
			items = []value.Value{f.Value}
		}
		for _, item := range items {
			if item.IsNull() {
				continue
			}
			s, ok := headerText(item)
			if !ok {
				return &unfitError{fmt.Errorf("Requesting.respond was given %s as the header %s, which is one line of text without control characters", kindOf(item), name), item, unfitHeader}
			}
			values = append(values, s)
		}
		switch {
		case len(values) == 0:
		case name == "Content-Type":
			p.kind = values[0]
		default:
			p.set(name, strings.Join(values, ", "))
		}
	}
	return nil
}

// forbidden says why a header is not the program's to set.
func forbidden(name string) string {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return "it belongs to the connection"
	case "Content-Length", "X-Trace-Id":
		return "it is set with every answer"
	case "Set-Cookie":
		return "cookies are set with the field cookies"
	}
	return ""
}

// headerText writes a value as the text of a header. What has a line break or
// another control character in it can be none.
func headerText(v value.Value) (string, bool) {
	var s string
	switch v = v.Reveal(); v.Kind() {
	case value.StringKind:
		s, _ = v.Text()
	case value.NumberKind, value.FlagKind:
		s = v.String()
	default:
		return "", false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return "", false
		}
	}
	return s, true
}

// unfitHeader tells whether a value cannot be that of a header.
func unfitHeader(v value.Value) bool {
	_, ok := headerText(v)
	return !ok
}

// isToken tells whether a text can be the name of a header or cookie.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
