package host

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// An exchange is one request from arrival to answer. It is reused.
type exchange struct {
	front   *Front
	writer  http.ResponseWriter
	request *http.Request
	route   *knownRoute // nil if the request has none
	params  []value.Field
	in      []value.Value // for each column of Requesting.request
	further []value.Field
	bad     []badField
	body    []byte        // of the request
	held    int64         // in the budget
	copied  int64         // the part of held that was read out of the body
	left    left          // of the files in a form
	coming  int64         // bytes of a form's files, as its length says when the first one begins
	out     []byte        // of the answer
	rest    []value.Field // of the answer: those of its object
	work    atomic.Int32
	undone  bool // the flow has certainly changed nothing
	reply   reply
	started bool   // part of the answer was sent
	flow    bool   // a flow was opened: it has the record
	overdue string // why the flow still runs after its answer; "" if it does not
	hint    string // in development: a field that was probably misspelt
	written string // the path, as the answer writes it; "" if unchanged
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
	if f.options.Closed != nil && f.options.Closed() {
		x.send(again("The app is closed."))
		return
	}
	defer f.arriving.Add(-1)
	if f.arriving.Add(1) > int64(max(arrivingFor*f.options.MaxInFlight, 2*f.options.MaxConns)) || f.inFlight.Load() >= int64(f.options.MaxInFlight) {
		x.send(tooMany())
		return
	}
	x.send(x.answer())
}

// arrivingFor is how many requests may be present for each in work: most wait for
// their bodies, which costs little. There may also be two for each connection,
// since a request ends shortly after its connection.
const arrivingFor = 8

// answer returns a request's reply.
func (x *exchange) answer() *reply {
	k, no := x.find()
	if no != nil {
		if late := x.lateAnswer(); late != nil {
			return late
		}
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
	// Only requests in work count, so that clients that send their bodies slowly
	// do not block others.
	if f.inFlight.Add(1) > int64(f.options.MaxInFlight) {
		f.inFlight.Add(-1)
		return tooMany()
	}
	x.flow = k.query == nil
	if f.options.Development {
		x.hint = x.slips(k)
	}
	if k.action != f.routes.Request || k.query != nil {
		return x.call(k)
	}
	result, err := f.engine.RunWithin(x.request.Context(), engine.Opening{Action: f.routes.Request, In: x.in, Further: x.further, Reserve: x.grow}, x.worked)
	return x.result(result, err)
}

// The engine's work for a request may outlast the answer, when an action does
// not return. It keeps the exchange, which is then not reused.
const (
	working   = iota
	worked    // the engine is done with it
	abandoned // the client was answered before
)

// worked notes the end of the engine's work.
func (x *exchange) worked() {
	f, held := x.front, x.held
	f.inFlight.Add(-1)
	if !x.work.CompareAndSwap(working, worked) {
		f.budget.used.Add(-held)
	}
}

// take gathers what the request carries and checks it. A file that is the whole
// body is read only after all else is present.
func (x *exchange) take(k *knownRoute) *reply {
	var l load
	kind, detail, no := x.kindOfBody(k)
	if no == nil && k.wantsRaw && (kind == partsBody || kind == rawBody) {
		no = problem(http.StatusUnsupportedMediaType, "the body must be application/json, as it is checked as a whole")
	}
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

// recovered answers a request after a panic of the front. It returns the panic
// if the answer had already begun, else nil.
func (x *exchange) recovered(p any) any {
	trace := x.trace()
	x.front.options.Log.Error("panic serving request", "trace", trace, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if x.started {
		return p
	}
	x.send(x.fault(trace, fmt.Sprintf("panic: %v", p)))
	return nil
}

// trace names a request without a flow.
func (x *exchange) trace() string {
	if x.reply.trace == "" {
		x.reply.trace = x.front.ids.At(time.Now()).String()
	}
	return x.reply.trace
}

// reset drops everything that came with the request.
func (x *exchange) reset() {
	clear(x.in)
	clear(x.further)
	x.further = x.further[:0]
	clear(x.bad)
	x.bad = x.bad[:0]
	clear(x.body)
	clear(x.out)
	x.body, x.out = small(x.body), small(x.out)
	x.writer, x.request, x.route, x.params, x.started, x.flow, x.written, x.hint, x.overdue = nil, nil, nil, nil, false, false, "", "", ""
	clear(x.rest)
	x.rest, x.undone = x.rest[:0], false
	x.work.Store(working)
	x.reply = reply{}
	x.front.budget.used.Add(-x.held)
	x.held, x.copied, x.left, x.coming = 0, 0, noFiles, 0
}

// small keeps a buffer for the next request unless it is large.
func small(b []byte) []byte {
	if cap(b) > 64<<10 {
		return nil
	}
	return b[:0]
}

// log writes the line of a request. It holds no field and no value of the query
// string, and of a path that may hold a secret only the form.
func (f *Front) log(x *exchange, start time.Time) {
	r := x.request
	ctx := r.Context()
	if !f.options.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	f.options.Log.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String("method", words.Clip(r.Method, 20)),
		slog.String("path", words.Clip(x.shownPath(), 300)),
		slog.Int("status", x.reply.status),
		slog.Duration("duration", time.Since(start)),
		slog.Int64("bytes", x.reply.sent),
		slog.String("trace", x.reply.trace),
		slog.String("remote", words.Clip(f.client(r), 60)))
}

// unknownForm is what the log shows of an unknown path, which may be a mistyped
// secret's. It hides segments where some route has a secret, all after the
// second, and those as long as a token with digits.
func (f *Front) unknownForm(path string) string {
	prefix := ""
	if below, ok := strings.CutPrefix(path, f.options.Prefix); ok && (below == "" || below[0] == '/') {
		prefix, path = f.options.Prefix, below
	}
	if path == "" {
		return prefix
	}
	// A secret may follow an escaped slash as well as another.
	path = strings.ReplaceAll(path, "%2F", "/\x00")
	segments := strings.SplitN(strings.TrimPrefix(path, "/"), "/", 3)
	for i := range segments {
		if s := segments[i]; i == 2 || f.secretAt[i] || len(s) >= 20 && strings.ContainsAny(s, "0123456789") {
			segments[i] = "…"
		}
	}
	return words.Clip(prefix+"/"+strings.ReplaceAll(strings.Join(segments, "/"), "/\x00", "%2F"), 60)
}
