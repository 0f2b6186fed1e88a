package check

import (
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// opens finds the routes that the app leaves open to anybody.
func (c *checker) opens() {
	if c.program.App == nil {
		return
	}
	for _, t := range c.program.App.Opens {
		e := c.route(t.Method.Text, t.Path)
		if e == nil {
			c.unknownRoute(t)
			continue
		}
		if e.Opened != nil {
			c.twice(t.Span, e.Opened.Span, "the route "+e.String()+" is opened twice")
			continue
		}
		e.Opened = t
	}
}

// route finds a route by what a request says; nil when no sync names it.
func (c *checker) route(method, path string) *Entry {
	var every *Entry
	for _, e := range c.program.Entries {
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

func (c *checker) unknownRoute(t *syntax.Open) {
	for _, s := range c.syncOrder {
		if !s.ok {
			return // it may be that one's
		}
	}
	said := "no sync answers “" + t.Method.Text + " " + t.Path + "”"
	var known []string
	for _, e := range c.program.Entries {
		if e.Kind != Route {
			continue
		}
		if e.Path == t.Path && e.Method != "" {
			c.unknown(diag.UnknownRoute, t.Method, said, []string{e.Method}, "the path has the method "+e.Method)
			return
		}
		known = append(known, e.Path)
	}
	d := diag.Diagnostic{Code: diag.UnknownRoute, Span: t.PathSpan, Message: said}
	if near, ok := diag.Nearest(t.Path, known); ok {
		d.Message += "; did you mean “" + near + "”?"
		d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: t.PathSpan, Text: `"` + near + `"`}}}
	}
	c.add(d)
}

// doors reports routes on which something is changed before anything was asked
// of who is asking. An app that takes no credentials has no such question.
func (f *findings) doors() {
	for _, e := range f.c.program.Entries {
		a := f.open[e]
		if a == nil || e.Opened != nil || len(e.Instance.Credentials) == 0 {
			continue
		}
		f.c.add(diag.Diagnostic{Code: diag.OpenRoute, Severity: diag.Warning, Span: e.place(),
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
