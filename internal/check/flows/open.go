package flows

import (
	"slices"
	"strings"

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
		an.openedFields(e)
	}
}

// openedFields reports names in the declaration of an open route that are no fields
// of its requests.
func (an *analyzer) openedFields(e *EntryPoint) {
	if an.program.Incomplete {
		return
	}
	var known []string
	for _, f := range e.Fields {
		known = append(known, check.WireName(f.Name))
	}
	if e.Kind == Open {
		for _, p := range e.Action.Inputs {
			known = append(known, p.Name)
		}
	}
	for i, n := range e.Opened.Fields {
		if slices.ContainsFunc(e.Opened.Fields[:i], func(x syntax.Name) bool { return x.Text == n.Text }) {
			an.add(diag.Diagnostic{Code: diag.UnknownOpenField, Span: n.Span, Message: "“" + n.Text + "” is named twice",
				Fix: nil, Notes: []string{"leave it out"}})
			continue
		}
		if slices.Contains(known, n.Text) {
			continue
		}
		d := diag.Diagnostic{Code: diag.UnknownOpenField, Span: n.Span, Message: "“" + n.Text + "” is no field of " + e.String()}
		if near, ok := diag.Nearest(n.Text, known); ok {
			d.Message += "; did you mean “" + near + "”?"
			d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: n.Span, Text: near}}}
		} else if len(known) > 0 {
			d.Notes = append(d.Notes, "known names: "+strings.Join(known, ", "))
		}
		an.add(d)
	}
}

// findRoute returns the entry point of a method and path, nil if no sync names it.
func (an *analyzer) findRoute(method, path string) *EntryPoint {
	var every *EntryPoint
	for _, e := range an.entries {
		if e.Kind == Open && method == "POST" && path == "/"+e.Instance.Name+"/"+e.Action.Name {
			return e
		}
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
	var known, same []string // the paths of all routes, and of those with this method
	method := ""
	for _, e := range an.entries {
		if e.Kind != Route {
			continue
		}
		if e.Path == t.Path && e.Method != "" {
			method = e.Method
		}
		if known = append(known, e.Path); e.Method == t.Method.Text {
			same = append(same, e.Path)
		}
	}
	if method != "" {
		if _, ok := diag.Nearest(t.Path, same); !ok {
			an.unknownMethod(t, said)
			return
		}
		known = same // a slip in this path or in that of the sync is likelier than one in the method
	}
	d := diag.Diagnostic{Code: diag.UnknownRoute, Span: t.PathSpan, Message: said}
	if near, ok := diag.Nearest(t.Path, known); ok {
		d.Message += "; did you mean “" + near + "”?"
		i := slices.IndexFunc(an.entries, func(e *EntryPoint) bool {
			return e.Kind == Route && e.Path == near && (method == "" || e.Method == t.Method.Text)
		})
		d.Related = []diag.Related{{Span: an.entries[i].span(), Message: "this sync names “" + near + "”"}}
		if method == "" {
			d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: t.PathSpan, Text: `"` + near + `"`}}}
		} else {
			d.Notes = []string{"the path “" + t.Path + "” has the method " + method}
		}
	}
	an.add(d)
}

// unknownMethod reports a route whose path has only other methods.
func (an *analyzer) unknownMethod(t *syntax.Open, said string) {
	d := diag.Diagnostic{Code: diag.UnknownRoute, Span: t.Method.Span, Message: said}
	var known []string
	for _, e := range an.entries {
		if e.Kind == Route && e.Path == t.Path && e.Method != "" {
			known = append(known, e.Method)
			d.Related = append(d.Related, diag.Related{Span: e.span(), Message: "this sync names the path with " + e.Method})
		}
	}
	if len(known) == 1 {
		d.Notes = []string{"the path has the method " + known[0]}
	} else {
		d.Notes = []string{"the path has the methods " + strings.Join(known, ", ")}
	}
	if method, ok := diag.Nearest(t.Method.Text, known); ok {
		d.Message += "; did you mean “" + method + "”?"
		if slices.Contains(check.Methods, method) && !slices.Contains(check.Methods, t.Method.Text) {
			d.Fix = &diag.Fix{Title: "write " + method, Edits: []diag.Edit{{Span: t.Method.Span, Text: method}}}
		}
	} else {
		d.Notes = append(d.Notes, "known names: "+strings.Join(known, ", "))
	}
	an.add(d)
}
