package flows_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

const walkConcepts = requestingText + `
concept Thing

state
    a set of Items with
        a name String
        an optional word String

actions
    one (x: String) : (item: Item)
        refuses GONE "Gone."
        refuses OLD "Old."
    two (x: String, kind: String) : (item: Item, note?: String)
    three (item: Item) : (item: Item)
        refuses GONE "Gone."

queries
    _find (x: String) : optional (item: Item, word?: String)
    _all () : (item: Item)

view Seen (request, x) : (item, word)
where
    in Thing: _find (x) : (item, word?)
        else Thing.one (x: "v")
    some in Thing: item is an Item (name: "n")
        else Requesting.respond (request)

view Twice (request) : (item: one)
where
    Seen (request, x: "q") : (item: one)
    in Thing: _all () : (item: two)
    one != two
        else Requesting.respond (request)
`

// randomProgram returns some syncs on two routes. A sync asks only actions that
// later syncs match, so that the paths are few enough to explore without joins.
func randomProgram(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(walkConcepts)
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	respond := "Requesting.respond (request)"
	for i := range 1 + r.IntN(4) {
		fmt.Fprintf(&b, "\nsync S%d\nwhen\n", i)
		path := pick("/a", "/a", "/b")
		b.WriteString("    Requesting.request (path: \"" + path + "\"" + pick("", ", x", ", x?", ", x, kind: \"k\"", ", kind: \"l\"") + ") : (request)\n")
		switch {
		case i > 0 && r.IntN(2) == 0:
			b.WriteString(pick("    Thing.one () : (item)\n", "    Thing.one () : (error: e)\n", "    Thing.one () : refused OLD\n",
				"    Thing.two (kind: \"k\") : (item)\n", "    Thing.three () : (error: e)\n", "    Requesting.respond () : ()\n",
				"    Thing.two (kind: \"k\") : (note)\n", "    Thing.two () : (note?)\n"))
		}
		if r.IntN(2) == 0 {
			b.WriteString("where\n")
			for range 1 + r.IntN(2) {
				const below = "\n        in Thing: _find (x: \"q\") : (item: b)\n        in Thing: _all () : (item: b)"
				const seen = "Seen (request, x: \"q\") : (item: v"
				const found = "in Thing: _find (x: \"q\") : (item: f)\n    in Thing: "
				line := pick("in Thing: _find (x: \"q\") : (item: f)", "no in Thing: _find (x: \"q\") : (item: f)",
					"in Thing: _all () : (item: g)", "in Thing: name of g2 is \"n\"", "maybe in Thing: _find (x: \"z\") : (item: h)", "now == now",
					"in Thing: _find (x: \"q\") : (word: w)", "in Thing: _find (x: \"q\") : (word?: w2)", "in Thing: _find (x: \"q\") : (item: f, word: w)",
					"some in Thing: _all () : ()", "some in Thing: _find (x: \"q\") : (item)", "in Thing: _find (x: \"q\") : (item) if now == now",
					"no in Thing: _find (x: \"q\") : (item) if now != now", "in Thing: g3 is an Item (name: \"n\")", "in Thing: g3 is an Item (name: \"n\", word: g4)", "in Thing: g3 is an Item (name: g5, word?: g6)",
					"some in Thing: m is an Item (name: \"n\")", "no in Thing: _ is an Item (name: \"n\")", "no in Thing: _ is an Item (name: \"n\", word: null)",
					"some in Thing: _ is an Item (word: _)", "maybe in Thing: g7 is an Item (name: \"n\", word: g8)",
					found+"f is an Item (name: \"n\", word: null)", found+"f is an Item (name: g9, word: \"w\")", "no in Thing: g3 is an Item (name: \"n\", word: \"w\")",
					found+"f is an Item (name: g9, word?: g10)", "no in Thing: f is an Item (word: \"w\")", seen+")", seen+", word?: vw)", "Seen (request, x: \"z\") : (word: wv)", "Twice (request) : (item: v2)", "[\"a\", \"b\"] has l", "[\"a\", \"a\"] has \"a\"", "some [now] has \"a\"", "no"+below, "some"+below, "maybe"+below, "it is whether"+below)
				b.WriteString("    " + line + "\n")
				if r.IntN(2) == 0 && !strings.Contains(line, " if ") && !strings.Contains(line, "(request") {
					b.WriteString("        else " + pick(respond, "Thing.one (x: \"e\")") + "\n")
				}
			}
		}
		b.WriteString("then\n")
		for n := range 1 + r.IntN(3) {
			b.WriteString("    " + pick(respond, respond, "Thing.one (x: \"a\")", fmt.Sprintf("Thing.one (x: \"a\") : (item: i%d)", n),
				"Thing.two (x: \"b\", kind: \"k\")", "Thing.two (x: \"b\", kind: \"l\") : ()",
				"Thing.one (x: \"a\") : ()\n        else "+respond, "Thing.one (x: \"a\") : ()\n        else refused OLD\n            "+pick(respond, "Thing.two (x: refusal, kind: \"k\")"),
				"Thing.three (item: each)\n        where\n            in Thing: _all () : (item: each)", "Thing.three (item: each) : ()\n        where\n            in Thing: _all () : (item: each)\n        else "+respond,
				"Requesting.respond (request)\n        where\n            in Thing: _find (x: \"q\") : (item: each)",
				"Thing.two (x: \"b\", kind: \"k\") : (note: n)", "Thing.two (x: \"b\", kind: \"k\") : (note?: n)") + "\n")
		}
		if r.IntN(4) == 0 {
			orelse := "\n        else " + pick(respond, "Thing.one (x: \"e\")")
			b.WriteString("where\n    " + pick("in Thing: _find (x: \"q\") : (item: later)"+orelse, "no in Thing: _find (x: \"q\")"+orelse,
				"in Thing: _all () : (item: later)"+orelse, "surely in Thing: _find (x: \"q\") : (item: later)") + "\n")
			b.WriteString("then\n    " + pick(respond, "Thing.one (x: \"l\")", "Thing.one (x: \"l\") : ()\n    "+respond) + "\n")
		}
	}
	return b.String()
}

// Exploration with and without joins gives the same results.
func TestJoin(t *testing.T) {
	seeds := 400
	if testing.Short() {
		seeds = 20
	}
	reported := map[diag.Code]int{}
	for seed := range seeds {
		text := randomProgram(rand.New(rand.NewPCG(uint64(seed), 1)))
		file, found := syntax.Parse(source.NewFile("program", text))
		if len(found) > 0 {
			t.Fatalf("%s: %s\n%s", found[0].Span, found[0].Message, text)
		}
		p, joined := flows.Check([]*syntax.File{file}, check.Options{})
		q, apart := flows.CheckWithoutJoins([]*syntax.File{file})
		if slices.ContainsFunc(q.EntryPoints, func(e *flows.EntryPoint) bool { return e.Truncated }) {
			continue
		}
		list := func(p *flows.Analysis, ds []diag.Diagnostic) string {
			var b strings.Builder
			for _, d := range ds {
				fmt.Fprintf(&b, "%s %s %s\n", d.Span, d.Code, d.Message)
			}
			for _, e := range p.EntryPoints {
				fmt.Fprintf(&b, "%s:", e)
				for _, s := range e.Syncs {
					b.WriteString(" " + s.Name)
				}
				fmt.Fprintf(&b, ", %d answers, %d refusals\n", len(e.Answers), len(e.Refusals))
			}
			return b.String()
		}
		for _, d := range joined {
			reported[d.Code]++
		}
		if a, b := list(p, joined), list(q, apart); a != b {
			t.Fatalf("seed %d: with joins the result is\n%s\nand without\n%s\nin\n%s", seed, a, b, text[len(walkConcepts):])
		}
	}
	for _, code := range []diag.Code{diag.Unanswered, diag.AnsweredTwice, diag.NeverFires, diag.Endless} {
		if reported[code] == 0 && !testing.Short() {
			t.Errorf("no random program has %s", code)
		}
	}
}
