package graph

import (
	"fmt"
	"io"
	"strings"
)

// Mermaid writes the graph as a Mermaid flowchart, which many pages that show
// Markdown draw by themselves.
func (g *Graph) Mermaid(w io.Writer) error {
	var b strings.Builder
	b.WriteString("flowchart " + g.direction() + "\n")
	for _, n := range g.Nodes {
		switch n.Kind {
		case Action:
			if n.In == nil {
				fmt.Fprintf(&b, "    %s\n", mermaidNode(n))
			}
		case Concept:
			fmt.Fprintf(&b, "    subgraph %s[%s]\n", n.ID, mermaidText(n.Label, ofConcept(n.Note)))
			for _, a := range g.Nodes {
				if a.In == n {
					fmt.Fprintf(&b, "        %s\n", mermaidNode(a))
				}
			}
			b.WriteString("    end\n")
		default:
			fmt.Fprintf(&b, "    %s\n", mermaidNode(n))
		}
	}
	for _, e := range g.Edges {
		arrow := "-->"
		if e.Link.aside() {
			arrow = "-.->"
		}
		if word := e.Link.String(); word != "" && e.Link != Asks {
			arrow += "|" + word + "|"
		}
		fmt.Fprintf(&b, "    %s %s %s\n", e.From.ID, arrow, e.To.ID)
	}
	return write(w, b.String(), "Mermaid")
}

// direction is from left to right for a whole program, and down for a story.
func (g *Graph) direction() string {
	for _, n := range g.Nodes {
		if n.Kind == Where || n.Kind == Answer {
			return "TD"
		}
	}
	return "LR"
}

// aside reports whether an arrow leads off the way on which all goes well.
func (l Link) aside() bool { return l == Reads || l == Refused || l == Else }

func ofConcept(name string) string {
	if name == "" {
		return ""
	}
	return "a " + name
}

func mermaidNode(n *Node) string {
	shape := [...][2]string{Endpoint: {"([", "])"}, Sync: {"[", "]"}, Action: {"(", ")"}, Where: {"{{", "}}"}, Answer: {">", "]"}}[n.Kind]
	return n.ID + shape[0] + mermaidText(n.Label, n.Note) + shape[1]
}

// mermaidText quotes a label. Mermaid has escapes of its own, and a text may
// otherwise close the quotation, be taken for markup or for one of them.
func mermaidText(label, note string) string {
	quote := strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "`", "#96;", "&", "#amp;", "\\", "#92;")
	text := quote.Replace(short(label, longest))
	if note != "" {
		text += "<br/>" + quote.Replace(short(note, longest))
	}
	return `"` + text + `"`
}

// longest is how many characters of a text stand in a box.
const longest = 72

// short leaves out the end of a long text, and what cannot be drawn.
func short(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd || r >= 0xd800 && r < 0xe000 || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > most {
		return strings.TrimRight(string(runes[:most-1]), " ") + "…"
	}
	return text
}

// Dot writes the graph in the language of Graphviz.
func (g *Graph) Dot(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n", dotText(g.Name))
	if g.direction() == "TD" {
		b.WriteString("    rankdir=TB\n")
	} else {
		b.WriteString("    rankdir=LR\n")
	}
	b.WriteString("    node [fontname=\"monospace\" fontsize=11 shape=box]\n    edge [fontname=\"monospace\" fontsize=9]\n")
	for _, n := range g.Nodes {
		switch {
		case n.Kind == Concept:
			fmt.Fprintf(&b, "    %s [shape=plain label=<%s>]\n", n.ID, g.dotTable(n))
		case n.In == nil:
			shape := [...]string{Endpoint: "box style=rounded", Sync: "box style=bold", Action: "box", Where: "hexagon", Answer: "note"}[n.Kind]
			fmt.Fprintf(&b, "    %s [label=%s shape=%s]\n", n.ID, dotText(labelOf(n)), shape)
		}
	}
	for _, e := range g.Edges {
		fmt.Fprintf(&b, "    %s -> %s", dotPort(e.From), dotPort(e.To))
		var marks []string
		if word := e.Link.String(); word != "" && e.Link != Asks {
			marks = append(marks, "label="+dotText(word))
		}
		if e.Link.aside() {
			marks = append(marks, "style=dashed")
		}
		if len(marks) > 0 {
			b.WriteString(" [" + strings.Join(marks, " ") + "]")
		}
		b.WriteString("\n")
	}
	b.WriteString("}\n")
	return write(w, b.String(), "Graphviz")
}

func labelOf(n *Node) string {
	text := short(n.Label, longest)
	if n.Note != "" {
		text += "\n" + short(n.Note, longest)
	}
	return text
}

func dotText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

// dotTable is a concept with a row for each of its actions.
func (g *Graph) dotTable(c *Node) string {
	var b strings.Builder
	b.WriteString(`<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="4">`)
	head := "<B>" + xmlText(c.Label) + "</B>"
	if c.Note != "" {
		head += " " + xmlText(ofConcept(c.Note))
	}
	b.WriteString(`<TR><TD PORT="head">` + head + `</TD></TR>`)
	for _, n := range g.Nodes {
		if n.In == c {
			text := xmlText(n.Label)
			if n.Note != "" {
				text += " <I>" + xmlText(n.Note) + "</I>"
			}
			fmt.Fprintf(&b, `<TR><TD ALIGN="LEFT" PORT="%s">%s</TD></TR>`, n.ID, text)
		}
	}
	b.WriteString(`</TABLE>`)
	return b.String()
}

func dotPort(n *Node) string {
	switch {
	case n.In != nil:
		return n.In.ID + ":" + n.ID
	case n.Kind == Concept:
		return n.ID + ":head"
	}
	return n.ID
}

// xmlText writes a text between tags or quotation marks.
func xmlText(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}

func write(w io.Writer, text, what string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("writing the graph as %s: %w", what, err)
	}
	return nil
}
