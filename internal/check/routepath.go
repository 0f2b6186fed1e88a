package check

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// Methods are the methods of HTTP that programs use.
var Methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}

// furtherMethods are other methods that clients may send.
var furtherMethods = []string{"OPTIONS", "TRACE", "CONNECT", "QUERY", "LINK", "UNLINK", "PURGE", "SEARCH", "REPORT",
	"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"}

// method reports a method that no request has.
func (r *resolver) method(p *Pattern) {
	for _, a := range p.In {
		text, ok := a.Term.Literal.Text()
		if a.Name != MethodField || !ok || slices.Contains(Methods, text) || slices.Contains(furtherMethods, text) {
			continue
		}
		r.ok = false
		d := diag.Diagnostic{Code: diag.BadMethod, Span: a.Term.Span, Message: "no request has the method “" + text + "”",
			Notes: []string{"a method is one of " + words.Enumerate(Methods, "and") + ", in capitals"}}
		if near, ok := diag.Nearest(text, Methods); ok {
			d.Message += "; did you mean “" + near + "”?"
			d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: a.Term.Span, Text: `"` + near + `"`}}}
		}
		r.c.add(d)
	}
}

// path reports a path that no request can have, or whose parameters are malformed.
func (r *resolver) path(p *Pattern) {
	for _, a := range p.In {
		text, ok := a.Term.Literal.Text()
		if a.Name != PathField || a.Term.Literal.Kind() == value.Unset || !ok {
			continue
		}
		bad := func(problem string, fix string, notes ...string) {
			r.ok = false
			d := diag.Diagnostic{Code: diag.BadPath, Span: a.Term.Span, Message: "the path “" + text + "” " + problem, Notes: notes}
			if fix != "" {
				d.Fix = &diag.Fix{Title: "write " + fix, Edits: []diag.Edit{{Span: a.Term.Span, Text: `"` + fix + `"`}}}
			}
			r.c.add(d)
		}
		const parameter = "a parameter is a whole segment in braces, as in “/books/{book}”"
		switch {
		case !strings.HasPrefix(text, "/"):
			bad("does not begin with “/”", "")
			continue
		case strings.ContainsAny(text, "?# \t"):
			bad("contains “?”, “#” or a space", "", "the fields of a query string are inputs of the request")
			continue
		case len(text) > 1 && strings.HasSuffix(text, "/"):
			bad("ends with “/”", "")
			continue
		case strings.Contains(text, "//"):
			bad("has an empty segment, “//”", "")
			continue
		}
		var names []string
		for _, segment := range strings.Split(text[1:], "/") {
			name, isParameter := pathParameter(segment)
			switch {
			case strings.HasPrefix(segment, ":") && isPlain(segment[1:]):
				bad("has the segment “"+segment+"”, which is no parameter", strings.Replace(text, "/"+segment, "/{"+segment[1:]+"}", 1), parameter)
			case strings.ContainsAny(segment, "{}") && !isParameter:
				fix := ""
				if inner := strings.Trim(segment, "{}"); isPlain(inner) {
					fix = strings.Replace(text, "/"+segment, "/{"+inner+"}", 1)
				}
				bad("has the malformed segment “"+segment+"”", fix, parameter)
			case segment == "." || segment == "..":
				bad("has the segment “"+segment+"”, which clients remove", "")
			case strings.ContainsAny(segment, "*<>[]"):
				bad("has the segment “"+segment+"”, which is no parameter", "", parameter)
			case isParameter && slices.Contains(names, name):
				bad("has the parameter “"+name+"” twice", "")
			}
			if isParameter {
				names = append(names, name)
			}
		}
	}
}

// pathParameter returns the name of the parameter that a segment of a path is.
func pathParameter(segment string) (string, bool) {
	name, ok := strings.CutPrefix(segment, "{")
	if !ok {
		return "", false
	}
	name, ok = strings.CutSuffix(name, "}")
	return name, ok && isPlain(name)
}

// parameters returns the names of the parameters in a path.
func parameters(path string) []string {
	var names []string
	for _, segment := range strings.Split(path, "/") {
		if name, ok := pathParameter(segment); ok {
			names = append(names, name)
		}
	}
	return names
}

// routes reports parameters of paths that no sync reads, and exposed operations that
// never get a request because a sync is on their path.
func (c *checker) routes() {
	type path struct {
		text     string
		patterns []*Pattern
	}
	byPath := map[string]*path{}
	var list []*path
	for _, s := range c.syncOrder {
		for _, p := range s.sync.When {
			_, text := p.Route()
			if !p.IsRequest() || text == "" {
				continue
			}
			if byPath[text] == nil {
				byPath[text] = &path{text: text}
				list = append(list, byPath[text])
			}
			byPath[text].patterns = append(byPath[text].patterns, p)
		}
	}
	for _, x := range list {
		for _, name := range parameters(x.text) {
			c.parameterRead(x.text, name, x.patterns)
		}
		for _, e := range c.program.Exposed {
			if e.path() == x.text {
				c.hidesExposed(e, x.patterns)
			}
		}
	}
}

// path is the path at which clients call an exposed operation.
func (e *Exposed) path() string { return "/" + e.Instance.Name + "/" + e.Tree.Member.Text }

// hidesExposed reports an exposed operation whose requests a sync gets.
func (c *checker) hidesExposed(e *Exposed, patterns []*Pattern) {
	for _, p := range patterns {
		if method, path := p.Route(); method == "POST" || method == "" {
			c.add(diag.Diagnostic{Code: diag.ExposedHidden, Span: e.Tree.Span,
				Message: "no request reaches this exposed operation: a sync is on its path “" + path + "”",
				Related: []diag.Related{{Span: p.Tree.Span, Message: "this sync gets its requests"}},
				Notes:   []string{"remove the “expose”, or give the sync another path"}})
			return
		}
	}
}

// parameterRead reports a parameter of a path that no pattern names.
func (c *checker) parameterRead(path, name string, patterns []*Pattern) {
	var fields []string // that the client has to send, and that are not in the path
	var at source.Span
	for _, p := range patterns {
		for _, a := range p.In {
			if a.Name == name || partOf(a.Name, name) {
				return
			}
			if a.Name == PathField && !at.Known() {
				at = a.Term.Span
			}
			if a.Param == nil && !a.Optional && !IsRuntimeField(a.Name) && !c.isCredential(p.Instance, a.Name) &&
				!slices.Contains(parameters(path), a.Name) && !slices.Contains(fields, a.Name) {
				fields = append(fields, a.Name)
			}
		}
	}
	d := diag.Diagnostic{Code: diag.UnreadParameter, Severity: diag.Warning, Span: at,
		Message: "no sync on the path “" + path + "” reads its parameter “" + name + "”",
		Notes:   []string{"a parameter is a field of the request with the name in the braces"}}
	near, ok := diag.Nearest(name, fields)
	for _, f := range fields {
		if !ok && abbreviates(name, f) {
			near, ok = f, true
		}
	}
	if !ok && len(fields) == 1 {
		near, ok = fields[0], true
	}
	if ok {
		d.Message += "; the client would have to send “" + near + "” beside it: did you mean “{" + near + "}”?"
	}
	c.add(d)
}

// abbreviates reports whether a name consists of letters of another one, in their order
// and from the same first letter.
func abbreviates(short, long string) bool {
	if len(short) < 2 || len(short) >= len(long) || short[0] != long[0] {
		return false
	}
	for _, c := range []byte(long) {
		if short != "" && c == short[0] {
			short = short[1:]
		}
	}
	return short == ""
}

// isCredential reports whether a field of requests is a credential.
func (c *checker) isCredential(i *Instance, field string) bool {
	return slices.ContainsFunc(i.Credentials, func(x *Credential) bool { return x.Field == field })
}

// clientHolds reports whether a field is a credential that the client's program holds
// itself and may get back. It cannot read one that is also sent in a cookie.
func (i *Instance) clientHolds(field string) bool {
	return slices.ContainsFunc(i.Credentials, func(x *Credential) bool { return x.Field == field && len(x.Cookies) == 0 })
}

// reserved reports a field of a request that the runtime sets where the client's field
// of that name is probably meant: nothing in the text of the sync compares it.
func (r *resolver) reserved(p *Pattern, sync string) {
	_, path := p.Route()
	for _, a := range p.In {
		if a.Name != MethodField || a.Term.Var == nil || path == "" || slices.ContainsFunc(Methods, func(m string) bool { return strings.Contains(sync, `"`+m+`"`) }) {
			continue
		}
		r.c.add(diag.Diagnostic{Code: diag.HiddenField, Severity: diag.Warning, Span: a.Tree.Span,
			Message: "“method” is the method of the request, such as “POST”, and hides a field “method” that the client sends",
			Notes: []string{"the client's field is read with quotation marks: “\"method\": " + a.Term.Var.Name + "”",
				"the method is compared with “method: \"PUT\"”, or in a condition"}})
	}
}
