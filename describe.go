package legible

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/legible-lang/legible/internal/openapi"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/private"
)

// The paths of the app's documents. They are served at the root and below the
// prefix of the routes. A route of the app on the same path takes precedence.
const (
	documentPath = "/openapi.json"
	pagePath     = "/docs"
)

// A description serves the app's documents, and leaves all else to the front.
// It makes them at the first request.
type description struct {
	program *Program
	next    http.Handler
	routes  *plan.Routes
	opt     openapi.Options
	tls     bool
	log     *slog.Logger

	once     sync.Once
	err      error
	api      *openapi.API
	document []byte
	tag      string // of the document
}

// described adds the documents of a program to its front.
func described(program *Program, p *plan.Plan, o *Options, log *slog.Logger, next http.Handler) http.Handler {
	if o.NoDocs {
		return next
	}
	prefix := strings.TrimRight(o.HTTP.Prefix, "/")
	if prefix != "" && prefix[0] != '/' {
		prefix = "/" + prefix
	}
	return &description{next: next, routes: p.Routes, tls: o.HTTP.BehindTLS, log: log, program: program,
		opt: openapi.Options{Prefix: prefix, Refusals200: o.HTTP.Refusals200, MaxText: o.HTTP.MaxText}}
}

func (d *description) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch d.asked(r) {
	case documentPath:
		d.serve(w, r, "application/json", func() ([]byte, error) { return d.document, nil })
	case pagePath:
		w.Header().Set("Content-Security-Policy", openapi.PagePolicy())
		d.serve(w, r, "text/html; charset=utf-8", func() ([]byte, error) {
			return d.api.Page(d.base(r), d.opt.Prefix+documentPath)
		})
	default:
		d.next.ServeHTTP(w, r)
	}
}

// asked returns which of the two is asked for, otherwise "".
func (d *description) asked(r *http.Request) string {
	path := r.URL.Path
	if !strings.HasSuffix(path, documentPath) && !strings.HasSuffix(path, pagePath) || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	below, ok := strings.CutPrefix(path, d.opt.Prefix)
	if ok && (below == documentPath || below == pagePath) {
		if route, _, allowed := d.routes.Find(http.MethodGet, below); route != nil || len(allowed) > 0 {
			return ""
		}
		return below
	}
	if path == documentPath || path == pagePath {
		return path // no route is above the prefix
	}
	return ""
}

// base is the URL of the routes as the client knows it.
func (d *description) base(r *http.Request) string {
	scheme := "http"
	if d.tls || r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + d.opt.Prefix
}

func (d *description) serve(w http.ResponseWriter, r *http.Request, kind string, text func() ([]byte, error)) {
	d.once.Do(d.make)
	body, err := []byte(nil), d.err
	if err == nil {
		body, err = text()
	}
	if err != nil {
		d.log.Error("describing the app", "error", err)
		http.Error(w, "The app could not be described.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	if kind == "application/json" {
		h.Set("Etag", d.tag)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// make reads the program again, with every possible path of a flow: a running
// app has not computed them.
func (d *description) make() {
	program, _, err := d.program.Checked(private.Access{})
	if err != nil {
		d.err = fmt.Errorf("describing the app: %w", err)
		return
	}
	d.api = openapi.Of(program, d.opt)
	d.document = d.api.Document()
	sum := sha256.Sum256(d.document)
	d.tag = `"` + hex.EncodeToString(sum[:16]) + `"`
}
