package explain_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// TestMutations checks that explanations name the cause. Each file in
// testdata/mutations has a program (a.sync) in which a sync completes after a
// request, and a table of changes, each in one place, after which it does not:
//
//	at   `OLD` => `NEW`         the cause is the changed line
//	from `OLD` => `NEW`         the cause is a line that met a value of the changed one
//	                            (\n is a line end; the change begins where OLD and NEW differ)
//	sent {"x": "b"}             the request is changed
//	done ACTION refused CODE    the record is changed: the action has another outcome
//	done ACTION returned x "b"
//	done ACTION lost            the action was never asked
//
// Each explanation must name the changed line or action.
func TestMutations(t *testing.T) {
	files, err := filepath.Glob("testdata/mutations/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	count := 0
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		program := string(archive.Files[0].Data)
		p := build(t, "a.sync", program)
		for _, f := range archive.Files[1:] {
			sync, request, _ := strings.Cut(f.Name, " after ")
			entries, _ := flow(t, p, request)
			if tree := whyNot(t, p, entries, sync); tree.CauseNode() != nil || !strings.Contains(tree.Title, "fired") {
				t.Fatalf("%s: without a change, %s did not complete:\n%s", name, f.Name, drawn(tree))
			}
			for i, change := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
				m := &mutation{program: program, plan: p, entries: entries, sync: sync, request: request}
				t.Run(fmt.Sprintf("%s/%s %d", strings.TrimSuffix(filepath.Base(name), ".txtar"), sync, i+1), func(t *testing.T) {
					m.run(t, change)
				})
				count++
			}
		}
	}
	if count < 40 {
		t.Errorf("%d changes are too few for a result", count)
	}
}

// A mutation is a change in one place of a program or of a record.
type mutation struct {
	program, sync, request string
	plan                   *plan.Plan
	entries                []journal.Entry
}

func (m *mutation) run(t *testing.T, change string) {
	kind, rest, _ := strings.Cut(change, " ")
	rest = strings.TrimSpace(rest)
	p, entries := m.plan, m.entries
	var named func(*explain.Tree) bool
	what := "the changed line"
	switch kind {
	case "at", "from":
		parts := strings.Split(strings.ReplaceAll(rest, `\n`, "\n"), "`")
		if len(parts) != 5 || strings.TrimSpace(parts[2]) != "=>" || strings.Count(m.program, parts[1]) != 1 {
			t.Fatalf("%s: the change must have exactly one place", change)
		}
		p = build(t, "a.sync", strings.Replace(m.program, parts[1], parts[3], 1))
		entries, _ = flow(t, p, m.request)
		start := strings.Index(m.program, parts[1])
		for i := 0; i < len(parts[1]) && i < len(parts[3]) && parts[1][i] == parts[3][i]; i++ {
			start++
		}
		line := 1 + strings.Count(m.program[:start], "\n")
		what = fmt.Sprintf("line %d", line)
		named = func(n *explain.Tree) bool {
			at := func(place string) bool { return strings.HasPrefix(place, fmt.Sprintf("a.sync:%d:", line)) }
			if kind == "at" {
				return at(n.Place)
			}
			return !at(n.Place) && slices.ContainsFunc(n.Places(), at)
		}
	case "sent":
		method, _, _ := strings.Cut(m.request, "{")
		entries, _ = flow(t, p, method+rest)
		what = "the request"
		named = about("0")
	case "done":
		words := strings.Fields(rest)
		id, _, err := explain.FindAction(p, entries, words[0])
		if err != nil {
			t.Fatal(err)
		}
		entries = otherwise(p, entries, id, m.sync, words[1:])
		what = "action " + id.String()
		if named = about(id.String()); words[1] == "lost" {
			named = func(n *explain.Tree) bool { return strings.Contains(drawn(n), words[0]) }
		}
	default:
		t.Fatalf("%q is not a change", change)
	}
	tree := whyNot(t, p, entries, m.sync)
	culprit := tree.CauseNode()
	if culprit == nil {
		t.Fatalf("%s: no cause was found:\n%s", change, drawn(tree))
	}
	if !named(culprit) {
		t.Errorf("%s: the explained cause is not %s:\n%s", change, what, drawn(tree))
	}
	if tree.Sentence == "" {
		t.Errorf("%s: there is no sentence", change)
	}
	holds(t, change, tree)
}

// about reports whether the tree names an action below a cause.
func about(id string) func(*explain.Tree) bool {
	var has func(n *explain.Tree) bool
	has = func(n *explain.Tree) bool { return n.Action == id || slices.ContainsFunc(n.Children, has) }
	return has
}

// otherwise returns the record with another outcome of an action. It removes
// what followed from the action through the explained sync.
func otherwise(p *plan.Plan, entries []journal.Entry, id journal.ActionID, sync string, how []string) []journal.Entry {
	var out []journal.Entry
	gone := map[uint32]bool{}
	for _, e := range entries {
		switch {
		case (e.Kind == journal.Fired || e.Kind == journal.Dropped) && (e.Sync == sync || slices.ContainsFunc(e.Matched, func(x journal.ActionID) bool { return gone[x.Firing] || x == id && how[0] == "lost" })):
			gone[e.Number] = e.Kind == journal.Fired
			continue
		case (e.Kind == journal.Asked || e.Kind == journal.Completed) && gone[e.ID.Firing] && e.ID.Firing != 0:
			continue
		case (e.Kind == journal.Asked || e.Kind == journal.Completed) && e.ID == id && how[0] == "lost":
			continue
		case e.Kind == journal.Completed && e.ID == id && how[0] == "refused":
			e.Outcome, e.Out, e.Code, e.Text = journal.Refused, nil, how[1], "No."
		case e.Kind == journal.Completed && e.ID == id && how[0] == "returned":
			v, err := value.ParseJSON([]byte(how[2]))
			if err != nil {
				panic(err)
			}
			e.Outcome, e.Code, e.Text = journal.Returned, "", ""
			e.Out = []value.Field{{Name: how[1], Value: v}}
		}
		out = append(out, e)
	}
	return out
}

func whyNot(t testing.TB, p *plan.Plan, entries []journal.Entry, sync string) *explain.Tree {
	t.Helper()
	tree, err := explain.WhyNot(p, entries, sync)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func drawn(tree *explain.Tree) string {
	var b strings.Builder
	if err := tree.Print(&b, explain.Style{}); err != nil {
		return err.Error()
	}
	return b.String()
}
