package legible

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/host"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Options say where an app stores its data, and how it is served. The zero
// value is suitable for experiments: state and journal in memory, served on
// 127.0.0.1:8000.
type Options struct {
	// Store is "memory:" (the same as ""), "sqlite:PATH" or "postgres://…".
	Store string
	// Durability says when answers are sent: full, relaxed or memory.
	Durability store.Durability
	// Addr is where ListenAndServe listens, "127.0.0.1:8000" when empty. Port
	// 0 picks a free one.
	Addr string
	// HTTP are the options of the HTTP server.
	HTTP HTTP
	// Limits bound each flow.
	Limits Limits
	// Tries say how effect actions are run and retried, and TriesOf how single
	// actions are, by full name: "Mailing.send"; its zero fields are as in Tries.
	Tries   Tries
	TriesOf map[string]Tries
	// FullRecord keeps values of any size in the record. Without it, stand-ins
	// replace texts, lists and records of more than 512 bytes that no recovery
	// needs: all those of a flow that changes nothing, and what other flows read
	// and answer after their last change. Explanations say what was not kept. With
	// it, a search that answers a megabyte records two or more.
	FullRecord bool
	// Keep says how long the record of what happened is kept.
	Keep Keep
	// Clock returns the current time; nil means time.Now. Tests set it: an app with
	// a Clock neither ticks nor forgets by itself.
	Clock func() time.Time
	// Log receives messages for the operator; nil means slog.Default.
	Log *slog.Logger
	// Recorder receives the encoded journal entries of each flow when they are
	// durable, and whether the flow is at rest. Several goroutines call it; it must
	// not keep entries. It may be nil.
	Recorder func(flow value.ID, entries []byte, rested bool)
	// Wrap, if not nil, takes the store and returns the store to use instead, such
	// as one that counts, or one that fails in a test.
	Wrap func(store.Store) store.Store
	// Inspect gives the app an inspector; nil means none. See App.ListenInspector.
	Inspect *Inspect
	// NoDocs omits the documents that describe the app to callers: OpenAPI at
	// /openapi.json and a page for people at /docs. Both contain the comments above
	// syncs and the purposes of concepts; the rest is only what is asked or
	// answered.
	NoDocs bool
}

// HTTP are the options of the HTTP server. The zero value works.
type HTTP struct {
	// Prefix is the path below which the routes are, such as "/api". The front
	// removes it itself, so it is mounted without http.StripPrefix; paths in
	// messages include it.
	Prefix string
	// AllowOrigins are the origins, such as "https://app.example.org", whose
	// pages may call and read the answers, with credentials (a browser sends
	// the cookies only from origins of the same site; others use a bearer
	// token). None means that only pages of the same origin can.
	AllowOrigins []string
	// Refusals200 sends with status 200 what older clients expect there: every
	// refusal, every answer of a sync with the field "error", and errors of the
	// front about a readable request that lacks a field or a credential. What
	// is not a readable request for a known path (404, 405, 413, 415, 400 for
	// what is not JSON), and 5xx of the front itself, keep their status.
	Refusals200 bool
	// Development puts the reason into answers with status 500, and logs where the Go
	// code of an action does not do what its specification says: effects without any
	// write, and outputs that no set has.
	Development bool
	// BehindTLS says that a proxy in front speaks TLS, so that cookies are
	// Secure also where this process sees plain HTTP.
	BehindTLS bool

	// TrustedProxies are the networks of the proxies in front. Only from them are
	// X-Forwarded-For and Forwarded accepted, read from the right up to the first
	// address that is no proxy's: that is the client's, which syncs see as
	// http.client. Default: none; the client is the peer.
	TrustedProxies []netip.Prefix

	// MaxText is how many characters a text in a request may have; 65,536.
	// Identities and secrets have 4,096 at most, numbers, flags, dates and moments
	// 64. A body is no larger than its route's fields can be.
	MaxText int
	// MaxBody is how large a body may be, in bytes, on a route that takes a list, or
	// anything; 16 MiB. MaxBinary is the limit on a route that takes binary data,
	// which is base64 in JSON; MaxBody, if that is more. MaxUpload is the limit for a
	// body stored directly, 64 MiB: a file, or a form with files.
	MaxBody, MaxBinary, MaxUpload int64
	// MaxBuffered is how much memory the bodies of all requests may take at once,
	// with the values read out of them and those gathered for answers, in bytes:
	// 256 MiB, and never less than four times the largest body. A request beyond it
	// is told to retry (503).
	MaxBuffered int64
	// MaxAnswer is how large an answer in JSON or text may be, in bytes, without
	// its binary data; 16 MiB. A larger one is refused.
	MaxAnswer int64
	// MaxInFlight is how many requests are worked on at a time, 1024. More are
	// told to retry (503). A request whose body is still arriving does not count;
	// of those and the others together there may be twice MaxConns, and eight
	// times MaxInFlight if that is more.
	MaxInFlight int
	// MaxConns is how many connections Serve has at a time: eight times MaxInFlight,
	// at least 1024, and never more than half of the files that the process may open.
	// Beyond it, the connection is closed that has sent the least for its time among
	// those that wait for their client. MaxPerClient is the share of one client, that
	// is of one address, or one network of 64 bits of IPv6: an eighth of MaxConns. A
	// client has more only while there is room and none of its connections has kept
	// the server waiting for a second; without room, clients with more lose
	// connections first. Trusted proxies are not counted.
	MaxConns, MaxPerClient int
	// MaxHeader is how large the headers of a request may be, in bytes; 64 KiB.
	MaxHeader int
	// HeaderTimeout bounds the reading of a request's headers, 10 s; ReadTimeout
	// that of the whole request, 60 s, and a second more for each 64 KiB of an
	// upload; WriteTimeout the time from the headers, or the end of an upload,
	// to the end of the answer, 2 min; IdleTimeout the wait of a connection for
	// its next request, 2 min; Grace how long requests in flight may continue
	// when the server stops, 10 s.
	HeaderTimeout, ReadTimeout, WriteTimeout, IdleTimeout, Grace time.Duration
}

// Limits bound a flow. A zero field has the default that its comment names.
type Limits struct {
	// Actions is how many actions one flow may ask; 50,000. Depth is how deep
	// syncs may ask actions that make syncs ask actions; 12,000.
	Actions, Depth int
	// Frames is how many frames one where may make; 100,000.
	Frames int
	// Journal is the size of the record of one flow, in bytes; 64 MiB.
	Journal int
	// Bytes is the approximate memory of the frames and lists of one where, and of
	// the rows of a query; 64 MiB.
	Bytes int64
	// Page is the number of items that a page may have, 1,000, and PageBytes their
	// approximate size, 4 MiB: a page ends before the item that is too much, and
	// has at least one item.
	Page      int
	PageBytes int64
	// Deadline bounds the time of a flow without its effect actions; 30 s.
	Deadline time.Duration
	// Patience is how long a caller waits for an effect action before it is
	// answered while the flow continues; 10 s.
	Patience time.Duration
	// Waiting is how many flows without a waiting caller may be in memory while
	// their effect action runs or waits for its next try; 1,000. All others are
	// only in the store.
	Waiting int
}

// Tries say how an effect action is run and retried. A zero field has the default
// that its comment names.
type Tries struct {
	// Timeout bounds one try; 30 s. The context of the action ends with it.
	Timeout time.Duration
	// First is the pause after the first try that fails; 1 s. Each further pause is
	// twice as long, up to Longest, 30 min. Up to a half of every pause is left
	// out, so that what failed together is not tried together.
	First, Longest time.Duration
	// Total is how long after the first try the last one may begin; 24 h.
	Total time.Duration
	// Most is the number of tries; 60.
	Most int
}

// Inspect are the options of the inspector: pages that show what an app does and
// why, and the interface that the legible command asks.
type Inspect struct {
	// Token grants access: it is given once in the URL, ?token=, and then kept in a
	// cookie; programs send it as a bearer token. If empty, a random one is made.
	Token string
	// Development admits all who can reach the address.
	Development bool
	// Hosts are host names, besides those of this machine, that requests may use,
	// without a port.
	Hosts []string
	// Note is the path of a file that tells the legible command on this machine the
	// inspector's address and token. If empty, the file is beside the store, or in
	// the working directory if the store is not a file.
	Note string
}

// front returns the options of the HTTP front.
func (h *HTTP) front() host.Options {
	return host.Options{
		Prefix: h.Prefix, AllowOrigins: h.AllowOrigins, Refusals200: h.Refusals200, Development: h.Development,
		BehindTLS: h.BehindTLS, TrustedProxies: h.TrustedProxies,
		MaxText: h.MaxText, MaxBody: h.MaxBody, MaxBinary: h.MaxBinary, MaxUpload: h.MaxUpload, MaxBuffered: h.MaxBuffered,
		MaxAnswer: h.MaxAnswer, MaxInFlight: h.MaxInFlight, MaxConns: h.MaxConns, MaxPerClient: h.MaxPerClient, MaxHeader: h.MaxHeader,
		HeaderTimeout: h.HeaderTimeout, ReadTimeout: h.ReadTimeout, WriteTimeout: h.WriteTimeout, IdleTimeout: h.IdleTimeout, Grace: h.Grace,
	}
}

// engine returns the options of the engine.
func (o *Options) engine() engine.Options {
	e := engine.Options{Limits: engine.Limits(o.Limits), Tries: engine.Tries(o.Tries), Clock: o.Clock, FullRecord: o.FullRecord, Verify: o.HTTP.Development}
	if len(o.TriesOf) > 0 {
		e.TriesOf = map[string]engine.Tries{}
	}
	for action, t := range o.TriesOf {
		e.TriesOf[action] = engine.Tries(t)
	}
	return e
}
