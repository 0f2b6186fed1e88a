// Package source holds source texts and their positions.
//
// Its three main types are [File], one text with a name; [Span], a range of a
// file in bytes; and [Position], the line and column where a span begins. Only
// this package computes lines and columns, so that every message, plan step and
// journal entry names a place in the same form: file:line:col. It does not open
// files: a File is made from text that the caller has read.
package source

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// A File is one text with the name that messages use, usually a path relative
// to the folder given on the command line. A File is immutable and safe for use
// by several goroutines.
type File struct {
	Name  string
	Text  string
	lines []int // byte offset at which each line begins
}

// NewFile returns a file with a name and a text.
func NewFile(name, text string) *File {
	f := &File{Name: name, Text: text, lines: []int{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	return f
}

// A Position is a place as an editor shows it: lines and columns count from 1,
// columns in characters (runes). Offset is in bytes from 0.
type Position struct {
	Line, Column, Offset int
}

// Position returns the position of a byte offset. An offset outside the text is
// moved to the nearer end of the text.
func (f *File) Position(offset int) Position {
	offset = min(max(offset, 0), len(f.Text))
	line := sort.Search(len(f.lines), func(i int) bool { return f.lines[i] > offset })
	start := f.lines[line-1]
	return Position{Line: line, Column: utf8.RuneCountInString(f.Text[start:offset]) + 1, Offset: offset}
}

// Lines returns the number of lines, at least 1.
func (f *File) Lines() int { return len(f.lines) }

// Line returns the text of a line, counted from 1, without its line break. It
// returns "" for a line that does not exist.
func (f *File) Line(line int) string {
	if line < 1 || line > len(f.lines) {
		return ""
	}
	end := len(f.Text)
	if line < len(f.lines) {
		end = f.lines[line] - 1
	}
	return strings.TrimSuffix(f.Text[f.lines[line-1]:end], "\r")
}

// LineStart returns the byte offset at which a line, counted from 1, begins.
func (f *File) LineStart(line int) int {
	return f.lines[min(max(line, 1), len(f.lines))-1]
}

// A Span is the range [Start, End) of a file, in bytes. The zero Span means no
// place.
type Span struct {
	File       *File
	Start, End int
}

// Span returns a span of the file.
func (f *File) Span(start, end int) Span { return Span{File: f, Start: start, End: end} }

// Known reports whether the span is a place.
func (s Span) Known() bool { return s.File != nil }

// Position returns where the span begins.
func (s Span) Position() Position {
	if s.File == nil {
		return Position{}
	}
	return s.File.Position(s.Start)
}

// Text returns the text in the span.
func (s Span) Text() string {
	if s.File == nil {
		return ""
	}
	return s.File.Text[s.Start:s.End]
}

// To returns the span from the beginning of s to the end of t.
func (s Span) To(t Span) Span {
	if s.File == nil {
		return t
	}
	if t.File == nil {
		return s
	}
	return Span{File: s.File, Start: min(s.Start, t.Start), End: max(s.End, t.End)}
}

// String returns file:line:col, or "-" for no place.
func (s Span) String() string {
	if s.File == nil {
		return "-"
	}
	p := s.Position()
	return fmt.Sprintf("%s:%d:%d", s.File.Name, p.Line, p.Column)
}
