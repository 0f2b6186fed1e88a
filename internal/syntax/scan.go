package syntax

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// A kind is the kind of a token.
type kind int

const (
	endToken kind = iota // behind the last token of a line
	wordToken
	stringToken
	numberToken
	signToken
)

// A token is one word, string, number or sign; offsets are in bytes.
type token struct {
	kind       kind
	start, end int
}

// A logicalLine is a line with the lines that continue it because a bracket is
// open.
type logicalLine struct {
	first, last int // indexes of text lines
	indent      int
	tokens      []token
	comments    []*Comment
	quiet       bool // a fault of it has been reported
	deep        bool // its brackets are nested too deep for it to be read
}

// A scanner reads the tokens of one logical line.
type scanner struct {
	p     *parser
	line  *logicalLine
	open  []token // brackets that are open
	limit int     // the last text line that may be taken
}

// scan reads the logical line that begins at a text line, from an offset on. A
// bracket that is never closed ends with its own line, so that the lines below
// are parsed on their own.
func (p *parser) scan(first, from int) *logicalLine {
	s := &scanner{p: p, limit: len(p.lines) - 1}
	// The search for the closing bracket may read the whole item. It must not
	// be repeated for each of many errors.
	if p.unclosed > 20 {
		s.limit = min(s.limit, first+20)
	}
	before := len(p.diags)
	if !s.run(first, from) {
		p.unclosed++
		p.diags = p.diags[:before]
		o := s.open[len(s.open)-1]
		p.add(diag.Diagnostic{Code: diag.UnclosedBracket, Span: p.src.Span(o.start, o.end),
			Message: "this " + p.quote(o) + " is not closed",
			Notes:   []string{"inside brackets, a line continues on the next lines"}})
		s = &scanner{p: p, limit: p.unclosedEnd(first)}
		before = len(p.diags)
		s.run(first, from)
		p.diags = p.diags[:before]
		s.line.quiet = true
	}
	p.file.Comments = append(p.file.Comments, s.line.comments...)
	return s.line
}

// unclosedEnd guesses where a line with an open bracket should end: deeper
// lines belong to it while the line before ends in a comma or an opening
// bracket.
func (p *parser) unclosedEnd(first int) int {
	last := first
	for i := first + 1; i < len(p.lines) && i < first+1000; i++ {
		l := p.lines[i]
		if l.blank {
			continue
		}
		end := p.src.Text[p.lines[last].end-1]
		if l.indent <= p.lines[first].indent || strings.IndexByte(",([{:", end) < 0 {
			break
		}
		last = i
	}
	return last
}

// run reads the tokens. It returns false if a bracket is not closed.
func (s *scanner) run(first, from int) bool {
	s.line = &logicalLine{first: first, last: first, indent: s.p.lines[first].indent}
	s.open = nil
	for i := first; ; {
		l := s.p.lines[i]
		s.line.last = i
		s.line.quiet = s.line.quiet || l.quiet
		s.tokens(max(l.text, from), l.end)
		if len(s.open) == 0 {
			return true
		}
		for i++; i < len(s.p.lines) && s.p.lines[i].blank; i++ {
		}
		if i > s.limit || i >= len(s.p.lines) || s.p.beginsItem(i) {
			return false
		}
	}
}

// longSigns are the signs of more than one character, the longest first.
var longSigns = []string{"...", "..", "=>", "==", "!=", "<=", ">="}

// tokens reads the tokens of one text line.
func (s *scanner) tokens(i, end int) {
	text := s.p.src.Text[:end]
	put := func(k kind, to int) {
		s.line.tokens = append(s.line.tokens, token{k, i, to})
		i = to
	}
	for i < end {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '#' && s.inItem(i, end):
			put(signToken, i+1)
		case c == '#':
			s.line.comments = append(s.line.comments, s.p.comment(i, end))
			return
		case c == '"' || c == '\'' || c == '`':
			to := stringEnd(text, i)
			if to < 0 {
				if !s.line.quiet {
					s.p.add(diag.Diagnostic{Code: diag.UnclosedString, Span: s.p.src.Span(i, end),
						Message: "this string is not closed on its line"})
				}
				s.line.quiet = true
				s.open = nil // what the string holds is not known
				put(stringToken, end)
				return
			}
			put(stringToken, to)
		case c >= '0' && c <= '9':
			put(numberToken, numberEnd(text, i))
		case strings.IndexByte("([{", c) >= 0:
			s.openBracket(token{signToken, i, i + 1})
			put(signToken, i+1)
		case strings.IndexByte(")]}", c) >= 0:
			s.closeBracket(token{signToken, i, i + 1})
			put(signToken, i+1)
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			if wordRune(r, true) {
				put(wordToken, i+len(s.p.wordAt(i)))
				continue
			}
			for _, long := range longSigns {
				if strings.HasPrefix(text[i:], long) {
					size = len(long)
					break
				}
			}
			put(signToken, i+size)
		}
	}
}

// inItem reports whether “#” at an offset is the item of a list: it stands in the
// brackets of a function that computes something for each item, after the list, and an
// expression can go on behind it. Otherwise it begins a comment.
func (s *scanner) inItem(at, end int) bool {
	text := s.p.src.Text
	rest := strings.TrimLeft(text[at+1:end], " \t\r")
	if rest == "" {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(rest); wordRune(r, true) {
		words := itemOperators
		if rest == text[at+1:end] {
			words = itemParts
		}
		if !slices.Contains(words, s.p.wordAt(end-len(rest))) {
			return false
		}
	}
	for i := len(s.open) - 1; i >= 0; i-- {
		o := s.open[i].start
		if text[o] != '(' {
			continue
		}
		name := o
		for name > 0 && (text[name-1] >= 'a' && text[name-1] <= 'z' || text[name-1] >= 'A' && text[name-1] <= 'Z') {
			name--
		}
		if slices.Contains(itemFunctions, text[name:o]) && (name == 0 || text[name-1] != '.') && strings.Contains(text[o:at], ",") {
			return true
		}
	}
	return false
}

// itemFunctions are the functions of expressions whose second value is computed for
// each item of a list, which is written “#”.
var itemFunctions = []string{"all", "any", "none", "one", "filter", "map", "find", "findIndex", "findLast", "findLastIndex",
	"count", "sum", "groupBy", "sortBy", "reduce"}

// itemOperators are the words that an expression goes on with behind “#”, and itemParts
// those that follow it without a space.
var (
	itemOperators = []string{"and", "or", "in", "not", "contains", "startsWith", "endsWith", "matches"}
	itemParts     = []string{"acc", "index"}
)

// ItemFunction reports whether “#” in the brackets of a function is an item of a list
// and does not begin a comment.
func ItemFunction(name string) bool { return slices.Contains(itemFunctions, name) }

func (s *scanner) openBracket(t token) {
	s.open = append(s.open, t)
	if len(s.open) <= maxDepth {
		return
	}
	s.line.deep = true
	if !s.line.quiet {
		s.line.quiet = true
		s.p.add(diag.Diagnostic{Code: diag.TooDeep, Span: s.p.src.Span(t.start, t.end),
			Message: "this bracket is inside more than a hundred others"})
	}
}

func (s *scanner) closeBracket(t token) {
	closer := s.p.src.Text[t.start]
	if n := len(s.open); n > 0 {
		o := s.open[n-1]
		s.open = s.open[:n-1]
		if want := closerOf(s.p.src.Text[o.start]); want != closer && !s.line.quiet {
			s.line.quiet = true
			s.p.add(diag.Diagnostic{Code: diag.UnopenedBracket, Span: s.p.src.Span(t.start, t.end),
				Message: "expected " + string(want) + " before this " + string(closer),
				Related: []diag.Related{{Span: s.p.src.Span(o.start, o.end), Message: "opened here"}}})
		}
		return
	}
	if !s.line.quiet {
		s.line.quiet = true
		s.p.add(diag.Diagnostic{Code: diag.UnopenedBracket, Span: s.p.src.Span(t.start, t.end),
			Message: "this " + string(closer) + " has no opening bracket"})
	}
}

func closerOf(opener byte) byte {
	return map[byte]byte{'(': ')', '[': ']', '{': '}'}[opener]
}

// stringEnd returns the offset after a string that begins at i, or -1 if it is
// not closed.
func stringEnd(text string, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return i + 1
		case text[i] == '\\' && quote != '`':
			i++
		}
	}
	return -1
}

// numberEnd returns the offset after a text that looks like a number. Its
// reader checks it.
func numberEnd(text string, i int) int {
	start := i
	for i < len(text) {
		c := text[i]
		switch {
		case c >= '0' && c <= '9', c == '_', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case c == '.' && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9':
		case (c == '-' || c == '+') && strings.IndexByte("eE", text[i-1]) >= 0 &&
			!strings.HasPrefix(text[start:], "0x"):
		default:
			return i
		}
		i++
	}
	return i
}

// spanOf returns the span of a token.
func (p *parser) spanOf(t token) source.Span { return p.src.Span(t.start, t.end) }

// textOf returns the text of a token.
func (p *parser) textOf(t token) string { return p.src.Text[t.start:t.end] }

// quote returns a token in the form of messages.
func (p *parser) quote(t token) string {
	if t.kind == endToken && t.start == t.end {
		return "the end of the line"
	}
	s := p.textOf(t)
	if t.kind == wordToken || t.kind == signToken || t.kind == endToken {
		return "“" + s + "”"
	}
	if r := []rune(s); len(r) > 24 {
		s = string(r[:24]) + "…"
	}
	return s
}
