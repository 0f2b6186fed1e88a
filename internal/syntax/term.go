package syntax

import (
	"sort"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// A valueForm says which values an argument can have.
type valueForm int

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

// list reads parts separated by commas up to a closing bracket. It accepts a
// comma after the last part.
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
	switch {
	case c.at("_"):
		c.unexpected("a parameter's name, as in “name: _”")
	case c.at("...") && form == patternValues:
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(first),
			Message: "a pattern ignores fields that it does not name; remove “...”"})
	case first.kind == stringToken && (c.aheadIs(1, ":") || c.aheadIs(1, "?")):
		a.Name, a.Quoted = c.quotedName(form), true
	default:
		a.Name = c.word("a parameter's name")
	}
	if c.bad {
		return nil
	}
	if a.Optional = c.accept("?"); a.Quoted && !c.at(":") {
		c.unexpected("“:” and a value after a name in quotation marks")
		return nil
	}
	if t := c.peek(); c.at("=") {
		c.warn(diag.Diagnostic{Code: diag.EqualsForIs, Span: c.p.spanOf(t),
			Message: "write “:” between a parameter and its value, not “=”",
			Fix:     &diag.Fix{Title: "write :", Edits: []diag.Edit{{Span: c.p.src.Span(a.Name.Span.End, t.end), Text: ":"}}}})
		c.take()
		a.Value, a.Type = c.argValue(form)
	} else if c.accept(":") {
		a.Value, a.Type = c.argValue(form)
	}
	a.Span = c.since(first)
	if c.bad {
		return nil
	}
	return a
}

// quotedName takes the name of a field in quotation marks.
func (c *cursor) quotedName(form valueForm) Name {
	t := c.take()
	n := Name{Text: c.unquote(t), Span: c.p.spanOf(t)}
	if form != patternValues && form != askedValues {
		d := diag.Diagnostic{Code: diag.Unexpected, Span: n.Span,
			Message: "names are not quoted here; only fields of requests and answers may be"}
		if wordOf(n.Text) == n.Text {
			d.Fix = c.rewrite(t, t, n.Text)
		}
		c.fail(d)
	} else if n.Text == "" {
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: n.Span, Message: "the name of a field cannot be empty"})
	}
	return n
}

// argValue reads what follows the colon of an argument, up to the comma or
// bracket that ends it: a value, a type, or a variable with its type.
func (c *cursor) argValue(form valueForm) (*Term, *Type) {
	n := c.extent(func(t token) bool { return c.p.textOf(t) == "," })
	if form != patternValues {
		return c.termUpTo(form, n), nil
	}
	t := c.peek()
	switch {
	case c.at("{"):
		return c.recordPattern(), nil
	case c.typeFollows(0):
		return nil, c.fieldType()
	case n > 1 && t.kind == wordToken && isLower(c.p.textOf(t)) && c.typeFollows(1):
		variable := c.termUpTo(form, 1)
		return variable, c.fieldType()
	case c.at("["):
		c.listType()
		return nil, nil
	}
	return c.termUpTo(form, n), nil
}

// recordPattern reads "{username, bio?, address: {city}}".
func (c *cursor) recordPattern() *Term {
	first := c.take()
	t := &Term{Kind: RecordTerm}
	c.list("}", func() {
		if a := c.arg(patternValues); a != nil {
			t.Record = append(t.Record, a)
		}
	})
	t.Span = c.since(first)
	if len(t.Record) == 0 {
		c.fail(diag.Diagnostic{Code: diag.MissingPart, Span: t.Span,
			Message: "a record pattern names at least one field; “_” matches any value"})
	}
	return t
}

// extent counts the tokens up to the end of a value: a closing bracket, the
// end of the line, or a token outside all brackets for which stop returns
// true.
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
	case form == patternValues && text == "{":
		t := c.recordPattern()
		if n := c.left(); n > 0 && !c.bad {
			c.end("the record pattern")
		}
		return t
	case form == scenarioValues && n == 2 && text == "file" && c.ahead(1).kind == stringToken:
		return &Term{Span: span, Kind: FileTerm, File: c.file()}
	case form == anyValues || form == askedValues || form == scenarioValues:
		e := c.exprUpTo(n)
		return &Term{Span: span, Kind: ExpressionTerm, Expr: e}
	}
	c.notPattern(span)
	return nil
}

// file reads `file "sea.epub"`.
func (c *cursor) file() *Text {
	c.take()
	return c.text("the path of a file in quotation marks")
}

func (c *cursor) notPattern(span source.Span) {
	c.fail(diag.Diagnostic{Code: diag.NotAPattern, Span: span,
		Message: "only a name, a literal or “_” is allowed here, not an expression",
		Notes:   []string{"bind a name here, and compare or compute in a line of where"}})
}

// expr reads an expression up to the end of the line.
func (c *cursor) expr(after string) *Expr {
	if c.atEnd() {
		c.unexpected("an expression after " + after)
		return nil
	}
	return c.exprUpTo(c.left())
}

// exprUpTo reads n tokens as an expression and keeps its text. Comments in it
// are replaced by spaces, so that the text is as long as its span.
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
	e := &Expr{Span: c.p.src.Span(first.start, last.end), Text: string(text), Broken: c.line.quiet}
	laid := &c.p.layout[c.laid]
	laid.exprs = append(laid.exprs, e)
	return e
}
