package graph

import (
	"io"
	"slices"

	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/words"
)

// The measures of a story's picture.
const (
	stepHigh   = 28
	stepPitch  = 40
	indent     = 34
	exitGap    = 76
	stepLonger = 58 // characters of a step's label and note together
)

// SVG draws the story from top to bottom, in the order in which it happens: to
// the right of each step the ways on which it does not go on, below it, further
// in, what it sets off.
func (s *Story) SVG(w io.Writer) error {
	o := &outline{story: s}
	endpoint := &row{kind: Endpoint, label: title(s.Endpoint), note: short(s.Note, stepLonger), parent: -1, span: s.Endpoint.Span}
	o.rows = append(o.rows, endpoint)
	o.take(s.Steps, 0, 1)
	return write(w, o.draw(), "SVG")
}

// An outline is the rows of a story.
type outline struct {
	canvas
	story *Story
	rows  []*row
}

// A row is a step at its place.
type row struct {
	kind        Kind
	link        Link
	label, note string
	word        string // above the label: how it came about
	span        source.Span
	exits       []Exit
	depth       int
	parent      int
	x, y, w, h  float64
}

func (o *outline) take(steps []*Step, parent, depth int) {
	for _, x := range steps {
		r := &row{kind: x.Kind, link: x.Link, label: short(x.Label, stepLonger), span: x.Span, exits: x.Exits, depth: depth, parent: parent}
		if room := stepLonger - wide(r.label); room > 8 {
			r.note = short(x.Note, room)
		}
		if x.Link == Refused || x.Link == Follows && o.rows[parent].kind != Endpoint {
			r.word = x.Link.String()
		}
		o.rows = append(o.rows, r)
		o.take(x.Steps, len(o.rows)-1, depth+1)
	}
}

// draw places the rows, then draws arrows and boxes.
func (o *outline) draw() string {
	y, right := float64(headRoom), 0.0
	for _, r := range o.rows {
		r.x, r.y, r.h = margin+float64(r.depth*indent), y, stepHigh
		if r.word != "" {
			r.y += 10 // the word stands above the box
		}
		r.w = labelWidth(r.label, r.note)
		if r.kind == Where {
			r.w = float64(wide(r.label))*noteLetter + 2*padding
		}
		right = max(right, r.x+r.w)
		y = r.y + max(stepPitch, exitHigh(r.exits)+12)
	}
	o.connect()
	for _, r := range o.rows {
		o.row(r)
		o.exits(r, right+exitGap)
	}
	under := words.Counted(len(o.story.Endpoint.Syncs), "sync")
	if f := o.story.Endpoint.Credential(); f != nil {
		under += ", for whoever has " + f.Name
	}
	return o.svg(title(o.story.Endpoint), under)
}

// connect draws the line from each step down to those that it sets off.
func (o *outline) connect() {
	for at, parent := range o.rows {
		var last *row
		for _, r := range o.rows {
			if r.parent != at {
				continue
			}
			last = r
			mid, x := r.y+r.h/2, parent.x+16
			class := ""
			if r.link.aside() {
				class = "aside"
			}
			o.line(class, "", "M"+number(x)+" "+number(mid)+"H"+number(r.x-1))
			o.arrowhead(r.x, mid, 1, 0, "")
		}
		if last != nil {
			o.line("", "", "M"+number(parent.x+16)+" "+number(parent.y+parent.h)+"V"+number(last.y+last.h/2))
		}
	}
}

func (o *outline) row(r *row) {
	class := map[Kind]string{Endpoint: "endpoint", Sync: "box", Action: "box", Where: "flat", Answer: "good"}[r.kind]
	if r.kind == Answer && !good(r.label) {
		class = "bad"
	}
	tip := ""
	if r.span.Known() {
		tip = r.span.String()
	}
	o.rect(r.x, r.y, r.w, r.h, class, tip)
	label := "strong"
	if r.kind == Where {
		label = "note"
	}
	o.text(r.x+8, r.y-4, "note", r.word)
	o.text(r.x+padding, r.y+18.5, label, r.label)
	o.text(r.x+padding+float64(wide(r.label)+1)*letter, r.y+18.5, "note", r.note)
}

// good reports whether an answer says that all went well.
func good(label string) bool {
	return label != "" && (label[0] == '1' || label[0] == '2' || label[0] == '3')
}

func exitHigh(exits []Exit) float64 { return float64(len(exits)*lineHigh) + 11 }

// exits draws the ways out of a row as one box, for those that end with an
// answer, and as plain words for the others.
func (o *outline) exits(r *row, x float64) {
	if len(r.exits) == 0 {
		return
	}
	most := 0.0
	for _, e := range r.exits {
		most = max(most, labelWidth(e.Label, short(e.Note, longest)))
	}
	mid := r.y + r.h/2
	o.line("aside", "", "M"+number(r.x+r.w)+" "+number(mid)+"H"+number(x-1))
	o.arrowhead(x, mid, 1, 0, "")
	word := r.exits[0].Link.String()
	o.text(x-float64(wide(word))*noteLetter-12, mid-5, "note", word)
	class := "box"
	if slices.ContainsFunc(r.exits, func(e Exit) bool { return e.Answer }) {
		class = "bad"
	}
	if !slices.ContainsFunc(r.exits, func(e Exit) bool { return e.Answer && !good(e.Label) }) && class == "bad" {
		class = "good"
	}
	o.rect(x, r.y, most, max(exitHigh(r.exits), r.h), class, "")
	for i, e := range r.exits {
		y := r.y + 18.5 + float64(i*lineHigh)
		label := ""
		if e.Answer {
			label = "strong"
		}
		o.text(x+padding, y, label, e.Label)
		o.text(x+padding+float64(wide(e.Label)+1)*letter, y, "note", short(e.Note, longest))
	}
}
