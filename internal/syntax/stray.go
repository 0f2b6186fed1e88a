package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/diag"
)

// whenLines reads the lines below "when". If the word "where" is missing, it
// reports this once and reads the following lines as those of where.
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

// readsState reports whether a line can only be a line of where: it begins
// like one, or has an else.
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

// missingWhen reports whether a line outside of all parts is a pattern.
func (p *parser) missingWhen(l *textLine) bool {
	concept, rest, dot := strings.Cut(p.src.Text[l.text:l.end], ".")
	return dot && isUpper(concept) && p.wordAt(l.text) == concept && isLower(rest)
}

// otherComment reports the end of a line that is a comment in other languages,
// and returns whether there is one.
func (p *parser) otherComment(at int) (d diag.Diagnostic, is bool) {
	if !strings.HasPrefix(p.src.Text[at:], "//") {
		return d, false
	}
	return diag.Diagnostic{Code: diag.Unexpected, Span: p.src.Span(at, at+2),
		Message: "a comment begins with “#”, not with “//”",
		Fix:     &diag.Fix{Title: "write #", Edits: []diag.Edit{{Span: p.src.Span(at, at+2), Text: "#"}}}}, true
}

// named reads the name of a concept or action that is used here. It reports a
// name in the wrong case and uses it as intended, so that there is one
// message.
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

// arrow reads a sign that other languages write before outputs.
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
		Message: "write “:” before the outputs, not “" + c.p.src.Text[t.start:last.end] + "”",
		Fix:     &diag.Fix{Title: "write :", Edits: []diag.Edit{{Span: span, Text: ":"}}}})
	return true
}

// headColon reads a colon after a keyword, which is not allowed there.
func (c *cursor) headColon(word string) {
	t := c.peek()
	if !c.at(":") || c.ahead(1).kind != endToken {
		return
	}
	c.take()
	c.warn(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
		Message: "“" + word + "” has no colon",
		Fix: &diag.Fix{Title: "remove the colon", Edits: []diag.Edit{
			{Span: c.p.spanOf(t), Text: ""}}}})
}
