// Package host turns HTTP requests into flows and the results of flows into
// answers.
//
// Its three main types are [Front], the http.Handler of a program; [Options],
// its configuration; and reply, which everything that can happen to a request
// becomes before one place writes it. It promises that every request is
// answered, with JSON and a status that says what happened; that what a request
// lacks is named, with the nearest thing that it has; that a credential means
// the same however it was sent; and that neither log nor answer shows a secret
// that the program did not answer with. It refuses to know what a program does:
// which paths exist, which fields they need and who may ask for what all comes
// from the plan.
//
// The files follow a request: front.go receives it, find.go finds its route, body.go,
// form.go and upload.go read its body, fields.go and credential.go gather what it
// carries, needs.go checks that against what the syncs need, exposed.go asks what the
// app exposes itself, result.go makes the answer, answer.go and cookie.go read what the
// program wants in it, reply.go writes it. turned.go reports requests without a flow,
// binary.go keeps large values out of that, budget.go bounds the rest, cors.go admits
// other origins, serve.go runs the server.
package host

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// Options of a front and its server. The zero value works. The fields that
// legible.HTTP has too are described there.
type Options struct {
	Prefix                 string
	AllowOrigins           []string
	Refusals200            bool
	Development, BehindTLS bool
	TrustedProxies         []netip.Prefix

	MaxText                                                      int
	MaxBody, MaxBinary, MaxUpload                                int64
	MaxBuffered                                                  int64
	MaxAnswer                                                    int64
	MaxInFlight                                                  int
	MaxConns, MaxPerClient                                       int
	MaxHeader                                                    int
	HeaderTimeout, ReadTimeout, WriteTimeout, IdleTimeout, Grace time.Duration

	// Log gets a line for each request, and faults; nil means slog.Default.
	Log *slog.Logger
	// TurnedAway is called after each request that opened no flow and was
	// answered with an error. Several goroutines call it, and it must return
	// quickly. It may be nil.
	TurnedAway func(history.TurnedAway)
	// Caller adds to a request's context what its headers say of the trace that
	// it belongs to. It may be nil.
	Caller func(context.Context, http.Header) context.Context
	// Closed reports whether the app is closed: then every request is answered 503. It
	// may be nil.
	Closed func() bool
	// Busy returns the body of the answer to a connection for which there is no room. If
	// it is nil, the body is {error}.
	Busy func() []byte
}

func (o Options) orDefault() Options {
	o.Prefix = strings.TrimRight(o.Prefix, "/")
	if o.Prefix != "" && o.Prefix[0] != '/' {
		o.Prefix = "/" + o.Prefix
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.TrustedProxies = unmapped(o.TrustedProxies)
	o.MaxText = cmp.Or(max(o.MaxText, 0), plan.MaxText)
	o.MaxBody = cmp.Or(max(o.MaxBody, 0), 16<<20)
	o.MaxUpload = cmp.Or(max(o.MaxUpload, 0), 64<<20)
	o.MaxAnswer = cmp.Or(max(o.MaxAnswer, 0), 16<<20)
	o.MaxBinary = max(o.MaxBinary, o.MaxBody)
	o.MaxBuffered = max(cmp.Or(max(o.MaxBuffered, 0), 256<<20), 4*o.MaxBinary)
	o.MaxInFlight = cmp.Or(max(o.MaxInFlight, 0), 1024)
	o.MaxConns = cmp.Or(max(o.MaxConns, 0), max(arrivingFor*o.MaxInFlight, 1024))
	if files := maxFilesOpen(); files > 0 {
		o.MaxConns = min(o.MaxConns, max(files/2, 1))
	}
	o.MaxPerClient = cmp.Or(max(o.MaxPerClient, 0), max(o.MaxConns/8, 8))
	o.MaxHeader = cmp.Or(max(o.MaxHeader, 0), 64<<10)
	o.HeaderTimeout = cmp.Or(o.HeaderTimeout, 10*time.Second)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, time.Minute)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 2*time.Minute)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 2*time.Minute)
	o.Grace = cmp.Or(o.Grace, 10*time.Second)
	return o
}

// A Front answers the requests of one program. It is safe for concurrent use.
type Front struct {
	engine   *engine.Engine
	plan     *plan.Plan
	routes   *plan.Routes
	options  Options
	origins  map[string]bool
	sameSite *http.CrossOriginProtection
	ids      *value.IDs // for the traces of requests without a flow
	known    map[*plan.Route]*knownRoute
	exposed  map[string]*knownRoute // by path
	paths    []*plan.Route          // all there are
	// The columns of Requesting.request that the front fills itself, or -1.
	method, path, headers, http int
	secretHeaders               map[string]bool // canonical names
	challenge                   []string        // of an answer 401
	secretAt                    map[int]bool    // path segments where some route has a secret
	arriving, inFlight          atomic.Int64
	budget                      budget
	exchanges                   sync.Pool
	callers                     callers
}

// New returns the front of an engine's program.
func New(e *engine.Engine, opt Options) *Front {
	f := &Front{
		engine: e, plan: e.Plan(), routes: e.Plan().Routes, options: opt.orDefault(),
		origins: map[string]bool{}, sameSite: http.NewCrossOriginProtection(), ids: value.NewIDs(),
		known: map[*plan.Route]*knownRoute{}, method: -1, path: -1, headers: -1, http: -1,
		secretHeaders: map[string]bool{"Authorization": true, "Proxy-Authorization": true, "Cookie": true},
		secretAt:      map[int]bool{},
	}
	f.budget.most = f.options.MaxBuffered
	for _, origin := range opt.AllowOrigins {
		if err := f.sameSite.AddTrustedOrigin(origin); err != nil {
			f.options.Log.Error("invalid allowed origin; write it as https://app.example.org", "origin", origin, "error", err)
			continue
		}
		f.origins[origin] = true
	}
	if a := f.routes.Request; a != nil {
		f.method, f.path, f.headers = a.Input(check.MethodField), a.Input(check.PathField), a.Input(check.HeadersField)
		f.http = a.Input(check.HTTPField)
		for _, c := range f.routes.Credentials {
			for _, h := range c.Headers {
				f.secretHeaders[http.CanonicalHeaderKey(h)] = true
			}
		}
		everywhere := patternsWithoutPath(f.plan)
		for _, r := range f.routes.All {
			f.known[r] = f.know(r, everywhere)
		}
	}
	f.challenge = challenge(f.routes.Credentials)
	f.exposed = f.exposedRoutes()
	f.paths = slices.Clone(f.routes.All)
	for _, path := range slices.Sorted(maps.Keys(f.exposed)) {
		f.paths = append(f.paths, f.exposed[path].Route)
	}
	f.exchanges.New = func() any { return &exchange{front: f} }
	return f
}

// A knownRoute is a route with what the front needs for each request.
type knownRoute struct {
	*plan.Route
	action       *plan.Action // that opens the flow
	query        *plan.Query  // exposed instead of an action
	fields       []*knownField
	wantsHeaders bool // some sync names the field headers
	wantsHTTP    bool // some sync names the field http
	wantsRaw     bool // some sync names the body as it came
	// httpParts are the columns of the parts of http that syncs name, by part.
	httpParts    map[string]int
	secretParams bool // its path holds a secret
	binary       bool // some field is or holds binary data
	// file is the only binary field, if there is exactly one.
	file *knownField
	// texts is how many bytes a body may have, without binary data.
	texts int64
}

// A knownField is a field that some sync on the route names.
type knownField struct {
	plan.Field
	column int
	// steps are the names on the way to it in a body, and shown is how messages name
	// it: “user.email”.
	steps []string
	shown string
	// record is set if syncs divide it by a record pattern. Its parts are fields of
	// their own, and its own value says only whether it is there.
	record bool
	// literals are what the syncs compare it with.
	literals []value.Value
	// binary is set if it has binary data.
	binary bool
	// joint is set if a sync names it with other actions.
	joint bool
	// longest is how many characters its text, or each item's, may have; 0 for no
	// limit.
	longest int
}

// field returns a field by name.
func (k *knownRoute) field(name string) *knownField {
	for _, x := range k.fields {
		if x.Name == name {
			return x
		}
	}
	return nil
}

// wire returns the field that a name in a body or a query string stands for, nil if
// it is no field, or a record with fields.
func (k *knownRoute) wire(name string) *knownField {
	for _, x := range k.fields {
		if len(x.steps) == 1 && x.steps[0] == name && !x.record {
			return x
		}
	}
	return nil
}

// newField returns what is known of a field. It copies f, since the fronts of
// several apps share a plan.
func newField(f *plan.Field, column int) *knownField {
	steps := check.FieldSteps(f.Name)
	return &knownField{Field: *f, column: column, steps: steps, shown: strings.Join(steps, ".")}
}

// patternsWithoutPath returns the patterns over requests without a path: they
// match every route's requests.
func patternsWithoutPath(p *plan.Plan) []plan.Ref {
	var list []plan.Ref
	for _, s := range p.Syncs {
		for i, w := range s.When {
			if w.Action.Role == plan.Request && literal(w, "path").IsNull() {
				list = append(list, plan.Ref{Sync: s, Pattern: i})
			}
		}
	}
	return list
}

// literal is what a pattern wants in a field.
func literal(w *plan.Pattern, name string) value.Value {
	for _, t := range w.Tests {
		if t.Name == name && !t.Column.Out {
			return t.Literal
		}
	}
	return value.Value{}
}

// know collects what the front needs of a route.
func (f *Front) know(r *plan.Route, everywhere []plan.Ref) *knownRoute {
	k := &knownRoute{Route: r, action: f.routes.Request}
	for _, x := range r.Fields {
		k.fields = append(k.fields, newField(x, f.routes.Request.Input(x.Name)))
		k.secretParams = k.secretParams || x.Param && x.Secret
	}
	for i, ref := range append(append([]plan.Ref(nil), r.Patterns...), everywhere...) {
		w := ref.Sync.When[ref.Pattern]
		for _, v := range w.Vars {
			if !v.Column.Out {
				k.name(f, v.Name, ref, v.Slot, i < len(r.Patterns))
			}
		}
		for _, t := range w.Tests {
			if t.Column.Out {
				continue
			}
			if x := k.name(f, t.Name, ref, -1, i < len(r.Patterns)); x != nil && !t.Literal.IsNull() {
				x.literals = append(x.literals, t.Literal)
			}
		}
	}
	for i, segment := range split(r.Path) {
		if x := k.field(strings.Trim(segment, "{}")); x != nil && x.Param && x.Secret {
			f.secretAt[i] = true
		}
	}
	for _, x := range k.fields {
		x.record = slices.ContainsFunc(k.fields, func(y *knownField) bool { return strings.HasPrefix(y.Name, x.Name+".") })
	}
	k.findBinary()
	k.measure(&f.options)
	return k
}

// findBinary notes which fields are or hold binary data.
func (k *knownRoute) findBinary() {
	n := 0
	for _, x := range k.fields {
		if x.binary = holdsBinary(x.Type) && !x.Param; !x.binary {
			continue
		}
		k.binary = true
		if n++; n == 1 && x.Type.Kind == check.Binary {
			k.file = x
		} else {
			k.file = nil
		}
	}
}

// name notes a pattern's field, and returns it.
func (k *knownRoute) name(f *Front, name string, ref plan.Ref, slot int, own bool) *knownField {
	if part, is := strings.CutPrefix(name, check.HTTPField+"."); is {
		if k.httpParts == nil {
			k.httpParts = map[string]int{}
		}
		k.httpParts[part] = f.routes.Request.Input(name)
		k.wantsRaw = k.wantsRaw || part == check.RawField
		return nil
	}
	switch name {
	case check.HeadersField:
		k.wantsHeaders = true
		return nil
	case check.HTTPField:
		k.wantsHTTP = true
		return nil
	case check.MethodField, check.PathField:
		return nil
	}
	x := k.field(name)
	if x == nil {
		column := f.routes.Request.Input(name)
		if own || column < 0 {
			return nil // an output, or a refusal's sentence
		}
		x = newField(&plan.Field{Name: name, Optional: true}, column)
		for _, c := range f.routes.Credentials {
			if c.Field == name {
				x.Credential, x.Secret = c, true
			}
		}
		if slot >= 0 {
			x.Type = ref.Sync.Types[slot]
		}
		k.fields = append(k.fields, x)
	}
	x.Secret = x.Secret || slot >= 0 && ref.Sync.Secret[slot]
	x.joint = x.joint || own && len(ref.Sync.When) > 1
	return x
}
