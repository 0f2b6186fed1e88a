package host

import (
	"net/http"
	"strconv"

	"github.com/legible-lang/legible/value"
)

// A reply is what a request is answered with.
type reply struct {
	status int
	kind   string // media type of the body; JSON when empty
	body   []byte
	header []headerLine
	trace  string // the flow, or a name of its own
	sent   int    // bytes of the body that have left
}

type headerLine struct{ name, value string }

// set adds a header. The name is canonical.
func (p *reply) set(name, value string) { p.header = append(p.header, headerLine{name, value}) }

// problem is a reply that says what is wrong, in the field error.
func problem(status int, sentence string, further ...value.Field) *reply {
	fields := append([]value.Field{{Name: "error", Value: value.String(sentence)}}, further...)
	return &reply{status: status, body: value.AppendJSON(nil, value.Record(fields))}
}

// again is a reply to a request that may be sent again.
func again(sentence string) *reply {
	p := problem(http.StatusServiceUnavailable, sentence)
	p.set("Retry-After", "1")
	return p
}

func tooMany() *reply {
	return again("The server is busy. Please try again in a moment.")
}

// fault is the reply to a request at which something broke. The reason is told
// in development alone.
func (x *exchange) fault(trace, reason string) *reply {
	return x.broken("Something went wrong here.", trace, reason)
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
	h := x.writer.Header()
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	if !bodyless(p.status) {
		if p.kind == "" {
			h["Content-Type"] = jsonType
		} else {
			h["Content-Type"] = []string{p.kind}
		}
		h["Content-Length"] = []string{strconv.Itoa(len(p.body))}
	}
	if p.status == http.StatusUnauthorized {
		h["Www-Authenticate"] = bearer
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
	x.started = true
	x.writer.WriteHeader(p.status)
	if x.request.Method != http.MethodHead && !bodyless(p.status) {
		// An error here means that the client is gone: there is nobody to tell.
		p.sent, _ = x.writer.Write(p.body)
	}
}

// Headers that every answer has; nobody changes these slices.
var (
	noStore  = []string{"no-store"}
	noSniff  = []string{"nosniff"}
	jsonType = []string{"application/json"}
	bearer   = []string{"Bearer"}
)
