package syntax

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
)

// action reads one action with the lines below it. It returns nil if the head
// is malformed, or if it is the older second form of an earlier action.
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
				Message: "“" + p.textOf(first) + "” is not a kind of action" + near,
				Notes:   []string{"an action can be a system or an effect action"}})
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
				Message: "the second form of “" + a.Name.Text + "” cannot have lines below it",
				Notes:   []string{"write them below the first form, or use “refuses CODE \"…\"”"}})
			p.skipDeeper(indent)
		}
		old.ErrorForm = &a.Span
		return nil
	}
	p.block(indent, func() { p.promise(a) })
	a.Span = p.src.Span(first.start, p.end)
	return a
}

// olderForm returns the action of which another one is the second form: it has
// the same name, and its only output is an error.
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
			Message: "the second form of an action has the output “(error: String)”"})
		return
	}
	if a.ErrorForm != nil {
		c.fail(diag.Diagnostic{Code: diag.Repeated, Span: span,
			Message: "“" + a.Name.Text + "” already has a form with an error"})
		return
	}
	a.ErrorForm = &span
}

var promiseWords = []string{"requires", "effects", "refuses", "at", "every"}

// promise reads a line of the specification of an action.
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
			Message: "“" + word + "” is not a part of an action; did you mean “" + near + "”?",
			Fix:     &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: span, Text: near}}}})
		word = near
	}
	once := func(there bool) {
		if there {
			p.add(diag.Diagnostic{Code: diag.Repeated, Span: span,
				Message: "“" + word + "” is repeated in the action “" + a.Name.Text + "”"})
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

// refusal reads `refuses CODE about field as kind "Sentence."`.
func (p *parser) refusal() *Refusal {
	c := p.take()
	first := c.take()
	r := &Refusal{Code: c.upper("a refusal's code")}
	if c.accept("about") {
		r.About = c.lower("the field that the refusal is about")
	}
	if c.accept("as") {
		r.Kind = c.lower("the kind of refusal")
	}
	if t := c.peek(); c.at("about") && c.fine() {
		c.fail(diag.Diagnostic{Code: diag.Misplaced, Span: p.spanOf(t),
			Message: "“about” must come before “as”, as in “refuses " + r.Code.Text + " about field as kind”"})
	}
	r.Sentence, r.SentenceSpan = c.str("the sentence of the refusal in quotation marks")
	c.end("the refusal")
	r.Span = c.since(first)
	if c.bad {
		return nil
	}
	return r
}

// schedule reads "at field of x", `every "1h"` or `every "day" at "08:00" in
// "Europe/Berlin"`.
func (p *parser) schedule() *Schedule {
	c := p.take()
	first := c.take()
	s := &Schedule{}
	if p.textOf(first) == "every" {
		s.Every, _ = c.str("a duration in quotation marks")
		if c.accept("at") {
			s.At = c.text("a time of day in quotation marks, as in “\"08:00\"”")
			if !c.at("in") && !c.bad {
				c.unexpected("“in” and a time zone after the time of day, as in “in \"Europe/Berlin\"”")
			}
			c.accept("in")
			s.Zone = c.text("a time zone in quotation marks, as in “\"Europe/Berlin\"”")
		}
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
