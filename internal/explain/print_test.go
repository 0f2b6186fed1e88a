package explain_test

import (
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/explain"
)

// A value from a client must not move the cursor of the reader, reverse the
// direction of text, or break the line.
func TestPrintHoldsHostileTexts(t *testing.T) {
	const hostile = "a\x1b[2Jb\nc\r\u202ed\u2028e\u009bf"
	tree := &explain.Tree{Kind: explain.ActionNode, Title: hostile, Place: "a.sync:1:1", Text: hostile, Cause: true,
		Values:   []explain.Detail{{Name: "x", Value: hostile, From: hostile}},
		Children: []*explain.Tree{{Kind: explain.NoteNode, Title: hostile}}}
	for _, style := range []explain.Style{{}, {Lines: true}} {
		var b strings.Builder
		if err := tree.Print(&b, style); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); strings.ContainsAny(got, "\x1b\r\u202e\u2028\u009b") || strings.Count(got, "\n") != 4 {
			t.Errorf("%+v: it prints as %q", style, got)
		}
	}
}

func TestKindsReadBack(t *testing.T) {
	for k := explain.FlowNode; k <= explain.NoteNode; k++ {
		text, err := k.MarshalText()
		var back explain.Kind
		if err != nil || back.UnmarshalText(text) != nil || back != k || strings.Contains(string(text), " ") {
			t.Errorf("kind %d is written %q and reads back as %d", int(k), text, int(back))
		}
	}
	var k explain.Kind
	if k.UnmarshalText([]byte("spell")) == nil {
		t.Error("an unknown kind is read without an error")
	}
}
