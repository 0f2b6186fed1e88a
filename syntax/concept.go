package syntax

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/diag"
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
	p.parts("concept", head, conceptParts, len(conceptParts)-1, func(word string) {
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

// itemHead takes the line that begins an item, without its first word.
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

// partHead takes a line that holds nothing but a word, and the block below it.
// What stands behind the word belongs on a line of its own; it is said so, and
// passed over.
func (p *parser) partHead(word string, read func()) bool {
	indent := p.peek().indent
	c := p.take()
	c.take()
	if t := c.peek(); t.kind != endToken {
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.src.Span(t.start, p.end),
			Message: "what belongs to “" + word + "” stands on the lines below it, indented",
			Fix: &diag.Fix{Title: "move it to the next line", Edits: []diag.Edit{
				{Span: p.src.Span(t.start, t.start), Text: "\n" + strings.Repeat(" ", indent+4)}}}})
	}
	return p.block(indent, read) || c.bad
}

// action reads one action with the lines below it; nil when its head is
// broken, or when it is the older second form of an action already there.
func (p *parser) action(actions []*Action) *Action {
	indent := p.peek().indent
	c := p.take()
	first := c.peek()
	if c.at(":") {
		if len(actions) == 0 {
			c.unexpected("the name of an action")
			return nil
		}
		p.errorForm(c, actions[len(actions)-1])
		return nil
	}
	a := &Action{}
	if t := c.peek(); t.kind == wordToken && slices.Contains([]string{"requires", "effects", "refuses"}, p.textOf(t)) &&
		!c.aheadIs(1, "(") {
		c.fail(diag.Diagnostic{Code: diag.Misplaced, Span: p.spanOf(t),
			Message: "“" + p.textOf(t) + "” is indented below its action"})
	}
	if t := c.ahead(1); t.kind == wordToken {
		switch {
		case c.accept("system"):
			a.Kind = System
		case c.accept("effect"):
			a.Kind = Effect
		default:
			words := []string{"system", "effect"}
			near, ok := diag.Nearest(p.textOf(first), words)
			if ok {
				near = "; did you mean “" + near + "”?"
			}
			c.fail(diag.Diagnostic{Code: diag.UnknownWord, Span: p.spanOf(first),
				Message: "“" + p.textOf(first) + "” is no kind of action" + near,
				Notes:   []string{"an action may be a system or an effect action"}})
		}
	}
	a.Name = c.lower("the name of an action")
	a.Inputs, a.Open = c.params("the name of the action", true)
	if c.colon() {
		a.Outputs, _ = c.params("“:”", false)
	}
	c.end("the action")
	a.Span = c.since(first)
	if c.bad {
		p.skipDeeper(indent)
		return nil
	}
	if old := olderForm(actions, a); old != nil {
		if l := p.peek(); l != nil && l.indent > indent {
			c.warn(diag.Diagnostic{Code: diag.Misplaced, Span: p.src.Span(l.text, l.end),
				Message: "the second form of “" + a.Name.Text + "” takes no lines of its own",
				Notes:   []string{"say it in the first form, or with “refuses CODE \"…\"”"}})
			p.skipDeeper(indent)
		}
		old.ErrorForm = &a.Span
		return nil
	}
	p.block(indent, func() { p.promise(a) })
	a.Span = p.src.Span(first.start, p.end)
	return a
}

// olderForm is the action of which another one is the second form: the same
// name, with nothing but an error coming out.
func olderForm(actions []*Action, a *Action) *Action {
	if len(a.Outputs) != 1 || a.Outputs[0].Name.Text != "error" {
		return nil
	}
	for _, old := range actions {
		if old.Name.Text == a.Name.Text && old.ErrorForm == nil {
			return old
		}
	}
	return nil
}

// errorForm reads ": (error: String)" below an action.
func (p *parser) errorForm(c *cursor, a *Action) {
	first := c.take()
	outputs, _ := c.params("“:”", false)
	c.end("the outputs")
	if c.bad {
		return
	}
	span := c.since(first)
	if len(outputs) != 1 || outputs[0].Name.Text != "error" {
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: span,
			Message: "a second form of an action gives “(error: String)”"})
		return
	}
	if a.ErrorForm != nil {
		c.fail(diag.Diagnostic{Code: diag.Repeated, Span: span,
			Message: "“" + a.Name.Text + "” has a form that gives an error already"})
		return
	}
	a.ErrorForm = &span
}

var promiseWords = []string{"requires", "effects", "refuses", "at", "every"}

// promise reads a line below an action.
func (p *parser) promise(a *Action) {
	l := p.peek()
	word := p.firstWord()
	if word == "" && p.src.Text[l.text] == ':' {
		p.errorForm(p.take(), a)
		return
	}
	span := p.src.Span(l.text, l.text+len(word))
	if near, ok := diag.Nearest(word, promiseWords); ok && !slices.Contains(promiseWords, word) {
		p.add(diag.Diagnostic{Code: diag.UnknownWord, Span: span,
			Message: "“" + word + "” says nothing of an action; did you mean “" + near + "”?",
			Fix:     &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: span, Text: near}}}})
		word = near
	}
	once := func(there bool) {
		if there {
			p.add(diag.Diagnostic{Code: diag.Repeated, Span: span,
				Message: "“" + word + "” stands twice in the action “" + a.Name.Text + "”"})
		}
	}
	switch word {
	case "requires":
		once(a.Requires != nil)
		a.Requires = p.prose(word)
	case "effects":
		once(a.Effects != nil)
		a.Effects = p.prose(word)
	case "refuses":
		if r := p.refusal(); r != nil {
			a.Refusals = append(a.Refusals, r)
		}
	case "at", "every":
		once(a.Schedule != nil)
		if s := p.schedule(); s != nil {
			a.Schedule = s
		}
	default:
		if !l.quiet {
			p.add(diag.Diagnostic{Code: diag.Unexpected, Span: p.src.Span(l.text, l.end),
				Message: "expected requires, effects, refuses, at or every below an action"})
		}
		p.skipLine()
	}
}

// refusal reads `refuses CODE as kind "Sentence."`.
func (p *parser) refusal() *Refusal {
	c := p.take()
	first := c.take()
	r := &Refusal{Code: c.upper("a refusal's code")}
	if c.accept("as") {
		r.Kind = c.lower("the kind of refusal")
	}
	r.Sentence, r.SentenceSpan = c.str("the sentence of the refusal in quotation marks")
	c.end("the refusal")
	r.Span = c.since(first)
	if c.bad {
		return nil
	}
	return r
}

// schedule reads "at field of x" or `every "1h"`.
func (p *parser) schedule() *Schedule {
	c := p.take()
	first := c.take()
	s := &Schedule{}
	if p.textOf(first) == "every" {
		s.Every, _ = c.str("a duration in quotation marks")
	} else {
		s.Field = c.lower("a field")
		c.expect("of", "after the field")
		s.Of = c.lower("a parameter")
	}
	c.end("the schedule")
	s.Span = c.since(first)
	if c.bad {
		return nil
	}
	return s
}

// query reads the promise of a query.
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

// colon takes the colon before outputs. Where outputs stand without it, it
// says so and goes on.
func (c *cursor) colon() bool {
	if c.accept(":") {
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
				c.unexpected("a parameter; “...” stands last among the inputs of an action")
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
	p.Many = c.many()
	p.Type = c.upper("a type")
	p.Span = c.since(first)
	return p
}

// many takes "set of" or "seq of"; a type that is called so is upper-case.
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
