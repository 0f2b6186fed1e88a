package syntax

import (
	"math"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
)

// scenario reads a test: a title and its steps.
func (p *parser) scenario() *Scenario {
	l := p.peek()
	indent, start := l.indent, l.text
	head := p.src.Span(l.text, l.text+len(p.firstWord()))
	p.end = head.End
	title := p.proseFrom(titleLine, head.End)
	p.layout[len(p.layout)-1].item = true
	s := &Scenario{Title: strings.Join(title.Lines, " ")}
	failed := len(p.diags)
	if s.Title == "" {
		p.add(diag.Diagnostic{Code: diag.MissingPart, Span: head,
			Message: "the scenario has no title, as in “scenario logging in”"})
	}
	some := p.block(indent, func() {
		if step := p.step(); step != nil {
			s.Steps = append(s.Steps, step)
		}
	})
	if !some && len(p.diags) == failed {
		p.add(diag.Diagnostic{Code: diag.MissingPart, Span: head,
			Message: "the scenario “" + s.Title + "” has no steps"})
	}
	s.Span = p.src.Span(start, p.end)
	return s
}

// requestFollows reports whether the scenario on the next line begins with a
// request, and so belongs to an app.
func (p *parser) requestFollows() bool {
	indent := p.peek().indent
	for i := p.next + 1; i < len(p.lines); i++ {
		if l := p.lines[i]; !l.blank {
			_, path := p.requestAt(&l)
			return l.indent > indent && path > 0
		}
	}
	return false
}

// requestAt returns the method of a request line and the offset of the path
// after it, or 0 if the line is not a request.
func (p *parser) requestAt(l *textLine) (method string, path int) {
	method = p.wordAt(l.text)
	if method == "" || strings.ToUpper(method) != method || strings.Contains(method, "_") {
		return "", 0
	}
	behind := p.src.Text[l.text+len(method) : l.end]
	rest := strings.TrimLeft(behind, " \t")
	if rest == behind || !strings.HasPrefix(rest, "/") {
		return "", 0
	}
	return method, l.end - len(rest)
}

// step reads one step of a scenario. It returns nil for a step with an error.
func (p *parser) step() *Step {
	l := p.peek()
	indent := l.indent
	step := &Step{}
	if _, path := p.requestAt(l); path > 0 {
		step.HTTP = p.request(path)
		step.Span = p.src.Span(l.text, p.end)
		if step.HTTP == nil {
			return nil
		}
		return step
	}
	c := p.take()
	first := c.peek()
	next := c.ahead(1)
	switch {
	case c.at("in"), c.at("no") && c.inFollows(1):
		step.State = &Line{}
		c.modes(step.State)
		step.State.Body = c.conceptLine()
		step.State.Span = c.since(first)
	case c.at("fired") && next.kind == wordToken:
		step.Fired = c.fired()
	case c.at("after") && next.kind == stringToken:
		c.take()
		step.After, _ = c.str("a duration in quotation marks")
	case c.aheadIs(1, "("):
		step.Call = c.call()
	case next.kind == signToken && p.textOf(next) == "/":
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.spanOf(first),
			Message: "a request begins with its method in capitals, as in “POST /path”"})
	default:
		c.unknownStep()
	}
	c.end("the step")
	step.Span = c.since(first)
	if c.bad {
		p.skipDeeper(indent)
		return nil
	}
	return step
}

func (c *cursor) unknownStep() {
	t, n := c.peek(), c.ahead(1)
	text := c.p.textOf(t)
	unexpected := func(message string) {
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t), Message: message})
	}
	switch {
	case text == "=>":
		unexpected("“=>” must be below its request and indented further")
		return
	case text == "after":
		unexpected("the time after “after” must be in quotation marks, as in “after \"31 days\"”")
		return
	case text == "no" && n.kind == wordToken:
		unexpected("“in” is missing after “no”, as in “no in Concept: …”")
		return
	case slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}, text):
		unexpected("after " + text + " comes the path, which begins with “/” and has no quotation marks, as in “POST /path”")
		return
	case t.kind == wordToken && c.aheadIs(1, "."):
		unexpected("a concept's own scenarios call its actions without its name, as in “" + c.p.textOf(c.ahead(2)) +
			" (…)”, and those of an app send requests, as in “POST /path”")
		return
	}
	d := diag.Diagnostic{Code: diag.UnknownWord, Span: c.p.spanOf(t),
		Message: c.p.quote(t) + " does not begin a step",
		Notes: []string{"a step is a call “action (…) : (…)”, a request “POST /path”, " +
			"“fired Sync once”, “in Concept: …” or “after \"1h\"”"}}
	if near, ok := diag.Nearest(text, []string{"fired", "after", "in", "no"}); ok {
		d.Message += "; did you mean “" + near + "”?"
		d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: d.Span, Text: near}}}
	} else if t.kind == wordToken && n.kind == endToken {
		d.Message = "expected “(” after “" + text + "”"
		d.Code = diag.Unexpected
	}
	c.fail(d)
}

// call reads "action (…) : (…)", ": none" or ": refused CODE".
func (c *cursor) call() *CallStep {
	call := &CallStep{}
	if t := c.peek(); isQuery(c.p.textOf(t)) {
		call.Name = c.query()
	} else {
		call.Name = c.named("an action", false)
	}
	call.Args = c.args("the name", scenarioValues)
	if c.colon() {
		switch {
		case c.at("refused"):
			call.Refused = c.refused()
		case c.accept("none"):
			call.None = true
		default:
			call.HasOut = true
			call.Out = c.args("“:”", scenarioValues)
		}
	}
	return call
}

// fired reads "fired Sync once", "never" or "3 times".
func (c *cursor) fired() *FiredStep {
	c.take()
	f := &FiredStep{Sync: c.upper("a sync")}
	switch {
	case c.accept("never"):
	case c.accept("once"):
		f.Times = 1
	case c.peek().kind == numberToken:
		f.Times = c.whole("a whole number", 0, math.MaxInt32)
		if !c.accept("times") && !c.accept("time") {
			c.unexpected("“times” after the number")
		}
	default:
		c.unexpected("once, never or a number such as “2 times”")
	}
	return f
}

// whole reads a whole number within bounds.
func (c *cursor) whole(what string, low, high float64) int {
	t := c.peek()
	if t.kind != numberToken {
		c.unexpected(what)
		return 0
	}
	n := c.number()
	if n != math.Trunc(n) || n < low || n > high {
		c.fail(diag.Diagnostic{Code: diag.BadNumber, Span: c.p.spanOf(t),
			Message: "expected " + what + ", found " + c.p.textOf(t)})
		return 0
	}
	return int(n)
}

var headerKinds = []string{"header", "bearer", "cookie", "from", "authorization"}

// request reads "POST /path {…}" with its headers and its expected answer.
func (p *parser) request(path int) *HTTPStep {
	l := p.peek()
	indent := l.indent
	method := p.wordAt(l.text)
	text := p.src.Text[path:l.end]
	if i := strings.IndexAny(text, " \t\r#"); i >= 0 {
		text = text[:i]
	}
	h := &HTTPStep{
		Method: Name{Text: method, Span: p.src.Span(l.text, l.text+len(method))},
		Path:   text,
	}
	c := p.takeFrom(requestLine, path+len(text))
	p.end = max(p.end, path+len(text))
	if len(c.line.tokens) == 0 {
		p.end = path + len(text)
	}
	answered := false
	arrow := func() bool { return c.at("=") || c.at("-") && c.aheadIs(1, ">") }
	if !c.atEnd() && !c.at("=>") && !arrow() {
		h.Body = c.datum()
	}
	switch t := c.peek(); {
	case c.at("=>"):
		answered = true
		c.answer(h)
	case arrow():
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.spanOf(t), Message: "write the expected answer after “=>”"})
	}
	c.end("the request")
	if c.bad {
		p.skipDeeper(indent)
		return nil
	}
	p.block(indent, func() { p.requestLine(h, &answered) })
	return h
}

// requestLine reads a line below a request.
func (p *parser) requestLine(h *HTTPStep, answered *bool) {
	c := p.take()
	t := c.peek()
	if c.at("=>") {
		if *answered {
			c.fail(diag.Diagnostic{Code: diag.Repeated, Span: p.spanOf(t),
				Message: "the expected answer of this request is repeated"})
		}
		*answered = true
		c.answer(h)
		c.end("the answer")
		return
	}
	if !slices.Contains(headerKinds, p.textOf(t)) {
		d := diag.Diagnostic{Code: diag.UnknownWord, Span: p.spanOf(t),
			Message: p.quote(t) + " does not begin a line below a request",
			Notes:   []string{"a header, bearer, authorization, cookie or from line can be there, or “=> 200 {…}”"}}
		if c.stepLike() {
			d.Notes = append(d.Notes, "a step begins in the column of the step before it")
		}
		if near, ok := diag.Nearest(p.textOf(t), headerKinds); ok {
			d.Message += "; did you mean “" + near + "”?"
			d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: d.Span, Text: near}}}
		}
		c.fail(d)
		return
	}
	header := &Header{Kind: c.word("header, bearer, authorization, cookie or from")}
	switch kind := header.Kind.Text; kind {
	case "header", "cookie":
		header.Name, _ = c.str("the name of the " + kind + " in quotation marks")
	case "authorization":
		header.Name, _ = c.str("the scheme in quotation marks, as in “authorization \"Token\"”")
	}
	header.Value = c.datum()
	c.end("the value")
	if header.Span = c.since(t); !c.bad {
		h.Headers = append(h.Headers, header)
	}
}

// stepLike reports whether a line looks like a step.
func (c *cursor) stepLike() bool {
	text := c.p.textOf(c.peek())
	return slices.Contains([]string{"fired", "after", "in", "no"}, text) || c.aheadIs(1, "(") ||
		c.aheadIs(1, "/") && strings.ToUpper(text) == text
}

// answer reads "=> 200 {…}".
func (c *cursor) answer(h *HTTPStep) {
	c.take()
	h.Status = c.whole("a status from 100 to 599", 100, 599)
	if !c.bad && !c.atEnd() {
		h.Answer = c.datum()
	}
}
