package syntax

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/diag"
)

// number reads a number with its sign and returns its value.
func (c *cursor) number() float64 {
	first := c.peek()
	text := ""
	if c.accept("-") {
		text = "-"
	}
	t := c.take()
	digits := c.p.textOf(t)
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsInf(f, 0) {
		var n int64
		if n, err = strconv.ParseInt(digits, 0, 64); err == nil {
			f = float64(n)
		}
	}
	if err != nil {
		c.fail(diag.Diagnostic{Code: diag.BadNumber, Span: c.since(first),
			Message: "“" + text + digits + "” is not a number, or it is too large"})
		return 0
	}
	if text == "-" {
		return -f
	}
	return f
}

// unquote returns the value of a string token. The escapes are those of JSON,
// and \' in either kind of quotation marks.
func (c *cursor) unquote(t token) string {
	text := c.p.textOf(t)
	if len(text) < 2 || text[0] != text[len(text)-1] {
		return text // not closed, which has been said
	}
	quote, body := text[0], text[1:len(text)-1]
	if quote == '`' || !strings.Contains(body, `\`) {
		return body
	}
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			b.WriteByte(body[i])
			continue
		}
		r, size := unescape(body[i:])
		if size == 0 {
			_, n := utf8.DecodeRuneInString(body[i+1:])
			at := t.start + 1 + i
			c.warn(diag.Diagnostic{Code: diag.BadEscape, Span: c.p.src.Span(at, at+1+n),
				Message: "“" + body[i:i+1+n] + "” is not an escape in a string",
				Notes:   []string{`a backslash is written \\`}})
			b.WriteByte('\\')
			continue
		}
		b.WriteRune(r)
		i += size - 1
	}
	return b.String()
}

// unescape reads one escape. The size is 0 if it is invalid.
func unescape(s string) (r rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\'', '\\', '/':
		return rune(s[1]), 2
	case 'n':
		return '\n', 2
	case 't':
		return '\t', 2
	case 'r':
		return '\r', 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'u':
		r, ok := hex4(s)
		if !ok {
			return 0, 0
		}
		if utf16.IsSurrogate(r) {
			low, ok := hex4(s[6:])
			if both := utf16.DecodeRune(r, low); ok && both != utf8.RuneError {
				return both, 12
			}
			return 0, 0
		}
		return r, 6
	}
	return 0, 0
}

// hex4 reads \uXXXX.
func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
