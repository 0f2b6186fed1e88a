package syntax

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/words"
)

var appParts = []string{"use", "expose", "open"}

// app reads an app: what it uses, exposes and opens.
func (p *parser) app() {
	before := len(p.diags)
	start := p.peek().text
	head := p.itemHead()
	app := &App{Name: head.upper("an app's name")}
	head.end("the head of the app")
	p.parts("app", head, appParts, once(0), func(word string) {
		switch word {
		case "use":
			if u := p.use(); u != nil {
				app.Uses = append(app.Uses, u)
			}
		case "expose":
			if e := p.expose(); e != nil {
				app.Exposes = append(app.Exposes, e)
			}
		default:
			if o := p.open(); o != nil {
				app.Opens = append(app.Opens, o)
			}
		}
	})
	app.Span = p.src.Span(start, p.end)
	app.Broken = len(p.diags) > before
	p.file.Apps = append(p.file.Apps, app)
}

// use reads "use Annotating as Notes was Remarks [User = Profile.User]" and the
// lines below it: credentials, and the format of errors.
func (p *parser) use() *Use {
	c := p.take()
	first := c.take()
	u := &Use{Concept: c.upper("a concept")}
	if c.accept("as") {
		u.As = c.upper("the name of the instance")
	}
	if c.accept("was") {
		u.Was = c.upper("the name that the instance had")
	}
	if c.accept("[") {
		c.list("]", func() { u.Bindings = append(u.Bindings, c.binding()) })
	} else if t := c.peek(); t.kind != endToken && (slices.Contains([]string{"(", "<", "{"}, p.textOf(t)) || isUpper(p.textOf(t))) {
		c.unexpected("“[” before the bindings, as in “use Sessioning [User = Profile.User]”")
	}
	c.end("the use")
	if c.bad {
		p.skipDeeper(c.line.indent)
		return nil
	}
	p.block(c.line.indent, func() {
		if p.errorFormatFollows() {
			p.errorFormat(u)
			return
		}
		if credential := p.credential(); credential != nil {
			u.Credentials = append(u.Credentials, credential)
		}
	})
	u.Span = p.src.Span(first.start, p.end)
	return u
}

func (c *cursor) binding() *Binding {
	first := c.peek()
	b := &Binding{Param: c.upper("a type parameter")}
	if t := c.peek(); c.accept(":") {
		span := c.p.spanOf(t)
		c.warn(diag.Diagnostic{Code: diag.Unexpected, Span: span, Message: "a type parameter is bound with “=”, not with “:”",
			Fix: &diag.Fix{Title: "write =", Edits: []diag.Edit{{Span: span, Text: " ="}}}})
	} else {
		c.expect("=", "after the type parameter")
	}
	b.Instance = c.upper("a concept of the app")
	if !c.accept(".") {
		c.unexpected("“.” and a type, as in “User = Profile.User”")
	}
	b.Type = c.upper("a type")
	b.Span = c.since(first)
	return b
}

// errorFormatFollows reports whether the next line is "errors {…}", or nearly so;
// a credential may have such a name.
func (p *parser) errorFormatFollows() bool {
	l := p.peek()
	word := p.firstWord()
	rest := strings.TrimSpace(p.src.Text[l.text+len(word) : l.end])
	if word != "errors" && word != "error" {
		return false
	}
	next := p.wordAt(l.end - len(rest))
	near, _ := diag.Nearest(next, []string{"from"})
	return next != "from" && near == ""
}

// errorFormat reads `errors {error: error}`.
func (p *parser) errorFormat(u *Use) {
	c := p.take()
	first := c.take()
	if p.textOf(first) != "errors" {
		c.warn(diag.Diagnostic{Code: diag.UnknownWord, Span: p.spanOf(first), Fix: c.rewrite(first, first, "errors"),
			Message: "“" + p.textOf(first) + "” is not a keyword here; did you mean “errors”?"})
	}
	if t := c.peek(); c.accept(":") {
		c.warn(diag.Diagnostic{Code: diag.Unexpected, Span: p.spanOf(t), Message: "remove “:” after “errors”",
			Fix: &diag.Fix{Title: "leave it out", Edits: []diag.Edit{{Span: p.spanOf(t)}}}})
	}
	format := &ErrorFormat{Expr: c.expr("errors")}
	if format.Span = c.since(first); c.bad {
		return
	}
	if u.Errors != nil {
		c.fail(diag.Diagnostic{Code: diag.Repeated, Span: p.spanOf(first), Message: "“errors” is repeated below one use",
			Related: []diag.Related{{Span: u.Errors.Span, Message: "first here"}}})
		return
	}
	u.Errors = format
}

var carrierKinds = []string{"body", "bearer", "cookie", "header", "authorization"}

// credential reads `session from body, bearer, cookie "session"`.
func (p *parser) credential() *Credential {
	c := p.take()
	first := c.peek()
	credential := &Credential{Field: c.lower("the field of a credential")}
	c.expect("from", "after the field of a credential")
	for !c.bad {
		credential.From = append(credential.From, c.carrier())
		if !c.accept(",") {
			break
		}
	}
	c.end("the credential")
	credential.Span = c.since(first)
	if c.bad {
		return nil
	}
	return credential
}

func (c *cursor) carrier() *Carrier {
	first := c.peek()
	carrier := &Carrier{Kind: c.lower("body, bearer, cookie, header or authorization")}
	switch carrier.Kind.Text {
	case "body", "bearer", "":
	case "authorization":
		carrier.Name, _ = c.str("the scheme in quotation marks, as in “authorization \"Token\"”")
	case "cookie", "header":
		carrier.Name, _ = c.str("the name of the " + carrier.Kind.Text + " in quotation marks")
	default:
		d := diag.Diagnostic{Code: diag.UnknownWord, Span: carrier.Kind.Span,
			Message: "“" + carrier.Kind.Text + "” is not a place in a request",
			Notes:   []string{"a credential can be in the " + words.Enumerate(carrierKinds, "and")}}
		if near, ok := diag.Nearest(carrier.Kind.Text, carrierKinds); ok {
			d.Message += "; did you mean “" + near + "”?"
			d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: d.Span, Text: near}}}
		}
		c.fail(d)
	}
	carrier.Span = c.since(first)
	return carrier
}

// expose reads `expose C.action "why"`.
func (p *parser) expose() *Expose {
	c := p.take()
	first := c.take()
	e := &Expose{Concept: c.upper("a concept of the app")}
	c.expect(".", "after the concept")
	e.Member = c.word("an action or query")
	e.Why, _ = c.str("the reason in quotation marks")
	c.end("the reason")
	e.Span = c.since(first)
	if c.bad {
		return nil
	}
	return e
}

// fieldPath reads the name of a field of requests, or the path of a part: "user.email".
func (c *cursor) fieldPath() Name {
	first := c.peek()
	if first.kind == stringToken {
		s, span := c.str("a field")
		return Name{Text: s, Span: span}
	}
	n := c.lower("a field of the request")
	for c.accept(".") {
		n.Text += "." + c.lower("a part of the field").Text
	}
	n.Span = c.since(first)
	return n
}

// open reads `open POST "/path" (user, file) "why"`.
func (p *parser) open() *Open {
	c := p.take()
	first := c.take()
	o := &Open{Method: c.upper("a method in capitals")}
	o.Path, o.PathSpan = c.str("the path in quotation marks")
	if t := c.peek(); c.accept("(") {
		c.list(")", func() { o.Fields = append(o.Fields, c.fieldPath()) })
		if len(o.Fields) == 0 && !c.bad {
			c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.since(t), Message: "name the fields of which the caller may choose any value, as in “(user)”"})
		}
	}
	o.Why, _ = c.str("the reason in quotation marks")
	c.end("the reason")
	o.Span = c.since(first)
	if c.bad {
		return nil
	}
	return o
}
