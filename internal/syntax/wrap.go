package syntax

import (
	"slices"
	"strings"
)

// commentGap separates a line from the comment after it.
const commentGap = " "

// wrap returns the text of a line that begins at a column. A line that is too
// long, or contains a comment before its end, is continued inside its
// brackets.
func wrap(elements []element, column int) string {
	note := ""
	if n := len(elements); n > 0 && elements[n-1].comment && elements[n-1].depth == 0 {
		note = commentGap + elements[n-1].text
		elements = elements[:n-1]
	}
	w := &wrapper{column: column}
	nodes, _ := group(elements)
	w.nodes(nodes, column)
	return w.out.String() + note
}

// A node is an element, or a pair of brackets with the parts between them.
type node struct {
	element
	parts  [][]node // of a pair of brackets; each with its comma
	closer string
	notes  bool // a comment stands inside
	width  int  // on one line
}

// group builds nodes up to a closing bracket, and returns the tokens after it.
func group(elements []element) (nodes []node, rest []element) {
	for len(elements) > 0 {
		e := elements[0]
		if !e.comment && strings.Contains(")]}", e.text) {
			return nodes, elements
		}
		elements = elements[1:]
		n := node{element: e, notes: e.comment, width: width(e.text)}
		if !e.comment && strings.Contains("([{", e.text) {
			var inner []node
			inner, elements = group(elements)
			if len(elements) > 0 {
				n.closer = elements[0].text
				elements = elements[1:]
			}
			n.parts = parts(inner)
			n.notes = noted(inner)
			n.width += width(n.closer) + max(0, len(n.parts)-1)
			for _, part := range n.parts {
				n.width += widthOf(part)
			}
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// parts divides the contents of brackets at the commas. A comment after a
// comma on the same line belongs to the part before the comma.
func parts(nodes []node) [][]node {
	var all [][]node
	var part []node
	for i, n := range nodes {
		part = append(part, n)
		comma := n.text == "," && !n.comment
		noted := n.comment && !n.alone && i > 0 && nodes[i-1].text == "," && !nodes[i-1].comment
		nextNoted := i+1 < len(nodes) && nodes[i+1].comment && !nodes[i+1].alone
		if comma && !nextNoted || noted {
			all = append(all, part)
			part = nil
		}
	}
	if len(part) > 0 {
		all = append(all, part)
	}
	return all
}

// A wrapper writes nodes and tracks the column.
type wrapper struct {
	out    strings.Builder
	column int
	fresh  bool // nothing but indentation stands on the line
	noted  bool // a comment ends the line
}

func (w *wrapper) text(s string) {
	w.out.WriteString(s)
	w.column += width(s)
	w.fresh = false
}

func (w *wrapper) newLine(indent int) {
	if w.fresh && !w.noted {
		return
	}
	w.out.WriteString("\n" + strings.Repeat(" ", indent))
	w.column, w.fresh, w.noted = indent, true, false
}

// flat writes nodes on one line.
func (w *wrapper) flat(nodes []node) {
	for i, n := range nodes {
		if n.gap && i > 0 {
			w.text(" ")
		}
		w.text(n.text)
		if n.closer == "" {
			continue
		}
		for j, part := range n.parts {
			if j > 0 {
				w.text(" ")
			}
			w.flat(part)
		}
		w.text(n.closer)
	}
}

// widthOf returns the width of nodes on one line.
func widthOf(nodes []node) int {
	sum := 0
	for i, n := range nodes {
		sum += n.width
		if n.gap && i > 0 {
			sum++
		}
	}
	return sum
}

// nodes writes nodes, on one line if they fit.
func (w *wrapper) nodes(nodes []node, indent int) {
	if !noted(nodes) && w.column+widthOf(nodes) <= lineWidth {
		w.flat(nodes)
		return
	}
	broken := w.toBreak(nodes)
	for i, n := range nodes {
		if n.comment {
			w.note(n, indent)
			continue
		}
		if w.noted {
			w.newLine(indent)
		}
		if n.gap && i > 0 && !w.fresh {
			w.text(" ")
		}
		switch {
		case n.closer == "":
			w.text(n.text)
		case broken[i]:
			w.brackets(n, indent)
		default:
			w.flat([]node{n})
		}
	}
}

// toBreak chooses the brackets to continue on more lines: those that contain
// comments, otherwise the first pair with which every line is short enough,
// otherwise all that contain anything.
func (w *wrapper) toBreak(nodes []node) map[int]bool {
	withNotes, all := map[int]bool{}, map[int]bool{}
	for i, n := range nodes {
		if n.closer == "" || len(n.parts) == 0 {
			continue
		}
		all[i] = true
		if n.notes {
			withNotes[i] = true
		}
	}
	if len(withNotes) > 0 {
		return withNotes
	}
	before, total := 0, widthOf(nodes)
	for i, n := range nodes {
		behind := total - before - n.width
		if all[i] && w.column+before+2 <= lineWidth && behind+2 <= lineWidth-indentWidth {
			return map[int]bool{i: true}
		}
		before = total - behind
		if i+1 < len(nodes) && nodes[i+1].gap {
			before++
		}
	}
	return all
}

// brackets writes a pair of brackets over several lines, with as much on each
// line as fits.
func (w *wrapper) brackets(n node, indent int) {
	w.text(n.text)
	inner := min(indent+indentWidth, max(indent, lineWidth*3/5)) // deep brackets must leave room
	if first := n.parts[0]; first[0].comment && !first[0].alone {
		w.note(first[0], inner)
		n.parts[0] = first[1:]
	}
	w.newLine(inner)
	for _, part := range n.parts {
		if len(part) == 0 {
			continue
		}
		notes := noted(part)
		switch {
		case w.noted:
			w.newLine(inner)
		case w.fresh:
		case !notes && w.column+1+widthOf(part) <= lineWidth:
			w.text(" ")
		case notes && !part[0].comment && w.column+1+widthOf(part[:len(part)-1]) <= lineWidth && onlyLastNoted(part):
			w.text(" ")
		default:
			w.newLine(inner)
		}
		before := w.out.Len()
		w.nodes(part, inner)
		if strings.Contains(w.out.String()[before:], "\n") {
			w.forceBreak()
		}
	}
	w.newLine(indent)
	w.text(n.closer)
}

// forceBreak starts a new line for what follows.
func (w *wrapper) forceBreak() {
	if !w.fresh {
		w.column = lineWidth
	}
}

// onlyLastNoted reports whether the only comment of a part follows it.
func onlyLastNoted(part []node) bool {
	last := part[len(part)-1]
	return !noted(part[:len(part)-1]) && last.comment && !last.alone
}

// noted reports whether there is a comment in or between nodes.
func noted(nodes []node) bool {
	return slices.ContainsFunc(nodes, func(n node) bool { return n.notes })
}

// note writes a comment and starts a new line.
func (w *wrapper) note(n node, indent int) {
	if n.alone {
		w.newLine(indent)
	} else if !w.fresh {
		w.out.WriteString(commentGap)
	}
	w.out.WriteString(n.text)
	w.fresh, w.noted = false, true
}
