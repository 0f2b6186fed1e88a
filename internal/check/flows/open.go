package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// resolveOpens resolves the routes that the app declares open.
func (an *analyzer) resolveOpens() {
	if an.program.App == nil {
		return
	}
	for _, t := range an.program.App.Opens {
		e := an.findRoute(t.Method.Text, t.Path)
		if e == nil {
			an.unknownRoute(t)
			continue
		}
		if e.Opened != nil {
			an.add(diag.Diagnostic{Code: diag.DeclaredTwice, Span: t.Span, Message: "the route " + e.String() + " is declared open twice",
				Related: []diag.Related{{Span: e.Opened.Span, Message: "first declared here"}}})
			continue
		}
		e.Opened = t
	}
}

// findRoute returns the entry point of a method and path, nil if no sync names it.
func (an *analyzer) findRoute(method, path string) *EntryPoint {
	var every *EntryPoint
	for _, e := range an.entries {
		if e.Kind != Route || e.Path != path {
			continue
		}
		if e.Method == method {
			return e
		}
		if e.Method == "" {
			every = e
		}
	}
	return every
}

func (an *analyzer) unknownRoute(t *syntax.Open) {
	if an.program.Incomplete {
		return // a sync that was left out may answer it
	}
	said := "no sync answers “" + t.Method.Text + " " + t.Path + "”"
	var known []string
	for _, e := range an.entries {
		if e.Kind != Route {
			continue
		}
		if e.Path == t.Path && e.Method != "" {
			an.unknownMethod(t, said, e.Method)
			return
		}
		known = append(known, e.Path)
	}
	d := diag.Diagnostic{Code: diag.UnknownRoute, Span: t.PathSpan, Message: said}
	if near, ok := diag.Nearest(t.Path, known); ok {
		d.Message += "; did you mean “" + near + "”?"
		i := slices.IndexFunc(an.entries, func(e *EntryPoint) bool { return e.Kind == Route && e.Path == near })
		d.Related = []diag.Related{{Span: an.entries[i].span(), Message: "this sync names “" + near + "”"}}
		d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: t.PathSpan, Text: `"` + near + `"`}}}
	}
	an.add(d)
}

// unknownMethod reports a route whose path has only another method.
func (an *analyzer) unknownMethod(t *syntax.Open, said, method string) {
	d := diag.Diagnostic{Code: diag.UnknownRoute, Span: t.Method.Span, Message: said, Notes: []string{"the path has the method " + method}}
	if _, ok := diag.Nearest(t.Method.Text, []string{method}); ok {
		d.Message += "; did you mean “" + method + "”?"
		if slices.Contains(check.Methods, method) && !slices.Contains(check.Methods, t.Method.Text) {
			d.Fix = &diag.Fix{Title: "write " + method, Edits: []diag.Edit{{Span: t.Method.Span, Text: method}}}
		}
	} else {
		d.Notes = append(d.Notes, "known names: "+method)
	}
	an.add(d)
}
