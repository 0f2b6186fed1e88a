package client

import (
	"fmt"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/openapi"
)

// A bearing is how the client sends a credential.
type bearing struct {
	field string
	how   string // "scheme", "header" or "body"
	name  string // of the scheme or the header
}

// bearings chooses a place for each credential: the first that a program can
// set. The browser sends cookies itself.
func (w *writer) bearings() []bearing {
	var list []bearing
	authorization := false // a request has one such header
	for _, c := range w.api.Credentials {
		switch {
		case c.Bearer && !authorization:
			authorization = true
			list = append(list, bearing{c.Field, "scheme", "Bearer"})
		case len(c.Schemes) > 0 && !authorization:
			authorization = true
			list = append(list, bearing{c.Field, "scheme", c.Schemes[0]})
		case len(c.Headers) > 0:
			list = append(list, bearing{c.Field, "header", c.Headers[0]})
		case c.Body:
			list = append(list, bearing{c.Field, "body", ""})
		}
	}
	return list
}

// class writes the class, with the part that is the same for all programs.
func (w *writer) class(tail string) {
	bearings := w.bearings()
	w.line("// ---- The client")
	w.line("")
	w.note("", "Calls "+w.api.Name+". Every method returns an answer: check its `ok` first, or use valueOf.",
		"If a request gets no answer, the promise rejects, as with fetch.")
	w.line("export class %s {", w.name)
	w.line("  private readonly base: string;")
	w.line("  private readonly options: ClientOptions;")
	w.line("  private readonly known: Readonly<Record<string, string>>;")
	w.line("")
	w.note("  ", "base is the URL of the routes: \"https://example.org/api\", or \"/api\" in a page of the same origin.")
	w.line("  constructor(base: string, options: ClientOptions = {}, known: Readonly<Record<string, string>> = {}) {")
	w.line("    this.base = base.replace(/\\/+$/, \"\");")
	w.line("    this.options = options;")
	w.line("    this.known = known;")
	w.line("  }")
	for _, b := range bearings {
		w.line("")
		w.note("  ", "Returns a client that sends this "+b.field+", or none. This client does not change.")
		w.line("  %s(%s: string | undefined): %s {", with(b.field), variable(b.field), w.name)
		w.line("    const known = { ...this.known };")
		w.line("    delete known[%s];", quoted(b.field))
		w.line("    if (%s !== undefined) known[%s] = %s;", variable(b.field), quoted(b.field), variable(b.field))
		w.line("    return new %s(this.base, this.options, known);", w.name)
		w.line("  }")
	}
	for _, o := range w.api.Operations {
		w.line("")
		w.method(o, bearings)
	}
	show := ""
	for _, b := range bearings {
		show += fmt.Sprintf("    const %s = asked.as?.includes(%s) ? this.known[%s] : undefined;\n", variable(b.field), quoted(b.field), quoted(b.field))
		switch b.how {
		case "scheme":
			show += fmt.Sprintf("    if (%s !== undefined) headers.set(\"Authorization\", %s + %s);\n", variable(b.field), quoted(b.name+" "), variable(b.field))
		case "header":
			show += fmt.Sprintf("    if (%s !== undefined) headers.set(%s, %s);\n", variable(b.field), quoted(b.name), variable(b.field))
		case "body":
			show += fmt.Sprintf("    if (%s !== undefined) asked = { ...asked, fields: { ...asked.fields, %s: %s } };\n", variable(b.field), property(b.field), variable(b.field))
		}
	}
	w.line("")
	w.b.WriteString(strings.Replace(tail, "    // (credentials)\n", show, 1))
}

func with(field string) string { return "with" + upper(field) }

// variable returns a variable name for a credential that is neither a keyword nor a
// name of the method.
func variable(field string) string { return "the" + upper(field) }

// method writes the method of an operation.
func (w *writer) method(o *openapi.Operation, bearings []bearing) {
	name := o.ID
	if slices.Contains([]string{"constructor", "ask", "base", "options", "known"}, name) ||
		slices.ContainsFunc(bearings, func(b bearing) bool { return with(b.field) == name }) {
		name += "_"
	}
	title := strings.TrimSuffix(o.Method+" "+o.Path+" ("+o.At+")", " ()")
	about := []string{o.Summary + "."}
	if o.About != "" {
		about = append(about, "", o.About)
	}
	w.note("  ", append(about, "", title)...)
	fields := inputs(o)
	input := "input: " + upper(o.ID) + "Input, "
	switch {
	case len(fields) == 0:
		input = ""
	case !slices.ContainsFunc(fields, func(f *openapi.Field) bool { return !f.Optional }):
		input = "input: " + upper(o.ID) + "Input = {}, "
	}
	w.line("  %s(%sinit: Init = {}): Promise<%sAnswer> {", name, input, upper(o.ID))
	w.line("    return this.ask<%sAnswer>(%s, %s, %s, init);", upper(o.ID), quoted(o.Method), path(o), asked(o))
	w.line("  }")
}

// path writes a path as a template.
func path(o *openapi.Operation) string {
	if len(o.Params) == 0 {
		return quoted(o.Path)
	}
	segments := strings.Split(o.Path, "/")
	for i, s := range segments {
		if len(s) > 2 && s[0] == '{' && s[len(s)-1] == '}' {
			segments[i] = "${segment(input" + member(s[1:len(s)-1]) + ")}"
		} else {
			segments[i] = strings.NewReplacer("`", "\\`", "$", "\\$", "\\", "\\\\").Replace(s)
		}
	}
	return "`" + strings.Join(segments, "/") + "`"
}

func member(name string) string {
	if p := property(name); p[0] != '"' {
		return "." + p
	}
	return "[" + quoted(name) + "]"
}

// asked writes the content of a request and how its answer is read.
func asked(o *openapi.Operation) string {
	var parts []string
	switch {
	case len(o.Fields) == 0 && o.Bodied():
		parts = append(parts, "fields: {}")
	case len(o.Fields) > 0:
		of := "input"
		if len(o.Params) > 0 {
			var own []string
			for _, f := range o.Fields {
				own = append(own, property(f.Name)+": input"+member(f.Name))
			}
			of = "{ " + strings.Join(own, ", ") + " }"
		}
		where := "fields"
		if !o.Bodied() {
			where = "query"
		}
		if of == "input" {
			of = "{ ...input }"
		}
		parts = append(parts, where+": "+of)
	}
	var as, files, loose []string
	for _, f := range o.Credentials {
		as = append(as, quoted(f.Name))
	}
	for _, f := range o.Fields {
		switch {
		case f.Binary():
			files = append(files, quoted(f.Name))
		case f.Type.Kind == check.Unknown || f.Type.Kind == check.Json || f.Type.Kind == check.Record:
			loose = append(loose, quoted(f.Name))
		}
	}
	if len(as) > 0 {
		parts = append(parts, "as: ["+strings.Join(as, ", ")+"]")
	}
	if len(files) > 0 {
		parts = append(parts, "files: ["+strings.Join(files, ", ")+"]")
		if len(loose) > 0 {
			parts = append(parts, "loose: ["+strings.Join(loose, ", ")+"]")
		}
	}
	for _, r := range o.Results {
		if k := kindOf(r); k != "json" && r.Status < 300 {
			parts = append(parts, "read: "+quoted(k))
			break
		}
	}
	if len(parts) == 0 {
		return "{}"
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}
