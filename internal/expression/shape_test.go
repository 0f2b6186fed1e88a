package expression

import (
	"strconv"
	"strings"
	"testing"
)

// print writes a shape with every part in brackets.
func (s *Shape) print() string {
	var parts []string
	for i, p := range s.Parts {
		text := p.print()
		if s.Form == RecordForm {
			text = s.Names[i] + ":" + text
		}
		parts = append(parts, text)
	}
	inside := strings.Join(parts, " ")
	switch s.Form {
	case VariableForm:
		return s.Name
	case LiteralForm:
		return s.Literal.String()
	case PointerForm:
		return "#" + s.Name
	case ListForm:
		return "[" + inside + "]"
	case RecordForm:
		return "{" + inside + "}"
	}
	return "(" + strings.Trim(strconv.Itoa(int(s.Form))+" "+s.Name, " ") + " " + inside + ")"
}

func TestShape(t *testing.T) {
	for text, want := range map[string]string{
		`a == null or a > 3`:          `(6 or (6 == a null) (6 > a 3))`,
		`not (a in [1, "x"])`:         `(5 not (6 in a [1 "x"]))`,
		`{x: a.b, y: a?.c[0]}`:        `{x:(8 b a) y:(9 (8 c a) 0)}`,
		`filter(list, {#.n > 1})[:2]`: `(10 (11 filter list (12 (6 > (8 n #) 1))) 2)`,
		`{a, ...b, (c): d}`:           `{a:a :(14 b) :(15 c d)}`,
		`date(now, "UTC")`:            `(11 date now "UTC")`,
	} {
		e, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := e.Shape().print(); got != want {
			t.Errorf("the shape of %s is %s, want %s", text, got, want)
		}
	}
	e, err := Parse(`"ü" + abc`)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Shape().Parts[1].Offset; got != strings.Index(e.Text, "abc") {
		t.Errorf("abc stands at %d by its shape", got)
	}
}
