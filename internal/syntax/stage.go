package syntax

import (
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// A stageReader reads the stages of a sync: where and then blocks in turn.
type stageReader struct {
	p      *parser
	sync   *Sync
	last   *Stage      // the last stage whose then was read, or nil
	open   bool        // a where was read, and its then was not
	apart  bool        // two blocks of then without a where were reported
	head   source.Span // of that where
	faults int         // the number of findings when it had been read
}

// firstStage is the stage that begins the sync.
func (s *Sync) firstStage() *Stage {
	if len(s.Stages) == 0 {
		s.Stages = append(s.Stages, &Stage{})
	}
	return s.Stages[0]
}

// order says what is wrong with a part of a sync after another one.
func (r *stageReader) order(item string, words []string, at, last int) (diag.Code, string) {
	where, then := 1, 2
	switch {
	case last == then && at == where:
		return "", ""
	case last == then && at == then:
		l := r.p.peek()
		rest := strings.TrimLeft(r.p.src.Text[l.text+len("then"):l.end], " \t")
		if r.last != nil && !r.last.Together && wordOf(rest) != "together" && !r.apart {
			r.apart = true // the further blocks are probably consequences
			return diag.Repeated, "two “then” blocks need a “where” between them, or “together”"
		}
		return "", ""
	}
	return once(len(words))(item, words, at, last)
}

// where reads a where block of a sync.
func (r *stageReader) where() bool {
	l := r.p.peek()
	r.head = r.p.src.Span(l.text, l.text+len("where"))
	stage := r.next()
	r.open = true
	some := r.p.partHead("where", func() { r.p.whereLine(&stage.Where) })
	stage.Span = r.p.src.Span(min(stage.Span.Start, r.head.Start), r.p.end)
	r.faults = len(r.p.diags)
	return some
}

// next returns the stage to which the next where or then belongs.
func (r *stageReader) next() *Stage {
	stages := r.sync.Stages
	if n := len(stages); n > 0 && stages[n-1] != r.last {
		return stages[n-1]
	}
	stage := &Stage{Span: r.p.src.Span(r.p.peek().text, r.p.peek().text)}
	r.sync.Stages = append(stages, stage)
	return stage
}

// then reads "then" or "then together" and what it asks.
func (r *stageReader) then() bool {
	p := r.p
	l := p.peek()
	indent, start := l.indent, l.text
	stage := r.next()
	c := p.take()
	c.take()
	stage.Together = c.accept("together")
	if t := c.peek(); t.kind == wordToken {
		if near, ok := diag.Nearest(p.textOf(t), []string{"together"}); ok {
			c.fail(diag.Diagnostic{Code: diag.UnknownWord, Span: p.spanOf(t),
				Message: "“" + p.textOf(t) + "” cannot follow “then”; did you mean “" + near + "”?",
				Fix:     &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: p.spanOf(t), Text: near}}}})
		}
	}
	c.headColon("then")
	if t := c.peek(); t.kind != endToken {
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.src.Span(t.start, p.end),
			Message: "the contents of “then” belong on the lines below it, indented"})
	}
	some := p.block(indent, func() {
		if ask := p.thenLine(stage); ask != nil {
			stage.Then = append(stage.Then, ask)
		}
	})
	stage.Span = p.src.Span(min(stage.Span.Start, start), p.end)
	r.last, r.open = stage, false
	return some || c.bad
}

// end reports a last stage that asks nothing.
func (r *stageReader) end() {
	if r.open && r.last != nil && r.faults == len(r.p.diags) {
		r.p.add(diag.Diagnostic{Code: diag.MissingPart, Span: r.head,
			Message: "this “where” has no “then” below it, so nothing uses what it reads"})
	}
}

// thenLine reads a line under "then" with the lines below it.
func (p *parser) thenLine(stage *Stage) *Ask {
	l := p.peek()
	line := *l
	switch word := p.firstWord(); {
	case (word == "in" || modeOf(word) != PlainLine) && p.readsState(l):
		p.skipLine()
		p.add(diag.Diagnostic{Code: diag.Misplaced, Span: p.src.Span(line.text, line.end),
			Message: "this line reads state; move it below a “where”",
			Notes: []string{"the line of an action binds its outputs, as in “Concept.action (…) : (name)”",
				"a “where” block after this “then” reads the state as the lines above leave it"}})
		return nil
	case word == "where" && p.beginsPart(l), word == "else":
		p.skipLine()
		p.add(diag.Diagnostic{Code: diag.Misplaced, Span: p.src.Span(line.text, line.text+len(word)),
			Message: "indent “" + word + "” below the line that it belongs to"})
		return nil
	}
	ask := p.askLine()
	if ask == nil {
		p.skipDeeper(line.indent)
		return nil
	}
	if l = p.peek(); l != nil && l.indent > line.indent && (p.firstWord() == "where" || p.elseFollows() || p.otherHandler()) {
		handled := map[string]*Handler{}
		p.block(line.indent, func() { p.belowAsk(ask, stage.Together, handled) })
	}
	return ask
}

// belowAsk reads a part below a line of then: a where or an else. Those that
// were read before are in handled, by the code that they handle.
func (p *parser) belowAsk(ask *Ask, together bool, handled map[string]*Handler) {
	l := p.peek()
	span := p.src.Span(l.text, l.text+len(p.firstWord()))
	switch {
	case p.firstWord() == "where":
		switch {
		case ask.Where != nil:
			p.add(diag.Diagnostic{Code: diag.Repeated, Span: span, Message: "“where” is repeated below one line"})
		case ask.Handlers != nil:
			p.add(diag.Diagnostic{Code: diag.Misplaced, Span: span, Message: "“where” must come before “else”"})
		}
		failed := len(p.diags)
		some := p.partHead("where", func() { p.whereLine(&ask.Where) })
		if !some && len(p.diags) == failed {
			p.add(diag.Diagnostic{Code: diag.MissingPart, Span: span, Message: "there are no lines below “where”"})
		}
	case p.elseFollows():
		p.handler(ask, together, handled)
	case p.otherHandler():
		p.skipLine()
		p.add(diag.Diagnostic{Code: diag.UnknownWord, Span: span,
			Message: "“" + span.Text() + "” is not a keyword here; handle a refusal with “else” or “else refused CODE”"})
	default:
		p.skipLine()
		p.add(diag.Diagnostic{Code: diag.Unexpected, Span: p.src.Span(l.text, l.end),
			Message: "expected “where”, “else” or “else refused CODE” below a line of then"})
	}
}

// otherHandler reports whether the next line begins with a word that handles
// failures in other languages.
func (p *parser) otherHandler() bool {
	switch p.firstWord() {
	case "catch", "rescue", "except", "on", "refused", "otherwise", "finally":
		return true
	}
	return false
}

// handler reads an else below a line of then.
func (p *parser) handler(ask *Ask, together bool, handled map[string]*Handler) {
	l := p.peek()
	indent, start := l.indent, l.text
	c := p.elseHead()
	h := &Handler{}
	if c.at("refused") {
		h.Refused = c.refused()
		if t := c.peek(); t.kind != endToken {
			c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.src.Span(t.start, p.end),
				Message: "write what is asked after “else refused " + h.Refused.Text + "” on the lines below it, indented",
				Fix: &diag.Fix{Title: "move it to the next line", Edits: []diag.Edit{
					{Span: p.src.Span(c.line.tokens[c.i-1].end, t.start), Text: "\n" + strings.Repeat(" ", indent+4)}}}})
		}
	}
	h.Span = c.since(c.line.tokens[0])
	h.Asks = p.elseAsks(c, indent)
	word := p.src.Span(start, start+len("else"))
	switch {
	case !c.fine():
	case together:
		p.add(diag.Diagnostic{Code: diag.StrayElse, Span: word,
			Message: "a line of “then together” cannot have an else: its refusal undoes all the lines",
			Notes:   []string{"a sync that matches the refusal in its when can handle it"}})
	case !ask.HasOut:
		at := p.src.Span(ask.Span.End, ask.Span.End)
		p.add(diag.Diagnostic{Code: diag.StrayElse, Span: word,
			Message: "only an awaited line can have an else; write “: ()” after the action to await it",
			Fix:     &diag.Fix{Title: "await the action", Edits: []diag.Edit{{Span: at, Text: " : ()"}}}})
	case handled[h.Refused.Text] != nil:
		p.handledTwice(handled[h.Refused.Text], h)
	default:
		handled[h.Refused.Text] = h
	}
	ask.Handlers = append(ask.Handlers, h)
}

// handledTwice reports an else for what an earlier one of the line handles.
func (p *parser) handledTwice(first, h *Handler) {
	head := "else"
	if h.Refused.Text != "" {
		head += " refused " + h.Refused.Text
	}
	p.add(diag.Diagnostic{Code: diag.Repeated, Span: h.Span,
		Message: "“" + head + "” is repeated below one line",
		Related: []diag.Related{{Span: first.Span, Message: "first here"}}})
}
