package graph

import (
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/legible-lang/legible/internal/words"
)

// The measures of a whole program's picture.
const (
	boxHigh     = 28
	boxPitch    = 38
	fileGap     = 34
	actionRow   = 22
	endpointGap = 90
	syncGap     = 230
)

// SVG draws the whole program in three columns: what can be reached from
// outside, the syncs in the order of the text, and the concepts. An arrow to
// the right is asked, one to the left is waited for, dots are read.
func (g *Graph) SVG(w io.Writer) error {
	c := &columns{Graph: g, at: map[*Node]*place{}, color: map[*Node]string{}}
	return write(w, c.draw(), "SVG")
}

type columns struct {
	canvas
	*Graph
	at    map[*Node]*place
	color map[*Node]string // of a concept
}

// A place is where a box stands.
type place struct{ x, y, w, h float64 }

func (p *place) mid() float64 { return p.y + p.h/2 }

func (c *columns) of(kind Kind) []*Node {
	var list []*Node
	for _, n := range c.Nodes {
		if n.Kind == kind {
			list = append(list, n)
		}
	}
	return list
}

func (c *columns) draw() string {
	endpoints, syncs, concepts := c.of(Endpoint), c.of(Sync), c.of(Concept)
	left := float64(margin)
	if len(endpoints) > 0 {
		left += widest(endpoints) + endpointGap
	}
	files := c.placeSyncs(syncs, left)
	c.placeEndpoints(endpoints)
	right := left + syncGap
	if len(syncs) > 0 {
		right += widest(syncs)
	}
	for i, n := range concepts {
		c.color[n] = hues[i%len(hues)]
	}
	c.placeConcepts(concepts, right)
	c.settle()
	for _, e := range c.Edges {
		c.edge(e)
	}
	for _, f := range files {
		c.text(left, c.at[f.first].y-9, "note", path.Base(f.name))
	}
	for _, n := range slices.Concat(endpoints, syncs) {
		class := map[Kind]string{Endpoint: "endpoint", Sync: "box"}[n.Kind]
		p := c.at[n]
		c.rect(p.x, p.y, p.w, p.h, class, tipOf(n))
		c.text(p.x+padding, p.y+18.5, "strong", short(n.Label, longest))
	}
	for _, n := range concepts {
		c.concept(n)
	}
	if len(concepts) > 0 {
		c.text(margin, c.height+30, "note", "an arrow to a concept: its action is asked; from a concept: its action has returned (dashed: was refused); dots: its state is read")
		c.grow(margin+125*noteLetter, c.height+34)
	}
	return c.svg(named(c.Name), fmt.Sprintf("%s, %s, %s", words.Counted(len(endpoints), "endpoint"), words.Counted(len(syncs), "sync"), words.Counted(len(concepts), "concept")))
}

func named(name string) string {
	if name == "" {
		return "without an app"
	}
	return name
}

func widest(nodes []*Node) float64 {
	w := 0.0
	for _, n := range nodes {
		w = max(w, labelWidth(short(n.Label, longest), ""))
	}
	return w
}

func tipOf(n *Node) string {
	if !n.Span.Known() {
		return ""
	}
	return n.Span.String()
}

// A filePart is the syncs of one file.
type filePart struct {
	name  string
	first *Node
}

// placeSyncs puts the syncs below each other, with room between files.
func (c *columns) placeSyncs(syncs []*Node, x float64) []filePart {
	var files []filePart
	y, w := float64(headRoom), widest(syncs)
	for i, n := range syncs {
		name := ""
		if n.Span.Known() {
			name = n.Span.File.Name
		}
		if i == 0 || files[len(files)-1].name != name {
			files = append(files, filePart{name, n})
			y += fileGap
		}
		c.at[n] = &place{x, y, w, boxHigh}
		y += boxPitch
	}
	return files
}

// placeEndpoints puts each endpoint beside the syncs that it starts.
func (c *columns) placeEndpoints(endpoints []*Node) {
	c.stack(endpoints, margin, func(n *Node) float64 { return widest(endpoints) }, func(*Node) float64 { return boxHigh }, boxPitch-boxHigh)
}

func (c *columns) placeConcepts(concepts []*Node, x float64) {
	w := 0.0
	actions := map[*Node][]*Node{}
	for _, n := range c.Nodes {
		if n.In != nil {
			actions[n.In] = append(actions[n.In], n)
			w = max(w, labelWidth(n.Label, n.Note)+10)
		}
	}
	for _, n := range concepts {
		w = max(w, labelWidth(n.Label, ofConcept(n.Note)))
	}
	c.stack(concepts, x, func(*Node) float64 { return w }, func(n *Node) float64 {
		return boxHigh + float64(len(actions[n])*actionRow) + 6
	}, 26)
	for _, n := range concepts {
		p := c.at[n]
		for i, a := range actions[n] {
			c.at[a] = &place{p.x, p.y + boxHigh + float64(i*actionRow), p.w, actionRow}
		}
	}
}

// stack puts boxes below each other, as near as can be to what they are joined
// with and is placed already.
func (c *columns) stack(nodes []*Node, x float64, width, height func(*Node) float64, gap float64) {
	type wish struct {
		n *Node
		y float64
	}
	var wishes []wish
	for _, n := range nodes {
		sum, count := 0.0, 0.0
		for _, e := range c.Edges {
			for _, pair := range [][2]*Node{{e.From, e.To}, {e.To, e.From}} {
				if own := pair[0] == n || pair[0].In == n; own && c.at[pair[1]] != nil && e.Link != Reads {
					sum, count = sum+c.at[pair[1]].mid(), count+1
				}
			}
		}
		y := float64(headRoom)
		if count > 0 {
			y = sum/count - height(n)/2
		}
		wishes = append(wishes, wish{n, y})
	}
	slices.SortStableFunc(wishes, func(a, b wish) int {
		switch {
		case a.y < b.y:
			return -1
		case a.y > b.y:
			return 1
		}
		return 0
	})
	var at, high []float64
	for _, w := range wishes {
		at, high = append(at, w.y), append(high, height(w.n))
	}
	for i, y := range spread(at, high, gap) {
		n := wishes[i].n
		c.at[n] = &place{x, y, width(n), high[i]}
	}
}

// settle moves everything down so far that nothing stands in the title.
func (c *columns) settle() {
	top := 1e9
	for _, p := range c.at {
		top = min(top, p.y)
	}
	for _, p := range c.at {
		p.y += headRoom + fileGap/2 - top
		c.grow(p.x+p.w, p.y+p.h)
	}
}

// edge draws an arrow behind the boxes.
func (c *columns) edge(e Edge) {
	from, to := c.at[e.From], c.at[e.To]
	color := ""
	for _, n := range []*Node{e.From, e.To} {
		switch {
		case n.Kind == Concept:
			color = c.color[n]
		case n.In != nil:
			color = c.color[n.In]
		}
	}
	class := map[Link]string{Reads: "reads", Refused: "aside"}[e.Link]
	x1, y1, x2, y2 := from.x+from.w, from.mid(), to.x, to.mid()
	direction := 1.0
	if from.x > to.x { // back from a concept to a sync that waits
		x1, x2, y2, direction = from.x, to.x+to.w, to.y+8, -1
	} else if e.From.Kind == Sync {
		y1 = from.y + 20
	}
	if e.To.Kind == Concept {
		y2 = to.y + boxHigh/2
	}
	bend := max(40, (x2-x1)*direction*.5) * direction
	end := x2 - direction
	c.line(class, color, fmt.Sprintf("M%s %sC%s %s %s %s %s %s", number(x1), number(y1), number(x1+bend), number(y1),
		number(x2-bend), number(y2), number(end), number(y2)))
	if e.Link != Reads {
		c.arrowhead(x2, y2, direction, 0, color)
	}
}

// concept draws a concept with a row for each action.
func (c *columns) concept(n *Node) {
	p := c.at[n]
	c.rect(p.x, p.y, p.w, p.h, "box", tipOf(n))
	c.printf(`<rect x="%s" y="%s" width="4" height="%s" rx="2" fill="%s"/>`+"\n", number(p.x), number(p.y), number(p.h), c.color[n])
	c.text(p.x+padding+3, p.y+18.5, "strong", n.Label)
	c.text(p.x+padding+3+float64(wide(n.Label)+1)*letter, p.y+18.5, "note", ofConcept(n.Note))
	for _, a := range c.Nodes {
		if a.In != n {
			continue
		}
		r := c.at[a]
		c.text(r.x+padding+3, r.y+15, "", a.Label)
		c.text(r.x+padding+3+float64(wide(a.Label)+1)*letter, r.y+15, "note", a.Note)
	}
}
