package explain

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Style says how a tree is printed. The zero Style is plain ASCII branches, as
// for a file or another program; values keep their own characters.
type Style struct {
	// Lines draws the branches with box characters.
	Lines bool
	// Color sets the cause, places and values apart, by ANSI sequences.
	Color bool
}

// The four pieces of which branches are drawn: a node that has others after it,
// the last one, and what stands below each.
type branches struct{ fork, last, along, below string }

var (
	ascii = branches{"|- ", "`- ", "|  ", "   "}
	lines = branches{"├─ ", "└─ ", "│  ", "   "}
)

// Print writes the tree, one node after the other, each with its place, what
// stands there, and its values below it.
func (t *Tree) Print(w io.Writer, style Style) error {
	p := &printer{style: style, branches: ascii}
	if style.Lines {
		p.branches = lines
	}
	p.node(t, "", "")
	if _, err := io.WriteString(w, p.text.String()); err != nil {
		return fmt.Errorf("printing an explanation: %w", err)
	}
	return nil
}

// A printer gathers the lines of a tree.
type printer struct {
	style Style
	branches
	text strings.Builder
}

const (
	bold    = "\x1b[1m"
	dim     = "\x1b[2m"
	red     = "\x1b[31m"
	cyan    = "\x1b[36m"
	neutral = "\x1b[0m"
)

func (p *printer) paint(color, s string) string {
	if !p.style.Color || s == "" {
		return s
	}
	return color + s + neutral
}

// node prints a node whose first line begins with head, and whose others begin
// with rest.
func (p *printer) node(t *Tree, head, rest string) {
	title := printable(t.Title)
	switch {
	case t.Cause:
		title = p.paint(bold+red, "! "+title)
	case rest == "":
		title = p.paint(bold, title)
	}
	place := ""
	if t.Place != "" {
		place = "  " + p.paint(cyan, t.Place)
	}
	p.text.WriteString(head + title + place + "\n")
	under := rest + p.below
	if len(t.Children) > 0 {
		under = rest + p.along
	}
	line := func(s string) { p.text.WriteString(strings.TrimRight(under+"  "+s, " ") + "\n") }
	if t.Text != "" {
		line(p.paint(dim, printable(t.Text)))
	}
	for _, v := range t.Values {
		from := ""
		if v.From != "" {
			from = p.paint(dim, ", "+printable(v.From))
			if v.Place != "" && v.Place != t.Place {
				from += "  " + p.paint(cyan, v.Place)
			}
		}
		line(printable(v.Name) + " = " + printable(v.Value) + from)
	}
	for i, c := range t.Children {
		if i < len(t.Children)-1 {
			p.node(c, rest+p.fork, rest+p.along)
		} else {
			p.node(c, rest+p.last, rest+p.below)
		}
	}
}

// printable makes one line of a text that may hold anything: a value of a
// client's must not move the cursor of who reads it.
func printable(s string) string {
	clean := strings.IndexFunc(s, control) < 0
	if clean {
		return s
	}
	return strings.Map(func(r rune) rune {
		if control(r) {
			return ' '
		}
		return r
	}, s)
}

func control(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029
}
