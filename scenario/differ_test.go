package scenario

import (
	"strings"
	"testing"

	"github.com/legible-lang/legible/value"
)

// TestDiffer checks how differences between values of expressions, queries and names
// are shown.
func TestDiffer(t *testing.T) {
	long := strings.Repeat("all the same ", 100)
	for _, c := range []struct{ want, got, says string }{
		{`1`, `"1"`, `x want 1 got "1"`},
		{`["a", "b", "c"]`, `["a", "x", "c"]`, `x[1] want "b" got "x"`},
		{`["a"]`, `["a", "b"]`, `x want a list of 1 item got a list of 2 items; x[1] want no such item got "b"`},
		{`{"a": {"b": [1, 2]}}`, `{"a": {"b": [1, 3]}}`, `x.a.b[1] want 2 got 3`},
		{`{"a": 1}`, `{"a": 1, "odd name": 2}`, `x["odd name"] want nothing got 2`},
		{`{"a": 1, "b": 2}`, `{"a": 1}`, `x.b want 2 got nothing`},
		{`[1, 2, 3, 4, 5]`, `[0, 0, 0, 0, 5]`, `x[0] want 1 got 0; x[1] want 2 got 0; x[2] want 3 got 0; x: 1 more of 5 items differ`},
		{`"` + long + `here"`, `"` + long + `there, and more"`, `x want …"ame all the same all the same here" (from character 1271 of 1304) got …"ame all the same all the same there, and more" (from character 1271 of 1315)`},
	} {
		want, err := value.ParseJSON([]byte(c.want))
		if err != nil {
			t.Fatal(err)
		}
		got, err := value.ParseJSON([]byte(c.got))
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, d := range differ(want, got, "x") {
			if d.More != "" {
				said = append(said, d.Path+": "+d.More)
				continue
			}
			said = append(said, d.Path+" want "+d.Want+" got "+d.Got)
		}
		if says := strings.Join(said, "; "); says != c.says {
			t.Errorf("of %.60s and %.60s it says\n%s\nnot\n%s", c.want, c.got, says, c.says)
		}
	}
	secret := strings.Repeat("the word is ", 10)
	for _, d := range differ(value.String(secret+"sesam"), value.Secret(value.String(secret+"other")), "x") {
		if strings.Contains(d.Got, "word") {
			t.Errorf("a secret is shown: %s", d.Got)
		}
	}
}
