package explain_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// TestRandomMutations makes random chains of syncs that complete and changes one
// line of each in many ways. If the last sync of the chain no longer completes,
// its explanation must name the changed line.
func TestRandomMutations(t *testing.T) {
	programs, changes := 80, 12
	if testing.Short() {
		programs = 20
	}
	told, at := 0, 0
	for seed := range programs {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 7))}
		text, last := g.program()
		request := `POST /p {"a": "va", "b": "vb", "n": 3}`
		p := build(t, "a.sync", text)
		entries, _ := flow(t, p, request)
		if tree := whyNot(t, p, entries, last); tree.CauseNode() != nil || !strings.Contains(tree.Title, "fired") {
			t.Fatalf("seed %d: the chain does not complete:\n%s\n%s", seed, text, drawn(tree))
		}
		for range changes {
			changed, line := g.change(text)
			p := compile(changed)
			if p == nil {
				continue // it is no program any more: the checker tells
			}
			entries, _ := flow(t, p, request)
			tree := whyNot(t, p, entries, last)
			culprit := tree.CauseNode()
			if culprit == nil && strings.Contains(tree.Title, "fired") {
				continue // nothing depended on it
			}
			told++
			named := func(place string) bool { return strings.HasPrefix(place, fmt.Sprintf("a.sync:%d:", line)) }
			switch {
			case culprit == nil:
				t.Errorf("seed %d: no cause is found, though line %d was changed:\n%s\n%s", seed, line, changed, drawn(tree))
			case named(culprit.Place):
				at++
			case !slices.ContainsFunc(culprit.Places(), named):
				t.Errorf("seed %d: line %d was changed but is not named:\n%s\n%s", seed, line, changed, drawn(tree))
			}
			holds(t, fmt.Sprintf("seed %d", seed), tree)
		}
	}
	t.Logf("%d changes were explained, %d of them by the changed line itself", told, at)
	if told < 2*programs || at < told/2 {
		t.Errorf("%d changes were explained, %d of them by the changed line itself: too few for a result", told, at)
	}
}

// compile returns nil for a text with errors.
func compile(text string) *plan.Plan {
	var trees []*syntax.File
	var all []diag.Diagnostic
	for _, f := range []*source.File{source.NewFile("concepts", concepts), source.NewFile("a.sync", text)} {
		tree, ds := syntax.Parse(f)
		trees, all = append(trees, tree), append(all, ds...)
	}
	program, ds := check.Check(trees, check.Options{})
	if diag.HasErrors(append(all, ds...)) {
		return nil
	}
	return plan.Build(program)
}

// A generator makes random programs and knows their values.
type generator struct{ *rand.Rand }

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

// program is a chain: each sync asks what the next one matches.
func (g *generator) program() (text, last string) {
	var b strings.Builder
	kinds := []string{"Thing.do", "Other.do", "Thing.other", "Other.other"}
	g.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	count := 2 + g.IntN(3)
	given := ""
	for i := range count {
		last = fmt.Sprintf("S%d", i)
		fmt.Fprintf(&b, "sync %s\nwhen\n", last)
		values := map[string]string{} // of the variables
		request := i == 0 || i == count-1 || g.IntN(2) == 0
		if request {
			fields := []string{`path: "/p"`}
			for _, f := range []string{"a", "b"} {
				switch g.IntN(4) {
				case 0, 1:
					fields, values[f] = append(fields, f), "v"+f
				case 2:
					fields = append(fields, fmt.Sprintf("%s: %q", f, "v"+f))
				}
			}
			fmt.Fprintf(&b, "    Requesting.request (%s) : (request)\n", strings.Join(fields, ", "))
		}
		if i > 0 {
			values["x"], values["z"] = given, given
			in := "x"
			if g.IntN(2) == 0 {
				in = fmt.Sprintf("x: %q", given)
				delete(values, "x")
			}
			out := "z"
			if g.IntN(3) == 0 {
				out = fmt.Sprintf("z: %q", given)
				delete(values, "z")
			}
			fmt.Fprintf(&b, "    %s (%s) : (%s)\n", kinds[i-1], in, out)
		}
		g.where(&b, values)
		b.WriteString("then\n")
		if i == count-1 {
			if request && g.IntN(2) == 0 {
				fmt.Fprintf(&b, "    %s (x: \"first\") : ()\n", kinds[3])
			}
			b.WriteString("    Requesting.respond (request)\n\n")
			break
		}
		if len(values) > 0 && g.IntN(3) > 0 {
			name := g.pick(names(values)...)
			given = values[name]
			fmt.Fprintf(&b, "    %s (x: %s)\n\n", kinds[i], name)
		} else {
			given = g.pick("one", "two", "three")
			fmt.Fprintf(&b, "    %s (x: %q)\n\n", kinds[i], given)
		}
	}
	b.WriteString("view Found (k) : (v)\nwhere\n    in Thing: _find (x: k) : (y: v)\n")
	return b.String(), last
}

// where writes lines of where that keep the frame.
func (g *generator) where(b *strings.Builder, values map[string]string) {
	if len(values) == 0 || g.IntN(4) == 0 {
		return
	}
	b.WriteString("where\n")
	for i := range 1 + g.IntN(3) {
		name := g.pick(names(values)...)
		fresh := fmt.Sprintf("w%d", i)
		switch g.IntN(6) {
		case 0:
			fmt.Fprintf(b, "    %s == %q\n", name, values[name])
		case 1:
			fmt.Fprintf(b, "    in Thing: _find (x: %s) : (y: %s)\n", name, fresh)
			values[fresh] = values[name] + "!"
		case 2:
			fmt.Fprintf(b, "    %s is %s + \"k\"\n", fresh, name)
			values[fresh] = values[name] + "k"
		case 3:
			fmt.Fprintf(b, "    Found (k: %s) : (v: %s)\n", name, fresh)
			values[fresh] = values[name] + "!"
		case 4:
			b.WriteString("    no in Thing: _find (x: \"none\")\n")
		case 5:
			fmt.Fprintf(b, "    in Thing: _find (x: %s) : (y: %q)\n", name, values[name]+"!")
		}
	}
}

func names(values map[string]string) []string {
	var list []string
	for n := range values {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}

var (
	texts = regexp.MustCompile(`"[^"]*"`)
	rows  = regexp.MustCompile(`(?m)^    .*$`)
)

// change changes one line of a program and returns its number.
func (g *generator) change(text string) (string, int) {
	places := rows.FindAllStringIndex(text, -1)
	place := places[g.IntN(len(places))]
	line := text[place[0]:place[1]]
	new := line
	switch g.IntN(8) {
	case 0, 1, 2: // another literal
		if all := texts.FindAllStringIndex(line, -1); len(all) > 0 {
			x := all[g.IntN(len(all))]
			old := line[x[0]+1 : x[1]-1]
			new = line[:x[0]+1] + g.pick(old+"X", strings.ToUpper(old), "none", "no", "q") + line[x[1]-1:]
		}
	case 3: // another action or query
		new = strings.Replace(line, g.pick("Thing", "do (", "_find"), g.pick("Other", "other (", "_all"), 1)
	case 4: // another outcome
		new = strings.Replace(line, ": (z)", g.pick(": (error: z)", `: (z: "q")`, `: refused NO`), 1)
	case 5: // another parameter
		new = strings.Replace(line, g.pick("a,", "b)", "a)", "x:"), g.pick("aa: a,", "bb: b)", "c: a)", "y:"), 1)
	case 6: // the other way round
		if strings.HasPrefix(line, "    no ") {
			new = "    " + line[7:]
		} else {
			new = strings.Replace(strings.Replace(line, "==", "!=", 1), "    in ", "    no in ", 1)
		}
	case 7: // another expression
		new = strings.Replace(line, `"k"`, `"l"`, 1)
	}
	return text[:place[0]] + new + text[place[1]:], 1 + strings.Count(text[:place[0]], "\n")
}
