package source

import "testing"

func TestPosition(t *testing.T) {
	f := NewFile("a.sync", "sync Ä\nwhen\n\n  x")
	for _, c := range []struct{ offset, line, column int }{
		{0, 1, 1}, {5, 1, 6}, {7, 1, 7}, {8, 2, 1}, {13, 3, 1}, {14, 4, 1}, {16, 4, 3}, {17, 4, 4},
		{-3, 1, 1}, {99, 4, 4}, // outside: the nearest end
	} {
		p := f.Position(c.offset)
		if p.Line != c.line || p.Column != c.column {
			t.Errorf("offset %d is line %d, column %d; want %d, %d", c.offset, p.Line, p.Column, c.line, c.column)
		}
	}
}

func TestLine(t *testing.T) {
	f := NewFile("a", "one\r\ntwo\n")
	for line, want := range map[int]string{0: "", 1: "one", 2: "two", 3: "", 4: ""} {
		if got := f.Line(line); got != want {
			t.Errorf("line %d is %q, want %q", line, got, want)
		}
	}
	if f.Lines() != 3 || f.LineStart(2) != 5 {
		t.Errorf("the file has %d lines, the second begins at %d; want 3, 5", f.Lines(), f.LineStart(2))
	}
}

func TestSpan(t *testing.T) {
	f := NewFile("dir/a.sync", "ab cd")
	a, b := f.Span(0, 2), f.Span(3, 5)
	if got := b.To(a).Text(); got != "ab cd" {
		t.Errorf("the span of both is %q", got)
	}
	if got := b.String(); got != "dir/a.sync:1:4" {
		t.Errorf("the place is %s", got)
	}
	var none Span
	if none.Known() || none.String() != "-" || none.Text() != "" || none.To(a) != a || a.To(none) != a {
		t.Error("the zero span must be no place")
	}
}
