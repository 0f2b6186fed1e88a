package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible/diag"
	"github.com/legible-lang/legible/source"
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

// A textLine is a line as an editor counts it.
type textLine struct {
	start, end int  // without the line's end and the space before it
	text       int  // where the first character that is no space stands
	indent     int  // in columns
	blank      bool // empty, or nothing but a comment
	quiet      bool // its characters are at fault, and that has been said
}

// A logicalLine is what the parser takes at once: a line, with those that
// follow it while a bracket is open.
type logicalLine struct {
	first, last int // indexes of text lines
	indent      int
	tokens      []token
	comments    []*Comment
	quiet       bool // a fault of it has been reported
}

// itemWords begin an item at the left edge.
var itemWords = []string{"concept", "app", "sync", "view", "scenario"}

// splitLines finds the lines of the text with their indentation, reports what
// cannot stand in a text at all, and notes the comments that have a line of
// their own.
func (p *parser) splitLines() {
	text := p.src.Text
	var tabs []int
	for n := 1; n <= p.src.Lines(); n++ {
		start := p.src.LineStart(n)
		end := start + len(p.src.Line(n))
		l := textLine{start: start, end: end, text: start}
		if n == 1 && strings.HasPrefix(text, "\uFEFF") {
			l.text += len("\uFEFF")
		}
		hasTab := false
	indent:
		for ; l.text < end; l.text++ {
			switch text[l.text] {
			case ' ':
				l.indent++
			case '\t':
				l.indent += 4
				hasTab = true
			case '\r':
			default:
				break indent
			}
		}
		for l.end > l.text && strings.IndexByte(" \t\r", text[l.end-1]) >= 0 {
			l.end--
		}
		l.quiet = p.checkCharacters(l.text, l.end)
		switch {
		case l.text >= l.end:
			l.blank = true
		case text[l.text] == '#':
			l.blank = true
			p.file.Comments = append(p.file.Comments, p.comment(l.text, l.end))
		}
		if hasTab && !l.blank {
			tabs = append(tabs, len(p.lines))
		}
		p.lines = append(p.lines, l)
	}
	if len(tabs) > 0 {
		p.reportTabs(tabs)
	}
}

func (p *parser) comment(start, end int) *Comment {
	return &Comment{Span: p.src.Span(start, end), Text: p.src.Text[start:end]}
}

// reportTabs says once that tabs make the indentation, with one fix for all.
func (p *parser) reportTabs(tabs []int) {
	fix := &diag.Fix{Title: "indent with spaces"}
	for _, i := range tabs {
		l := p.lines[i]
		fix.Edits = append(fix.Edits, diag.Edit{
			Span: p.src.Span(l.start, l.text), Text: strings.Repeat(" ", l.indent)})
	}
	l := p.lines[tabs[0]]
	p.add(diag.Diagnostic{
		Code: diag.TabIndent, Severity: diag.Warning, Span: p.src.Span(l.start, l.text),
		Message: "a tab stands in the indentation; it is read as four spaces",
		Notes:   []string{"the formatter writes four spaces for each level"},
		Fix:     fix,
	})
}

// checkCharacters reports bytes that are no UTF-8 and characters that no text
// holds, and tells whether there were any.
func (p *parser) checkCharacters(start, end int) bool {
	text := p.src.Text
	for i := start; i < end; {
		r, size := utf8.DecodeRuneInString(text[i:end])
		span := p.src.Span(i, i+size)
		switch {
		case r == utf8.RuneError && size == 1:
			p.add(diag.Diagnostic{Code: diag.NotUTF8, Span: span,
				Message: "this byte is no part of a UTF-8 text",
				Notes:   []string{"save the file in the encoding UTF-8"}})
			return true
		case r == 0:
			p.add(diag.Diagnostic{Code: diag.ControlCharacter, Span: span,
				Message: "a NUL character cannot stand in a text"})
			return true
		case r < ' ' && r != '\t' && r != '\r', r == 0x7f, r == '\u2028', r == '\u2029':
			p.add(diag.Diagnostic{Code: diag.ControlCharacter, Span: span,
				Message: "a control character cannot stand in a text"})
			return true
		}
		i += size
	}
	return false
}

// scanner reads the tokens of one logical line.
type scanner struct {
	p     *parser
	line  *logicalLine
	open  []token // brackets that are open
	limit int     // the last text line that may be taken
}

// scan reads the logical line that begins at a text line, from an offset on.
// A bracket that is never closed ends with its own line, so that the lines
// below are still read for what they are.
func (p *parser) scan(first, from int) *logicalLine {
	s := &scanner{p: p, limit: len(p.lines) - 1}
	// Looking for the end of an open bracket may take in the whole item; a
	// text full of such faults must not be read again for each of them.
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
			Notes:   []string{"inside brackets a line may be continued on the next ones"}})
		s = &scanner{p: p, limit: p.unclosedEnd(first)}
		before = len(p.diags)
		s.run(first, from)
		p.diags = p.diags[:before]
		s.line.quiet = true
	}
	p.file.Comments = append(p.file.Comments, s.line.comments...)
	return s.line
}

// unclosedEnd guesses where a line whose bracket is not closed was meant to
// end: deeper lines belong to it while the one before ends in a comma or an
// opening bracket.
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

// run reads the tokens; it is false when a bracket stays open.
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

// beginsItem tells whether a line at the left edge begins an item or a part of
// a sync, so that no open bracket reaches beyond it.
func (p *parser) beginsItem(i int) bool {
	l := p.lines[i]
	if l.indent > 0 {
		return false
	}
	word := p.wordAt(l.text)
	rest := strings.TrimSpace(p.src.Text[l.text+len(word) : l.end])
	switch word {
	default:
		return p.beginsPart(&l)
	case "concept", "app", "sync", "view":
		r, _ := utf8.DecodeRuneInString(rest)
		return unicode.IsUpper(r)
	case "scenario":
		r, _ := utf8.DecodeRuneInString(rest)
		return unicode.IsLetter(r)
	}
}

// beginsPart tells whether a line begins a part of a concept or sync: one of
// their words, alone.
func (p *parser) beginsPart(l *textLine) bool {
	word := p.wordAt(l.text)
	rest := strings.TrimSpace(p.src.Text[l.text+len(word) : l.end])
	switch word {
	case "when", "where", "then", "purpose", "principle", "state", "actions", "queries":
		return rest == "" || strings.HasPrefix(rest, "#") || word == "then" && rest == "together"
	}
	return false
}

// wordAt is the word that begins at an offset, or "".
func (p *parser) wordAt(offset int) string {
	end := offset
	for end < len(p.src.Text) {
		r, size := utf8.DecodeRuneInString(p.src.Text[end:])
		if !wordRune(r, end == offset) {
			break
		}
		end += size
	}
	return p.src.Text[offset:end]
}

func wordRune(r rune, first bool) bool {
	return r == '_' || r != utf8.RuneError && unicode.IsLetter(r) || !first && unicode.IsDigit(r)
}

// longSigns are the signs of more than one character that must not be taken
// apart, the longest first.
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

func (s *scanner) openBracket(t token) {
	s.open = append(s.open, t)
	if len(s.open) > maxDepth && !s.line.quiet {
		s.line.quiet = true
		s.p.add(diag.Diagnostic{Code: diag.TooDeep, Span: s.p.src.Span(t.start, t.end),
			Message: "this bracket stands inside more than a hundred others"})
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
			Message: "this " + string(closer) + " closes nothing"})
	}
}

func closerOf(opener byte) byte {
	return map[byte]byte{'(': ')', '[': ']', '{': '}'}[opener]
}

// stringEnd is the offset behind a string that begins at i, or -1 when it is
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

// numberEnd is the offset behind a number. It takes what looks like one; what
// it means, and whether it means anything, is found by the reader of it.
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

// spanOf is the span of a token.
func (p *parser) spanOf(t token) source.Span { return p.src.Span(t.start, t.end) }

// textOf is the text of a token.
func (p *parser) textOf(t token) string { return p.src.Text[t.start:t.end] }

// quote gives a token as messages name it.
func (p *parser) quote(t token) string {
	if t.kind == endToken {
		return "the end of the line"
	}
	s := p.textOf(t)
	if t.kind == wordToken || t.kind == signToken {
		return "“" + s + "”"
	}
	if r := []rune(s); len(r) > 24 {
		s = string(r[:24]) + "…"
	}
	return s
}
