package host

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/legible-lang/legible/engine"
	"github.com/legible-lang/legible/value"
)

// An exchange is one request on its way to its answer. It is used again for
// another one.
type exchange struct {
	front   *Front
	writer  http.ResponseWriter
	request *http.Request
	route   *knownRoute // nil where the request has none
	params  []value.Field
	in      []value.Value // for each column of Requesting.request
	further []value.Field
	bad     []badField
	body    []byte        // of the request
	held    int64         // of the budget
	copied  int64         // of what is held, what was read out of the body
	left    left          // of the files in a form
	coming  int64         // bytes of the files in a form, as its length says when the first one begins
	out     []byte        // of the answer
	rest    []value.Field // of the answer: those of its object
	work    atomic.Int32
	undone  bool // it is certain that the flow has changed nothing
	reply   reply
	started bool   // some of the answer has left
	flow    bool   // a flow was opened: it tells what happened
	written string // the path, as the answer writes it; "" where that is as it came
}

// ServeHTTP answers a request.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	if f.options.Caller != nil && r.Header.Get("Traceparent") != "" {
		r = r.WithContext(f.options.Caller(r.Context(), r.Header))
	}
	x := f.exchanges.Get().(*exchange)
	x.writer, x.request = w, r
	defer func() {
		p := recover()
		if p != nil && p != http.ErrAbortHandler {
			p = x.recovered(p)
		}
		f.log(x, start)
		if f.options.TurnedAway != nil {
			if t, ok := x.turnedAway(start); ok {
				f.options.TurnedAway(t)
			}
		}
		if x.work.Load() != abandoned {
			x.reset()
			f.exchanges.Put(x)
		}
		if p != nil {
			panic(http.ErrAbortHandler) // the server ends the connection
		}
	}()
	defer f.arriving.Add(-1)
	if f.arriving.Add(1) > int64(max(arrivingFor*f.options.MaxInFlight, 2*f.options.MaxConns)) || f.inFlight.Load() >= int64(f.options.MaxInFlight) {
		x.send(tooMany())
		return
	}
	x.send(x.answer())
}

// arrivingFor is how many requests may be there for each that may be worked on:
// most of them wait for their bodies, which costs little. There may also be two for
// each connection, since a request takes a moment to end with its connection.
const arrivingFor = 8

// answer gives the reply of a request.
func (x *exchange) answer() *reply {
	k, no := x.find()
	if no != nil {
		return no
	}
	x.route = k
	if no := x.foreign(k); no != nil {
		return no
	}
	if no := x.take(k); no != nil {
		return no
	}
	f := x.front
	// Only what is worked on counts, so that clients who send their bodies slowly
	// keep nobody else out.
	if f.inFlight.Add(1) > int64(f.options.MaxInFlight) {
		f.inFlight.Add(-1)
		return tooMany()
	}
	x.flow = k.query == nil
	if k.action != f.routes.Request || k.query != nil {
		return x.call(k)
	}
	result, err := f.engine.RunWithin(x.request.Context(), engine.Opening{Action: f.routes.Request, In: x.in, Further: x.further, Room: x.grow}, x.worked)
	return x.result(result, err)
}

// What the engine does for a request may outlast the answer, when an action does
// not return. It has the exchange then, and nobody uses that again.
const (
	working   = iota
	worked    // the engine is done with it
	abandoned // the client has been answered before
)

// worked follows the end of what the engine does.
func (x *exchange) worked() {
	f, held := x.front, x.held
	f.inFlight.Add(-1)
	if !x.work.CompareAndSwap(working, worked) {
		f.budget.used.Add(-held)
	}
}

// take gathers what the request carries and holds it against what is needed. A
// file that is the whole body is read only when all else is there.
func (x *exchange) take(k *knownRoute) *reply {
	var l load
	kind, detail, no := x.kindOfBody(k)
	if no != nil {
		return no
	}
	switch kind {
	case jsonBody, formBody:
		no = x.readBody(k, kind, &l)
	case partsBody:
		no = x.readParts(k, detail, &l)
	case rawBody:
		l.file = k.file
	}
	if no != nil {
		return no
	}
	if no := x.gather(k, &l); no != nil {
		return no
	}
	if k.action == x.front.routes.Request && k.query == nil {
		no = x.lacking(k)
	} else {
		no = x.lackingInputs(k)
	}
	switch {
	case no != nil:
		return no
	case kind == rawBody:
		return x.readRaw(k, detail)
	case k.binary:
		no = x.keepBinary(k)
	}
	if no != nil {
		return no
	}
	return x.changed(k)
}

// recovered answers a request at which the front itself broke. It gives what
// is left of the panic: something when the answer had begun already.
func (x *exchange) recovered(p any) any {
	trace := x.trace()
	x.front.options.Log.Error("panic serving request", "trace", trace, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if x.started {
		return p
	}
	x.send(x.fault(trace, fmt.Sprintf("panic: %v", p)))
	return nil
}

// trace names a request that opened no flow.
func (x *exchange) trace() string {
	if x.reply.trace == "" {
		x.reply.trace = x.front.ids.At(time.Now()).String()
	}
	return x.reply.trace
}

// reset lets go of everything that came with the request.
func (x *exchange) reset() {
	clear(x.in)
	clear(x.further)
	x.further = x.further[:0]
	clear(x.bad)
	x.bad = x.bad[:0]
	clear(x.body)
	clear(x.out)
	x.body, x.out = small(x.body), small(x.out)
	x.writer, x.request, x.route, x.params, x.started, x.flow, x.written = nil, nil, nil, nil, false, false, ""
	clear(x.rest)
	x.rest, x.undone = x.rest[:0], false
	x.work.Store(working)
	x.reply = reply{}
	x.front.budget.used.Add(-x.held)
	x.held, x.copied, x.left, x.coming = 0, 0, noFiles, 0
}

// small keeps a buffer for the next request unless it is a large one.
func small(b []byte) []byte {
	if cap(b) > 64<<10 {
		return nil
	}
	return b[:0]
}

// log writes the line of a request: no field of it and no value of its query
// string is in there, and of a path that may hold a secret only its form.
func (f *Front) log(x *exchange, start time.Time) {
	r := x.request
	ctx := r.Context()
	if !f.options.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	f.options.Log.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String("method", clip(r.Method, 20)),
		slog.String("path", clip(x.shownPath(), 300)),
		slog.Int("status", x.reply.status),
		slog.Duration("duration", time.Since(start)),
		slog.Int64("bytes", x.reply.sent),
		slog.String("trace", x.reply.trace),
		slog.String("remote", clip(f.client(r), 60)))
}

// unknownForm is what the log shows of a path that no route has: it may be that
// of a secret, mistyped. Where some route has a secret, and after two segments,
// nothing is shown; nor is what is as long as a token, and has digits as one.
func (f *Front) unknownForm(path string) string {
	prefix := ""
	if below, ok := strings.CutPrefix(path, f.options.Prefix); ok && (below == "" || below[0] == '/') {
		prefix, path = f.options.Prefix, below
	}
	if path == "" {
		return prefix
	}
	// An escaped slash may stand before a secret as another does.
	path = strings.ReplaceAll(path, "%2F", "/\x00")
	segments := strings.SplitN(strings.TrimPrefix(path, "/"), "/", 3)
	for i := range segments {
		if s := segments[i]; i == 2 || f.secretAt[i] || len(s) >= 20 && strings.ContainsAny(s, "0123456789") {
			segments[i] = "…"
		}
	}
	return clip(prefix+"/"+strings.ReplaceAll(strings.Join(segments, "/"), "/\x00", "%2F"), 60)
}
