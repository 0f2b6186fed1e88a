package syntax

import (
	"strings"

	"github.com/legible-lang/legible/internal/diag"
)

var conceptParts = []string{"purpose", "principle", "state", "actions", "queries", "scenario"}

// concept reads a concept with its parts.
func (p *parser) concept() {
	before := len(p.diags)
	start := p.peek().text
	head := p.itemHead()
	concept := &Concept{Name: head.upper("a concept's name")}
	if head.accept("[") {
		head.list("]", func() { concept.Params = append(concept.Params, head.upper("a type parameter")) })
	}
	head.end("the head of the concept")
	p.parts("concept", head, conceptParts, once(len(conceptParts)-1), func(word string) {
		if word == "scenario" {
			if p.requestFollows() {
				return // of an app, below this concept
			}
			failed := len(p.diags)
			s := p.scenario()
			s.Broken = len(p.diags) > failed
			concept.Scenarios = append(concept.Scenarios, s)
			return
		}
		p.conceptPart(concept, word)
	})
	concept.Span = p.src.Span(start, p.end)
	concept.Broken = len(p.diags) > before
	p.file.Concepts = append(p.file.Concepts, concept)
}

// itemHead reads the line that begins an item, without its first word.
func (p *parser) itemHead() *cursor {
	c := p.take()
	p.layout[c.laid].item = true
	c.take()
	return c
}

func (p *parser) conceptPart(concept *Concept, word string) {
	switch word {
	case "purpose":
		concept.Purpose = p.prose(word)
	case "principle":
		concept.Principle = p.prose(word)
	case "state":
		p.partHead(word, func() { p.stateLine(concept) })
	case "actions":
		p.partHead(word, func() {
			if a := p.action(concept.Actions); a != nil {
				concept.Actions = append(concept.Actions, a)
			}
		})
	case "queries":
		p.partHead(word, func() {
			if q := p.query(); q != nil {
				concept.Queries = append(concept.Queries, q)
			}
		})
	}
}

// partHead reads a line with only a keyword, and the block below it. It
// reports other text after the keyword and skips it.
func (p *parser) partHead(word string, read func()) bool {
	indent := p.peek().indent
	c := p.take()
	c.take()
	c.headColon(word)
	if t := c.peek(); t.kind != endToken {
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.src.Span(t.start, p.end),
			Message: "the contents of “" + word + "” belong on the lines below it, indented",
			Fix: &diag.Fix{Title: "move it to the next line", Edits: []diag.Edit{
				{Span: p.src.Span(t.start, t.start), Text: "\n" + strings.Repeat(" ", indent+4)}}}})
	}
	return p.block(indent, read) || c.bad
}

// query reads the specification of a query.
func (p *parser) query() *Query {
	c := p.take()
	first := c.peek()
	q := &Query{Name: c.query()}
	q.Inputs, _ = c.params("the name of the query", false)
	if c.colon() {
		switch {
		case c.accept("one"):
			q.Rows = OneRow
		case c.accept("optional"):
			q.Rows = OptionalRow
		case c.accept("many"):
		}
		q.Outputs, _ = c.params("“:”", false)
	}
	c.end("the query")
	q.Span = c.since(first)
	if c.bad {
		p.skipDeeper(c.line.indent)
		return nil
	}
	return q
}

// colon reads the colon before outputs. If there are outputs without it, it
// reports that and continues.
func (c *cursor) colon() bool {
	if c.accept(":") || !c.bad && c.arrow() {
		return true
	}
	if !c.at("(") || c.bad {
		return false
	}
	t := c.peek()
	before := c.line.tokens[c.i-1].end
	c.warn(diag.Diagnostic{Code: diag.MissingColon, Span: c.p.spanOf(t),
		Message: "a colon is missing before the outputs",
		Fix: &diag.Fix{Title: "write the colon", Edits: []diag.Edit{
			{Span: c.p.src.Span(before, t.start), Text: " : "}}}})
	return true
}

// params reads "(name: Type, …)"; open inputs may end in "...".
func (c *cursor) params(after string, mayOpen bool) (params []*Param, open bool) {
	if !c.expect("(", "after "+after) {
		return nil, false
	}
	c.list(")", func() {
		if c.at("...") {
			if !mayOpen || !c.aheadIs(1, ")") {
				c.unexpected("a parameter; “...” must be the last input of an action")
				return
			}
			c.take()
			open = true
			return
		}
		if p := c.param(); !c.bad {
			params = append(params, p)
		}
	})
	return params, open
}

func (c *cursor) param() *Param {
	first := c.peek()
	p := &Param{Name: c.word("a parameter's name")}
	p.Optional = c.accept("?")
	if !c.bad && (c.at(",") || c.at(")")) {
		c.fail(diag.Diagnostic{Code: diag.MissingType, Span: p.Name.Span,
			Message: "“" + p.Name.Text + "” needs a type, as in “" + p.Name.Text + ": String”"})
		return p
	}
	c.expect(":", "between a parameter and its type")
	p.Type = c.typeOf()
	p.Span = c.since(first)
	return p
}

// many reads "set of" or "seq of". A type with such a name begins in upper
// case.
func (c *cursor) many() Many {
	many := One
	switch {
	case c.accept("set"):
		many = SetOf
	case c.accept("seq"):
		many = SeqOf
	default:
		return One
	}
	c.accept("of")
	return many
}
