package host

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A reply is what a request is answered with.
type reply struct {
	status int
	kind   string // media type of the body; JSON when empty
	body   []byte
	header []headerLine
	// Of a body that is written in pieces as it leaves: what of, and how long it
	// is.
	pieces  bool
	content value.Value
	object  []value.Field
	size    int64
	blob    *value.Blob // the whole body, when set
	trace   string      // the flow, or a name of its own
	sent    int64       // bytes of the body that have left

	sentence string // of a problem
	parts    plan.ErrorParts
}

type headerLine struct{ name, value string }

// set adds a header. The name is canonical.
func (p *reply) set(name, value string) { p.header = append(p.header, headerLine{name, value}) }

// has tells whether a header is set.
func (p *reply) has(name string) bool {
	return slices.ContainsFunc(p.header, func(h headerLine) bool { return h.name == name })
}

// problem is a reply that says what is wrong, in the field error.
func problem(status int, sentence string, further ...value.Field) *reply {
	fields := append([]value.Field{{Name: "error", Value: value.String(sentence)}}, further...)
	p := &reply{status: status, sentence: sentence, body: value.AppendJSON(nil, value.Record(fields))}
	p.parts.Path, _ = get(further, "field").Text()
	return p
}

// again is a reply to a request that may be sent again.
func again(sentence string, further ...value.Field) *reply {
	p := problem(http.StatusServiceUnavailable, sentence, further...)
	p.set("Retry-After", "1")
	return p
}

func tooMany() *reply {
	return again("The server is busy. Please try again in a moment.")
}

// fault is the reply to a request at which something broke. The reason is told
// in development alone.
func (x *exchange) fault(trace, reason string) *reply {
	return x.broken("An internal error occurred.", trace, reason)
}

func (x *exchange) broken(sentence, trace, reason string) *reply {
	further := []value.Field{{Name: "trace", Value: value.String(trace)}}
	if x.front.options.Development && reason != "" {
		further = append(further, value.Field{Name: "reason", Value: value.String(reason)})
	}
	p := problem(http.StatusInternalServerError, sentence, further...)
	p.trace = trace
	return p
}

// soft gives a reply that older clients expect with status 200 that status.
func (f *Front) soft(p *reply) *reply {
	if f.options.Refusals200 && p.status >= 400 {
		p.status = http.StatusOK
	}
	return p
}

// bodyless tells whether answers with a status have no body.
func bodyless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}

// send writes a reply.
func (x *exchange) send(p *reply) {
	if p != &x.reply {
		x.reply = *p
		p = &x.reply
	}
	if p.trace == "" {
		p.trace = x.trace()
	}
	x.front.format(x.request.Context(), p)
	h := x.writer.Header()
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	if !bodyless(p.status) {
		if p.kind == "" {
			h["Content-Type"] = jsonType
		} else {
			h["Content-Type"] = []string{p.kind}
		}
		h["Content-Length"] = []string{strconv.FormatInt(p.length(), 10)}
	}
	if p.status == http.StatusUnauthorized {
		h["Www-Authenticate"] = x.front.challenge
	}
	x.front.allow(x, h)
	for _, line := range p.header {
		if line.name == "Set-Cookie" || line.name == "Vary" {
			h.Add(line.name, line.value)
		} else {
			h[line.name] = []string{line.value}
		}
	}
	h["X-Trace-Id"] = []string{p.trace}
	if x.hint != "" {
		h["X-Hint"] = []string{x.hint}
	}
	x.started = true
	var err error
	switch {
	case p.blob != nil && !bodyless(p.status):
		err = x.sendBlob(p)
	case x.request.Method == http.MethodHead || bodyless(p.status):
		x.writer.WriteHeader(p.status)
	default:
		x.writer.WriteHeader(p.status)
		p.sent, err = p.write(x.request.Context(), x.front.engine.Store(), x.writer)
	}
	if err != nil && (p.pieces || p.blob != nil) {
		// The client is gone, or binary data is: it must not take what it has
		// got for the whole.
		panic(http.ErrAbortHandler)
	}
}

// Headers that every answer has; nobody changes these slices.
var (
	noStore  = []string{"no-store"}
	noSniff  = []string{"nosniff"}
	jsonType = []string{"application/json"}
	bearer   = []string{"Bearer"}
)
