package explain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
)

const large = `
sync Echo
when
    Requesting.request (path: "/echo", x, n) : (request)
where
    len(x) > 3
    parts is split(x, " ")
then
    Requesting.respond (request, parts, id: new)

sync Drop
when
    Requesting.request (path: "/echo", x) : (request)
where
    x == "short"
then
    Requesting.respond (request)

sync Short
when
    Requesting.request (path: "/echo", x: "short") : (request)
then
    Requesting.respond (request)

sync No
when
    Requesting.request (path: "/no", x) : (request)
then
    Thing.do (x) : (z)
`

// TestOmitted explains flows whose record omits a large value: the explanations
// show what is known of the value and how to keep it next time.
func TestOmitted(t *testing.T) {
	p := build(t, "a.sync", large)
	text := strings.TrimSpace(strings.Repeat("word ", 300))
	entries, _ := flow(t, p, `POST /echo {"x": "`+text+`", "n": 3}`)
	if !journal.Omits(entries) {
		t.Fatalf("the record has everything: %v", entries)
	}
	const (
		start  = `"word word word word word word word word word word word word word…" (1499 bytes, not kept)`
		remedy = "the record omits values of more than 512 bytes that nothing depends on; legible.Options.FullRecord keeps them"
	)
	why := func(name string) *explain.Tree {
		id, _, err := explain.FindAction(p, entries, name)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := explain.Why(p, entries, id)
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}
	whyNot := func(sync string) *explain.Tree { return whyNotOf(t, p, entries, sync) }
	for _, c := range []struct {
		name  string
		tree  *explain.Tree
		wants []string
	}{
		{"flow", explain.Flow(p, entries, true), []string{start, "parts: […] (300 items, ", " bytes, not kept)", remedy}},
		{"why", why("Requesting.respond"), []string{start, "[…] (300 items, ", remedy}},
		{"answer", explain.WhyAnswer(p, entries, true), []string{start, remedy}},
		{"dropped", whyNot("Drop"), []string{`x == "short"`, start, remedy}},
		{"unmatched", whyNot("Short"), []string{`x is "word word`, `(1499 bytes, not kept), but the line requires "short"`, remedy}},
	} {
		got := drawn(c.tree)
		for _, want := range c.wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s does not say %q:\n%s", c.name, want, got)
			}
		}
	}
	whole, _ := flow(t, p, `POST /echo {"x": "word and word", "n": 3}`)
	if got := drawn(explain.Flow(p, whole, true)); strings.Contains(got, "not kept") {
		t.Errorf("the explanation of a complete record mentions omitted values:\n%s", got)
	}
	// A literal of this length is compared by its hash.
	same := build(t, "a.sync", large+"\nsync Long\nwhen\n    Requesting.request (path: \"/echo\", x: \""+text+"\") : (request)\nthen\n    Requesting.respond (request)\n")
	entries, _ = flow(t, same, `POST /echo {"x": "`+text+`", "n": 3}`)
	if tree := drawn(whyNotOf(t, same, entries, "Long")); strings.Contains(tree, "differs") || !strings.Contains(tree, "fired") {
		t.Errorf("the explanation of a sync that matched a long literal is\n%s", tree)
	}
}

func whyNotOf(t *testing.T, p *plan.Plan, entries []journal.Entry, sync string) *explain.Tree {
	t.Helper()
	tree, err := explain.WhyNot(p, entries, sync)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestOmittedScenario checks that a scenario expects a large output by its
// presence, and that a request with an omitted value gives an error.
func TestOmittedScenario(t *testing.T) {
	p := build(t, "a.sync", `
sync Make
when
    Requesting.request (path: "/make", x) : (request)
then
    Requesting.respond (request, text: x + x + x)
`+large)
	entries, _ := flow(t, p, `POST /make {"x": "`+strings.Repeat("w", 400)+`"}`)
	got, err := explain.Scenario(p, "long", entries)
	if err != nil || !strings.Contains(got, `=> 200 {"text": _}`) {
		t.Errorf("the scenario is %s (%v)", got, err)
	}
	entries, _ = flow(t, p, `POST /no {"x": "no`+strings.Repeat("w", 500)+`"}`)
	if _, err = explain.Scenario(p, "refused", entries); err != nil {
		t.Error(err)
	}
	entries, _ = flow(t, p, `POST /make {"x": "`+strings.Repeat("w", 600)+`"}`)
	_, err = explain.Scenario(p, "long", entries)
	if err == nil || !strings.Contains(err.Error(), "its field x is not in the record") || !strings.Contains(err.Error(), "FullRecord keeps such values") {
		t.Errorf("a scenario of a request with an omitted value: %v", err)
	}
}

// TestOmittedAgain checks that omitted values of the same size count as equal,
// and that values of different size differ.
func TestOmittedAgain(t *testing.T) {
	p := build(t, "a.sync", large)
	run := func(words int) []journal.Entry {
		entries, _ := flow(t, p, fmt.Sprintf(`POST /echo {"x": "%s", "n": 3}`, strings.TrimSpace(strings.Repeat("word ", words))))
		return entries
	}
	if again := explain.RunAgain(p, run(100), run(100), &explain.Identities{}); len(again.Differences) > 0 {
		t.Errorf("without a change there are differences:\n%s", drawn(again.Tree()))
	}
	again := explain.RunAgain(p, run(100), run(101), &explain.Identities{})
	if got := drawn(again.Tree()); !strings.Contains(got, "parts was […] (100 items, ") || !strings.Contains(got, "is now […] (101 items, ") {
		t.Errorf("the difference of another answer is\n%s", got)
	}
}
