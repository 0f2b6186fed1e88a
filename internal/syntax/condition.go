package syntax

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
)

// infixAt counts the tokens before a word that stands between two operands: the
// "has" of "LIST has x" and the "if" of "LINE if CONDITION". It is 0 when there
// is none. No expression has a word behind an operand that is no operator, so
// variables may be called so.
func (c *cursor) infixAt(word string) int {
	depth := 0
	for n := 0; ; n++ {
		t := c.ahead(n)
		switch {
		case t.kind == endToken:
			return 0
		case t.kind == signToken && slices.Contains([]string{"(", "[", "{"}, c.p.textOf(t)):
			depth++
		case t.kind == signToken && slices.Contains([]string{")", "]", "}"}, c.p.textOf(t)):
			depth--
		case depth == 0 && n > 0 && c.aheadIs(n, word) && c.endsOperand(n-1):
			return n
		}
	}
}

// endsOperand tells whether the token n places ahead ends an operand.
func (c *cursor) endsOperand(n int) bool {
	t := c.ahead(n)
	text := c.p.textOf(t)
	switch t.kind {
	case wordToken:
		return n > 0 && c.aheadIs(n-1, ".") || text != "not" && !slices.Contains(operatorWords, text)
	case signToken:
		return slices.Contains([]string{")", "]", "}"}, text)
	}
	return true
}

// conditionAt is the index of the token "if" that ends a line of where; 0 when
// there is none.
func (c *cursor) conditionAt() int {
	if n := c.infixAt("if"); n > 0 {
		return c.i + n
	}
	if n := c.infixAt("unless"); n > 0 {
		c.fail(diag.Diagnostic{Code: diag.UnknownWord, Span: c.p.spanOf(c.ahead(n)),
			Message: "a line is skipped with “if” and the condition under which it counts, as in “if not (…)”"})
	}
	return 0
}

// condition reads the "if CONDITION" that ends a line.
func (c *cursor) condition(line *Line) {
	if c.stop == 0 || c.bad {
		c.stop = 0
		return
	}
	c.i, c.stop = c.stop, 0
	word := c.take()
	if fold, ok := line.Body.(*FoldLine); ok {
		c.fail(diag.Diagnostic{Code: diag.Misplaced, Span: c.p.spanOf(word),
			Message: "“" + fold.Var.Text + " is " + fold.Fold.String() + "” always gives a value, so no “if” stands behind it",
			Notes:   []string{"a condition is a line of its own below it, or “x is CONDITION ? a : b” after it"}})
		return
	}
	line.If = c.expr("if")
}

// blockHead takes "no", "some" or "maybe" alone on a line above deeper lines.
func (c *cursor) blockHead(line *Line) bool {
	t, colon := c.peek(), c.aheadIs(1, ":") && c.ahead(2).kind == endToken
	if t.kind != wordToken || c.ahead(1).kind != endToken && !colon || !c.foldFollows() {
		return false
	}
	mode := c.modeAt()
	switch word := c.p.textOf(t); {
	case mode == PlainLine && modeMeant[word] != "":
		mode = modeOf(modeMeant[word])
		c.warn(diag.Diagnostic{Code: diag.UnknownWord, Span: c.p.spanOf(t),
			Message: "“" + word + "” heads no block; did you mean “" + modeMeant[word] + "”?",
			Fix:     c.rewrite(t, t, modeMeant[word])})
	case mode == PlainLine:
		return false
	case mode == SurelyLine:
		c.warn(diag.Diagnostic{Code: diag.Misplaced, Span: c.p.spanOf(t),
			Message: "“surely” stands before each line that it is about, not above a block"})
	}
	c.take()
	c.headColon(c.p.textOf(t))
	line.Mode, line.Body = mode, &BlockLine{}
	return true
}

// modeMeant gives the word before a line for those of other languages.
var modeMeant = map[string]string{
	"not": "no", "none": "no", "exists": "some", "any": "some", "optional": "maybe", "optionally": "maybe",
}

// otherMode reports a word of another language before a line, and tells whether
// one stood there.
func (c *cursor) otherMode() bool {
	t := c.peek()
	word := modeMeant[c.p.textOf(t)]
	if t.kind != wordToken || word == "" || !c.inFollows(1) && !c.viewFollows(1) {
		return false
	}
	c.fail(diag.Diagnostic{Code: diag.UnknownWord, Span: c.p.spanOf(t), Fix: c.rewrite(t, t, word),
		Message: "“" + c.p.textOf(t) + "” begins no line of where; did you mean “" + word + "”?"})
	return true
}

// viewFollows tells whether the use of a view stands n tokens ahead.
func (c *cursor) viewFollows(n int) bool {
	t := c.ahead(n)
	return t.kind == wordToken && isUpper(c.p.textOf(t)) && c.aheadIs(n+1, "(")
}
