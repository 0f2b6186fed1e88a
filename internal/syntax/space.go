package syntax

import (
	"sort"
	"strings"
)

// A spacer decides whether there is a space between two tokens. In the lines
// of the language, the tokens decide. In an expression, whose grammar belongs
// to the expression library, spaces stay, except beside brackets, commas and
// the colons of records.
type spacer struct {
	p     *parser
	exprs []*Expr
	open  []byte // brackets that are open; keyBracket for one around a computed key
	last  token
	key   bool // the last token begins a part of a record: it is a key
	begun bool
}

// keyBracket stands for an open "(" at the place of a key: {(name): value}.
const keyBracket = 'k'

// inExpr reports whether two tokens belong to the same expression.
func (s *spacer) inExpr(a, b token) bool {
	// They are in order: only the last one that begins before the token can
	// contain it.
	i := sort.Search(len(s.exprs), func(i int) bool { return s.exprs[i].Span.Start > a.start }) - 1
	return i >= 0 && b.end <= s.exprs[i].Span.End
}

// element returns the next element, made of a token.
func (s *spacer) element(t token) element {
	text := s.p.textOf(t)
	e := element{text: text, depth: len(s.open)}
	inExpr := s.begun && s.inExpr(s.last, t)
	if s.begun {
		e.gap = s.gap(t, inExpr)
	}
	isKey := s.begun && len(s.open) > 0 && s.open[len(s.open)-1] == '{' &&
		(s.lastIs("{") || s.lastIs(","))
	if t.kind == signToken {
		switch c := text[0]; c {
		case '(', '[', '{':
			if isKey && c == '(' {
				c = keyBracket
			}
			s.open = append(s.open, c)
			isKey = false
		case ')', ']', '}':
			if n := len(s.open); n > 0 {
				isKey = s.open[n-1] == keyBracket
				s.open = s.open[:n-1]
			}
			e.depth = len(s.open)
		}
	}
	s.key = isKey || s.key && text == ":"
	s.last, s.begun = t, true
	return e
}

func (s *spacer) lastIs(text string) bool {
	return s.last.kind == signToken && s.p.textOf(s.last) == text
}

// gap reports whether there is a space before a token.
func (s *spacer) gap(t token, inExpr bool) bool {
	text := s.p.textOf(t)
	sign := t.kind == signToken
	switch {
	case s.last.kind == signToken && strings.Contains("([{", s.p.textOf(s.last)):
		return false
	case sign && (strings.Contains(")]}", text) || text == ","):
		return false
	case s.lastIs(","):
		return true
	case s.lastIs("..."):
		return false
	case s.key && sign && text == ":":
		return false
	case s.key && s.lastIs(":"):
		return !sign || text != ":"
	case inExpr:
		return t.start > s.last.end
	case sign && text == "." || s.lastIs("."), sign && text == "?", s.lastIs("-"):
		return false
	case sign && text == ":":
		return s.lastIs(")") && len(s.open) == 0
	}
	return true
}
