package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/diag"
)

// A textLine is one line of the file.
type textLine struct {
	start, end int  // without the line's end and the space before it
	text       int  // where the first character that is no space stands
	indent     int  // in columns
	blank      bool // empty, or nothing but a comment
	quiet      bool // its characters are at fault, and that has been said
}

// itemWords begin items, at the left edge.
var itemWords = []string{"concept", "app", "sync", "view", "scenario"}

// splitLines finds the lines of the text with their indentation, reports
// invalid characters, and records the comments on their own lines.
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

// reportTabs reports once that the text is indented with tabs, with one fix
// for all lines.
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
		Message: "the indentation contains a tab, which is read as four spaces",
		Notes:   []string{"the formatter writes four spaces for each level"},
		Fix:     fix,
	})
}

// checkCharacters reports invalid UTF-8 and control characters, and returns
// whether there were any.
func (p *parser) checkCharacters(start, end int) bool {
	text := p.src.Text
	for i := start; i < end; {
		r, size := utf8.DecodeRuneInString(text[i:end])
		span := p.src.Span(i, i+size)
		switch {
		case r == utf8.RuneError && size == 1:
			p.add(diag.Diagnostic{Code: diag.NotUTF8, Span: span,
				Message: "this byte is not valid UTF-8",
				Notes:   []string{"save the file as UTF-8"}})
			return true
		case r == 0:
			p.add(diag.Diagnostic{Code: diag.ControlCharacter, Span: span,
				Message: "a file cannot contain a NUL character"})
			return true
		case r < ' ' && r != '\t' && r != '\r', r == 0x7f, r == '\u2028', r == '\u2029':
			p.add(diag.Diagnostic{Code: diag.ControlCharacter, Span: span,
				Message: "a file cannot contain a control character"})
			return true
		}
		i += size
	}
	return false
}

// noText reports whether a file is not text, such as a picture or UTF-16, and
// where this first shows. Such a file gets one message, not one for each line.
func noText(text string) (at int, not bool) {
	text = text[:min(len(text), 8<<10)]
	faults := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == 0 || r == utf8.RuneError && size == 1 {
			if faults == 0 {
				at = i
			}
			faults++
		}
		i += size
	}
	return at, faults > 8 && faults*10 > len(text)
}

// beginsItem reports whether a line at the left edge begins an item or a part
// of a sync, and so ends an open bracket.
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

// beginsPart reports whether a line is only a keyword that begins a part of a
// concept or sync.
func (p *parser) beginsPart(l *textLine) bool {
	word := p.wordAt(l.text)
	rest := strings.TrimSpace(p.src.Text[l.text+len(word) : l.end])
	switch word {
	case "when", "where", "then", "purpose", "principle", "state", "actions", "queries":
		return rest == "" || strings.HasPrefix(rest, "#") || word == "then" && rest == "together"
	}
	return false
}

// wordAt returns the word that begins at an offset, or "".
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
