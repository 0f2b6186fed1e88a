package store_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
)

// TestDiff compares schemas: each step has the old one, a line =>, and the new
// one. A change that may lose something is marked with an exclamation mark.
func TestDiff(t *testing.T) {
	storetest.Steps(t, "testdata/diff", func(command, input string) string {
		before, after, _ := strings.Cut(input+"\n", "=>\n")
		old, new := storetest.ParseSchema(t, before), storetest.ParseSchema(t, after)
		var out strings.Builder
		for _, c := range store.Diff(old, new) {
			if !c.Harmless() {
				out.WriteString("! ")
			}
			out.WriteString(c.String() + "\n")
		}
		// Whatever a schema is, it is no different from itself, also when it has
		// been written down and read again.
		for _, s := range []*store.Schema{old, new} {
			text := store.EncodeSchema(s)
			again, err := store.DecodeSchema(text)
			if err != nil {
				t.Fatalf("%s: %v", command, err)
			}
			if changes := store.Diff(s, again); len(changes) > 0 || !bytes.Equal(store.EncodeSchema(again), text) {
				t.Errorf("%s: read again, a schema has changed: %v", command, changes)
			}
		}
		return out.String()
	})
}

func TestDecodeSchemaRefuses(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `{"tables":[{"instance":"A","set":"B","of":"A.C"}]}`,
		`{"tables":[{"instance":"A","set":"B","columns":[{"name":"x","type":"int"}]}]}`,
		`{"tables":[{"instance":"A","set":"B","columns":[{"name":"x","type":"text","many":"bag"}]}]}`,
		`{"tables":[{"instance":"A","set":"B","columns":[],"unique":[["x"]]}]}`,
	} {
		if s, err := store.DecodeSchema([]byte(text)); err == nil {
			t.Errorf("%s is read as %v", text, s)
		}
	}
}

// What was written before stores remembered domains says nothing of them: a
// program that does finds nothing to narrow there, and remembers them then.
func TestASchemaWithoutDomainsIsNotNarrowed(t *testing.T) {
	old, err := store.DecodeSchema([]byte(`{"tables":[{"instance":"A","set":"B","columns":[{"name":"day","type":"text"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	now := storetest.ParseSchema(t, "A.B element\n  day text date")
	if changes := store.Diff(old, now); len(changes) > 0 {
		t.Errorf("an older store is to be changed: %v", changes)
	}
	if bytes.Equal(store.EncodeSchema(old), store.EncodeSchema(now)) {
		t.Error("the store would not remember the domains")
	}
}
