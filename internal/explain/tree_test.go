package explain_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
)

// TestTrees runs the files in testdata/trees: a program (a.sync), and
// questions, each followed by the tree that answers it. A question is
//
//	why ACTION after REQUEST
//	whynot SYNC after REQUEST
//	answer after REQUEST
//	flow after REQUEST
func TestTrees(t *testing.T) {
	files, err := filepath.Glob("testdata/trees/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var p *plan.Plan
			for i := range archive.Files {
				f := &archive.Files[i]
				if f.Name == "a.sync" {
					p = build(t, f.Name, string(f.Data))
					continue
				}
				question, request, _ := strings.Cut(f.Name, " after ")
				entries, _ := flow(t, p, request)
				tree := ask(t, p, entries, question)
				holds(t, f.Name, tree)
				var b bytes.Buffer
				if err := tree.Print(&b, explain.Style{Lines: true}); err != nil {
					t.Fatal(err)
				}
				if got := b.String(); got != string(f.Data) && !*update {
					t.Errorf("%s\n got:\n%s\nwant:\n%s", f.Name, got, f.Data)
				}
				f.Data = b.Bytes()
			}
			if *update {
				if err := os.WriteFile(name, txtar.Format(archive), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func ask(t testing.TB, p *plan.Plan, entries []journal.Entry, question string) *explain.Tree {
	t.Helper()
	what, of, _ := strings.Cut(question, " ")
	switch what {
	case "why":
		id, _, err := explain.FindAction(p, entries, of)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := explain.Why(p, entries, id)
		if err != nil {
			t.Fatal(err)
		}
		return tree
	case "whynot":
		tree, err := explain.WhyNot(p, entries, of)
		if err != nil {
			t.Fatal(err)
		}
		return tree
	case "answer":
		return explain.WhyAnswer(p, entries, true)
	case "flow":
		return explain.Flow(p, entries, true)
	}
	t.Fatalf("%q is not a question", question)
	return nil
}

// holds checks every tree: at most one cause, JSON that reads back, titles
// without a full stop, and no secret.
func holds(t testing.TB, name string, tree *explain.Tree) {
	t.Helper()
	causes := 0
	var walk func(n *explain.Tree)
	walk = func(n *explain.Tree) {
		if n.Cause {
			causes++
		}
		if n.Title == "" || strings.HasSuffix(n.Title, ".") {
			t.Errorf("%s: a node of the kind %s has the title %q", name, n.Kind, n.Title)
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(tree)
	if causes > 1 {
		t.Errorf("%s: %d causes are marked", name, causes)
	}
	text, err := tree.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("hunter2")) {
		t.Errorf("%s: a secret is shown: %s", name, text)
	}
	var back explain.Tree
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	again, err := back.JSON()
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("%s: the JSON does not read back as it was written (%v)", name, err)
	}
}
