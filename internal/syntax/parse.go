// Package syntax parses and formats the text of concepts, apps, syncs, views and
// scenarios.
//
// Its three main types are [File], the tree of one text, made of the items
// [Concept], [App], [Sync], [View] and [Scenario]; [Line], one line of where
// with what belongs to it; and [Term], a value where it stands. Every node has
// its span. The package promises that [Parse] always returns a tree, however broken
// the text is; that one broken line costs one message and its neighbours are
// still read; that grammar.txt beside it says the same as its code; and that
// [Format] changes no meaning and twice is once. It refuses to know what a
// name means: expressions are kept as text, and whether a concept exists is
// the work of package check.
package syntax

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

const (
	// maxSize is the size of a text, in bytes, beyond which it is not read.
	maxSize = 4 << 20
	// maxDepth is how deep blocks and brackets may be nested.
	maxDepth = 100
)

// Parse reads a text. The tree is never nil; what could not be read is left
// out of it, and the item that held it is marked as broken. The findings come
// sorted by place.
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
			Message: "the file is no text in UTF-8 and is not read",
			Notes:   []string{"save it in the encoding UTF-8, or give it another name: a file of this kind is read as text"}})
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

// A laidLine is what the formatter needs to know of a line that was read: its
// level, and how it was taken.
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

// A lineForm says how a line was read.
type lineForm int

const (
	tokenLine   lineForm = iota // as tokens
	proseLine                   // as free text
	titleLine                   // a word, then free text
	requestLine                 // METHOD /path, then tokens
)

func (p *parser) add(d diag.Diagnostic) { p.diags = append(p.diags, d) }

// peek is the next line that says something, or nil at the end of the text.
func (p *parser) peek() *textLine {
	for p.next < len(p.lines) && p.lines[p.next].blank {
		p.next++
	}
	if p.next >= len(p.lines) {
		return nil
	}
	return &p.lines[p.next]
}

// firstWord is the word with which the next line begins, or "".
func (p *parser) firstWord() string {
	if l := p.peek(); l != nil {
		return p.wordAt(l.text)
	}
	return ""
}

// take reads the next line as tokens. The caller knows that there is one.
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
	return &cursor{p: p, line: line, laid: len(p.layout) - 1}
}

// skipDeeper passes over the lines that are indented by more than a number of
// columns: those below a line that could not be read.
func (p *parser) skipDeeper(indent int) {
	for l := p.peek(); l != nil && l.indent > indent; l = p.peek() {
		p.end = l.end
		p.next++
	}
}

// skipLine passes over the next line and what stands below it.
func (p *parser) skipLine() {
	indent := p.peek().indent
	p.end = p.peek().end
	p.next++
	p.skipDeeper(indent)
}

// block reads the lines that are indented by more than their parent, one call
// of read for each that begins a part. It tells whether there were any.
func (p *parser) block(parent int, read func()) bool {
	first := p.peek()
	if first == nil || first.indent <= parent {
		return false
	}
	if p.level >= maxDepth {
		p.add(diag.Diagnostic{Code: diag.TooDeep, Span: p.src.Span(first.text, first.end),
			Message: "this line stands inside more than a hundred blocks"})
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
		message = "this line is indented more than the one it follows, which takes no lines of its own"
	}
	p.add(diag.Diagnostic{Code: diag.UnevenIndent, Span: p.src.Span(l.text, l.end), Message: message,
		Fix: &diag.Fix{Title: "indent it like its neighbours", Edits: []diag.Edit{
			{Span: p.src.Span(l.start, l.text), Text: strings.Repeat(" ", indent)}}}})
}
