package check

import (
	"testing"

	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

func TestValueType(t *testing.T) {
	for text, want := range map[string]string{
		"Number":                                 "a Number",
		"seq of String":                          "a list, each a String",
		"seq of {sku: String, size?: of S or L}": "a list, each a record",
		"of LIGHT or DARK":                       "LIGHT or DARK",
	} {
		c := &checker{}
		got := c.valueType(nil, patternType(t, text))
		if Describe(got) != want || len(c.diags) > 0 {
			t.Errorf("%s: the type is %s, %v; want %s", text, Describe(got), c.diags, want)
		}
	}
	c := &checker{}
	lines := c.valueType(nil, patternType(t, "seq of {sku: String, size?: of S or L} or null"))
	if size := lines.Elem.field("size"); !lines.Null || size == nil || size.Kind != Enum || !size.Null {
		t.Errorf("the type of the list is %+v", lines)
	}
	for text, want := range map[string]string{
		"Strng":           "there is no type “Strng” outside of a concept; did you mean “String”?",
		"of A or B or A":  "the constant “A” is listed twice",
		"seq of {a?, a?}": "the record has two fields “a”",
	} {
		c := &checker{}
		c.valueType(nil, patternType(t, text))
		if len(c.diags) != 1 || c.diags[0].Message != want {
			t.Errorf("%s: the findings are %v; want %q", text, c.diags, want)
		}
	}
}

// patternType parses a type in the inputs of a pattern.
func patternType(t *testing.T, text string) *syntax.Type {
	f, ds := syntax.Parse(source.NewFile("a.sync",
		"sync A\nwhen\n    C.a (b: "+text+")\nthen\n    C.d ()\n"))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	return f.Syncs[0].When[0].Args[0].Type
}
