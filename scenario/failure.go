package scenario

import (
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/source"
)

// A Failure describes a step that did not end as expected.
type Failure struct {
	Span    source.Span // of the step; unknown if the app did not open
	Message string      // in one line, without the place
	Sent    string      // what was sent, as JSON; "" if nothing was
	Differs []Difference
	Notes   []string // each in one or several lines: the answer, the reason, what fired
}

// A Difference is one place where a value is not the expected one.
type Difference struct {
	Path string // "sessions[0].user"; "" for the whole
	Want string
	Got  string
	More string // in place of Want and Got: for instance, how many further items of a list differ
}

// Place returns file:line:col of the step, or "" if it is unknown.
func (f *Failure) Place() string {
	if !f.Span.Known() {
		return ""
	}
	return f.Span.String()
}

// Details returns the lines below the first one, indented by four spaces.
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

// String returns the whole failure, as a Go test prints it.
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
