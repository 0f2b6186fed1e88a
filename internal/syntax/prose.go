package syntax

import (
	"strings"

	"github.com/legible-lang/legible/internal/diag"
)

// proseFrom reads the text of the next line from an offset on as prose. In
// prose, too, a # begins a comment, except between two quotation marks.
func (p *parser) proseFrom(form lineForm, offset int) *Prose {
	l := p.peek()
	start, end := offset, l.end
	inQuotes := false
	laid := laidLine{first: p.next, last: p.next, level: p.level, form: form}
	for i := offset; i < l.end; i++ {
		switch p.src.Text[i] {
		case '"':
			inQuotes = !inQuotes && strings.IndexByte(p.src.Text[i+1:l.end], '"') >= 0
		case '#':
			if !inQuotes {
				end = i
				comment := p.comment(i, l.end)
				p.file.Comments = append(p.file.Comments, comment)
				laid.comments = append(laid.comments, comment)
				i = l.end
			}
		}
	}
	p.next++
	text := p.src.Text[start:end]
	start += len(text) - len(strings.TrimLeft(text, " \t\r"))
	end = max(start, start+len(strings.TrimSpace(text)))
	laid.text = start
	p.layout = append(p.layout, laid)
	prose := &Prose{Span: p.src.Span(start, end)}
	if end > start {
		p.end = end
		prose.Lines = []string{p.src.Text[start:end]}
	}
	return prose
}

// prose reads the free text after a first word and on the deeper lines below
// it.
func (p *parser) prose(word string) *Prose {
	l := p.peek()
	indent := l.indent
	head := p.src.Span(l.text, l.text+len(p.firstWord()))
	p.end = head.End
	prose := p.proseFrom(titleLine, head.End)
	if len(prose.Lines) == 0 {
		prose.Span = p.src.Span(head.End, head.End)
	}
	p.level++
	for l := p.peek(); l != nil && l.indent > indent; l = p.peek() {
		more := p.proseFrom(proseLine, l.text)
		if len(prose.Lines) == 0 {
			prose.Span = more.Span
		}
		prose.Lines = append(prose.Lines, more.Lines...)
		prose.Span = prose.Span.To(more.Span)
	}
	p.level--
	if len(prose.Lines) == 0 {
		p.add(diag.Diagnostic{Code: diag.MissingPart, Span: head,
			Message: "there is no text below “" + word + "”"})
	}
	return prose
}
