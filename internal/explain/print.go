package explain

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/legible-lang/legible/internal/words"
)

// Style says how a tree is printed. The zero Style draws branches in ASCII, for
// a file or another program. It does not change the characters of values.
type Style struct {
	// Lines draws the branches with box characters.
	Lines bool
	// Color highlights the cause, places and values with ANSI sequences.
	Color bool
}

// The four parts of branches: before a node that has others after it, before the
// last node, and before the lines below each of these.
type branches struct{ fork, last, along, below string }

var (
	ascii = branches{"|- ", "`- ", "|  ", "   "}
	lines = branches{"├─ ", "└─ ", "│  ", "   "}
)

// Print writes the sentence of the tree, and then the tree: each node with its place, and below it the text at that
// place and the values.
func (t *Tree) Print(w io.Writer, style Style) error {
	p := &printer{style: style, branches: ascii}
	if style.Lines {
		p.branches = lines
	}
	if t.Sentence != "" && t.Sentence != t.Title {
		p.text.WriteString(p.paint(bold, printable(words.Sentence(t.Sentence))) + "\n\n")
	}
	p.node(t, "", "")
	if _, err := io.WriteString(w, p.text.String()); err != nil {
		return fmt.Errorf("printing an explanation: %w", err)
	}
	return nil
}

// A printer collects the lines of a tree.
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

// node prints a node. Its first line begins with head, the others with rest.
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

// printable returns a text as one line without control characters. A value from
// a client must not control the terminal of the reader.
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
