package syntax

import (
	"strings"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

const (
	indentWidth = 4
	lineWidth   = 100
)

// Format returns the text in the one style of the language: four spaces for
// each level, a single blank line between items, and arguments beyond 100
// columns continued inside their brackets. Comments keep their places, and the
// meaning does not change. A text with errors is returned unchanged, with the
// findings.
func Format(src *source.File) (string, []diag.Diagnostic) {
	p := parse(src)
	if diag.HasErrors(p.diags) {
		return src.Text, p.diags
	}
	f := &formatter{p: p}
	next := 0
	for i := range p.layout {
		laid := &p.layout[i]
		f.between(next, laid.first)
		f.settle(laid)
		f.line(laid)
		next = laid.last + 1
	}
	f.between(next, len(p.lines))
	f.settle(nil)
	return f.out.String(), nil
}

// A formatter writes the lines of a text as the parser recorded them.
type formatter struct {
	p       *parser
	out     strings.Builder
	blank   bool          // a blank line stands before what comes next
	waiting []waitingNote // comments whose level the next line decides
	above   []laidIndent  // the line that was written last, and those around it
}

// A waitingNote is a comment on its own line that is not yet written.
type waitingNote struct {
	comment string
	indent  int
	blank   bool // a blank line stands before it
}

// A laidIndent is the column of a line and its level.
type laidIndent struct{ indent, level int }

// between records the blank lines and comments from one text line up to
// another.
func (f *formatter) between(from, to int) {
	for _, l := range f.p.lines[from:to] {
		if l.text >= l.end {
			f.blank = true
			continue
		}
		f.waiting = append(f.waiting, waitingNote{f.p.src.Text[l.text:l.end], l.indent, f.blank})
		f.blank = false
	}
}

// settle writes the recorded comments before a line, or at the end of the
// text.
func (f *formatter) settle(next *laidLine) {
	nextIndent, nextLevel := -1, 0
	if next != nil {
		nextIndent, nextLevel = f.p.lines[next.first].indent, next.level
	}
	levels := make([]int, len(f.waiting))
	for i, note := range f.waiting {
		levels[i] = nextLevel
		if note.indent > nextIndent {
			for _, a := range f.above {
				if a.indent <= note.indent {
					levels[i] = max(levels[i], a.level)
				}
			}
		}
	}
	item := next != nil && next.item
	heading := len(f.waiting) // where the comments begin that belong to the item
	if item {
		for blank := f.blank; heading > 0 && !blank && levels[heading-1] == 0; heading-- {
			blank = f.waiting[heading-1].blank
		}
	}
	for i, note := range f.waiting {
		f.blankLine(note.blank || item && i == heading)
		f.write(levels[i], note.comment)
	}
	f.blankLine(f.blank && next != nil || item && heading == len(f.waiting))
	f.blank = false
	f.waiting = f.waiting[:0]
}

func (f *formatter) blankLine(wanted bool) {
	if wanted && f.out.Len() > 0 {
		f.out.WriteByte('\n')
	}
}

func (f *formatter) write(level int, text string) {
	f.out.WriteString(strings.Repeat(" ", level*indentWidth))
	f.out.WriteString(text)
	f.out.WriteByte('\n')
}

// line writes one parsed line.
func (f *formatter) line(laid *laidLine) {
	l := f.p.lines[laid.first]
	for len(f.above) > 0 && f.above[len(f.above)-1].level >= laid.level {
		f.above = f.above[:len(f.above)-1]
	}
	f.above = append(f.above, laidIndent{l.indent, laid.level})
	switch laid.form {
	case proseLine, titleLine:
		f.prose(laid, l)
	case requestLine:
		f.request(laid, l)
	default:
		f.write(laid.level, wrap(f.elements(laid, laid.tokens), laid.level*indentWidth))
	}
}

// prose writes free text, after its first word if it has one.
func (f *formatter) prose(laid *laidLine, l textLine) {
	end := l.end
	note := ""
	if len(laid.comments) > 0 {
		end = laid.comments[0].Span.Start
		note = commentGap + laid.comments[0].Text
	}
	text := strings.TrimSpace(f.p.src.Text[min(laid.text, end):end])
	if laid.form == titleLine {
		text = strings.TrimSpace(f.p.wordAt(l.text) + " " + text)
	}
	f.write(laid.level, strings.TrimSpace(text+note))
}

// request writes a request, and its expected answer on the next line.
func (f *formatter) request(laid *laidLine, l textLine) {
	head := f.p.wordAt(l.text)
	head += " " + strings.TrimSpace(f.p.src.Text[l.text+len(head):laid.text])
	elements := f.elements(laid, laid.tokens)
	split := len(elements)
	for i, e := range elements {
		if e.text == "=>" && e.depth == 0 {
			split = i
			break
		}
	}
	if split < len(elements) {
		elements[split].gap = false
	}
	first := append([]element{{text: head}}, elements[:split]...)
	if split > 0 {
		first[min(1, len(first)-1)].gap = split > 0 && len(first) > 1
	}
	f.write(laid.level, wrap(first, laid.level*indentWidth))
	if split < len(elements) {
		f.write(laid.level+1, wrap(elements[split:], (laid.level+1)*indentWidth))
	}
}

// An element is a token or comment of a line that is being formatted.
type element struct {
	text    string
	gap     bool // a space stands before it when they share a line
	depth   int  // how many brackets are around it; for a bracket, around the pair
	comment bool
	alone   bool // a comment with a line of its own
}

// elements orders the tokens and comments of a line and decides the spaces
// between them.
func (f *formatter) elements(laid *laidLine, tokens []token) []element {
	p := f.p
	var notes []element
	var places []int
	trailing := laid.comments
	for i := laid.first; i <= laid.last; i++ {
		l := p.lines[i]
		for len(trailing) > 0 && trailing[0].Span.Start < l.end {
			notes = append(notes, element{text: trailing[0].Text, comment: true})
			places = append(places, trailing[0].Span.Start)
			trailing = trailing[1:]
		}
		if l.blank && l.text < l.end {
			notes = append(notes, element{text: p.src.Text[l.text:l.end], comment: true, alone: true})
			places = append(places, l.text)
		}
	}
	s := spacer{p: p, exprs: laid.exprs}
	var elements []element
	for i, t := range tokens {
		for len(places) > 0 && places[0] < t.start {
			notes[0].depth = len(s.open)
			elements = append(elements, notes[0])
			notes, places = notes[1:], places[1:]
		}
		if p.textOf(t) == "," && i+1 < len(tokens) && !s.inExpr(t, tokens[i+1]) &&
			strings.Contains(")]}", p.textOf(tokens[i+1])) {
			continue // the comma behind a last argument
		}
		elements = append(elements, s.element(t))
	}
	return append(elements, notes...)
}

func width(s string) int { return utf8.RuneCountInString(s) }
