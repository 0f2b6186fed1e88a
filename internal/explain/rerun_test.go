package explain_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/explain"
)

// TestRunAgain runs the files in testdata/replays. Each has a program (a.sync)
// and changes of it: a request, a line `OLD` => `NEW`, and the differences. A
// flow that runs again without a change has no differences.
func TestRunAgain(t *testing.T) {
	files, err := filepath.Glob("testdata/replays/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		program := string(archive.Files[0].Data)
		was := build(t, "a.sync", program)
		for i := range archive.Files[1:] {
			f := &archive.Files[i+1]
			change, want, _ := strings.Cut(string(f.Data), "\n")
			parts := strings.Split(strings.ReplaceAll(change, `\n`, "\n"), "`")
			if len(parts) != 5 || strings.Count(program, parts[1]) != 1 {
				t.Fatalf("%s: the change must have exactly one place", change)
			}
			first, _ := flow(t, was, f.Name)
			second, _ := flow(t, was, f.Name)
			if again := explain.RunAgain(was, first, second, &explain.Identities{}); len(again.Differences) > 0 {
				t.Errorf("%s %s: without a change there are differences:\n%s", name, f.Name, drawn(again.Tree()))
			}
			now := build(t, "a.sync", strings.Replace(program, parts[1], parts[3], 1))
			changed, _ := flow(t, now, f.Name)
			again := explain.RunAgain(now, first, changed, &explain.Identities{})
			for _, tree := range again.Differences {
				holds(t, change, tree)
			}
			var b bytes.Buffer
			if err := again.Tree().Print(&b, explain.Style{}); err != nil {
				t.Fatal(err)
			}
			if got := b.String(); got != want && !*update {
				t.Errorf("%s\n%s\n got:\n%s\nwant:\n%s", f.Name, change, got, want)
			}
			f.Data = []byte(change + "\n" + b.String())
		}
		if *update {
			if err := os.WriteFile(name, txtar.Format(archive), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestRandomReruns changes random programs like TestRandomMutations. RunAgain
// must report exactly the differences between the two runs of a request.
func TestRandomReruns(t *testing.T) {
	programs := 60
	if testing.Short() {
		programs = 15
	}
	compared, other := 0, 0
	for seed := range programs {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 11))}
		text, _ := g.program()
		request := `POST /p {"a": "va", "b": "vb", "n": 3}`
		was := build(t, "a.sync", text)
		first, _ := flow(t, was, request)
		second, _ := flow(t, was, request)
		if again := explain.RunAgain(was, first, second, &explain.Identities{}); len(again.Differences) > 0 {
			t.Fatalf("seed %d: without a change there are differences:\n%s\n%s", seed, text, drawn(again.Tree()))
		}
		for range 10 {
			changed, _ := g.change(text)
			now := compile(changed)
			if now == nil {
				continue
			}
			entries, _ := flow(t, now, request)
			again := explain.RunAgain(now, first, entries, &explain.Identities{})
			before, after := explain.Summarize(was, first, true), explain.Summarize(now, entries, true)
			if again.Before.String() != before.String() || again.After.String() != after.String() {
				t.Errorf("seed %d: the runs were %v and %v, not %v and %v", seed, &before, &after, &again.Before, &again.After)
			}
			compared++
			same := before.Outcome == after.Outcome && before.Status == after.Status && slices.Equal(before.Fired, after.Fired)
			if !same {
				other++
			}
			if !same && len(again.Differences) == 0 {
				t.Errorf("seed %d\n%s\nit was %v, fired %v, and is %v, fired %v, but no difference is reported", seed, changed, &before, before.Fired, &after, after.Fired)
			}
		}
	}
	t.Logf("%d runs were compared, %d of them differed", compared, other)
	if compared < 2*programs || other < programs/2 {
		t.Errorf("%d runs were compared, %d of them differed: too few for a result", compared, other)
	}
}
