package cli_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// filled is the script command "fill STORE DIR ROWS": the store is made for the
// app whose texts are in DIR, and gets the members in the file ROWS, one a line:
// a set, an identity, and values as in "Keeping.Note n1 title=Emma pages=3". The
// text of a field of Binary becomes a large value.
func filled(ts *testscript.TestScript, _ bool, args []string) {
	schema := schemaOf(ts, ts.MkAbs(args[1]))
	st, err := sqlite.Open(ts.MkAbs(args[0]), sqlite.Options{})
	ts.Check(err)
	ts.Check(st.Prepare(context.Background(), schema))
	flow := st.NewSession(value.NewIDs().At(time.Now()))
	for line := range strings.Lines(ts.ReadFile(args[2])) {
		words := strings.Fields(line)
		table := tableOf(ts, schema, words[0])
		row := make(store.Row, len(table.Columns))
		for _, word := range words[2:] {
			name, text, _ := strings.Cut(word, "=")
			i := table.Column(name)
			if i < 0 {
				ts.Fatalf("%s has no field %s", table.Name(), name)
			}
			switch table.Columns[i].Type {
			case store.Number:
				n, err := strconv.ParseFloat(text, 64)
				ts.Check(err)
				row[i] = value.Number(n)
			case store.Blob:
				blob, err := st.PutBlob(context.Background(), strings.NewReader(text), "text/plain")
				ts.Check(err)
				row[i] = value.Binary(blob)
			default:
				row[i] = value.String(text)
			}
		}
		ts.Check(flow.Insert(table, words[1], row))
	}
	ts.Check(errors.Join(flow.Commit(nil), flow.Finish(nil), st.Close()))
}

// shownRows is the script command "rows STORE DIR SET": it prints the members of
// a set, in the order in which they came, as fill has them. The store may be
// open elsewhere.
func shownRows(ts *testscript.TestScript, _ bool, args []string) {
	schema := schemaOf(ts, ts.MkAbs(args[1]))
	st, err := sqlite.Open(ts.MkAbs(args[0]), sqlite.Options{ReadOnly: true})
	ts.Check(err)
	defer st.Close()
	ts.Check(st.Prepare(context.Background(), schema))
	flow := st.NewSession(value.NewIDs().At(time.Now()))
	defer flow.Abandon()
	table := tableOf(ts, schema, args[2])
	members, err := flow.Find(table, nil, nil, store.Page{})
	ts.Check(err)
	for _, m := range members {
		fmt.Fprint(ts.Stdout(), m.ID)
		for i, v := range m.Row {
			text := v.String()
			if blob := v.Blob(); blob != nil {
				r, err := st.OpenBlob(context.Background(), blob.Hash)
				ts.Check(err)
				b, err := io.ReadAll(r)
				ts.Check(errors.Join(err, r.Close()))
				text = string(b)
			}
			fmt.Fprintf(ts.Stdout(), " %s=%s", table.Columns[i].Name, text)
		}
		fmt.Fprintln(ts.Stdout())
	}
}

func tableOf(ts *testscript.TestScript, schema *store.Schema, name string) *store.Table {
	for _, t := range schema.Tables {
		if t.Name() == name {
			return t
		}
	}
	ts.Fatalf("there is no set %s", name)
	return nil
}

// schemaOf gives the tables of the app in a folder.
func schemaOf(ts *testscript.TestScript, dir string) *store.Schema {
	var trees []*syntax.File
	names, err := filepath.Glob(filepath.Join(dir, "*.*"))
	ts.Check(err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		ts.Check(err)
		tree, _ := syntax.Parse(source.NewFile(name, string(text)))
		trees = append(trees, tree)
	}
	program, _ := check.Check(trees, check.Options{})
	return engine.Schema(plan.Build(program))
}

// held is the script command "hold STORE": until "release", this process has
// the store open, as a running app has.
func held(ts *testscript.TestScript, _ bool, args []string) {
	st, err := sqlite.Open(ts.MkAbs(args[0]), sqlite.Options{})
	ts.Check(err)
	ts.Defer(func() { st.Close() })
	*ts.Value(holding{}).(*store.Store) = st
}

func released(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check((*ts.Value(holding{}).(*store.Store)).Close())
}

// holding is the key of the store that a script holds.
type holding struct{}

func beginScript(env *testscript.Env) error {
	env.Values[holding{}] = new(store.Store)
	env.Values[appsKey{}] = new([]*runningApp)
	source, err := filepath.Abs("../..")
	env.Setenv("SOURCE", filepath.ToSlash(source))
	return err
}
