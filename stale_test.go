package legible_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
)

// Generated code that belongs to another specification does not run: it would mistake the
// places of inputs and fields. Prose and scenarios may change.
func TestStaleGeneratedCode(t *testing.T) {
	texts := fstest.MapFS{"a.app": {Data: []byte("app A\n\nuse Requesting\nuse Sessioning\n")}}
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{"purpose\n    ", "purpose\n    once more: ", ""},
		{"state\n", "state\n    a set of Notes with\n        a text String\n", "Sessioning"},
	} {
		changed := func() legible.Concept {
			c2 := sessioning.New()
			if !strings.Contains(c2.Spec, c.old) {
				t.Fatalf("the specification does not have %q", c.old)
			}
			c2.Spec = strings.Replace(c2.Spec, c.old, c.new, 1)
			return c2
		}
		app, err := legible.New(texts, requesting.New, changed).Open(t.Context(), legible.Options{Store: "memory:"})
		if err == nil {
			err = app.Close()
			if err != nil {
				t.Error(err)
			}
		}
		switch {
		case c.want == "" && err != nil:
			t.Errorf("with %q: %v", c.new, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), "the generated Go code of "+c.want) || !strings.Contains(err.Error(), "run legible gen")):
			t.Errorf("with %q the app opens: %v", c.new, err)
		}
	}
}
