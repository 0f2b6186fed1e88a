package inspect

import (
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
)

// A picture is a laid-out story, from left to right: an action, the firings
// that it triggered, the actions that each of them asked, one below the other,
// and the answer at its end. Rows are in the order of time.
type picture struct {
	Width, Height int
	Nodes         []*node
	Edges         []edge
	Hidden        int // how many actions have no room in it
}

// A node is an element of a picture.
type node struct {
	X, Y, W, H    int
	Kind          string // "action", "firing", "drop", "answer", "more"
	Class         class
	Outline       string // path of its shape
	Title, Below  string
	TextX         int
	TitleY, NoteY int
	Link, Label   string
	Selected      bool
	OnPath        bool // it leads to what is selected
	column, row   int
	step          *step
	match         *match
}

// An edge is a line between nodes.
type edge struct {
	Path string
	Kind string // "asks", "joins", "flows", "ends"
	// Text stands on the line, at X and Y.
	Text   string
	X, Y   int
	OnPath bool
}

// The limits of a picture. More would not be readable.
const (
	pictureNodes = 160
	pictureDepth = 20
	pictureAsked = 14 // actions of one firing
)

// Sizes in units of the picture, which are pixels at its usual size.
const (
	rowHeight    = 66
	nodeHeight   = 46
	pillHeight   = 28
	columnGap    = 40
	pictureEdge  = 22
	letterWidth  = 8 // of the widest usual font; others leave some room
	smallWidth   = 7
	fewestInNode = 96
)

// A drawing is a picture under construction.
type drawing struct {
	picture
	story  *story
	ending ending
	at     selection
	steps  map[*step]*node
	firing map[*match]*node
	widths []int // of the columns
}

// draw lays a story out. It marks the selection and the path that leads to it.
func (s *story) draw(e ending, at selection) *picture {
	d := &drawing{story: s, ending: e, at: at, steps: map[*step]*node{}, firing: map[*match]*node{}}
	if root := s.Root(); root != nil {
		d.step(root, 0, 0, 0)
	}
	d.Hidden = len(s.Actions) - len(d.steps)
	d.place()
	d.joins()
	d.flows()
	return &d.picture
}

func (d *drawing) add(n *node) *node {
	title, below := len([]rune(n.Title)), len([]rune(n.Below))
	n.W = max(fewestInNode, title*letterWidth+28, below*smallWidth+32)
	n.H = nodeHeight
	if n.Kind == "firing" || n.Kind == "drop" || n.Kind == "more" {
		n.W, n.H = title*smallWidth+38, pillHeight
	}
	if n.Kind == "drop" {
		n.H, n.W = nodeHeight-6, max(title, below)*smallWidth+30
	}
	if n.Kind == "answer" {
		n.W = max(84, max(title, below)*smallWidth+44)
	}
	for len(d.widths) <= n.column {
		d.widths = append(d.widths, 0)
	}
	d.widths[n.column] = max(d.widths[n.column], n.W)
	d.Nodes = append(d.Nodes, n)
	return n
}

// step adds an action at a row with everything that it triggered, and returns
// the next free row.
func (d *drawing) step(x *step, column, row, depth int) int {
	n := &node{Kind: "action", column: column, row: row, step: x, Title: cut(x.Name, 34), Class: classOf(x),
		Below: below(x), Link: linkTo(x), Label: x.Name + ", " + outcomeWords(x), Selected: d.at.step == x}
	if x == d.story.Root() && x.Is(plan.Request) {
		n.Title, n.Below = cut(d.story.title(), 34), "request"
		n.Label = "request " + d.story.title()
	}
	d.add(n)
	d.steps[x] = n
	next := row
	for i, m := range x.Completed {
		if i == pictureAsked || len(d.Nodes) >= pictureNodes {
			rest := count(len(x.Completed)-i, "more sync", "more syncs")
			d.add(&node{Kind: "more", column: column + 1, row: next, step: x, Title: "and " + rest, Label: "and " + rest + ", see the list below", Link: "#steps"})
			next++
			break
		}
		next = d.match(m, column+1, next, depth)
	}
	if d.ending.last == x && d.ending.class != running {
		a := &node{Kind: "answer", column: column + 1, row: next, Class: d.ending.class, Title: d.ending.mark,
			Below: "the end", Label: "result: " + d.ending.mark + ", " + d.ending.words}
		if d.story.Root().Is(plan.Request) {
			a.Below = "the answer"
		}
		if d.ending.unanswered {
			a.Below = d.ending.words
		}
		d.add(a)
		next++
	}
	return max(next, row+1)
}

func (d *drawing) match(m *match, column, row, depth int) int {
	n := &node{Kind: "firing", column: column, row: row, match: m, Title: cut(m.Sync, 28), Link: linkToMatch(m), Selected: d.at.match == m,
		Label: "sync " + m.Sync + " fired"}
	d.firing[m] = n
	if !m.Fired() {
		n.Kind, n.Below, n.Label = "drop", "dropped in where", "sync "+m.Sync+" matched, but dropped in where"
		d.add(n)
		return row + 1
	}
	if len(m.Frames) > 1 {
		n.Title += fmt.Sprintf(" ×%d", len(m.Frames))
		n.Label += fmt.Sprintf(" with %d frames", len(m.Frames))
	}
	d.add(n)
	next := row
	for i, x := range m.Asked {
		if i == pictureAsked || depth == pictureDepth || len(d.Nodes) >= pictureNodes {
			rest := len(m.Asked) - i
			d.add(&node{Kind: "more", column: column + 1, row: next, match: m, Title: "and " + count(rest, "more", "more"),
				Label: "and " + count(rest, "more action", "more actions") + ", see the list below", Link: "#steps"})
			next++
			break
		}
		next = d.step(x, column+1, next, depth+1)
	}
	return max(next, row+1)
}

// place sets the coordinates and the shape of every node, and draws the edges
// of the tree.
func (d *drawing) place() {
	x := pictureEdge
	lefts := make([]int, len(d.widths))
	for i, w := range d.widths {
		lefts[i] = x
		x += w + columnGap
	}
	d.Width = x - columnGap + pictureEdge
	rows := 0
	for _, n := range d.Nodes {
		n.X = lefts[n.column]
		n.Y = pictureEdge + n.row*rowHeight + (nodeHeight-n.H)/2
		if n.Kind == "action" {
			n.W = d.widths[n.column]
		}
		n.TextX = n.X + n.W/2
		n.TitleY = n.Y + n.H/2 + 4
		if n.Below != "" {
			n.TitleY, n.NoteY = n.Y+n.H/2-3, n.Y+n.H/2+13
		}
		n.Outline = outline(n)
		rows = max(rows, n.row+1)
	}
	d.Height = 2*pictureEdge + (rows-1)*rowHeight + nodeHeight
	d.Edges = nil
	d.path()
	for _, n := range d.Nodes {
		if from := d.parent(n); from != nil {
			kind := "asks"
			if n.Kind == "answer" {
				kind = "ends"
			}
			d.Edges = append(d.Edges, edge{Kind: kind, Path: elbow(from, n), OnPath: n.OnPath && from.OnPath})
		}
	}
}

// parent returns the node before a node in the tree.
func (d *drawing) parent(n *node) *node {
	switch n.Kind {
	case "action":
		if n.step.By != nil {
			return d.firing[n.step.By]
		}
	case "firing", "drop":
		if n.match.Last != nil {
			return d.steps[n.match.Last]
		}
	case "more":
		if n.match == nil {
			return d.steps[n.step]
		}
		return d.firing[n.match]
	case "answer":
		return d.steps[d.ending.last]
	}
	return nil
}

// path marks the nodes from the request to the selection.
func (d *drawing) path() {
	for _, n := range d.Nodes {
		n.OnPath = n.Kind == "answer" && (d.at.step == d.ending.last || d.at.step == d.ending.step)
	}
	var mark func(x *step)
	up := func(m *match) {
		if n := d.firing[m]; n != nil {
			n.OnPath = true
		}
		for _, y := range m.Actions {
			mark(y)
		}
	}
	mark = func(x *step) {
		n := d.steps[x]
		if n == nil || n.OnPath {
			return
		}
		n.OnPath = true
		if x.By != nil {
			up(x.By)
		}
	}
	if d.at.step != nil {
		mark(d.at.step)
	}
	if d.at.match != nil {
		up(d.at.match)
	}
}

// joins draws the edges to a firing from the other actions that it matched.
// They run between the rows, where there is room.
func (d *drawing) joins() {
	for _, n := range d.Nodes {
		if n.match == nil || n.Kind == "more" {
			continue
		}
		for _, x := range n.match.Actions {
			from := d.steps[x]
			if from == nil || x == n.match.Last {
				continue
			}
			const r = 8
			gap := pictureEdge + n.row*rowHeight - (rowHeight-nodeHeight)/2
			x1, y1, x2, y2 := from.X+from.W/2, from.Y+from.H, n.X+n.W/2, n.Y
			turn := -r
			if from.row >= n.row { // above it
				y1, turn = from.Y, r
			}
			d.Edges = append(d.Edges, edge{Kind: "joins", OnPath: n.OnPath && from.OnPath,
				Path: fmt.Sprintf("M%d %dV%dQ%d %d %d %dH%dQ%d %d %d %dV%d", x1, y1, gap+turn, x1, gap, x1+r, gap, x2-r, x2, gap, x2, gap+r, y2)})
		}
	}
}

// flows draws which actions of the same firing provided the inputs of the
// selected one.
func (d *drawing) flows() {
	to := d.steps[d.at.step]
	if to == nil {
		return
	}
	sources := d.story.sources(d.at.step)
	var list []*node
	for _, n := range d.Nodes {
		if n.Kind == "action" && len(sources[n.step]) > 0 && n.step.By == d.at.step.By && n.column == to.column {
			list = append(list, n)
		}
	}
	for i, from := range list {
		// The most distant one takes the outermost path.
		bulge := 14 + 9*(len(list)-1-i)
		x1, y1 := from.X+from.W, from.Y+from.H-12
		x2, y2 := to.X+to.W, to.Y+to.H*(i+1)/(len(list)+2)
		text := cut(strings.Join(sources[from.step], ", "), 24)
		d.Edges = append(d.Edges, edge{Kind: "flows", OnPath: true, Text: text, X: x1 + bulge*7/10 + 10, Y: y1 + 20,
			Path: fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1+bulge+6, y1, x1+bulge+6, y2, x2+2, y2)})
		d.Width = max(d.Width, x1+bulge+8+len([]rune(text))*smallWidth)
	}
}

// elbow returns a line from the right side of one node to the left side of
// another, with a rounded corner.
func elbow(a, b *node) string {
	x1, y1 := a.X+a.W, a.Y+a.H/2
	x2, y2 := b.X, b.Y+b.H/2
	if y1 == y2 {
		return fmt.Sprintf("M%d %dH%d", x1, y1, x2)
	}
	// The vertical part is close to the right node, where all others turn too.
	x, r := x2-columnGap/2, 8
	return fmt.Sprintf("M%d %dH%dQ%d %d %d %dV%dQ%d %d %d %dH%d", x1, y1, x-r, x, y1, x, y1+r, y2-r, x, y2, x+r, y2, x2)
}

// outline returns a node's shape: a rounded box if it returned, pointed ends
// if it was refused, cut corners if it faulted, round ends for the answer.
func outline(n *node) string {
	x, y, w, h := n.X, n.Y, n.W, n.H
	switch {
	case n.Kind == "answer":
		return rounded(x, y, w, h, h/2)
	case n.Kind == "firing", n.Kind == "more":
		return rounded(x, y, w, h, h/2)
	case n.Kind == "drop":
		return rounded(x, y, w, h, 6)
	case n.Class == refused:
		p := 12
		return fmt.Sprintf("M%d %dH%dL%d %dL%d %dH%dL%d %dZ", x+p, y, x+w-p, x+w, y+h/2, x+w-p, y+h, x+p, x, y+h/2)
	case n.Class == faulted:
		p := 12
		return fmt.Sprintf("M%d %dH%dL%d %dV%dL%d %dH%dL%d %dV%dZ", x+p, y, x+w-p, x+w, y+p, y+h-p, x+w-p, y+h, x+p, x, y+h-p, y+p)
	}
	return rounded(x, y, w, h, 7)
}

func rounded(x, y, w, h, r int) string {
	return fmt.Sprintf("M%d %dh%da%d %d 0 0 1 %d %dv%da%d %d 0 0 1 %d %dh%da%d %d 0 0 1 %d %dv%da%d %d 0 0 1 %d %dZ",
		x+r, y, w-2*r, r, r, r, r, h-2*r, r, r, -r, r, -(w - 2*r), r, r, -r, -r, -(h - 2*r), r, r, r, -r)
}

func classOf(x *step) class {
	switch x.Outcome {
	case journal.Returned:
		return fine
	case journal.Refused, journal.Undone:
		return refused
	case journal.Fault:
		return faulted
	}
	return running
}

// below returns the text below an action's name.
func below(x *step) string {
	switch x.Outcome {
	case journal.Returned:
		if len(x.Gave) > 0 {
			var names []string
			for _, f := range x.Gave {
				names = append(names, f.Name)
			}
			return cut("returned "+strings.Join(names, ", "), 30)
		}
		return "returned"
	case journal.Refused:
		return cut("✕ refused "+x.Code, 34)
	case journal.Fault:
		return "⚠ faulted"
	case journal.Undone:
		return "↶ undone"
	}
	return "… running"
}

// outcomeWords describes how an action ended.
func outcomeWords(x *step) string {
	switch x.Outcome {
	case journal.Refused:
		return "refused " + x.Code
	case journal.Pending:
		return "is running"
	}
	return x.Outcome.String()
}
