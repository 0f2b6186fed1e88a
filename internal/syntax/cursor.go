package syntax

import (
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// A cursor reads the tokens of one logical line. After the first error it
// moves to the end of the line and reports nothing more, so that a line with
// an error gets one message.
type cursor struct {
	p    *parser
	line *logicalLine
	laid int // its place in the layout
	i    int
	stop int // the number of tokens before the condition of the line; 0 when it has none
	bad  bool
}

// fine reports whether the line has had no error so far.
func (c *cursor) fine() bool { return !c.bad && !c.line.quiet }

// peek returns the next token, or an endToken at the end.
func (c *cursor) peek() token { return c.ahead(0) }

// ahead returns the token n places after the next one.
func (c *cursor) ahead(n int) token {
	i := c.i + n
	switch {
	case c.stop > 0 && i >= c.stop:
		t := c.line.tokens[c.stop]
		return token{endToken, t.start, t.end}
	case i < len(c.line.tokens):
		return c.line.tokens[i]
	}
	end := c.p.end
	return token{endToken, end, end}
}

// left is the number of tokens from the next one to the end.
func (c *cursor) left() int {
	if c.stop > 0 {
		return c.stop - c.i
	}
	return len(c.line.tokens) - c.i
}

func (c *cursor) take() token {
	t := c.peek()
	if t.kind != endToken {
		c.i++
	}
	return t
}

// at reports whether the next token is a given word or sign.
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

// expect reads a word or sign that is required here. The argument where
// describes the place for the message.
func (c *cursor) expect(text, where string) bool {
	if c.accept(text) {
		return true
	}
	t := c.peek()
	d := diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
		Message: "expected “" + text + "” " + where + ", found " + c.p.quote(t)}
	if _, near := diag.Nearest(c.p.textOf(t), []string{text}); near && t.kind == wordToken {
		d.Fix = &diag.Fix{Title: "write " + text, Edits: []diag.Edit{{Span: d.Span, Text: text}}}
	}
	c.fail(d)
	return false
}

// unexpected reports the next token where something else is required.
func (c *cursor) unexpected(want string) {
	t := c.peek()
	if d, is := c.p.otherComment(t.start); is && !c.bad {
		c.fail(d)
		return
	}
	c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
		Message: "expected " + want + ", found " + c.p.quote(t)})
}

// fail reports an error, unless the line already has one, and moves to the end
// of the line.
func (c *cursor) fail(d diag.Diagnostic) {
	if c.fine() {
		c.p.add(d)
	}
	c.bad = true
	c.i = len(c.line.tokens)
}

// warn reports an error after which the cursor can continue. It counts as the
// one message of the line.
func (c *cursor) warn(d diag.Diagnostic) {
	if c.fine() {
		c.p.add(d)
	}
	c.line.quiet = true
}

// end reports text after the end of a construct.
func (c *cursor) end(after string) {
	if t := c.peek(); t.kind != endToken {
		if d, is := c.p.otherComment(t.start); is {
			c.fail(d)
			return
		}
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
			Message: "unexpected " + c.p.quote(t) + " after " + after})
	}
}

// since returns the span from a token to the last read token.
func (c *cursor) since(first token) source.Span {
	end := first.end
	if n := min(c.i, len(c.line.tokens)); n > 0 {
		end = max(end, c.line.tokens[n-1].end)
	}
	return c.p.src.Span(first.start, end)
}

func (c *cursor) nameOf(t token) Name { return Name{Text: c.p.textOf(t), Span: c.p.spanOf(t)} }

// word reads any word. The argument what describes it for the message.
func (c *cursor) word(what string) Name {
	t := c.peek()
	if t.kind != wordToken || c.p.textOf(t) == "_" {
		c.unexpected(what)
		return Name{}
	}
	c.i++
	return c.nameOf(t)
}

// upper reads a name that begins in upper case: of a concept, type, sync or
// view.
func (c *cursor) upper(what string) Name { return c.cased(what, "an upper-case letter", isUpper) }

// lower reads a name that begins in lower case: of an action, parameter or
// field.
func (c *cursor) lower(what string) Name { return c.cased(what, "a lower-case letter", isLower) }

// query reads the name of a query, which begins with "_".
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

// str reads a string and returns its value.
func (c *cursor) str(what string) (string, source.Span) {
	t := c.peek()
	if t.kind != stringToken {
		c.unexpected(what)
		return "", source.Span{}
	}
	c.i++
	return c.unquote(t), c.p.spanOf(t)
}

// text takes a string with its place.
func (c *cursor) text(what string) *Text {
	s, span := c.str(what)
	return &Text{Span: span, Text: s}
}

const (
	simpleValues   valueForm = iota // a name, a literal or "_"
	anyValues                       // expressions too
	askedValues                     // expressions too, and names in quotation marks
	scenarioValues                  // expressions too, and files
	patternValues                   // as simpleValues, and types, record patterns and names in quotation marks
)
