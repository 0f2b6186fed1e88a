package syntax

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/words"
)

// operatorWords are the words that are operators of expressions.
var operatorWords = []string{"is", "in", "and", "or", "matches", "contains", "startsWith", "endsWith", "of", "has"}

// operatorWord reports whether a word continues an expression. The word "not"
// does so only before another operator, as in "x not in xs".
func operatorWord(word, behind string) bool {
	if word == "not" {
		word = behind
	}
	return slices.Contains(operatorWords, word)
}

// operatorWordAt does this for the token n places ahead.
func (c *cursor) operatorWordAt(n int) bool {
	t := c.ahead(n)
	return t.kind == wordToken && operatorWord(c.p.textOf(t), c.p.textOf(c.ahead(n+1)))
}

// whereLine reads one line of where with its block and its else.
func (p *parser) whereLine(lines *[]*Line) {
	indent := p.peek().indent
	if p.firstWord() == "else" {
		p.strayElse(*lines)
		return
	}
	line := &Line{}
	c := p.take()
	first := c.peek()
	if c.blockHead(line) {
		line.Span = c.since(first)
		*lines = append(*lines, line)
		p.lineBlock(c, line)
		return
	}
	c.modes(line)
	c.stop = c.conditionAt()
	line.Body = p.lineBody(c)
	c.condition(line)
	line.Span = c.since(first)
	if c.bad || line.Body == nil {
		p.skipDeeper(indent)
		return
	}
	*lines = append(*lines, line)
	if fold, ok := line.Body.(*FoldLine); ok {
		if line.Mode != PlainLine {
			c.warn(diag.Diagnostic{Code: diag.Misplaced, Span: p.spanOf(first),
				Message: "“" + line.Mode.String() + "” cannot come before “" + fold.Var.Text + " is " +
					fold.Fold.String() + "”, which always gives a value"})
		}
		p.lineBlock(c, line)
		return
	}
	if l := p.peek(); line.If != nil && l != nil && l.indent > indent && p.elseFollows() {
		at := l.text
		p.skipDeeper(indent)
		c.warn(diag.Diagnostic{Code: diag.StrayElse, Span: p.src.Span(at, at+len("else")),
			Message: "a line that ends in “if” cannot have an else",
			Notes:   []string{"move the line to a view, and write the else below the use of the view"}})
		return
	}
	for l := p.peek(); l != nil && l.indent > indent && p.elseFollows(); l = p.peek() {
		p.level++
		p.elseLine(line)
		p.level--
	}
}

// modeOf returns the mode that a word stands for; PlainLine for others.
func modeOf(word string) Mode {
	return Mode(max(0, slices.Index([]string{"", "no", "maybe", "some", "surely"}, word)))
}

// modeAt returns the mode that the next word stands for.
func (c *cursor) modeAt() Mode {
	if t := c.peek(); t.kind == wordToken {
		return modeOf(c.p.textOf(t))
	}
	return PlainLine
}

// modes reads the words before a line, such as "no". A variable can have such a
// name; then an operator follows it.
func (c *cursor) modes(line *Line) {
	if c.at("if") && c.ahead(1).kind != endToken && !c.aheadIs(1, "is") {
		t := c.take()
		c.warn(diag.Diagnostic{Code: diag.NeedlessIf, Span: c.p.spanOf(t),
			Message: "a condition needs no “if”",
			Fix: &diag.Fix{Title: "remove if", Edits: []diag.Edit{
				{Span: c.p.src.Span(t.start, c.peek().start), Text: ""}}}})
	}
	for mode := c.modeAt(); mode != PlainLine; mode = c.modeAt() {
		next := c.ahead(1)
		text := c.p.textOf(next)
		lineFollows := next.kind == wordToken && !c.operatorWordAt(1) ||
			text == "(" || c.inFollows(1) ||
			text == "[" && next.start > c.peek().end // "some[0]" is an item of a variable
		if !lineFollows || next.kind == endToken {
			return
		}
		t := c.take()
		if line.Mode != PlainLine {
			c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
				Message: "one of “no”, “maybe”, “some” and “surely” can come before a line, not two"})
			return
		}
		line.Mode = mode
	}
}

// inFollows reports whether "in Concept" stands n tokens ahead.
func (c *cursor) inFollows(n int) bool {
	t := c.ahead(n + 1)
	return c.aheadIs(n, "in") && t.kind == wordToken && isUpper(c.p.textOf(t))
}

// lineBody determines the kind of a line by its first words.
func (p *parser) lineBody(c *cursor) LineBody {
	t, next := c.peek(), c.ahead(1)
	if c.bad {
		return nil
	}
	if d, is := p.otherComment(t.start); is {
		c.fail(d)
		return nil
	}
	switch {
	case c.atEnd():
		c.unexpected("a line")
		return nil
	case c.at("in"):
		return c.conceptLine()
	case c.otherMode():
		return nil
	case t.kind == wordToken && isUpper(p.textOf(t)) && next.kind == signToken:
		switch p.textOf(next) {
		case "(":
			return c.viewLine()
		case ":":
			c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.spanOf(t),
				Message: "a line about a concept begins with “in”, as in “in " + p.textOf(t) + ": …”",
				Fix: &diag.Fix{Title: "write in", Edits: []diag.Edit{
					{Span: p.src.Span(t.start, t.start), Text: "in "}}}})
			return nil
		case ".":
			c.fail(diag.Diagnostic{Code: diag.Misplaced, Span: p.spanOf(t),
				Message: "actions are asked in then; where reads with “in " + p.textOf(t) + ": …”"})
			return nil
		}
	case t.kind == wordToken && c.aheadIs(1, "is"):
		return c.isLine()
	case t.kind == wordToken && c.aheadIs(1, "="):
		c.warn(diag.Diagnostic{Code: diag.EqualsForIs, Span: p.spanOf(next),
			Message: "“=” does not bind; write “" + p.textOf(t) + " is …” to bind or compare",
			Fix:     &diag.Fix{Title: "write is", Edits: []diag.Edit{{Span: p.spanOf(next), Text: "is"}}}})
		return c.isLine()
	case t.kind == wordToken && c.aheadIs(1, "of") && next.kind == wordToken:
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.spanOf(t),
			Message: "the concept is missing, as in “in Concept: " + p.textOf(t) + " of …”"})
		return nil
	}
	if n := c.infixAt("has"); n > 0 {
		h := &HasLine{List: c.exprUpTo(n)}
		c.take()
		h.Item = c.termUpTo(patternValues, c.left())
		return h
	}
	c.misspelt()
	return &FilterLine{Expr: c.expr("the beginning of the line")}
}

// misspelt reports a condition whose second token is a word that is not an
// operator. No expression begins like this.
func (c *cursor) misspelt() {
	t, next := c.peek(), c.ahead(1)
	if t.kind != wordToken || next.kind != wordToken || c.bad {
		return
	}
	if c.operatorWordAt(1) && !c.inFollows(1) {
		return
	}
	word := c.p.textOf(t)
	if word == "not" || word == "let" || word == "if" {
		return
	}
	if near, ok := diag.Nearest(word, []string{"in", "no", "maybe", "some", "surely", "else", "order", "limit", "offset", "page"}); ok {
		c.fail(diag.Diagnostic{Code: diag.UnknownWord, Span: c.p.spanOf(t),
			Message: "“" + word + "” does not begin a line of where; did you mean “" + near + "”?",
			Fix:     &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: c.p.spanOf(t), Text: near}}}})
		return
	}
	c.fail(diag.Diagnostic{Code: diag.UnknownWord, Span: c.p.spanOf(t),
		Message: "“" + word + "” does not begin a line of where",
		Notes:   []string{"a line begins with in, no, maybe, some, surely, a view, “x is” or an expression"}})
}

// conceptLine reads what follows "in".
func (c *cursor) conceptLine() LineBody {
	c.take()
	concept := c.upper("a concept")
	if t := c.peek(); t.kind != endToken && !c.at(":") && !c.bad {
		c.fail(diag.Diagnostic{Code: diag.MissingColon, Span: c.p.spanOf(t),
			Message: "a colon is missing after “in " + concept.Text + "”",
			Fix: &diag.Fix{Title: "write the colon", Edits: []diag.Edit{
				{Span: c.p.src.Span(concept.Span.End, t.start), Text: ": "}}}})
	}
	c.expect(":", "after the concept")
	t := c.peek()
	switch {
	case c.bad:
		return nil
	case t.kind == wordToken && c.aheadIs(1, "("):
		q := &QueryLine{Concept: concept, Query: c.query()}
		q.In = c.args("the query", anyValues)
		if q.HasOut = c.colon(); q.HasOut {
			q.Out = c.args("“:”", simpleValues)
		}
		c.end("the query")
		return q
	case t.kind == wordToken && (c.aheadIs(1, "of") || c.aheadIs(1, ".") && c.aheadIs(3, "of")):
		return c.fieldRelation(concept)
	}
	if c.otherRead() {
		return nil
	}
	m := &MemberLine{Concept: concept, Subject: c.termUpTo(simpleValues, c.extent(c.isWord("is")))}
	if !c.bad && c.atEnd() {
		c.unexpected("“_query (…)”, “field of x is y” or “x is a Subset”")
		return nil
	}
	c.expect("is", "after what is asked about")
	if !c.accept("a") && !c.accept("an") {
		c.withoutArticle()
	}
	m.Set = c.upper("a set")
	if m.HasFields = !c.bad && c.at("("); m.HasFields {
		open := c.peek()
		if m.Fields = c.args("the set", simpleValues); len(m.Fields) == 0 && c.fine() {
			c.fail(diag.Diagnostic{Code: diag.MissingPart, Span: c.since(open), Message: "the brackets name no fields of “" + m.Set.Text + "”",
				Fix: &diag.Fix{Title: "leave them out", Edits: []diag.Edit{{Span: c.p.src.Span(m.Set.Span.End, c.since(open).End)}}}})
		}
	}
	if m.Set.Text != "" && (c.at("with") || c.at("where") || c.at("{")) {
		c.unexpected("“(” and the fields, as in “x is " + words.Article(m.Set.Text) + " (owner, title)”")
	}
	c.end("the set")
	return m
}

func (c *cursor) isWord(words ...string) func(token) bool {
	return func(t token) bool { return t.kind == wordToken && slices.Contains(words, c.p.textOf(t)) }
}

// fieldRelation reads "field of x is y".
func (c *cursor) fieldRelation(concept Name) LineBody {
	f := &FieldLine{Concept: concept}
	if c.aheadIs(1, ".") {
		f.Set = c.upper("a set")
		c.take()
	}
	f.Field = c.lower("a field")
	c.take() // "of"
	if c.otherRelation(concept.Text, f.Field.Text) {
		return nil
	}
	f.Subject = c.termUpTo(simpleValues, c.extent(c.isWord("is", "has")))
	if f.Has = c.accept("has"); !f.Has && !c.accept("is") {
		c.unexpected("“is” or “has” after “" + f.Field.Text + " of …”")
	}
	if c.bad {
		return nil
	}
	f.Object = c.termUpTo(simpleValues, c.left())
	return f
}

func (c *cursor) viewLine() LineBody {
	v := &ViewLine{View: c.upper("a view")}
	v.In = c.args("the view", anyValues)
	if v.HasOut = c.colon(); v.HasOut {
		v.Out = c.args("“:”", simpleValues)
	}
	c.end("the view")
	return v
}
