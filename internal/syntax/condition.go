package syntax

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
)

// infixAt counts the tokens before a word between two operands: the
// "has" of "LIST has x" and the "if" of "LINE if CONDITION". It is 0 when there
// is none. In an expression only an operator follows an operand, so variables may have
// these names.
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

// endsOperand reports whether the token n places ahead ends an operand.
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
			Message: "“unless” is not a keyword; write “if not (…)”"})
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
			Message: "“" + fold.Var.Text + " is " + fold.Fold.String() + "” always binds a value, so it cannot end in “if”",
			Notes:   []string{"write the condition as a line below it"}})
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
			Message: "“" + word + "” cannot start a block; did you mean “" + modeMeant[word] + "”?",
			Fix:     c.rewrite(t, t, modeMeant[word])})
	case mode == PlainLine:
		return false
	case mode == SurelyLine:
		c.warn(diag.Diagnostic{Code: diag.Misplaced, Span: c.p.spanOf(t),
			Message: "“surely” applies to a single line; write it before each line of the block"})
	}
	c.take()
	c.headColon(c.p.textOf(t))
	line.Mode, line.Body = mode, &BlockLine{}
	return true
}

// modeMeant returns the word before a line for those of other languages.
var modeMeant = map[string]string{
	"not": "no", "none": "no", "exists": "some", "any": "some", "optional": "maybe", "optionally": "maybe",
}

// otherMode reports a word of another language before a line, and tells whether
// there was one.
func (c *cursor) otherMode() bool {
	t := c.peek()
	word := modeMeant[c.p.textOf(t)]
	if t.kind != wordToken || word == "" || !c.inFollows(1) && !c.viewFollows(1) {
		return false
	}
	c.fail(diag.Diagnostic{Code: diag.UnknownWord, Span: c.p.spanOf(t), Fix: c.rewrite(t, t, word),
		Message: "“" + c.p.textOf(t) + "” cannot start a line of where; did you mean “" + word + "”?"})
	return true
}

// viewFollows reports whether the use of a view begins n tokens ahead.
func (c *cursor) viewFollows(n int) bool {
	t := c.ahead(n)
	return t.kind == wordToken && isUpper(c.p.textOf(t)) && c.aheadIs(n+1, "(")
}
