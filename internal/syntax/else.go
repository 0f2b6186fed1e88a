package syntax

import (
	"strings"

	"github.com/legible-lang/legible/internal/diag"
)

// elseFollows reports whether the next line begins with else or a misspelling
// of it.
func (p *parser) elseFollows() bool {
	l := p.peek()
	word := p.firstWord()
	if word == "else" {
		return true
	}
	near, _ := diag.Nearest(word, []string{"else"})
	rest := strings.TrimSpace(p.src.Text[l.text+len(word) : l.end])
	return near == "else" && isUpper(rest)
}

// elseLine reads "else" with what it asks, on its line or below it.
func (p *parser) elseLine(line *Line) {
	indent := p.peek().indent
	c := p.elseHead()
	if t := c.peek(); c.at("refused") {
		c.fail(diag.Diagnostic{Code: diag.Misplaced, Span: p.spanOf(t),
			Message: "“else refused CODE” is only allowed below a line of then; a line of where is not refused"})
	}
	line.Else = append(line.Else, p.elseAsks(c, indent)...)
}

// elseHead takes the line of an else, without its first word.
func (p *parser) elseHead() *cursor {
	c := p.take()
	if t := c.take(); p.textOf(t) != "else" {
		c.warn(diag.Diagnostic{Code: diag.UnknownWord, Span: p.spanOf(t),
			Message: "“" + p.textOf(t) + "” cannot start a line here; did you mean “else”?",
			Fix:     &diag.Fix{Title: "write else", Edits: []diag.Edit{{Span: p.spanOf(t), Text: "else"}}}})
	}
	return c
}

// elseAsks reads what an else asks, on its line or below it.
func (p *parser) elseAsks(c *cursor, indent int) []*Ask {
	var asks []*Ask
	if t := c.peek(); c.at("if") {
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.spanOf(t),
			Message: "an else cannot have a condition; write another line with the condition and its own else"})
	}
	inline := !c.atEnd()
	if inline {
		if ask := c.ask(); ask != nil {
			asks = append(asks, ask)
		}
	}
	failed := len(p.diags)
	some := p.block(indent, func() {
		indent := p.peek().indent
		ask := p.askLine()
		if ask != nil {
			asks = append(asks, ask)
		}
		l := p.peek()
		if word := p.firstWord(); l != nil && l.indent > indent && (ask == nil || word == "where" || word == "else") {
			p.skipDeeper(indent)
			if ask != nil {
				p.add(diag.Diagnostic{Code: diag.Misplaced, Span: p.src.Span(l.text, l.text+len(word)),
					Message: "“" + word + "” is only allowed below a line of then, not below a line of else"})
			}
		}
	})
	if !inline && !some && len(p.diags) == failed {
		c.warn(diag.Diagnostic{Code: diag.MissingPart, Span: c.since(c.line.tokens[0]),
			Message: "“else” asks no action"})
	}
	return asks
}

// strayElse reads an else that is not indented below a line. If there is a
// line to which it can belong, it is added there.
func (p *parser) strayElse(lines []*Line) {
	l := p.peek()
	d := diag.Diagnostic{Code: diag.StrayElse, Span: p.src.Span(l.text, l.text+len("else")),
		Message: "this else does not belong to a line"}
	line := &Line{}
	if n := len(lines); n > 0 {
		line = lines[n-1]
		d.Message = "indent else below the line that it belongs to"
		d.Fix = &diag.Fix{Title: "indent it", Edits: []diag.Edit{
			{Span: p.src.Span(l.start, l.text), Text: strings.Repeat(" ", l.indent+4)}}}
	}
	p.add(d)
	before := p.diags
	p.elseLine(line)
	p.diags = before
}
