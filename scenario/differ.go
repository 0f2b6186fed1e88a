package scenario

import (
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/value"
)

// itemsShown is the number of items of a list whose differences are shown.
const itemsShown = 3

// holdList compares a list with the expected one. If the lengths differ, it reports
// the first item that differs only, because those after it have probably moved.
func (n names) holdList(want *syntax.Datum, got value.Value, path string) []Difference {
	if got.Kind() != value.ListKind {
		return []Difference{{Path: path, Want: "a list", Got: show(got)}}
	}
	items := got.Items()
	l := lists{path: path, want: len(want.List), got: len(items), open: want.Open}
	return l.differ(func(i int, path string) []Difference { return n.hold(want.List[i], items[i], path) },
		func(i int) string { return cut(strings.Join(strings.Fields(want.List[i].Span.Text()), " "), 400) },
		func(i int) string { return show(items[i]) })
}

// differ returns where two different values differ.
func differ(want, got value.Value, path string) []Difference {
	var all []Difference
	switch {
	case want.Kind() != got.Kind() || value.Equal(want, got):
	case want.Kind() == value.ListKind:
		w, g := want.Items(), got.Items()
		l := lists{path: path, want: len(w), got: len(g)}
		all = l.differ(func(i int, path string) []Difference {
			if value.Equal(w[i], g[i]) {
				return nil
			}
			return differ(w[i], g[i], path)
		}, func(i int) string { return show(w[i]) }, func(i int) string { return show(g[i]) })
	case want.Kind() == value.RecordKind:
		for _, f := range want.Fields() {
			if x := got.Get(f.Name); !value.Equal(f.Value, x) {
				all = append(all, differ(f.Value, x, joined(path, f.Name))...)
			}
		}
		for _, f := range got.Fields() {
			if want.Get(f.Name).IsUnset() {
				all = append(all, Difference{Path: joined(path, f.Name), Want: "nothing", Got: show(f.Value)})
			}
		}
	}
	if len(all) > 0 {
		return all
	}
	w, g := showApart(want, got)
	return []Difference{{Path: path, Want: w, Got: g}}
}

// lists are two lists to compare.
type lists struct {
	path      string
	want, got int  // numbers of items
	open      bool // further items are allowed
}

func (l lists) differ(hold func(i int, path string) []Difference, want, got func(i int) string) []Difference {
	var all []Difference
	shown, differing := itemsShown, 0
	other := l.got < l.want || l.got > l.want && !l.open
	if other {
		least := ""
		if l.open {
			least = " or more"
		}
		shown = 1
		all = append(all, Difference{Path: l.path, Want: fmt.Sprintf("a list of %s%s", words.Counted(l.want, "item"), least),
			Got: fmt.Sprintf("a list of %s", words.Counted(l.got, "item"))})
	}
	at := func(i int) string { return fmt.Sprintf("%s[%d]", l.path, i) }
	for i := range min(l.want, l.got) {
		if d := hold(i, at(i)); len(d) > 0 {
			if differing++; differing <= shown {
				all = append(all, d...)
			}
		}
	}
	switch {
	case other && differing > 0:
	case l.got < l.want:
		all = append(all, Difference{Path: at(l.got), Want: want(l.got), Got: "no such item"})
	case other:
		all = append(all, Difference{Path: at(l.want), Want: "no such item", Got: got(l.want)})
	case differing > shown:
		all = append(all, Difference{Path: l.path, More: fmt.Sprintf("%d more of %s differ", differing-shown, words.Counted(l.got, "item"))})
	}
	return all
}

// showApart formats two values for a failure. For long texts with the same beginning
// it shows the parts around the first difference.
func showApart(want, got value.Value) (string, string) {
	a, isText := want.Text()
	b, areTexts := got.Text()
	if !isText || !areTexts || want.HoldsSecret() || got.HoldsSecret() {
		return show(want), show(got)
	}
	w, g, same := []rune(a), []rune(b), 0
	for same < min(len(w), len(g)) && w[same] == g[same] {
		same++
	}
	const before, after = 30, 100
	if same <= 2*before {
		return show(want), show(got)
	}
	part := func(r []rune) string {
		end := min(same+after, len(r))
		text := fmt.Sprintf("…%s", string(value.AppendJSON(nil, value.String(string(r[same-before:end])))))
		if end < len(r) {
			text += "…"
		}
		return fmt.Sprintf("%s (from character %d of %d)", text, same-before+1, len(r))
	}
	return part(w), part(g)
}
