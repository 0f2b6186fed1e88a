package syntax

import (
	"github.com/legible-lang/legible/internal/diag"
)

var syncParts = []string{"when", "where", "then"}

// sync reads a synchronization.
func (p *parser) sync() {
	before := len(p.diags)
	start := p.peek().text
	head := p.itemHead()
	sync := &Sync{Name: head.upper("a sync's name")}
	head.end("the head of the sync")
	found := map[string]bool{}
	stages := &stageReader{p: p, sync: sync}
	p.parts("sync", head, syncParts, stages.order, func(word string) {
		found[word] = true
		failed := len(p.diags)
		some := false
		switch word {
		case "when":
			some = p.whenLines(sync)
		case "where":
			some = stages.where()
		case "then":
			some = stages.then()
		}
		if !some && len(p.diags) == failed {
			p.add(diag.Diagnostic{Code: diag.MissingPart, Span: p.src.Span(p.end-len(word), p.end),
				Message: "there are no lines below “" + word + "”"})
		}
	})
	for _, word := range []string{"when", "then"} {
		if !found[word] && head.fine() && len(p.diags) == before {
			p.add(diag.Diagnostic{Code: diag.MissingPart, Span: sync.Name.Span,
				Message: "the sync “" + sync.Name.Text + "” has no “" + word + "”"})
		}
	}
	stages.end()
	sync.Span = p.src.Span(start, p.end)
	sync.Broken = len(p.diags) > before
	p.file.Syncs = append(p.file.Syncs, sync)
}

// view reads a named fragment of where.
func (p *parser) view() {
	before := len(p.diags)
	start := p.peek().text
	head := p.itemHead()
	view := &View{Name: head.upper("a view's name")}
	view.In = head.args("the name of the view", simpleValues)
	if head.colon() {
		view.Out = head.args("“:”", simpleValues)
	}
	head.end("the head of the view")
	some := false
	p.parts("view", head, []string{"where"}, once(1), func(word string) {
		some = p.partHead(word, func() { p.whereLine(&view.Where) }) || some
	})
	if !some && head.fine() && len(p.diags) == before {
		p.add(diag.Diagnostic{Code: diag.MissingPart, Span: view.Name.Span,
			Message: "the view “" + view.Name.Text + "” has no lines under “where”"})
	}
	view.Span = p.src.Span(start, p.end)
	view.Broken = len(p.diags) > before
	p.file.Views = append(p.file.Views, view)
}

// pattern reads a line of when.
func (p *parser) pattern() *Pattern {
	c := p.take()
	first := c.peek()
	pattern := &Pattern{}
	pattern.Concept, pattern.Action = c.member()
	pattern.Args = c.args("the action", patternValues)
	if c.colon() {
		if c.at("refused") {
			pattern.Refused = c.refused()
		} else {
			pattern.HasOut = true
			pattern.Out = c.args("“:”", simpleValues)
		}
	}
	c.end("the pattern")
	pattern.Span = c.since(first)
	if c.bad {
		return nil
	}
	return pattern
}

// refused reads "refused CODE".
func (c *cursor) refused() Name {
	c.take()
	return c.upper("a refusal's code")
}

// member reads "Concept.action".
func (c *cursor) member() (concept, action Name) {
	if t := c.peek(); t.kind != wordToken || !isUpper(c.p.textOf(t)) && !c.aheadIs(1, ".") {
		c.unexpected("a concept and an action, as in “Concept.action (…)”")
	}
	concept = c.named("a concept", true)
	c.expect(".", "between a concept and its action")
	if t := c.peek(); t.kind == wordToken && isQuery(c.p.textOf(t)) {
		c.fail(diag.Diagnostic{Code: diag.Misplaced, Span: c.p.spanOf(t),
			Message: "“" + c.p.textOf(t) + "” is a query; queries are read in where, with “in " +
				concept.Text + ": " + c.p.textOf(t) + " (…)”"})
		return concept, Name{}
	}
	return concept, c.named("an action", false)
}

// askLine reads a line of then or else.
func (p *parser) askLine() *Ask {
	c := p.take()
	return c.ask()
}

// ask reads an action with its inputs and outputs, up to the end of the line.
func (c *cursor) ask() *Ask {
	first := c.peek()
	ask := &Ask{}
	ask.Concept, ask.Action = c.member()
	ask.Args = c.args("the action", askedValues)
	if c.colon() {
		ask.HasOut = true
		ask.Out = c.args("“:”", simpleValues)
	}
	c.end("what is asked")
	ask.Span = c.since(first)
	if c.bad {
		return nil
	}
	return ask
}
