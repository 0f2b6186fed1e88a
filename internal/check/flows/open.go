package flows

import (
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// opens finds the routes that the app leaves open to anybody.
func (an *analyzer) opens() {
	if an.program.App == nil {
		return
	}
	for _, t := range an.program.App.Opens {
		e := an.route(t.Method.Text, t.Path)
		if e == nil {
			an.unknownRoute(t)
			continue
		}
		if e.Opened != nil {
			an.add(diag.Diagnostic{Code: diag.DeclaredTwice, Span: t.Span, Message: "the route " + e.String() + " is opened twice",
				Related: []diag.Related{{Span: e.Opened.Span, Message: "first declared here"}}})
			continue
		}
		e.Opened = t
	}
}

// route finds a route by what a request says; nil when no sync names it.
func (an *analyzer) route(method, path string) *Entry {
	var every *Entry
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
		d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: t.PathSpan, Text: `"` + near + `"`}}}
	}
	an.add(d)
}

// unknownMethod reports a route whose path has only another method.
func (an *analyzer) unknownMethod(t *syntax.Open, said, method string) {
	d := diag.Diagnostic{Code: diag.UnknownRoute, Span: t.Method.Span, Message: said, Notes: []string{"the path has the method " + method}}
	if _, ok := diag.Nearest(t.Method.Text, []string{method}); ok {
		d.Message += "; did you mean “" + method + "”?"
		d.Fix = &diag.Fix{Title: "write " + method, Edits: []diag.Edit{{Span: t.Method.Span, Text: method}}}
	} else {
		d.Notes = append(d.Notes, "known here: "+method)
	}
	an.add(d)
}

// unguarded reports routes on which something is changed before anything was asked
// of who is asking. An app that takes no credentials has no such question.
func (f *findings) unguarded() {
	for _, e := range f.an.entries {
		a := f.open[e]
		if a == nil || e.Opened != nil || len(e.Instance.Credentials) == 0 {
			continue
		}
		f.an.add(diag.Diagnostic{Code: diag.OpenRoute, Severity: diag.Warning, Span: e.place(),
			Message: "anybody can have “" + a.act.name() + "” asked by " + e.String() + ": no credential is looked at before",
			Related: []diag.Related{{Span: a.ask.Tree.Span, Message: "asked here"}},
			Notes:   []string{"if that is meant, the app says why: open " + e.asked() + " \"…\""}})
	}
}

// asked is the route as the app would name it.
func (e *Entry) asked() string {
	method := e.Method
	if method == "" {
		method = "POST"
	}
	return method + " \"" + e.Path + "\""
}
