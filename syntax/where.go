package syntax

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/diag"
)

// operatorWords are the words that stand between two parts of an expression,
// or after its first one.
var operatorWords = []string{"is", "in", "and", "or", "matches", "contains", "startsWith", "endsWith", "of", "has"}

// operatorWord tells whether a word continues what stands before it; "not"
// does only with another operator behind it, as in "x not in xs".
func operatorWord(word, behind string) bool {
	if word == "not" {
		word = behind
	}
	return slices.Contains(operatorWords, word)
}

// operatorWordAt tells it of the token n places ahead.
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
	c.modes(line)
	line.Body = p.lineBody(c)
	line.Span = c.since(first)
	if c.bad || line.Body == nil {
		p.skipDeeper(indent)
		return
	}
	*lines = append(*lines, line)
	if fold, ok := line.Body.(*FoldLine); ok {
		if line.Mode != PlainLine {
			c.warn(diag.Diagnostic{Code: diag.Misplaced, Span: p.spanOf(first),
				Message: "“" + line.Mode.String() + "” cannot stand before “" + fold.Var.Text + " is " +
					fold.Fold.String() + "”, which always gives a value"})
		}
		p.foldBlock(c, line, fold)
		return
	}
	for l := p.peek(); l != nil && l.indent > indent && p.elseFollows(); l = p.peek() {
		p.level++
		p.elseLine(line)
		p.level--
	}
}

// modes takes "no" and "maybe" before a line. A variable may have such a name:
// then an operator follows it.
func (c *cursor) modes(line *Line) {
	if c.at("if") && c.ahead(1).kind != endToken && !c.aheadIs(1, "is") {
		t := c.take()
		c.warn(diag.Diagnostic{Code: diag.NeedlessIf, Span: c.p.spanOf(t),
			Message: "a condition stands by itself, without “if”",
			Fix: &diag.Fix{Title: "remove if", Edits: []diag.Edit{
				{Span: c.p.src.Span(t.start, c.peek().start), Text: ""}}}})
	}
	for c.at("no") || c.at("maybe") {
		next := c.ahead(1)
		text := c.p.textOf(next)
		lineFollows := next.kind == wordToken && !c.operatorWordAt(1) ||
			text == "(" || c.inFollows(1)
		if !lineFollows || next.kind == endToken {
			return
		}
		t := c.take()
		if line.Mode != PlainLine {
			c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
				Message: "one of “no” and “maybe” can stand before a line, not two"})
			return
		}
		line.Mode = NoLine
		if c.p.textOf(t) == "maybe" {
			line.Mode = MaybeLine
		}
	}
}

// inFollows tells whether "in Concept" stands n tokens ahead.
func (c *cursor) inFollows(n int) bool {
	t := c.ahead(n + 1)
	return c.aheadIs(n, "in") && t.kind == wordToken && isUpper(c.p.textOf(t))
}

// lineBody finds out what a line does by the words it begins with.
func (p *parser) lineBody(c *cursor) LineBody {
	t, next := c.peek(), c.ahead(1)
	if c.bad {
		return nil
	}
	switch {
	case c.at("in"):
		return c.conceptLine()
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
			Message: "“=” binds nothing; write “" + p.textOf(t) + " is …” to bind or compare",
			Fix:     &diag.Fix{Title: "write is", Edits: []diag.Edit{{Span: p.spanOf(next), Text: "is"}}}})
		return c.isLine()
	case t.kind == wordToken && c.aheadIs(1, "of") && next.kind == wordToken:
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: p.spanOf(t),
			Message: "it must be said whose state this is, as in “in Concept: " + p.textOf(t) + " of …”"})
		return nil
	}
	c.misspelt()
	return &FilterLine{Expr: c.expr("the beginning of the line")}
}

// misspelt looks at a condition whose second token is a word that is no
// operator: no expression begins so.
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
	if near, ok := diag.Nearest(word, []string{"in", "no", "maybe", "else", "order", "limit", "offset"}); ok {
		c.fail(diag.Diagnostic{Code: diag.UnknownWord, Span: c.p.spanOf(t),
			Message: "“" + word + "” begins no line of where; did you mean “" + near + "”?",
			Fix:     &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: c.p.spanOf(t), Text: near}}}})
		return
	}
	c.fail(diag.Diagnostic{Code: diag.UnknownWord, Span: c.p.spanOf(t),
		Message: "“" + word + "” begins no line of where",
		Notes:   []string{"a line begins with in, no, maybe, a view, “x is” or an expression"}})
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
	m := &MemberLine{Concept: concept, Subject: c.termUpTo(simpleValues, c.extent(c.isWord("is")))}
	if !c.bad && c.atEnd() {
		c.unexpected("“_query (…)”, “field of x is y” or “x is a Subset”")
		return nil
	}
	c.expect("is", "after what is asked about")
	if !c.accept("a") && !c.accept("an") {
		c.unexpected("“a” or “an” and a set, as in “x is a Subset”")
	}
	m.Set = c.upper("a set")
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
	f.Subject = c.termUpTo(simpleValues, c.extent(c.isWord("is", "has")))
	if f.Has = c.accept("has"); !f.Has && !c.accept("is") {
		c.unexpected("“is” or “has” after “" + f.Field.Text + " of …”")
	}
	if c.bad {
		return nil
	}
	f.Object = c.termUpTo(simpleValues, len(c.line.tokens)-c.i)
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

// isLine reads "x is …": an expression, or a fold when a word of folding
// follows. A function of the same name is told apart by its bracket.
func (c *cursor) isLine() LineBody {
	name := c.lower("a variable")
	c.take() // "is"
	t := c.peek()
	call := c.aheadIs(1, "(") && !c.foldFollows()
	switch {
	case c.bad:
		return nil
	case c.at("each") && !call:
		c.take()
		return &FoldLine{Var: name, Fold: Each, Expr: c.expr("each")}
	case c.at("count") && c.ahead(1).kind == endToken:
		c.take()
		return &FoldLine{Var: name, Fold: Count}
	case c.at("first") && !call && c.ahead(1).kind != endToken && !c.operatorAhead(1):
		c.take()
		return &FoldLine{Var: name, Fold: First, Expr: c.expr("first")}
	case (c.at("sum") || c.at("min") || c.at("max")) && c.aheadIs(1, "of"):
		fold := map[string]Fold{"sum": Sum, "min": Min, "max": Max}[c.p.textOf(t)]
		c.take()
		c.take()
		return &FoldLine{Var: name, Fold: fold, Expr: c.expr("of")}
	case (c.at("a") || c.at("an")) && c.ahead(1).kind == wordToken && isUpper(c.p.textOf(c.ahead(1))):
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t),
			Message: "it must be said whose state this is, as in “in Concept: " + name.Text + " is " +
				c.p.textOf(t) + " " + c.p.textOf(c.ahead(1)) + "”"})
		return nil
	}
	c.brokenFold()
	return &IsLine{Var: name, Expr: c.expr("is")}
}

// brokenFold looks at what follows "is" where a word that is no operator
// follows a word: no expression begins so, and a fold is meant.
func (c *cursor) brokenFold() {
	t, next := c.peek(), c.ahead(1)
	word := c.p.textOf(t)
	if t.kind != wordToken || next.kind != wordToken || c.operatorWordAt(1) && !c.aheadIs(1, "of") ||
		word == "not" || word == "let" || word == "if" || c.bad {
		return
	}
	d := diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t)}
	switch near, ok := diag.Nearest(word, []string{"each", "count", "sum", "min", "max", "first"}); {
	case word == "count":
		d.Message = "“count” counts the frames that the lines below it give, and takes no expression"
	case word == "sum" || word == "min" || word == "max":
		d.Message = "expected “of” after “" + word + "”"
		d.Fix = &diag.Fix{Title: "write of", Edits: []diag.Edit{{Span: c.p.src.Span(t.end, t.end), Text: " of"}}}
	case ok:
		d.Code = diag.UnknownWord
		d.Message = "“" + word + "” is no way to make one value of many; did you mean “" + near + "”?"
		d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: d.Span, Text: near}}}
	default:
		return
	}
	c.fail(d)
}

// operatorAhead tells whether the token n places ahead continues an expression
// rather than beginning one.
func (c *cursor) operatorAhead(n int) bool {
	t := c.ahead(n)
	text := c.p.textOf(t)
	switch t.kind {
	case wordToken:
		return c.operatorWordAt(n)
	case signToken:
		return !strings.ContainsAny(text[:1], "([{!-+")
	}
	return false
}

// foldFollows tells whether lines that belong to a fold stand below this one.
func (c *cursor) foldFollows() bool {
	l := c.p.peek()
	return l != nil && l.indent > c.line.indent && !c.p.elseFollows()
}

// foldBlock reads the lines below a fold: those that it runs, then order,
// limit, offset and distinct, then its else.
func (p *parser) foldBlock(c *cursor, line *Line, fold *FoldLine) {
	some := p.block(c.line.indent, func() {
		if p.elseFollows() {
			p.elseLine(line)
			return
		}
		if p.foldTail(fold) {
			return
		}
		l := p.peek()
		late := len(line.Else) > 0 || fold.Order != nil || fold.Limit != nil || fold.Offset != nil || fold.Distinct
		if late && c.fine() {
			p.add(diag.Diagnostic{Code: diag.Misplaced, Span: p.src.Span(l.text, l.end),
				Message: "this line comes before order, limit, offset, distinct and else"})
		}
		p.whereLine(&fold.Lines)
	})
	if !some || len(fold.Lines) == 0 && c.fine() && !p.failedSince(line) {
		c.warn(diag.Diagnostic{Code: diag.MissingPart, Span: line.Span,
			Message: "no lines stand below “" + fold.Var.Text + " is " + fold.Fold.String() + "”"})
	}
}

// failedSince tells whether something was reported behind a line.
func (p *parser) failedSince(line *Line) bool {
	return slices.ContainsFunc(p.diags, func(d diag.Diagnostic) bool { return d.Span.Start > line.Span.Start })
}

// foldTail reads a line "order by …", "limit n", "offset n" or "distinct";
// false when the next line is none of them.
func (p *parser) foldTail(fold *FoldLine) bool {
	l := p.peek()
	word := p.firstWord()
	rest := strings.TrimSpace(p.src.Text[l.text+len(word) : l.end])
	plain := rest == "" || strings.HasPrefix(rest, "#")
	switch {
	case word == "order" && strings.HasPrefix(rest, "by"):
	case (word == "limit" || word == "offset") && !plain && valueFollows(rest):
	case word == "distinct" && plain:
	default:
		return false
	}
	c := p.take()
	first := c.take()
	repeated := false
	switch word {
	case "order":
		repeated = fold.Order != nil
		c.expect("by", "after order")
		fold.Order = append(fold.Order, c.orderKeys()...)
	case "limit":
		repeated = fold.Limit != nil
		fold.Limit = c.expr(word)
	case "offset":
		repeated = fold.Offset != nil
		fold.Offset = c.expr(word)
	case "distinct":
		repeated = fold.Distinct
		fold.Distinct = true
	}
	if repeated {
		c.warn(diag.Diagnostic{Code: diag.Repeated, Span: p.spanOf(first),
			Message: "“" + word + "” stands twice under one line"})
	}
	return true
}

// valueFollows tells whether a text begins a value, not the rest of an
// expression that began before it.
func valueFollows(rest string) bool {
	if word := wordOf(rest); word != "" {
		return !operatorWord(word, wordOf(strings.TrimSpace(rest[len(word):])))
	}
	return strings.IndexByte("0123456789(\"'`", rest[0]) >= 0
}

// wordOf is the word with which a text begins, or "".
func wordOf(s string) string {
	for i, r := range s {
		if !wordRune(r, i == 0) {
			return s[:i]
		}
	}
	return s
}

func (c *cursor) orderKeys() []*OrderKey {
	var keys []*OrderKey
	for !c.bad {
		n := c.extent(func(t token) bool { return c.p.textOf(t) == "," })
		desc := n > 1 && c.aheadIs(n-1, "desc")
		asc := n > 1 && c.aheadIs(n-1, "asc")
		if desc || asc {
			n--
		}
		if n == 0 {
			c.unexpected("an expression to order by")
			break
		}
		keys = append(keys, &OrderKey{Expr: c.exprUpTo(n), Desc: desc})
		if desc || asc {
			c.take()
		}
		if !c.accept(",") {
			c.end("the order")
			break
		}
	}
	return keys
}

// elseFollows tells whether the next line begins with else, or nearly so.
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
	c := p.take()
	if t := c.take(); p.textOf(t) != "else" {
		c.warn(diag.Diagnostic{Code: diag.UnknownWord, Span: p.spanOf(t),
			Message: "“" + p.textOf(t) + "” begins no line of where; did you mean “else”?",
			Fix:     &diag.Fix{Title: "write else", Edits: []diag.Edit{{Span: p.spanOf(t), Text: "else"}}}})
	}
	inline := !c.atEnd()
	if inline {
		if ask := c.ask(); ask != nil {
			line.Else = append(line.Else, ask)
		}
	}
	failed := len(p.diags)
	some := p.block(indent, func() {
		if ask := p.askLine(); ask != nil {
			line.Else = append(line.Else, ask)
		}
	})
	if !inline && !some && len(p.diags) == failed {
		c.warn(diag.Diagnostic{Code: diag.MissingPart, Span: c.since(c.line.tokens[0]),
			Message: "nothing is asked after “else”"})
	}
}

// strayElse reads an else that is not indented below a line. When there is one
// to which it can belong, it is taken for it.
func (p *parser) strayElse(lines []*Line) {
	l := p.peek()
	d := diag.Diagnostic{Code: diag.StrayElse, Span: p.src.Span(l.text, l.text+len("else")),
		Message: "this else belongs to no line"}
	line := &Line{}
	if n := len(lines); n > 0 {
		line = lines[n-1]
		d.Message = "else is indented below the line that it belongs to"
		d.Fix = &diag.Fix{Title: "indent it", Edits: []diag.Edit{
			{Span: p.src.Span(l.start, l.text), Text: strings.Repeat(" ", l.indent+4)}}}
	}
	p.add(d)
	before := p.diags
	p.elseLine(line)
	p.diags = before
}
