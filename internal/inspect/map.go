package inspect

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/legible-lang/legible/internal/plan"
)

// A programMap is the structure of the program: what each sync waits for,
// reads and asks.
type programMap struct {
	syncs []*mapSync // in the order of the text
	files []string
}

// A mapSync is one sync with its connections.
type mapSync struct {
	Sync     *plan.Sync
	File     string
	Starts   []string // "POST /auth/login", "Profile.create returned"
	Asks     []string // full names of actions, without the answer
	Reads    []string // concepts that its where reads
	Concepts []string // that it asks
	Answers  bool
}

func mapOf(p *plan.Plan) *programMap {
	m := &programMap{}
	for _, s := range p.Syncs {
		x := &mapSync{Sync: s}
		if s.Span.Known() {
			x.File = s.Span.File.Name
		}
		for _, w := range s.When {
			add(&x.Starts, starts(w))
		}
		for _, a := range s.Asks {
			if a.Action.Role == plan.Respond {
				x.Answers = true
				continue
			}
			add(&x.Asks, a.Action.FullName())
			add(&x.Concepts, a.Action.Instance.Name)
		}
		reads(s.AllLines(), &x.Reads)
		m.syncs = append(m.syncs, x)
		add(&m.files, x.File)
	}
	slices.SortStableFunc(m.syncs, func(a, b *mapSync) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Sync.Span.Start, b.Sync.Span.Start))
	})
	slices.Sort(m.files)
	return m
}

func add(list *[]string, s string) {
	if !slices.Contains(*list, s) {
		*list = append(*list, s)
	}
}

// starts describes what a line of when waits for.
func starts(w *plan.Pattern) string {
	if w.Action.Role == plan.Request {
		method, path := "POST", ""
		for _, t := range w.Tests {
			switch text, _ := t.Literal.Text(); t.Name {
			case "method":
				method = text
			case "path":
				path = text
			}
		}
		if path != "" {
			return method + " " + path
		}
		return "any request"
	}
	if w.Refused {
		return w.Action.FullName() + " refused"
	}
	return w.Action.FullName() + " returned"
}

func reads(lines []*plan.Line, list *[]string) {
	for _, l := range lines {
		switch {
		case l.Query != nil:
			add(list, l.Query.Query.Instance.Name)
		case l.Read != nil:
			add(list, l.Read.Table.Instance.Name)
		case l.Member != nil:
			add(list, l.Member.Table.Instance.Name)
		}
		reads(l.Inner(), list)
	}
}

// A mapPicture is the laid-out map: triggers on the left, syncs in the middle,
// concepts on the right.
type mapPicture struct {
	Width, Height int
	Files         []mapLabel
	Starts        []mapNode
	Groups        []mapGroup
	Concepts      []mapNode
	Hidden        int // syncs that have no room
}

type mapLabel struct {
	X, Y int
	Text string
}

type mapNode struct {
	X, Y, W, H  int
	TextY       int
	Title, Note string
	Link, Label string
	Class       string
}

// A mapGroup is a sync with its edges, so that hovering over one highlights
// the others.
type mapGroup struct {
	Node     mapNode
	Edges    []edge
	Selected bool
}

const (
	mapSyncs = 120
	mapRow   = 46
	mapNodeH = 34
	mapHead  = 34
)

// draw lays the map out, with the current counts.
func (m *programMap) draw(c counts, file string, selected *plan.Sync) *mapPicture {
	p := &mapPicture{}
	var shown []*mapSync
	for _, s := range m.syncs {
		switch {
		case file != "" && s.File != file:
		case len(shown) == mapSyncs:
			p.Hidden++
		default:
			shown = append(shown, s)
		}
	}
	wide := func(text string, letter int) int { return len([]rune(text))*letter + 28 }
	startW, syncW, conceptW := 120, 156, 110
	for _, s := range shown {
		syncW = max(syncW, wide(cut(s.Sync.Name, 32), letterWidth))
		for _, t := range s.Starts {
			startW = max(startW, wide(cut(t, 44), smallWidth+1))
		}
		for _, name := range append(slices.Clone(s.Concepts), s.Reads...) {
			conceptW = max(conceptW, wide(cut(name, 24), letterWidth))
		}
	}
	const gap = 96
	startX := pictureEdge
	syncX := startX + startW + gap
	conceptX := syncX + syncW + gap + 30
	p.Width = conceptX + conceptW + pictureEdge

	// Rows: one for each sync, or more if it has several triggers that no
	// earlier sync has.
	startAt := map[string]mapNode{}
	rows := map[*mapSync]int{}
	weights := map[string][]int{} // rows of the syncs that a concept is joined to
	y, last := pictureEdge, ""
	for _, s := range shown {
		if s.File != last || y == pictureEdge {
			p.Files = append(p.Files, mapLabel{startX, y + 18, s.File})
			y += mapHead
			last = s.File
		}
		rows[s] = y
		fresh := 0
		for _, t := range s.Starts {
			if _, known := startAt[t]; known {
				continue
			}
			n := mapNode{X: startX, Y: y + fresh*mapRow, W: startW, H: mapNodeH, Title: cut(t, 44), Class: "start"}
			n.TextY = n.Y + n.H/2 + 4
			startAt[t] = n
			p.Starts = append(p.Starts, n)
			fresh++
		}
		for _, name := range append(slices.Clone(s.Concepts), s.Reads...) {
			weights[name] = append(weights[name], y)
		}
		y += mapRow * max(1, fresh)
	}
	p.Height = y + pictureEdge
	conceptAt := p.concepts(weights, conceptX, conceptW)
	for _, s := range shown {
		p.Groups = append(p.Groups, s.group(syncX, rows[s], syncW, c, startAt, conceptAt, s.Sync == selected))
	}
	return p
}

// concepts places the concepts near the middle of their connections, without
// overlap.
func (p *mapPicture) concepts(weights map[string][]int, x, w int) map[string]mapNode {
	type placed struct {
		name string
		y    int
	}
	var list []placed
	for name, ys := range weights {
		sum := 0
		for _, y := range ys {
			sum += y
		}
		list = append(list, placed{name, sum / len(ys)})
	}
	slices.SortFunc(list, func(a, b placed) int { return cmp.Or(a.y-b.y, cmp.Compare(a.name, b.name)) })
	at := map[string]mapNode{}
	next := pictureEdge + mapHead
	for i, c := range list {
		// The following concepts need room as well.
		y := max(next, min(c.y, p.Height-pictureEdge-(len(list)-i)*(mapNodeH+24)))
		n := mapNode{X: x, Y: y, W: w, H: mapNodeH + 8, TextY: y + mapNodeH/2 + 8, Title: cut(c.name, 24), Link: "/concepts/" + c.name,
			Label: "concept " + c.name, Class: "concept"}
		next = y + n.H + 20
		at[c.name] = n
		p.Concepts = append(p.Concepts, n)
		p.Height = max(p.Height, next)
	}
	return at
}

func (s *mapSync) group(x, y, w int, c counts, starts, concepts map[string]mapNode, selected bool) mapGroup {
	n := mapNode{X: x, Y: y, W: w, H: mapNodeH, Title: cut(s.Sync.Name, 32), Link: "?" + bySync + "=" + s.Sync.Name + "#detail", Class: "sync"}
	n.TextY = n.Y + n.H/2 - 2
	count := c.bySync[s.Sync.Name]
	switch {
	case count == nil || *count == syncCount{}:
		n.Note, n.Class = "not yet fired", "sync quiet"
	case count.dropped > 0:
		n.Note = fmt.Sprintf("%d fired, %d dropped", count.fired, count.dropped)
	default:
		n.Note = fmt.Sprintf("%d fired", count.fired)
		if each := count.each(); each != "" {
			n.Note += ", " + each
		}
	}
	n.Label = "sync " + s.Sync.Name + ", " + n.Note
	if count != nil && count.dropped == 0 && count.timed > 0 {
		n.Label += " each"
	}
	g := mapGroup{Node: n, Selected: selected}
	join := func(x1, y1, x2, y2 int, kind string) {
		mid := (x1 + x2) / 2
		g.Edges = append(g.Edges, edge{Kind: kind, Path: fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, mid, y1, mid, y2, x2, y2)})
	}
	for _, t := range s.Starts {
		a := starts[t]
		join(a.X+a.W, a.Y+a.H/2, n.X, n.Y+n.H/2, "starts")
	}
	for _, name := range s.Concepts {
		b := concepts[name]
		join(n.X+n.W, n.Y+n.H/2, b.X, b.Y+b.H/2, "asks")
	}
	for _, name := range s.Reads {
		if !slices.Contains(s.Concepts, name) {
			b := concepts[name]
			join(n.X+n.W, n.Y+n.H/2, b.X, b.Y+b.H/2, "reads")
		}
	}
	return g
}
