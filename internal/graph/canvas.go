package graph

import (
	"fmt"
	"strings"
	"unicode"
)

// The measures of a picture, in pixels. Text is set in a font whose characters
// are all of one width, so that boxes fit their texts wherever it is shown.
const (
	letter     = 7.3 // width of a character of a label
	noteLetter = 6.7 // and of a note
	lineHigh   = 17
	padding    = 11
	margin     = 28
	headRoom   = 74 // for the title
)

// style is written into each picture: colours come from the reader's choice of
// light or dark, and every rule is tied to the picture's own class, so that a
// page that holds it keeps its own.
const style = `<style>
.legible-graph{--bg:#ffffff;--ink:#1c2430;--soft:#5d6878;--line:#8b96a5;--box:#f3f5f8;--edge:#c9d0d9;--endpoint:#e8eefb;--endpoint-edge:#9db4e4;--good:#1c7a4a;--good-box:#e9f6ee;--bad:#a8402c;--bad-box:#fbeeea}
@media (prefers-color-scheme:dark){.legible-graph{--bg:#12161c;--ink:#e4e9f0;--soft:#97a3b3;--line:#76828f;--box:#1d232c;--edge:#39434f;--endpoint:#1b2740;--endpoint-edge:#3f5a93;--good:#6fd09b;--good-box:#14291e;--bad:#f0937f;--bad-box:#2e1b17}}
.legible-graph text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12px;fill:var(--ink);white-space:pre}
.legible-graph .note{font-size:11px;fill:var(--soft)}
.legible-graph .title{font-size:16px;font-weight:600}
.legible-graph .strong{font-weight:600}
.legible-graph .paper{fill:var(--bg)}
.legible-graph .box{fill:var(--box);stroke:var(--edge)}
.legible-graph .endpoint{fill:var(--endpoint);stroke:var(--endpoint-edge)}
.legible-graph .good{fill:var(--good-box);stroke:var(--good)}
.legible-graph .bad{fill:var(--bad-box);stroke:var(--bad)}
.legible-graph .flat{fill:none;stroke:none}
.legible-graph path{fill:none;stroke:var(--line);stroke-width:1.4}
.legible-graph .head{fill:var(--line);stroke:none}
.legible-graph .aside{stroke-dasharray:5 4}
.legible-graph .reads{stroke-dasharray:1.5 3.5;stroke-width:1.1;opacity:.75}
</style>
`

// hues are the colours by which concepts and their arrows are told apart; each
// can be seen on light and on dark.
var hues = [...]string{"#3f7fd6", "#c77f0a", "#2f9a7c", "#c5534f", "#8e6cc9", "#6f8f2f", "#c2589c", "#5b8c9e", "#a8754a", "#7d7f8c"}

// A canvas gathers the parts of a picture and how large it must be.
type canvas struct {
	parts         strings.Builder
	width, height float64
}

func (c *canvas) grow(x, y float64) {
	c.width, c.height = max(c.width, x), max(c.height, y)
}

func (c *canvas) printf(format string, args ...any) { fmt.Fprintf(&c.parts, format, args...) }

// rect draws a box; what is behind it is told when a pointer rests on it.
func (c *canvas) rect(x, y, w, h float64, class, tip string) {
	c.grow(x+w, y+h)
	c.printf(`<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="6"`, class, number(x), number(y), number(w), number(h))
	if tip == "" {
		c.printf("/>\n")
		return
	}
	c.printf("><title>%s</title></rect>\n", xmlText(tip))
}

// text writes with its left end at x and its line standing on y.
func (c *canvas) text(x, y float64, class, text string) {
	if text == "" {
		return
	}
	if class != "" {
		class = ` class="` + class + `"`
	}
	c.printf(`<text%s x="%s" y="%s">%s</text>`+"\n", class, number(x), number(y), xmlText(text))
}

// line draws a path, in a colour of its own where one is given.
func (c *canvas) line(class, color, d string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	if color != "" {
		color = ` style="stroke:` + color + `"`
	}
	c.printf(`<path%s%s d="%s"/>`+"\n", class, color, d)
}

// arrowhead draws a head whose tip is at a place; dx and dy say which way it
// points.
func (c *canvas) arrowhead(x, y, dx, dy float64, color string) {
	if color != "" {
		color = ` style="fill:` + color + `"`
	}
	c.printf(`<path class="head"%s d="M%s %sL%s %sL%s %sZ"/>`+"\n", color, number(x), number(y),
		number(x-7*dx+3.5*dy), number(y-7*dy+3.5*dx), number(x-7*dx-3.5*dy), number(y-7*dy-3.5*dx))
}

// svg returns the whole picture under a title.
func (c *canvas) svg(title, under string) string {
	c.grow(margin+float64(wide(title))*9.8, 0)
	w, h := number(c.width+margin), number(c.height+margin)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="legible-graph" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-label="%s">`+"\n",
		w, h, w, h, xmlText(title+", "+under))
	b.WriteString(style)
	fmt.Fprintf(&b, `<rect class="paper" width="%s" height="%s"/>`+"\n", w, h)
	fmt.Fprintf(&b, `<text class="title" x="%d" y="%d">%s</text>`+"\n", margin, margin+8, xmlText(title))
	fmt.Fprintf(&b, `<text class="note" x="%d" y="%d">%s</text>`+"\n", margin, margin+27, xmlText(under))
	b.WriteString(c.parts.String())
	b.WriteString("</svg>\n")
	return b.String()
}

// number writes a measure with one decimal at most.
func number(x float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
}

// wide counts the places that a text takes: some characters take two, and marks
// that stand on others none.
func wide(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
			r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300):
			n += 2
		default:
			n++
		}
	}
	return n
}

// labelWidth is how wide a box must be for a label and a note side by side.
func labelWidth(label, note string) float64 {
	w := float64(wide(label)) * letter
	if note != "" {
		w += letter + float64(wide(note))*noteLetter
	}
	return w + 2*padding
}

// spread returns places to things that would like to stand somewhere and may not
// overlap: each as near as can be to where it would like to be, in their order.
func spread(wish, high []float64, gap float64) []float64 {
	type block struct {
		at, size float64
		from     int
		n        int
	}
	var blocks []block
	for i := range wish {
		b := block{at: wish[i], size: high[i] + gap, from: i, n: 1}
		for len(blocks) > 0 {
			last := blocks[len(blocks)-1]
			if last.at+last.size <= b.at {
				break
			}
			// Together they stand where their members would like to on average.
			at := (last.at*float64(last.n) + (b.at-last.size)*float64(b.n)) / float64(last.n+b.n)
			b = block{at: at, size: last.size + b.size, from: last.from, n: last.n + b.n}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	places := make([]float64, len(wish))
	for _, b := range blocks {
		at := b.at
		for i := b.from; i < b.from+b.n; i++ {
			places[i] = at
			at += high[i] + gap
		}
	}
	return places
}
