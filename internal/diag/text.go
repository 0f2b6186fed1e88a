package diag

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/source"
)

// TextOptions are the options of WriteText. The zero value fits a file or a
// pipe.
type TextOptions struct {
	// Color adds the escape sequences that color text in a terminal.
	Color bool
}

// WriteText writes findings for people: the place and the message, the line
// with the place marked, the related places, the notes and the fix.
func WriteText(w io.Writer, ds []Diagnostic, o TextOptions) error {
	var b bytes.Buffer
	for i, d := range ds {
		if i > 0 {
			b.WriteByte('\n')
		}
		writeText(&b, d, palette(o.Color))
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing findings: %w", err)
	}
	return nil
}

// A palette says whether text is colored.
type palette bool

const (
	red    = "31;1"
	yellow = "33;1"
	blue   = "34"
	green  = "32"
	bold   = "1"
)

func (p palette) paint(color, s string) string {
	if !p {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

func writeText(b *bytes.Buffer, d Diagnostic, p palette) {
	color := red
	switch d.Severity {
	case Warning:
		color = yellow
	case Suggestion:
		color = blue
	}
	if d.Span.Known() {
		b.WriteString(p.paint(bold, d.Span.String()+":") + " ")
	}
	fmt.Fprintf(b, "%s: %s\n", p.paint(color, d.Severity.String()+"["+string(d.Code)+"]"), p.paint(bold, d.Message))
	excerpt(b, d.Span, color, p)
	for _, r := range d.Related {
		fmt.Fprintf(b, "  %s %s\n", p.paint(blue, r.Span.String()+":"), r.Message)
		excerpt(b, r.Span, blue, p)
	}
	for _, n := range d.Notes {
		fmt.Fprintf(b, "  %s %s\n", p.paint(blue, "note:"), n)
	}
	if d.Fix != nil {
		fmt.Fprintf(b, "  %s %s\n", p.paint(green, "fix:"), d.Fix.Title)
	}
}

// maxExcerpt is the largest number of characters of a line in an excerpt.
const maxExcerpt = 120

// excerpt writes the line on which a span begins, with carets below the span.
func excerpt(b *bytes.Buffer, s source.Span, color string, p palette) {
	if !s.Known() || s.File.Text == "" {
		return
	}
	pos := s.Position()
	line := []rune(s.File.Line(pos.Line))
	hidden := 0 // characters that are not printable or could control the terminal
	for i, r := range line {
		if r == utf8.RuneError || r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			line[i] = '\uFFFD'
			hidden++
		}
	}
	if hidden*4 > len(line) {
		return // a binary file
	}
	from := min(pos.Column-1, len(line))
	length := max(1, utf8.RuneCountInString(s.Text()))
	length = min(length, max(1, len(line)-from))
	if len(line) > maxExcerpt {
		start := max(0, min(from-maxExcerpt/3, len(line)-maxExcerpt))
		line = line[start:min(len(line), start+maxExcerpt)]
		from -= start
		length = min(length, max(1, len(line)-from))
	}
	pad := make([]rune, 0, from)
	for _, r := range line[:from] {
		if r != '\t' {
			r = ' '
		}
		pad = append(pad, r)
	}
	fmt.Fprintf(b, "%s %s\n", p.paint(blue, fmt.Sprintf("%5d |", pos.Line)), string(line))
	fmt.Fprintf(b, "%s %s%s\n", p.paint(blue, "      |"), string(pad), p.paint(color, strings.Repeat("^", length)))
}
