package syntax

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible/diag"
	"github.com/legible-lang/legible/source"
)

// A cursor walks over the tokens of one logical line. After the first fault it
// stands behind the last token and says nothing more, so that one broken line
// costs one message.
type cursor struct {
	p    *parser
	line *logicalLine
	laid int // its place in the layout
	i    int
	bad  bool
}

// fine tells whether the line was read without a fault.
func (c *cursor) fine() bool { return !c.bad && !c.line.quiet }

// peek is the next token; behind the last one, an endToken.
func (c *cursor) peek() token { return c.ahead(0) }

// ahead is the token n places behind the next one.
func (c *cursor) ahead(n int) token {
	if i := c.i + n; i < len(c.line.tokens) {
		return c.line.tokens[i]
	}
	end := c.p.end
	return token{endToken, end, end}
}

func (c *cursor) take() token {
	t := c.peek()
	if t.kind != endToken {
		c.i++
	}
	return t
}

// at tells whether the next token is a word or sign.
func (c *cursor) at(text string) bool { return c.aheadIs(0, text) }

func (c *cursor) aheadIs(n int, text string) bool {
	t := c.ahead(n)
	return (t.kind == wordToken || t.kind == signToken) && c.p.textOf(t) == text
}

func (c *cursor) atEnd() bool { return c.peek().kind == endToken }

func (c *cursor) accept(text string) bool {
	if c.at(text) {
		c.i++
		return true
	}
	return false
}

// expect takes a word or sign that must stand here; where says behind what.
func (c *cursor) expect(text, where string) bool {
	if c.accept(text) {
		return true
	}
	c.unexpected("“" + text + "” " + where)
	return false
}

// unexpected reports the next token where something else must stand.
func (c *cursor) unexpected(want string) {
	t := c.peek()
	c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
		Message: "expected " + want + ", found " + c.p.quote(t)})
}

// fail reports a fault, unless the line has one already, and leaves the line.
func (c *cursor) fail(d diag.Diagnostic) {
	if c.fine() {
		c.p.add(d)
	}
	c.bad = true
	c.i = len(c.line.tokens)
}

// warn reports a fault from which reading goes on in the line. It counts as
// the line's one message.
func (c *cursor) warn(d diag.Diagnostic) {
	if c.fine() {
		c.p.add(d)
	}
	c.line.quiet = true
}

// end reports what stands behind the end of what was read.
func (c *cursor) end(after string) {
	if t := c.peek(); t.kind != endToken {
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
			Message: "unexpected " + c.p.quote(t) + " after " + after})
	}
}

// since is the span from a token to the one that was read last.
func (c *cursor) since(first token) source.Span {
	end := first.end
	if n := min(c.i, len(c.line.tokens)); n > 0 {
		end = max(end, c.line.tokens[n-1].end)
	}
	return c.p.src.Span(first.start, end)
}

func (c *cursor) nameOf(t token) Name { return Name{Text: c.p.textOf(t), Span: c.p.spanOf(t)} }

// word takes any word; what says which.
func (c *cursor) word(what string) Name {
	t := c.peek()
	if t.kind != wordToken || c.p.textOf(t) == "_" {
		c.unexpected(what)
		return Name{}
	}
	c.i++
	return c.nameOf(t)
}

// upper takes a name that begins upper-case: of a concept, type, sync or view.
func (c *cursor) upper(what string) Name { return c.cased(what, "an upper-case letter", isUpper) }

// lower takes a name that begins lower-case: of an action, parameter or field.
func (c *cursor) lower(what string) Name { return c.cased(what, "a lower-case letter", isLower) }

// query takes the name of a query, which begins with "_".
func (c *cursor) query() Name { return c.cased("the name of a query", "“_”", isQuery) }

func (c *cursor) cased(what, begins string, right func(string) bool) Name {
	n := c.word(what)
	if n.Text != "" && !right(n.Text) {
		d := diag.Diagnostic{Code: diag.NameCase, Span: n.Span,
			Message: what + " begins with " + begins + ", “" + n.Text + "” does not"}
		if begins == "“_”" {
			d.Fix = &diag.Fix{Title: "write _" + n.Text, Edits: []diag.Edit{{Span: n.Span, Text: "_" + n.Text}}}
		}
		c.warn(d)
	}
	return n
}

func isUpper(s string) bool { r, _ := utf8.DecodeRuneInString(s); return unicode.IsUpper(r) }

func isQuery(s string) bool { return len(s) > 1 && s[0] == '_' }

func isLower(s string) bool { return s != "" && s[0] != '_' && !isUpper(s) }

// str takes a string and gives what it says.
func (c *cursor) str(what string) (string, source.Span) {
	t := c.peek()
	if t.kind != stringToken {
		c.unexpected(what)
		return "", source.Span{}
	}
	c.i++
	return c.unquote(t), c.p.spanOf(t)
}

// A valueForm says what may stand on the right of an argument.
type valueForm int

const (
	simpleValues valueForm = iota // a name, a literal or "_"
	anyValues                     // expressions too
)

// args reads "(name, name: value, …)".
func (c *cursor) args(after string, form valueForm) []*Arg {
	if !c.expect("(", "after "+after) {
		return nil
	}
	var args []*Arg
	c.list(")", func() {
		if a := c.arg(form); a != nil {
			args = append(args, a)
		}
	})
	return args
}

// list reads parts with commas between them up to a closing bracket; a last
// comma is let pass.
func (c *cursor) list(closer string, read func()) {
	for !c.bad && !c.accept(closer) {
		first := c.peek()
		read()
		if c.accept(closer) || c.bad {
			return
		}
		if !c.accept(",") {
			c.unexpected("“,” or “" + closer + "” after " + c.p.quoteSpan(c.since(first)))
		}
	}
}

func (p *parser) quoteSpan(s source.Span) string {
	text := []rune(s.Text())
	if len(text) > 40 {
		return "what stands before it"
	}
	return "“" + string(text) + "”"
}

func (c *cursor) arg(form valueForm) *Arg {
	first := c.peek()
	a := &Arg{}
	if c.at("_") {
		c.unexpected("a parameter's name, as in “name: _”")
		return nil
	}
	if a.Name = c.word("a parameter's name"); c.bad {
		return nil
	}
	a.Optional = c.accept("?")
	if t := c.peek(); c.at("=") {
		c.warn(diag.Diagnostic{Code: diag.EqualsForIs, Span: c.p.spanOf(t),
			Message: "“:” stands between a parameter and its value, not “=”",
			Fix:     &diag.Fix{Title: "write :", Edits: []diag.Edit{{Span: c.p.src.Span(a.Name.Span.End, t.end), Text: ":"}}}})
		c.take()
		a.Value = c.term(form)
	} else if c.accept(":") {
		a.Value = c.term(form)
	}
	a.Span = c.since(first)
	if c.bad {
		return nil
	}
	return a
}

// term reads a value, up to the comma or bracket that ends it.
func (c *cursor) term(form valueForm) *Term {
	return c.termUpTo(form, c.extent(func(t token) bool { return c.p.textOf(t) == "," }))
}

// extent counts the tokens up to one that ends, outside all brackets, what is
// being read: a closing bracket, the end, or what stop says.
func (c *cursor) extent(stop func(token) bool) int {
	depth := 0
	for n := 0; ; n++ {
		t := c.ahead(n)
		if t.kind == endToken {
			return n
		}
		if depth == 0 && stop(t) {
			return n
		}
		if t.kind == signToken {
			switch c.p.src.Text[t.start] {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				if depth--; depth < 0 {
					return n
				}
			}
		}
	}
}

// termUpTo reads a value of n tokens.
func (c *cursor) termUpTo(form valueForm, n int) *Term {
	first := c.peek()
	span := c.p.src.Span(first.start, c.ahead(max(n-1, 0)).end)
	text := c.p.textOf(first)
	switch {
	case n == 0:
		c.unexpected("a value")
		return nil
	case n == 1 && first.kind == wordToken:
		c.i++
		switch text {
		case "_":
			return &Term{Span: span, Kind: AnyTerm}
		case "true", "false":
			return &Term{Span: span, Kind: LiteralTerm, Literal: text == "true"}
		case "null":
			return &Term{Span: span, Kind: LiteralTerm}
		}
		return &Term{Span: span, Kind: VariableTerm, Name: c.nameOf(first)}
	case n == 1 && first.kind == stringToken:
		c.i++
		return &Term{Span: span, Kind: LiteralTerm, Literal: c.unquote(first)}
	case n == 1 && first.kind == numberToken, n == 2 && text == "-" && c.ahead(1).kind == numberToken:
		return &Term{Span: span, Kind: LiteralTerm, Literal: c.number()}
	case form == anyValues:
		e := c.exprUpTo(n)
		return &Term{Span: span, Kind: ExpressionTerm, Expr: e}
	}
	c.notPattern(span)
	return nil
}

func (c *cursor) notPattern(span source.Span) {
	c.fail(diag.Diagnostic{Code: diag.NotAPattern, Span: span,
		Message: "only a name, a literal or “_” can stand here, not an expression",
		Notes:   []string{"bind a name here, and compare or compute in a line of where"}})
}

// expr reads an expression up to the end of the line.
func (c *cursor) expr(after string) *Expr {
	if c.atEnd() {
		c.unexpected("an expression after " + after)
		return nil
	}
	return c.exprUpTo(len(c.line.tokens) - c.i)
}

// exprUpTo takes n tokens as an expression, which is kept as written. The
// comments in it become spaces, so that its text is as long as its span.
func (c *cursor) exprUpTo(n int) *Expr {
	first, last := c.peek(), c.ahead(n-1)
	c.i += n
	text := []byte(c.p.src.Text[first.start:last.end])
	erase := func(from, to int) {
		copy(text[from-first.start:to-first.start], strings.Repeat(" ", to-from))
	}
	comments := c.line.comments
	at := sort.Search(len(comments), func(i int) bool { return comments[i].Span.Start > first.start })
	for ; at < len(comments) && comments[at].Span.End < last.end; at++ {
		erase(comments[at].Span.Start, comments[at].Span.End)
	}
	lines := c.p.lines
	at = sort.Search(len(lines), func(i int) bool { return lines[i].start > first.start })
	for ; at < len(lines) && lines[at].end < last.start; at++ {
		if lines[at].blank {
			erase(lines[at].text, lines[at].end)
		}
	}
	e := &Expr{Span: c.p.src.Span(first.start, last.end), Text: string(text)}
	laid := &c.p.layout[c.laid]
	laid.exprs = append(laid.exprs, e)
	return e
}
