package openapi

import (
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/value"
)

// A Problem is an answer of the runtime itself, before any sync or after all
// of them.
type Problem struct {
	Name   string // of the response, such as "BadRequest"
	Status int
	About  string
	Schema string // the name of its schema
}

// problems are all answers of the runtime that an operation can have.
func problems() []Problem {
	return []Problem{
		{"BadRequest", 400, "The request cannot be read, or a field that every sync on the route needs is missing or invalid; `field` names it.", "Lack"},
		{"NotLoggedIn", 401, "The request has no credential. `field` names it, and `error` says where it may be sent.", "Lack"},
		{"ForeignPage", 403, "A page of an origin that the server does not allow sent the request.", "Problem"},
		{"TooSlow", 408, "The body did not arrive in time.", "Problem"},
		{"TooLarge", 413, "The body, or its field `field`, exceeds the `limit`, which is in bytes for the body and in characters for a field.", "TooLarge"},
		{"NoSuchKind", 415, "The route does not accept the media type of the body, or the body is compressed.", "Problem"},
		{"NoSuchPart", 416, "The binary data does not have the part that `Range` requests.", "Problem"},
		{"LongHeaders", 431, "A part of the form has headers that are too long.", "Problem"},
		{"Broken", 500, "The program failed, or no sync answered the request. An operator can find the cause by the `trace`.", "Broken"},
		{"Busy", 503, "The server is overloaded, or the store cannot be reached. If `done` is `unknown`, the request may have been carried out, or may still be: check before you send it again. Otherwise nothing was done; try again.", "Problem"},
	}
}

// Problems are the answers that the runtime itself can give, by status.
func (o *Operation) Problems() []Problem {
	var list []Problem
	for _, p := range problems() {
		switch p.Status {
		case 401:
			if !o.demands() {
				continue
			}
		case 403:
			if !o.Bodied() && !o.Changes {
				continue
			}
		case 413:
			if !o.Bodied() && len(o.Params)+len(o.Fields)+len(o.Credentials) == 0 {
				continue
			}
		case 408, 415:
			if !o.Bodied() {
				continue
			}
		case 416:
			if !o.parts() {
				continue
			}
		case 431:
			if !o.Binary() {
				continue
			}
		}
		list = append(list, p)
	}
	return list
}

// demands reports whether a credential must be there.
func (o *Operation) demands() bool {
	for _, f := range o.Credentials {
		if !f.Optional {
			return true
		}
	}
	return false
}

// parts reports whether the answer may be asked for in parts: binary data that is
// read.
func (o *Operation) parts() bool {
	if o.Method != "GET" {
		return false
	}
	for _, r := range o.Results {
		if r.Body != nil && (r.Body.Kind == check.Binary || loose(*r.Body)) {
			return true
		}
	}
	return false
}

// loose reports whether a type accepts any value.
func loose(t check.Type) bool { return t.Kind == check.Unknown || t.Kind == check.Json }

// soft reports whether an answer of the runtime has status 200 for older clients.
func (p Problem) soft(opt Options) bool {
	return opt.Refusals200 && (p.Status == 400 || p.Status == 401)
}

// problemSchemas are the shapes of the runtime's answers.
func problemSchemas() object {
	text := object{{Name: "type", Value: str("string")}}
	with := func(about string, required []value.Value, more ...value.Field) value.Value {
		return object{
			{Name: "description", Value: str(about)},
			{Name: "type", Value: str("object")},
			{Name: "required", Value: value.List(required)},
			{Name: "properties", Value: append(object{{Name: "error", Value: object{
				{Name: "type", Value: str("string")}, {Name: "description", Value: str("A sentence for people.")},
			}.value()}}, more...).value()},
		}.value()
	}
	only := []value.Value{str("error")}
	return object{
		{Name: "Problem", Value: with("An answer that reports an error.", only)},
		{Name: "Lack", Value: with("A missing or invalid field of the request.", only,
			value.Field{Name: "field", Value: text.value()},
			value.Field{Name: "fields", Value: object{{Name: "type", Value: str("array")}, {Name: "items", Value: text.value()}}.value()})},
		{Name: "TooLarge", Value: with("A body or a field that is too large.", only,
			value.Field{Name: "field", Value: text.value()},
			value.Field{Name: "limit", Value: object{{Name: "type", Value: str("number")}}.value()})},
		{Name: "Broken", Value: with("A failure of the program.", []value.Value{str("error"), str("trace")},
			value.Field{Name: "trace", Value: text.value()},
			value.Field{Name: "reason", Value: object{{Name: "type", Value: str("string")}, {Name: "description", Value: str("Only in development.")}}.value()})},
	}
}
