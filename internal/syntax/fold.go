package syntax

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
)

// isLine reads "x is …": an expression, or a fold if the next word names one.
// A function with the same name is followed by a bracket.
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
	case c.at("whether") && c.ahead(1).kind == endToken:
		c.take()
		return &FoldLine{Var: name, Fold: Whether}
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
			Message: "the concept is missing, as in “in Concept: " + name.Text + " is " +
				c.p.textOf(t) + " " + c.p.textOf(c.ahead(1)) + "”"})
		return nil
	}
	if c.at("not") && c.aheadIs(1, "null") && c.ahead(2).kind == endToken {
		is, null := c.line.tokens[c.i-1], c.ahead(1)
		span := c.p.src.Span(is.start, null.end)
		c.fail(diag.Diagnostic{Code: diag.Unexpected, Span: span,
			Message: "“" + name.Text + " is …” binds or compares with a value; write “" + name.Text + " != null”",
			Fix:     &diag.Fix{Title: "write != null", Edits: []diag.Edit{{Span: span, Text: "!= null"}}}})
		return nil
	}
	c.brokenFold()
	return &IsLine{Var: name, Expr: c.expr("is")}
}

// brokenFold reports text after "is" that looks like a fold but is none: a
// word that is not an operator follows a word, or lines are indented below.
func (c *cursor) brokenFold() {
	t, next := c.peek(), c.ahead(1)
	word := c.p.textOf(t)
	below := (next.kind == endToken || c.aheadIs(1, "{")) && c.foldFollows()
	between := next.kind == wordToken && (!c.operatorWordAt(1) || c.aheadIs(1, "of"))
	if t.kind != wordToken || !below && !between || word == "not" || word == "let" || word == "if" || c.bad {
		return
	}
	d := diag.Diagnostic{Code: diag.Unexpected, Span: c.p.spanOf(t)}
	switch near, ok := diag.Nearest(word, []string{"each", "count", "sum", "min", "max", "first", "whether"}); {
	case word == "whether":
		d.Message = "“whether” has no expression; it is true if the lines below it give a frame"
		if !below {
			d.Fix = &diag.Fix{Title: "remove whether", Edits: []diag.Edit{{Span: c.p.src.Span(t.start, next.start)}}}
		}
	case below && !ok || slices.Contains([]string{"each", "count", "first"}, word) && below:
		return
	case word == "count":
		d.Message = "“count” counts the frames of the lines below it and takes no expression"
	case word == "sum" || word == "min" || word == "max":
		d.Message = "expected “of” after “" + word + "”"
		d.Fix = &diag.Fix{Title: "write of", Edits: []diag.Edit{{Span: c.p.src.Span(t.end, t.end), Text: " of"}}}
	case ok:
		d.Code = diag.UnknownWord
		d.Message = "“" + word + "” is not a fold; did you mean “" + near + "”?"
		d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: d.Span, Text: near}}}
	default:
		return
	}
	c.fail(d)
}

// operatorAhead reports whether the token n places ahead continues an expression
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

// foldFollows reports whether lines that belong to a fold stand below this one.
func (c *cursor) foldFollows() bool {
	l := c.p.peek()
	return l != nil && l.indent > c.line.indent && !c.p.elseFollows()
}

// lineBlock reads the lines below a fold or a block: those that it runs, then,
// for a fold, order, limit, offset, distinct and page, then its else.
func (p *parser) lineBlock(c *cursor, line *Line) {
	fold, isFold := line.Body.(*FoldLine)
	lines, head := (*[]*Line)(nil), line.Mode.String()
	if isFold {
		lines, head = &fold.Lines, fold.Var.Text+" is "+fold.Fold.String()
	} else {
		lines = &line.Body.(*BlockLine).Lines
	}
	some := p.block(c.line.indent, func() {
		if p.elseFollows() {
			p.elseLine(line)
			return
		}
		if isFold && p.foldTail(fold) {
			return
		}
		l := p.peek()
		late := len(line.Else) > 0 || isFold && fold.hasTail()
		if late && c.fine() {
			p.add(diag.Diagnostic{Code: diag.Misplaced, Span: p.src.Span(l.text, l.end),
				Message: "this line must come before order, limit, offset, distinct, page and else"})
		}
		p.whereLine(lines)
	})
	if !some || len(*lines) == 0 && c.fine() && !p.failedSince(line) {
		c.warn(diag.Diagnostic{Code: diag.MissingPart, Span: line.Span,
			Message: "there are no lines below “" + head + "”"})
	}
}

// hasTail reports whether order, limit, offset, distinct or page follows the lines of
// a fold.
func (f *FoldLine) hasTail() bool {
	return f.Order != nil || f.Limit != nil || f.Offset != nil || f.Distinct || f.Page != nil
}

// failedSince reports whether there is a finding after a line.
func (p *parser) failedSince(line *Line) bool {
	return slices.ContainsFunc(p.diags, func(d diag.Diagnostic) bool { return d.Span.Start > line.Span.Start })
}

// foldTail reads a line "order by …", "limit n", "offset n", "distinct" or
// "page (…) : (…)". It returns false if the next line is none of these.
func (p *parser) foldTail(fold *FoldLine) bool {
	l := p.peek()
	word := p.firstWord()
	rest := strings.TrimSpace(p.src.Text[l.text+len(word) : l.end])
	plain := rest == "" || strings.HasPrefix(rest, "#")
	switch {
	case word == "order" && strings.HasPrefix(rest, "by"):
	case (word == "limit" || word == "offset") && !plain && valueFollows(rest):
	case word == "distinct" && plain:
	case word == "page" && strings.HasPrefix(rest, "("):
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
	case "page":
		repeated = fold.Page != nil
		page := &Page{In: c.args("page", anyValues)}
		if page.HasOut = c.colon(); page.HasOut {
			page.Out = c.args("“:”", simpleValues)
		}
		c.end("the page")
		page.Span = c.since(first)
		fold.Page = page
	}
	if repeated {
		c.warn(diag.Diagnostic{Code: diag.Repeated, Span: p.spanOf(first),
			Message: "“" + word + "” is repeated below one line"})
	}
	return true
}

// valueFollows reports whether a text begins a new value, as opposed to the
// rest of an expression.
func valueFollows(rest string) bool {
	if word := wordOf(rest); word != "" {
		return !operatorWord(word, wordOf(strings.TrimSpace(rest[len(word):])))
	}
	if number, negative := strings.CutPrefix(rest, "-"); negative && number != "" && number[0] >= '0' && number[0] <= '9' {
		number, _, _ = strings.Cut(number, "#")
		return !strings.ContainsFunc(strings.TrimSpace(number), func(c rune) bool { return c != '.' && c != 'e' && (c < '0' || c > '9') })
	}
	return strings.IndexByte("0123456789({\"'`", rest[0]) >= 0
}

// wordOf returns the word with which a text begins, or "".
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
