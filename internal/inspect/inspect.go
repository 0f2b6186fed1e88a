// Package inspect serves pages that show what a program does and why.
//
// Its three main types are [Inspector], the http.Handler, which also receives
// the journal as an engine's recorder; story, one flow read from its journal
// as actions, firings and the answer; and picture, a story laid out as a
// diagram. Every page works without script, with a keyboard and with a screen
// reader, and is bounded for any flow. No page shows a secret or a value
// derived from one, and nothing can be changed. The inspector serves on its
// own address on this machine, requires a token except in development, and
// loads nothing from other sites.
//
// The files follow a visit: serve.go listens, guard.go checks access, flows.go
// and flow.go, program.go, concept.go and route.go are the pages, page.go writes
// them. Behind them recent.go keeps what the engine reports, story.go,
// ending.go, origin.go and reason.go interpret it, picture.go and map.go draw.
// turned.go has the requests that opened no flow. For programs there is api.go
// with tail.go, and note.go tells local programs where to find it.
package inspect

import (
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Options of an inspector. The zero value works.
type Options struct {
	// Token grants access: it is given once in the address, ?token=, and then kept
	// in a cookie; programs send it as a bearer token. If empty, New makes one: see
	// Inspector.Token.
	Token string
	// Development admits all who can reach the address.
	Development bool
	// Hosts are host names, besides those of this machine, that requests may use,
	// without a port.
	Hosts []string
	// Note is the path of a file that tells the legible command on this machine the
	// inspector's address and token while Serve serves; see Note. If empty, there
	// is no file.
	Note string
	// Metrics serves /metrics; nil means that it does not exist.
	Metrics http.Handler
	// Clock returns the time; nil means time.Now.
	Clock func() time.Time
	// Log receives what could not be shown; nil is slog.Default.
	Log *slog.Logger
}

// An Inspector serves the pages for one program. Its methods are safe for
// concurrent use.
type Inspector struct {
	plan     *plan.Plan
	store    store.Store
	schema   *store.Schema
	options  Options
	guard    guard
	recent   recent
	turned   turnedRing
	tails    tails
	counts   counts
	ids      *value.IDs
	mux      *http.ServeMux
	pages    map[string]*template.Template
	assets   map[string]asset
	sources  *sources
	program  *programMap
	streams  streams
	opened   time.Time
	byName   map[string]*plan.Sync
	actions  map[string]*plan.Action
	database map[string]int // places of tables by name
}

// New makes the inspector of a program and its store. It reads the plan, the
// store and what Record receives, so it can be made before the engine that it
// records.
func New(p *plan.Plan, st store.Store, opt Options) *Inspector {
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	in := &Inspector{
		plan: p, store: st, schema: engine.Schema(p), options: opt, guard: newGuard(opt),
		ids: value.NewIDs(), pages: parsePages(), assets: readAssets(), sources: sourcesOf(p),
		opened: opt.Clock(), byName: map[string]*plan.Sync{}, actions: map[string]*plan.Action{},
		database: map[string]int{},
	}
	in.streams.ended = make(chan struct{})
	for _, s := range p.Syncs {
		in.byName[s.Name] = s
	}
	for _, a := range p.Actions {
		in.actions[a.FullName()] = a
	}
	for i, t := range in.schema.Tables {
		in.database[t.Name()] = i
	}
	in.counts.init(p)
	in.program = mapOf(p)
	in.mux = in.routes()
	return in
}

// routes are the addresses of the pages. All are read with GET.
func (in *Inspector) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", in.flowsPage)
	mux.HandleFunc("GET /flows/{id}", in.flowPage)
	mux.HandleFunc("GET /turned/{id}", in.turnedPage)
	mux.HandleFunc("GET /program", in.programPage)
	mux.HandleFunc("GET /concepts", in.conceptsPage)
	mux.HandleFunc("GET /concepts/{name}", in.conceptPage)
	mux.HandleFunc("GET /concepts/{name}/{set}", in.setPage)
	mux.HandleFunc("GET /routes", in.routesPage)
	mux.HandleFunc("GET /source/{file...}", in.sourcePage)
	mux.HandleFunc("GET /live", in.live)
	mux.HandleFunc("GET /page/{name}", in.asset)
	in.apiRoutes(mux)
	if in.options.Metrics != nil {
		mux.Handle("GET /metrics", in.options.Metrics)
	}
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		in.missing(w, r, "There is no page at "+cut(r.URL.Path, 80)+".")
	})
	return mux
}

// ServeHTTP answers authorized requests only.
func (in *Inspector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	protect(w.Header())
	if in.guard.admits(in, w, r) {
		in.mux.ServeHTTP(w, r)
	}
}
