package syntax

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/words"
)

// items reads the whole text.
func (p *parser) items() {
	for l := p.peek(); l != nil; l = p.peek() {
		word := p.firstWord()
		if !slices.Contains(itemWords, word) {
			near, ok := diag.Nearest(word, itemWords)
			p.unknownItem(word, near, ok)
			if !ok {
				p.skipToItem()
				continue
			}
			word = near
		} else if l.indent > 0 {
			p.add(diag.Diagnostic{Code: diag.UnevenIndent, Span: p.src.Span(l.text, l.end),
				Message: "“" + word + "” must begin at the left edge",
				Fix: &diag.Fix{Title: "move it to the left edge", Edits: []diag.Edit{
					{Span: p.src.Span(l.start, l.text), Text: ""}}}})
		}
		p.item(word)
	}
}

func (p *parser) item(word string) {
	before := len(p.diags)
	switch word {
	case "concept":
		p.concept()
	case "app":
		p.app()
	case "sync":
		p.sync()
	case "view":
		p.view()
	case "scenario":
		s := p.scenario()
		s.Broken = len(p.diags) > before
		p.file.Scenarios = append(p.file.Scenarios, s)
	}
}

// partWords say to which item a keyword belongs.
var partWords = map[string]string{
	"purpose": "concept", "principle": "concept", "state": "concept", "actions": "concept",
	"queries": "concept", "when": "sync", "where": "sync", "then": "sync", "use": "app", "expose": "app", "open": "app",
}

func (p *parser) unknownItem(word, near string, ok bool) {
	l := p.peek()
	d := diag.Diagnostic{Code: diag.UnknownWord, Span: p.src.Span(l.text, l.text+len(word)),
		Message: "“" + word + "” does not begin an item",
		Notes:   []string{"an item begins with concept, app, sync, view or scenario"}}
	switch {
	case ok:
		d.Message += "; did you mean “" + near + "”?"
		d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: d.Span, Text: near}}}
	case word == "":
		d.Code, d.Span = diag.Unexpected, p.src.Span(l.text, l.end)
		d.Message = "expected an item"
		if other, is := p.otherComment(l.text); is {
			d = other
		}
	case partWords[word] != "":
		d.Code = diag.Misplaced
		d.Message = "“" + word + "” is outside " + words.Article(partWords[word])
	}
	if !l.quiet {
		p.add(d)
	}
}

// skipToItem skips the lines up to the next one that begins an item.
func (p *parser) skipToItem() {
	for p.next++; p.peek() != nil; p.next++ {
		if l := p.peek(); l.indent == 0 {
			word := p.firstWord()
			if _, near := diag.Nearest(word, itemWords); near || slices.Contains(itemWords, word) {
				return
			}
		}
	}
}

// A partOrder says what is wrong with a part of an item that follows another
// one. Both are indexes in the words of the item's parts; last is -1 for the
// first part. The code is empty when nothing is wrong.
type partOrder func(item string, words []string, at, last int) (code diag.Code, message string)

// once is the order of parts that come in the order of their words, each once;
// those from an index on may come again.
func once(many int) partOrder {
	return func(item string, words []string, at, last int) (diag.Code, string) {
		switch {
		case at >= many || at > last:
			return "", ""
		case at == last:
			return diag.Repeated, "“" + words[at] + "” is repeated in this " + item
		}
		return diag.Misplaced, "“" + words[at] + "” must come before “" + words[last] + "”"
	}
}

// parts reads the parts of an item: lines at the indentation of its head, or
// deeper when the first of them is, that begin with one of the words.
func (p *parser) parts(item string, head *cursor, words []string, order partOrder, read func(word string)) {
	last, lost := -1, false
	indent := p.partIndent(head.line.indent, words)
	for l := p.peek(); l != nil && l.indent >= head.line.indent; l = p.peek() {
		word := p.firstWord()
		at := slices.Index(words, word)
		if at < 0 {
			if l.indent == head.line.indent && slices.Contains(itemWords, word) {
				return
			}
			near, ok := diag.Nearest(word, slices.Concat(words, itemWords))
			if ok && slices.Contains(itemWords, near) && !slices.Contains(words, near) {
				return // the reader of items says so
			}
			if !lost && !l.quiet {
				p.unknownPart(item, word, near, words)
			}
			if at = slices.Index(words, near); !ok || at < 0 {
				lost = true
				p.skipLine()
				continue
			}
			word = near
		}
		misspelt := words[at] != p.firstWord()
		lost = false
		span := p.src.Span(l.text, l.text+len(p.firstWord()))
		switch {
		case l.indent != indent:
			p.uneven(l, indent)
		case misspelt: // one message is enough
		default:
			if code, message := order(item, words, at, last); code != "" {
				p.add(diag.Diagnostic{Code: code, Span: span, Message: message})
				at = max(last, at)
			}
		}
		last = at
		before := p.next
		read(word)
		if p.next == before {
			return // a part that turned out to belong to something else
		}
	}
}

// partIndent is the indentation of the parts of an item: that of the first
// part, if it is indented more than the head of the item.
func (p *parser) partIndent(head int, words []string) int {
	first := head
	if l := p.peek(); l != nil {
		first = max(first, l.indent)
	}
	for i := p.next; i < len(p.lines); i++ {
		l := &p.lines[i]
		switch word := p.wordAt(l.text); {
		case l.blank:
		case l.indent < head, l.indent == head && slices.Contains(itemWords, word):
			return first
		case slices.Contains(words, word):
			return l.indent
		}
	}
	return first
}

func (p *parser) unknownPart(item, word, near string, parts []string) {
	l := p.peek()
	d := diag.Diagnostic{Code: diag.UnknownWord, Span: p.src.Span(l.text, l.text+len(word)),
		Message: "“" + word + "” is not a part of the " + item,
		Notes:   []string{"its parts are " + words.Enumerate(parts, "and")}}
	switch {
	case near != "":
		d.Message += "; did you mean “" + near + "”?"
		d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{{Span: d.Span, Text: near}}}
	case partWords[word] != "":
		d.Code = diag.Misplaced
		d.Message = "“" + word + "” is a part of " + words.Article(partWords[word]) + ", not of " + words.Article(item)
	case word == "":
		d.Code, d.Span = diag.Unexpected, p.src.Span(l.text, l.end)
		d.Message = "expected a part of the " + item
		if other, is := p.otherComment(l.text); is {
			d = other
		}
	case item == "sync" && p.missingWhen(l):
		d.Code, d.Span = diag.MissingPart, p.src.Span(l.text, l.end)
		d.Message = "“when” or “then” is missing before this line"
	default:
		d.Code, d.Span = diag.Misplaced, p.src.Span(l.text, l.end)
		d.Message = "this line is outside the parts of the " + item
	}
	p.add(d)
}
