package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
	"github.com/legible-lang/legible/value"
)

func TestMigrate(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "test.db")
	storetest.Steps(t, "testdata/migrate", func(command, input string) string {
		s := opened(t, path, Options{})
		defer s.Close()
		words := strings.Fields(command)
		switch words[0] {
		case "plan":
			p, err := s.Plan(ctx, storetest.ParseSchema(t, input))
			if err != nil {
				return err.Error()
			}
			out := strings.Join(p.Changes, "\n")
			for _, l := range p.Losses {
				out += "\nloses " + l
			}
			for _, b := range p.Blocked {
				out += "\nblocked by " + b
			}
			return out
		case "prepare", "apply":
			do := s.Prepare
			if words[0] == "apply" {
				do = s.Apply
			}
			if err := do(ctx, storetest.ParseSchema(t, input)); err != nil {
				return strings.ReplaceAll(err.Error(), "; ", ";\n")
			}
			return "done"
		case "insert":
			if err := s.Prepare(ctx, s.schema); err != nil {
				t.Fatal(err)
			}
			table := s.byName[words[1]].def
			row := make(store.Row, len(table.Columns))
			for i, word := range words[3:] {
				switch c := table.Columns[i]; {
				case c.Many != store.One:
					var items []value.Value
					for _, item := range strings.Split(word, ",") {
						items = append(items, value.String(item))
					}
					row[i] = value.List(items)
				case c.Type == store.Text:
					row[i] = value.String(word)
				default:
					n, err := strconv.ParseFloat(word, 64)
					if err != nil {
						t.Fatal(err)
					}
					row[i] = value.Number(n)
				}
			}
			f := s.Begin(value.ID{1})
			if err := f.Insert(table, words[2], row); err != nil {
				f.Leave()
				return err.Error()
			}
			if err := errors.Join(f.Keep(nil), f.Rest(nil)); err != nil {
				return err.Error()
			}
			return "done"
		case "sql":
			return strings.Join(rows(t, s, strings.TrimPrefix(command, "sql ")), "\n")
		}
		t.Fatalf("no command %q", command)
		return ""
	})
}

// rows shows what a query gives.
func rows(t testing.TB, s *Store, query string) []string {
	var out []string
	err := s.conn.query(query, func(q *stmt) error {
		var line []string
		for i := 0; i < q.columns(); i++ {
			if q.kind(i) == isNull {
				line = append(line, "null")
			} else {
				line = append(line, strings.ReplaceAll(q.string(i), "\n", " "))
			}
		}
		out = append(out, strings.Join(line, " | "))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestApplyLeadsToTheSame goes from one schema to the next: the file must end
// up with what a new one has, however it came there.
func TestApplyLeadsToTheSame(t *testing.T) {
	ctx := context.Background()
	shape := func(s *Store) []string {
		out := rows(t, s, `SELECT type, name, tbl_name, iif(type = 'index', coalesce(sql, ''), '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'`)
		for name := range s.byName {
			out = append(out, rows(t, s, fmt.Sprintf(`SELECT '%s', name, type FROM pragma_table_info(%s)`, name, quote(name)))...)
		}
		slices.Sort(out)
		return out
	}
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		if runs++; runs > 12 && testing.Short() {
			return
		}
		folder := t.TempDir()
		s := opened(t, filepath.Join(folder, "grown.db"), Options{Durability: store.Memory})
		defer s.Close()
		var last *store.Schema
		for range rapid.IntRange(2, 4).Draw(r, "steps") {
			last = drawSchema(r)
			if err := s.Apply(ctx, last); err != nil {
				r.Fatal(err)
			}
			if err := s.Prepare(ctx, last); err != nil {
				r.Fatalf("what was applied is not there: %v", err)
			}
		}
		fresh := opened(t, filepath.Join(folder, "fresh.db"), Options{Durability: store.Memory})
		defer fresh.Close()
		if err := fresh.Prepare(ctx, last); err != nil {
			r.Fatal(err)
		}
		if got, want := shape(s), shape(fresh); !slices.Equal(got, want) {
			r.Fatalf("after changes the file has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func drawSchema(r *rapid.T) *store.Schema {
	s := &store.Schema{}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B", "C"}), 1, 3, rapid.ID[string]).Draw(r, "sets") {
		t := &store.Table{Instance: "X", Set: name, Index: len(s.Tables)}
		if n := rapid.IntRange(-1, len(s.Tables)-1).Draw(r, "of"); n >= 0 {
			t.Of = s.Tables[n]
		}
		for _, column := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 3, rapid.ID[string]).Draw(r, "columns") {
			c := store.Column{Name: column, Type: store.Type(rapid.IntRange(0, int(store.Json)).Draw(r, "type")), Many: store.Many(rapid.IntRange(0, 2).Draw(r, "many"))}
			c.Optional = c.Many == store.One && rapid.Bool().Draw(r, "optional")
			t.Columns = append(t.Columns, c)
		}
		groups := rapid.SliceOfNDistinct(rapid.SliceOfNDistinct(rapid.IntRange(0, len(t.Columns)-1), 1, 2, rapid.ID[int]), 0, 2, func(x []int) string { return fmt.Sprint(x) })
		t.Unique, t.Indexes = groups.Draw(r, "uniques"), groups.Draw(r, "indexes")
		s.Tables = append(s.Tables, t)
	}
	return s
}
