// Package openapi describes the HTTP interface of a program as an OpenAPI
// document and as a page.
//
// Its three main types are [API], all that can be asked; [Operation], one way in
// with what it takes; and [Result], one way in which it may be answered. All of
// it follows from the inferred types and from the analysis of the program's flows,
// so nothing is said twice and nothing has to be kept up. It
// promises that every answer that the program or the runtime can give is in
// there, that the same program gives the same bytes, and that each part knows its
// place in the text. It refuses to know a value: there is nothing secret to tell.
//
// operation.go collects an operation, result.go its answers, runtime.go the
// answers of the HTTP front; document.go, schema.go and response.go write
// OpenAPI; page.go renders the page, and curl.go the commands on it.
package openapi

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/plan"
)

// Options say how the program is served. The zero value is right for one whose
// paths are at the root.
type Options struct {
	// Prefix is the path below which the routes are served, such as "/api".
	Prefix string
	// Refusals200 means that refusals are answered with status 200.
	Refusals200 bool
	// MaxText is the largest number of characters of a text from a client; 0
	// means plan.MaxText.
	MaxText int
	// Version is the API's own, "1" when empty.
	Version string
}

// An API is the HTTP interface of a program.
type API struct {
	Name    string
	About   string // the comment above the app
	Options Options
	// Operations are in the order of their paths and methods.
	Operations []*Operation
	// Credentials are the fields that identify the caller.
	Credentials []*check.Credential
	// Errors is the type of the app's format of errors, nil if it has none.
	Errors *check.Type
	// Purposes are those of the concepts, by their names in the app.
	Purposes map[string]string
}

// Of collects the API of an analyzed program.
func Of(p *flows.Analysis, opt Options) *API {
	opt.Prefix = strings.TrimRight(opt.Prefix, "/")
	if opt.Prefix != "" && opt.Prefix[0] != '/' {
		opt.Prefix = "/" + opt.Prefix
	}
	opt.Version = cmp.Or(opt.Version, "1")
	opt.MaxText = cmp.Or(max(opt.MaxText, 0), plan.MaxText)
	a := &API{Name: cmp.Or(p.Name, "Program"), Options: opt, Purposes: map[string]string{}}
	places := placesOf(p.Program)
	if p.App != nil {
		a.About = commentAbove(p.App.Span)
	}
	for name, in := range p.Instances {
		if in.Concept.Name == plan.RequestingConcept {
			a.Credentials = in.Credentials
			if in.Errors != nil {
				a.Errors = &in.Errors.Type
			}
		}
		if t := in.Concept.Tree; t != nil && t.Purpose != nil {
			a.Purposes[name] = prose(t.Purpose)
		}
	}
	g := &gathering{api: a, places: places, taken: map[string]bool{}}
	for _, e := range p.EntryPoints {
		if e.Kind == flows.Route {
			g.route(e, p.EntryPoints)
		}
	}
	for _, x := range p.Exposed {
		g.exposed(x)
	}
	slices.SortStableFunc(a.Operations, func(x, y *Operation) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method))
	})
	g.names()
	return a
}

// Tags are the first words of the paths, in their order.
func (a *API) Tags() []string {
	var tags []string
	for _, o := range a.Operations {
		if !slices.Contains(tags, o.Tag) {
			tags = append(tags, o.Tag)
		}
	}
	return tags
}

// names returns each operation a name that no other has.
func (g *gathering) names() {
	used := map[string]bool{}
	for _, o := range g.api.Operations {
		id := o.ID
		if used[id] {
			id += strings.ToUpper(o.Method[:1]) + strings.ToLower(o.Method[1:])
		}
		base := id
		for n := 2; used[id]; n++ {
			id = base + strconv.Itoa(n)
		}
		used[id] = true
		o.ID = id
	}
}
