// Package syntax parses and formats the text of concepts, apps, syncs, views and
// scenarios.
//
// Its three main types are [File], the tree of one text, made of the items
// [Concept], [App], [Sync], [View] and [Scenario]; [Line], one line of where
// with the lines below it; and [Term], a value. Every node has its span.
// [Parse] returns a tree for every text, reports one message for a line with
// an error, and reads the lines around it. The file grammar.txt describes the
// same grammar. [Format] does not change the meaning of a text and is
// idempotent. The package does not resolve names: it keeps expressions as
// text, and package check knows which concepts exist.
package syntax

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

const (
	// maxSize is the largest size of a text in bytes.
	maxSize = 4 << 20
	// maxDepth is the largest depth of nested blocks and brackets.
	maxDepth = 100
)

// Parse reads a text. The tree is never nil. Parts with errors are omitted,
// and their items are marked as broken. The findings are sorted by place.
func Parse(src *source.File) (*File, []diag.Diagnostic) {
	p := parse(src)
	return p.file, p.diags
}

func parse(src *source.File) *parser {
	p := &parser{src: src, file: &File{Source: src}}
	if len(src.Text) > maxSize {
		p.add(diag.Diagnostic{Code: diag.TooLarge, Span: src.Span(0, 0),
			Message: "the file is larger than 4 MiB and is not read"})
		return p
	}
	if at, not := noText(src.Text); not {
		p.add(diag.Diagnostic{Code: diag.NotUTF8, Span: src.Span(at, at+1),
			Message: "the file is not UTF-8 text and is not read",
			Notes:   []string{"save it as UTF-8, or rename it: Legible reads files with this extension as text"}})
		return p
	}
	p.splitLines()
	p.items()
	p.diags = diag.Sort(p.diags)
	slices.SortFunc(p.file.Comments, func(a, b *Comment) int { return a.Span.Start - b.Span.Start })
	return p
}

// A parser reads one text, line by line.
type parser struct {
	src      *source.File
	file     *File
	diags    []diag.Diagnostic
	lines    []textLine
	next     int // the text line to be read next
	level    int // how many blocks are around the next line
	end      int // the offset behind the last line that was read
	unclosed int // how many brackets were found open
	layout   []laidLine
}

// A laidLine is what the formatter needs to know of a parsed line: its level
// and its form.
type laidLine struct {
	first, last int // text lines
	level       int
	form        lineForm
	text        int // where its tokens begin, when the line does not begin with them
	tokens      []token
	comments    []*Comment
	exprs       []*Expr // those of the line
	item        bool    // it begins an item
}

// A lineForm says how a line was parsed.
type lineForm int

const (
	tokenLine   lineForm = iota // as tokens
	proseLine                   // as free text
	titleLine                   // a word, then free text
	requestLine                 // METHOD /path, then tokens
)

func (p *parser) add(d diag.Diagnostic) { p.diags = append(p.diags, d) }

// peek returns the next line that is not blank or a comment, or nil at the end
// of the text.
func (p *parser) peek() *textLine {
	for p.next < len(p.lines) && p.lines[p.next].blank {
		p.next++
	}
	if p.next >= len(p.lines) {
		return nil
	}
	return &p.lines[p.next]
}

// firstWord returns the word with which the next line begins, or "".
func (p *parser) firstWord() string {
	if l := p.peek(); l != nil {
		return p.wordAt(l.text)
	}
	return ""
}

// take reads the next line as tokens. There must be one.
func (p *parser) take() *cursor { return p.takeFrom(tokenLine, p.peek().text) }

// takeFrom reads the next line as tokens from an offset on.
func (p *parser) takeFrom(form lineForm, offset int) *cursor {
	line := p.scan(p.next, offset)
	p.next = line.last + 1
	p.end = p.lines[line.last].end
	if n := len(line.tokens); n > 0 {
		p.end = line.tokens[n-1].end
	}
	p.layout = append(p.layout, laidLine{first: line.first, last: line.last, level: p.level,
		form: form, text: offset, tokens: line.tokens, comments: line.comments})
	c := &cursor{p: p, line: line, laid: len(p.layout) - 1}
	if line.deep { // reading it would take time and stack without limit
		c.bad, c.i = true, len(line.tokens)
	}
	return c
}

// skipDeeper skips the lines that are indented by more than a number of
// columns, below a line with an error.
func (p *parser) skipDeeper(indent int) {
	for l := p.peek(); l != nil && l.indent > indent; l = p.peek() {
		p.end = l.end
		p.next++
	}
}

// skipLine skips the next line and the lines below it.
func (p *parser) skipLine() {
	indent := p.peek().indent
	p.end = p.peek().end
	p.next++
	p.skipDeeper(indent)
}

// block reads the lines that are indented by more than their parent. It calls
// read for each line that begins a part, and returns whether there were any.
func (p *parser) block(parent int, read func()) bool {
	first := p.peek()
	if first == nil || first.indent <= parent {
		return false
	}
	if p.level >= maxDepth {
		p.add(diag.Diagnostic{Code: diag.TooDeep, Span: p.src.Span(first.text, first.end),
			Message: "this line is inside more than a hundred blocks"})
		p.skipDeeper(parent)
		return true
	}
	p.level++
	defer func() { p.level-- }()
	indent, wrong := first.indent, -1
	for l := first; l != nil && l.indent > parent; l = p.peek() {
		if l.indent < indent && p.beginsPart(l) {
			break // a part that stands too far to the right
		}
		if l.indent != indent && l.indent != wrong {
			p.uneven(l, indent)
			wrong = l.indent
		}
		before := p.next
		read()
		if p.next == before {
			p.skipLine()
		}
	}
	return true
}

func (p *parser) uneven(l *textLine, indent int) {
	message := "this line is indented less than the lines it follows"
	if l.indent > indent {
		message = "this line is indented more than the one it follows, which cannot have lines below it"
	}
	p.add(diag.Diagnostic{Code: diag.UnevenIndent, Span: p.src.Span(l.text, l.end), Message: message,
		Fix: &diag.Fix{Title: "indent it like its neighbours", Edits: []diag.Edit{
			{Span: p.src.Span(l.start, l.text), Text: strings.Repeat(" ", indent)}}}})
}
