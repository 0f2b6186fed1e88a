package host

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
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
	body    []byte // of the request
	out     []byte // of the answer
	reply   reply
	started bool // some of the answer has left
}

// ServeHTTP answers a request.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	x := f.exchanges.Get().(*exchange)
	x.writer, x.request = w, r
	defer func() {
		p := recover()
		if p != nil && p != http.ErrAbortHandler {
			p = x.recovered(p)
		}
		f.log(x, start)
		x.reset()
		f.exchanges.Put(x)
		if p != nil {
			panic(http.ErrAbortHandler) // the server ends the connection
		}
	}()
	if n := f.inFlight.Add(1); n > int64(f.options.MaxInFlight) {
		f.inFlight.Add(-1)
		x.send(tooMany())
		return
	}
	defer f.inFlight.Add(-1)
	x.send(x.answer())
}

// answer gives the reply of a request.
func (x *exchange) answer() *reply {
	k, no := x.find()
	if no != nil {
		return no
	}
	x.route = k
	if no := x.gather(k); no != nil {
		return no
	}
	f := x.front
	called := k.action != f.routes.Request || k.query != nil
	lacking := x.lacking
	if called {
		lacking = x.lackingInputs
	}
	if no := lacking(k); no != nil {
		return no
	}
	if k.binary {
		if err := x.keepBinary(k); err != nil {
			trace := x.trace()
			p := x.ended(engine.Result{}, err, trace)
			p.trace = trace
			return p
		}
	}
	if called {
		return x.call(k)
	}
	result, err := f.engine.Run(x.request.Context(), engine.Opening{Action: f.routes.Request, In: x.in, Further: x.further})
	return x.result(result, err)
}

// recovered answers a request at which the front itself broke. It gives what
// is left of the panic: something when the answer had begun already.
func (x *exchange) recovered(p any) any {
	trace := x.trace()
	x.front.options.Log.Error("the front broke at a request", "trace", trace, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
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
	x.writer, x.request, x.route, x.params, x.started = nil, nil, nil, nil, false
	x.reply = reply{}
}

// small keeps a buffer for the next request unless it is a large one.
func small(b []byte) []byte {
	if cap(b) > 64<<10 {
		return nil
	}
	return b[:0]
}

// log writes the line of a request: no field of it and no value of its query
// string is in there, and of a path that holds a secret only its form.
func (f *Front) log(x *exchange, start time.Time) {
	r := x.request
	ctx := r.Context()
	if !f.options.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	path := r.URL.Path
	if x.route != nil && x.route.secretParams {
		path = f.options.Prefix + x.route.Path
	}
	remote := r.RemoteAddr
	if host, _, err := net.SplitHostPort(remote); err == nil {
		remote = host
	}
	f.options.Log.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String("method", clip(r.Method, 20)),
		slog.String("path", clip(strings.ToValidUTF8(path, "?"), 300)),
		slog.Int("status", x.reply.status),
		slog.Duration("duration", time.Since(start)),
		slog.Int64("bytes", x.reply.sent),
		slog.String("trace", x.reply.trace),
		slog.String("remote", remote))
}
