package flows

import (
	"strings"

	"github.com/legible-lang/legible/internal/diag"
)

// shadowed reports routes that never get a request because another route matches
// first.
func (r *reporter) shadowed() {
	byShape := map[string]*EntryPoint{}
	for _, e := range r.an.entries {
		if e.Kind != Route || !strings.Contains(e.Path, "{") {
			continue
		}
		var shape []string
		for _, segment := range strings.Split(e.Path, "/") {
			if len(segment) > 2 && segment[0] == '{' && strings.HasSuffix(segment, "}") {
				segment = "{}"
			}
			shape = append(shape, segment)
		}
		path := strings.Join(shape, "/")
		first := byShape[path+" "+e.Method]
		if every := byShape[path+" "]; every != nil && (first == nil || every.Path < first.Path) {
			first = every
		}
		if first == nil {
			byShape[path+" "+e.Method] = e
			continue
		}
		if first.Path == e.Path {
			continue
		}
		r.an.add(diag.Diagnostic{Code: diag.Shadowed, Severity: diag.Warning, Span: e.span(),
			Message: "this route gets no requests: “" + first.Path + "” matches all requests that “" + e.Path + "” matches",
			Related: []diag.Related{{Span: first.span(), Message: "the other route"}},
			Notes:   []string{"use the same name for the parameter in all syncs"}})
	}
}

// unguardedRoutes reports routes on which state is changed before a credential is
// looked at. An app without credentials has no such routes.
func (r *reporter) unguardedRoutes() {
	for _, e := range r.an.entries {
		a := r.unguarded[e]
		if a == nil || e.Opened != nil || r.chosen[a.ask] || len(e.Instance.Credentials) == 0 {
			continue
		}
		r.an.add(diag.Diagnostic{Code: diag.OpenRoute, Severity: diag.Warning, Span: e.span(),
			Message: e.String() + " asks “" + a.action.name() + "” without looking at a credential",
			Related: []diag.Related{{Span: a.ask.Tree.Span, Message: "asked here"}},
			Notes:   []string{"if that is intended, say why in the app: open " + e.declaration() + " \"…\""}})
	}
}
