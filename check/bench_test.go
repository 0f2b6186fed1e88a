package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/check"
	"github.com/legible-lang/legible/source"
	"github.com/legible-lang/legible/syntax"
)

// BenchmarkThousand reads and checks a thousand files of syncs.
func BenchmarkThousand(b *testing.B) {
	a, err := txtar.ParseFile("testdata/resolve/focusreader.txtar")
	if err != nil {
		b.Fatal(err)
	}
	requesting(a)
	for b.Loop() {
		var files []*syntax.File
		for _, f := range a.Files {
			if f.Name == "program" || strings.HasPrefix(f.Name, "syncs") {
				continue
			}
			tree, _ := syntax.Parse(source.NewFile(f.Name, string(f.Data)))
			files = append(files, tree)
		}
		view := "view LoggedIn (session) : (user)\nwhere\n    in Sessioning: _getUser (session) : (user)\n"
		tree, _ := syntax.Parse(source.NewFile("view", view))
		files = append(files, tree)
		for n := range 1000 {
			text := strings.ReplaceAll(string(a.Files[2].Data), "\nsync ", fmt.Sprintf("\nsync S%d", n))
			text = text[strings.Index(text, "sync"):]
			tree, _ := syntax.Parse(source.NewFile(fmt.Sprint(n), text))
			files = append(files, tree)
		}
		p, ds := check.Check(files, check.Options{})
		if len(p.Syncs) != 6000 {
			b.Fatalf("%d syncs, %v", len(p.Syncs), ds[0])
		}
	}
}
