package scenario

import (
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/source"
)

// A Failure is what a person is told of a step that did not end as it says.
type Failure struct {
	Span    source.Span // of the step; no place when the app did not even open
	Message string      // in one line, without the place
	Sent    string      // what was sent, as JSON; "" when nothing was
	Differs []Difference
	Notes   []string // each in one or several lines: the answer, the reason, what fired
}

// A Difference is one place where what came is not what was wanted.
type Difference struct {
	Path string // "sessions[0].user"; "" for the whole
	Want string
	Got  string
	More string // in the place of Want and Got, such as how many further items of a list differ
}

// Place is file:line:col of the step, "" when there is none.
func (f *Failure) Place() string {
	if !f.Span.Known() {
		return ""
	}
	return f.Span.String()
}

// Details are the lines below the first one, indented by four spaces.
func (f *Failure) Details() []string {
	var lines []string
	add := func(indent, text string) {
		for line := range strings.SplitSeq(text, "\n") {
			lines = append(lines, strings.TrimRight(indent+line, " "))
		}
	}
	if f.Sent != "" {
		add("    ", "sent "+cut(f.Sent, 2000))
	}
	for _, d := range f.Differs {
		if d.Path != "" {
			add("    ", d.Path)
		}
		if d.More != "" {
			add("        ", d.More)
			continue
		}
		add("        ", "want "+d.Want)
		add("        ", "got  "+d.Got)
	}
	for _, n := range f.Notes {
		add("    ", n)
	}
	return lines
}

// String is the whole, as a Go test prints it.
func (f *Failure) String() string {
	head := f.Message
	if p := f.Place(); p != "" {
		head = p + ": " + head
	}
	return strings.Join(append([]string{head}, f.Details()...), "\n")
}

func (f *Failure) note(format string, args ...any) *Failure {
	f.Notes = append(f.Notes, fmt.Sprintf(format, args...))
	return f
}
