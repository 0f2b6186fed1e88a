package plan_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/plan"
)

// TestReads holds what lines are said to read against the order in which they
// run: a line reads nothing that no pattern and no line before it has bound, and
// where a line is left out, some line is said to read what is missing.
func TestReads(t *testing.T) {
	archive := &txtar.Archive{}
	for _, pattern := range []string{"../../apps/focusreader/*.app", "../../apps/focusreader/*.sync", "../../concepts/*/*.concept"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: text})
		}
	}
	read := 0
	for _, s := range plan.Build(program(t, archive)).Syncs {
		bound := map[int]bool{}
		for _, w := range s.When {
			for _, v := range w.Vars {
				bound[v.Slot] = true
			}
		}
		for i, line := range s.Lines {
			for _, slot := range line.Reads() {
				if read++; !bound[slot] {
					t.Errorf("%s: the line is said to read %s, which nothing before it gives", line.Span, s.Slots[slot])
				}
			}
			for _, slot := range line.Binds {
				bound[slot] = true
				if slices.Contains(line.Reads(), slot) {
					t.Errorf("%s: the line is said to read %s, which it gives itself", line.Span, s.Slots[slot])
				}
			}
			if i == 0 && line.View != nil && line.View.Name == "LoggedIn" && len(line.Reads()) == 0 {
				t.Errorf("%s: a line that asks who is logged in is said to read nothing", line.Span)
			}
		}
	}
	if read == 0 {
		t.Error("no line is said to read anything: this tests nothing")
	}
}
