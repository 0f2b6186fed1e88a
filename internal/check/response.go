package check

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// IsAnswer reports whether a line answers a request.
func (a *Ask) IsAnswer() bool {
	return a.Instance.Concept.Name == RequestingConcept && a.Action.Name == "respond"
}

// checkReply checks the fields of an answer that have a meaning of their own, and
// whether the client gets the others.
func (inf *inference) checkReply(a *Ask) {
	if !a.IsAnswer() || inf.quiet {
		return
	}
	inf.lostInFormat(a)
	inf.c.renamedInAnswer(a)
	for _, x := range a.In {
		if near := inf.meant(x); near != "" {
			inf.ok = false
			inf.c.unknown(diag.UnknownInput, x.Tree.Name, "“"+x.Name+"” would be sent to the client as a field", []string{near})
			continue
		}
		switch x.Name {
		case "status":
			for _, n := range numbers(x.Term) {
				if n < 200 || n > 599 || n != math.Trunc(n) {
					inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: x.Term.Span,
						Message: "the status must be an integer from 200 to 599"})
				}
			}
		case "headers", "cookies":
			t := x.Term.ValueType()
			if t.Kind == Unknown || t.Kind == Json || t.Kind == Record {
				inf.namesIn(x)
				continue
			}
			inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: x.Term.Span,
				Message: "the " + x.Name + " of an answer must be a record, and this is " + Describe(t),
				Notes:   []string{"as in “" + x.Name + ": {name: value}”"}})
		}
	}
	inf.notSent(a)
	inf.successWithError(a)
}

// meant returns the field with a meaning of its own that a field of an answer probably
// is: its name is nearly the same, and its value fits. Otherwise it is "".
func (inf *inference) meant(x *Arg) string {
	if x.Param != nil || quoted(x.Name) {
		return ""
	}
	t := x.Term.ValueType()
	n, number := x.Term.Literal.Num()
	for _, f := range []struct {
		name string
		fits bool
		once bool // no other place has the name: it is not one of the program's own
	}{
		{"status", number && n >= 200 && n <= 599, false},
		{"cookies", t.Kind == Record, false}, {"headers", t.Kind == Record, false},
		{"error", t.Kind == String && isSlip(x.Name, "error"), true},
		{"body", t.Kind == Record || t.Kind == List || t.Kind == Binary, true},
	} {
		if !f.fits {
			continue
		}
		if _, near := diag.Nearest(x.Name, []string{f.name}); near && (!f.once || inf.c.occurrences(x.Name) == 1) {
			return f.name
		}
	}
	return ""
}

// numbers returns the literal numbers that a term may be.
func numbers(t Term) []float64 {
	if t.Expr == nil {
		if n, ok := t.Literal.Num(); ok && t.Var == nil {
			return []float64{n}
		}
		return nil
	}
	var list []float64
	var collect func(s *expression.Shape)
	collect = func(s *expression.Shape) {
		switch {
		case s.Form == expression.ConditionalForm:
			collect(s.Parts[1])
			collect(s.Parts[2])
		case s.Form == expression.BinaryForm && s.Name == "??":
			collect(s.Parts[0])
			collect(s.Parts[1])
		case s.Form == expression.LiteralForm:
			if n, ok := s.Literal.Num(); ok {
				list = append(list, n)
			}
		}
	}
	collect(t.Expr.Node.Shape())
	return list
}

// namesIn reports names of headers and cookies that HTTP does not allow, and cookies
// that nothing reads.
func (inf *inference) namesIn(x *Arg) {
	if x.Term.Expr == nil || x.Term.Expr.Node.Shape().Form != expression.RecordForm {
		return
	}
	shape := x.Term.Expr.Node.Shape()
	r := inf.newExpr(x.Term.Expr)
	for i, name := range shape.Names {
		at := r.nameSpan(name, shape.Parts[i])
		switch {
		case name == "":
		case strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c) }):
			inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: at, Message: "“" + name + "” cannot be the name of a " + strings.TrimSuffix(x.Name, "s") + ": it is a word without spaces"})
		case x.Name == "cookies":
			inf.c.cookies = append(inf.c.cookies, syntax.Name{Text: name, Span: at})
		case strings.EqualFold(name, "Set-Cookie"):
			inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: at, Message: "the header “" + name + "” cannot be set: cookies are set with “cookies”"})
		}
	}
}

// nameSpan is the place of the name of a field whose value is a part.
func (r *exprInference) nameSpan(name string, value *expression.Shape) source.Span {
	span := r.e.Tree.Span
	text := span.Text()
	if at := strings.LastIndex(text[:min(value.Offset+len(name), len(text))], name); at >= 0 {
		span.Start += at
		span.End = span.Start + len(name)
	}
	return span
}

// notSent reports fields of an answer that the client does not get, because its body or
// its status leaves no room for them.
func (inf *inference) notSent(a *Ask) {
	body := slices.ContainsFunc(a.In, func(x *Arg) bool { return x.Name == "body" && !isAbsent(x.Term) })
	status := 0.0
	for _, x := range a.In {
		if n, ok := x.Term.Literal.Num(); ok && x.Name == "status" && x.Term.Var == nil && x.Term.Expr == nil {
			status = n
		}
	}
	empty := status == 204 || status == 205 || status == 304
	var names []string
	var at source.Span
	for _, x := range a.In {
		switch x.Name {
		case "request", "status", "headers", "cookies":
			continue
		case "body":
			if !empty || isAbsent(x.Term) {
				continue
			}
		case "next":
			if !empty {
				continue // of a list with pages
			}
		default:
			if !empty && !body {
				continue
			}
		}
		if len(names) == 0 {
			at = x.Tree.Span
		}
		names = append(names, "“"+WireName(x.Name)+"”")
	}
	if len(names) == 0 {
		return
	}
	d := diag.Diagnostic{Code: diag.NotSent, Severity: diag.Warning, Span: at, Message: "the client does not get " + words.Enumerate(names, "and") + ": "}
	if empty {
		d.Message += "an answer with status " + strconv.Itoa(int(status)) + " has no content"
		d.Notes = []string{"leave out the fields, or the status, which is then 200"}
	} else {
		d.Message += "“body” is the whole content of the answer"
		d.Notes = []string{"put the fields into the record that is the body, or leave out “body”"}
	}
	inf.report(d)
}

// successWithError notes an answer with an error whose status says that the request
// succeeded.
func (inf *inference) successWithError(a *Ask) {
	var at *Arg
	statuses := []float64{200}
	written := false
	for _, x := range a.In {
		switch x.Name {
		case "error":
			if v := x.Term.Var; !isAbsent(x.Term) && (v == nil || !inf.nullable[v] || inf.nonNull[v]) {
				at = x
			}
		case "status":
			written = true
			if statuses = numbers(x.Term); x.Term.Var != nil || len(statuses) == 0 {
				return // it is computed, or no number
			}
		case "body":
			return
		}
	}
	if at == nil || len(statuses) == 0 { // a status that is no number is reported elsewhere
		return
	}
	if slices.ContainsFunc(statuses, func(n float64) bool { return n >= 300 }) {
		inf.c.errorStatus = true
		return
	}
	d := diag.Diagnostic{Code: diag.SuccessWithError, Severity: diag.Warning, Span: at.Tree.Span,
		Message: "this answer has an error, and the status " + strconv.Itoa(int(statuses[0])) + " says that the request succeeded",
		Notes:   []string{"give it a status from 400 to 599, as in “status: 404”; without “status” it is 200"}}
	if written {
		inf.report(d)
	} else {
		inf.c.noStatus = append(inf.c.noStatus, d)
	}
}

// answers reports what only all answers of a program together show: cookies that no
// credential reads, and errors without a status in a program whose other errors have one.
func (c *checker) answers() {
	c.unreadCookies()
	if c.errorStatus {
		c.diags = append(c.diags, c.noStatus...)
	}
}

// unreadCookies reports cookies that answers set and no credential reads.
func (c *checker) unreadCookies() {
	var read []string
	var declared source.Span
	var unset []diag.Related // the cookies that are read and never set
	for _, name := range c.instanceNames() {
		i := c.program.Instances[name]
		for _, x := range i.Credentials {
			read = append(read, x.Cookies...)
		}
		if i.Use != nil && len(i.Credentials) > 0 {
			declared = i.Use.Span
			for _, x := range i.Use.Credentials {
				for _, from := range x.From {
					if from.Kind.Text == "cookie" && !slices.ContainsFunc(c.cookies, func(n syntax.Name) bool { return n.Text == from.Name }) {
						unset = append(unset, diag.Related{Span: from.Span, Message: "no answer sets the cookie “" + from.Name + "” that is read here"})
					}
				}
			}
		}
	}
	if len(read) == 0 {
		return
	}
	reported := map[string]int{} // the finding about a name
	for _, name := range c.cookies {
		if slices.Contains(read, name.Text) {
			continue
		}
		if i, ok := reported[name.Text]; ok {
			c.diags[i].Related = append(c.diags[i].Related, diag.Related{Span: name.Span, Message: "and set here"})
			continue
		}
		reported[name.Text] = len(c.diags)
		d := diag.Diagnostic{Code: diag.UnreadCookie, Severity: diag.Warning, Span: name.Span,
			Message: "no credential of the app reads the cookie “" + name.Text + "” that is set here; the app reads " + words.Enumerate(quotedWords(read), "and"),
			Related: append([]diag.Related{{Span: declared, Message: "the credentials"}}, unset...),
			Notes:   []string{"give the cookie the name that is read, or add “cookie \"" + name.Text + "\"” to the credential"}}
		c.add(d)
	}
}

func quotedWords(list []string) []string {
	var out []string
	for _, x := range list {
		out = append(out, "“"+x+"”")
	}
	return out
}
