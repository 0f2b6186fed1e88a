package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/diag"
)

// whenLines reads what stands under "when". Where the word "where" was
// forgotten, that is said once, and the lines from there on are read as its own.
func (p *parser) whenLines(sync *Sync) bool {
	indent := strings.Repeat(" ", p.peek().indent)
	lost := false
	return p.partHead("when", func() {
		if l := p.peek(); !lost && p.readsState(l) {
			lost = true
			p.add(diag.Diagnostic{Code: diag.MissingPart, Span: p.src.Span(l.text, l.end),
				Message: "“where” is missing before this line",
				Notes:   []string{"a line of when is an action that has happened, as in “Concept.action (…) : (…)”"},
				Fix: &diag.Fix{Title: "write where", Edits: []diag.Edit{
					{Span: p.src.Span(l.start, l.start), Text: indent + "where\n"}}}})
			l.quiet = true
		}
		if lost {
			p.whereLine(&sync.firstStage().Where)
		} else if pattern := p.pattern(); pattern != nil {
			sync.When = append(sync.When, pattern)
		}
	})
}

// readsState tells whether a line can only be one of where: it begins as one,
// or an else belongs to it.
func (p *parser) readsState(l *textLine) bool {
	word, rest, _ := strings.Cut(p.src.Text[l.text:l.end], " ")
	rest = strings.TrimLeft(rest, " ")
	switch word {
	case "no", "maybe", "some", "surely":
		return rest != "" && rest[0] != '.'
	case "in":
		return isUpper(rest)
	}
	for _, next := range p.lines[p.next+1:] {
		if !next.blank {
			return next.indent > l.indent && p.wordAt(next.text) == "else"
		}
	}
	return false
}

// missingWhen tells whether a line that stands in no part is a pattern.
func (p *parser) missingWhen(l *textLine) bool {
	concept, rest, dot := strings.Cut(p.src.Text[l.text:l.end], ".")
	return dot && isUpper(concept) && p.wordAt(l.text) == concept && isLower(rest)
}

// otherComment reports a line's end that another language would take for a
// comment, and tells whether it is one.
func (p *parser) otherComment(at int) (d diag.Diagnostic, is bool) {
	if !strings.HasPrefix(p.src.Text[at:], "//") {
		return d, false
	}
	return diag.Diagnostic{Code: diag.Unexpected, Span: p.src.Span(at, at+2),
		Message: "a comment begins with “#”, not with “//”",
		Fix:     &diag.Fix{Title: "write #", Edits: []diag.Edit{{Span: p.src.Span(at, at+2), Text: "#"}}}}, true
}

// named takes the name of a concept or action that is used here. In the wrong
// case it is read as it was meant, so that this costs one message.
func (c *cursor) named(what string, upper bool) Name {
	t := c.peek()
	text := c.p.textOf(t)
	first, size := utf8.DecodeRuneInString(text)
	meant := string(unicode.ToLower(first)) + text[size:]
	begins := "a lower-case letter"
	if upper {
		meant, begins = string(unicode.ToUpper(first))+text[size:], "an upper-case letter"
	}
	if t.kind != wordToken || meant == text || isUpper(meant) != upper {
		if upper {
			return c.upper(what)
		}
		return c.lower(what)
	}
	c.take()
	c.warn(diag.Diagnostic{Code: diag.NameCase, Span: c.p.spanOf(t),
		Message: what + " begins with " + begins + ", “" + text + "” does not",
		Fix:     &diag.Fix{Title: "write " + meant, Edits: []diag.Edit{{Span: c.p.spanOf(t), Text: meant}}}})
	return Name{Text: meant, Span: c.p.spanOf(t)}
}

// arrow takes a sign that other languages write before what comes out.
func (c *cursor) arrow() bool {
	t, n := c.peek(), 1
	if c.at("-") && c.aheadIs(1, ">") {
		n = 2
	}
	if n == 1 && !c.at("=>") && !c.at("=") || !c.aheadIs(n, "(") {
		return false
	}
	last := c.ahead(n - 1)
	span := c.p.src.Span(t.start, last.end)
	c.i += n
	c.warn(diag.Diagnostic{Code: diag.MissingColon, Span: span,
		Message: "“:” stands before the outputs, not “" + c.p.src.Text[t.start:last.end] + "”",
		Fix:     &diag.Fix{Title: "write :", Edits: []diag.Edit{{Span: span, Text: ":"}}}})
	return true
}

// headColon takes a colon behind the word of a part, which has none.
func (c *cursor) headColon(word string) {
	t := c.peek()
	if !c.at(":") || c.ahead(1).kind != endToken {
		return
	}
	c.take()
	c.warn(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
		Message: "“" + word + "” stands alone, without a colon",
		Fix: &diag.Fix{Title: "remove the colon", Edits: []diag.Edit{
			{Span: c.p.spanOf(t), Text: ""}}}})
}
