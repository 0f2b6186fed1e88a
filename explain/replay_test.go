package explain_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/explain"
	"github.com/legible-lang/legible/plan"
)

// TestReplays runs the files in testdata/replays: a program (a.sync), and
// changes of it, each a request and, in the first line of what follows, `OLD` =>
// `NEW`; then what would be otherwise.
func TestReplays(t *testing.T) {
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
				t.Fatalf("%s: this is no change of one place", change)
			}
			now := build(t, "a.sync", strings.Replace(program, parts[1], parts[3], 1))
			entries, _ := flow(t, was, f.Name)
			replay := explain.WithTexts(was, now, entries)
			holdsReal(t, change, was, now, f.Name, replay)
			var b bytes.Buffer
			for _, tree := range replay.Differences {
				holds(t, change, tree)
			}
			if err := replay.Tree().Print(&b, explain.Style{}); err != nil {
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

// holdsReal runs the request with the other texts and holds what would be
// against what is.
func holdsReal(t *testing.T, name string, was, now *plan.Plan, request string, replay *explain.Replay) (compared bool) {
	t.Helper()
	if replay.Unknown > 0 {
		if replay.Same() {
			t.Errorf("%s: something is unknown, and nothing is told", name)
		}
		return false
	}
	entries, _ := flow(t, now, request)
	is := explain.Summarize(now, entries, true)
	if is.Outcome == "faulted" {
		return false // a flow without end: its limits are not the record's
	}
	would := replay.After
	if is.String() != would.String() || !slices.Equal(is.Fired, would.Fired) || !slices.Equal(is.Dropped, would.Dropped) || is.Actions != would.Actions {
		t.Errorf("%s:\nit would be %+v\n     but is %+v\n%s", name, would, is, drawn(replay.Tree()))
	}
	before, _ := flow(t, was, request)
	if b := explain.Summarize(was, before, true); replay.Same() && (b.String() != is.String() || !slices.Equal(b.Fired, is.Fired)) {
		t.Errorf("%s: it goes otherwise, and nothing is told: %+v, before %+v", name, is, b)
	}
	return true
}

// TestRandomReplays changes random programs as TestRandomMutations does, and
// holds what is told without running anything against a run.
func TestRandomReplays(t *testing.T) {
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
		entries, _ := flow(t, was, request)
		if same := explain.WithTexts(was, was, entries); !same.Same() || same.Unknown > 0 {
			t.Fatalf("seed %d: with the same texts it would go otherwise:\n%s\n%s", seed, text, drawn(same.Tree()))
		}
		for range 10 {
			changed, _ := g.change(text)
			now := compile(changed)
			if now == nil {
				continue
			}
			replay := explain.WithTexts(was, now, entries)
			if holdsReal(t, fmt.Sprintf("seed %d\n%s", seed, changed), was, now, request, replay) {
				compared++
				if !replay.Same() {
					other++
				}
			}
		}
	}
	t.Logf("%d replays were compared with a run, %d of them went otherwise", compared, other)
	if compared < 2*programs || other < programs/2 {
		t.Errorf("%d replays were compared, %d of them went otherwise: too few to say anything", compared, other)
	}
}
