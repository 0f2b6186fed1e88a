package journal

import (
	"bytes"
	"testing"

	"github.com/legible-lang/legible/value"
)

// TestRewrite changes nothing, and then one value: the rest must be the same
// bytes.
func TestRewrite(t *testing.T) {
	b := sample()
	same, err := Rewrite(b, func(*Entry) {})
	if err != nil || !bytes.Equal(same, b) {
		t.Fatalf("rewritten without a change, the entries are\n%q (%v)\nwant\n%q", same, err, b)
	}
	changed, err := Rewrite(b, func(e *Entry) {
		for i := range e.In {
			if e.In[i].Name == "method" {
				e.In[i].Value = value.String("PUSH")
			}
		}
	})
	if want := bytes.Replace(b, []byte("POST"), []byte("PUSH"), 1); err != nil || !bytes.Equal(changed, want) {
		t.Errorf("with another method the entries are\n%q (%v)\nwant\n%q", changed, err, want)
	}
	if _, err := Rewrite(b[:len(b)-1], func(*Entry) {}); err == nil {
		t.Error("entries that are cut off are rewritten without an error")
	}
}
