package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Migrating is a store whose schema changes are tested.
type Migrating interface {
	store.Store
	store.Migrator
}

// A MigrationKit opens and inspects such a store.
type MigrationKit struct {
	// Open opens the store at a place, which is new the first time.
	Open func(t testing.TB, place string) Migrating
	// Schema returns the schema that the store has.
	Schema func(Migrating) *store.Schema
	// SQL returns the result of a query, with a line for each row.
	SQL func(t testing.TB, s Migrating, query string) []string
	// Shape returns tables, columns and indexes, with a line for each.
	Shape func(t testing.TB, s Migrating) []string
}

// Migrations runs a file of steps. The commands are plan, prepare and apply with
// a schema, insert with a table, an identity and values, and sql with a query.
func Migrations(t *testing.T, path string, k MigrationKit) {
	ctx := context.Background()
	Steps(t, path, func(command, input string) string {
		s := k.Open(t, "steps")
		defer s.Close()
		words := strings.Fields(command)
		switch words[0] {
		case "plan":
			p, err := s.Plan(ctx, ParseSchema(t, input))
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
			for _, u := range p.Unneeded {
				out += "\nunneeded: " + u
			}
			return strings.TrimPrefix(out, "\n")
		case "prepare", "apply":
			do := s.Prepare
			if words[0] == "apply" {
				do = s.Apply
			}
			if err := do(ctx, ParseSchema(t, input)); err != nil {
				return strings.ReplaceAll(err.Error(), "; ", ";\n")
			}
			return "done"
		case "insert":
			if err := insertWords(ctx, s, k.Schema(s), words[1:]); err != nil {
				return err.Error()
			}
			return "done"
		case "sql":
			return strings.Join(k.SQL(t, s, strings.TrimPrefix(command, "sql ")), "\n")
		}
		t.Fatalf("no command %q", command)
		return ""
	})
}

// insertWords adds a member. The words are the table, the identity and the values.
func insertWords(ctx context.Context, s Migrating, schema *store.Schema, words []string) error {
	if err := s.Prepare(ctx, schema); err != nil {
		return err
	}
	i := slices.IndexFunc(schema.Tables, func(t *store.Table) bool { return t.Name() == words[0] })
	if i < 0 {
		return fmt.Errorf("there is no table %s", words[0])
	}
	table := schema.Tables[i]
	row := make(store.Row, len(table.Columns))
	for i, word := range words[2:] {
		switch c := table.Columns[i]; {
		case c.Many != store.One:
			var items []value.Value
			for _, item := range strings.Split(word, ",") {
				items = append(items, text(item))
			}
			row[i] = value.List(items)
		case c.Type == store.Text:
			row[i] = text(word)
		default:
			n, err := strconv.ParseFloat(word, 64)
			if err != nil {
				return err
			}
			row[i] = value.Number(n)
		}
	}
	f := s.NewSession(value.ID{1})
	if err := f.Insert(table, words[1], row); err != nil {
		f.Abandon()
		return err
	}
	return errors.Join(f.Commit(nil), f.Finish(nil))
}

// AppliesToTheSame applies random schemas one after the other. The store must end up with
// the same tables as a new one. Short runs use few schemas.
func AppliesToTheSame(t *testing.T, few int, k MigrationKit) {
	ctx := context.Background()
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		if runs++; runs > few && testing.Short() || runs > 10*few {
			return
		}
		s := k.Open(t, fmt.Sprint("grown ", runs))
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
		fresh := k.Open(t, fmt.Sprint("fresh ", runs))
		defer fresh.Close()
		if err := fresh.Prepare(ctx, last); err != nil {
			r.Fatal(err)
		}
		got, want := k.Shape(t, s), k.Shape(t, fresh)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			r.Fatalf("after changes the store has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
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
		if was := rapid.SampledFrom([]string{"", "A", "B", "C"}).Draw(r, "set was"); was != "" {
			t.SetWas = []string{was}
		}
		for _, column := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 3, rapid.ID[string]).Draw(r, "columns") {
			c := store.Column{Name: column, Type: store.Type(rapid.IntRange(0, int(store.Json)).Draw(r, "type")), Many: store.Many(rapid.IntRange(0, 2).Draw(r, "many"))}
			c.Optional = c.Many == store.One && rapid.Bool().Draw(r, "optional")
			c.Was = rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(r, "column was")
			if c.Many == store.One && !c.Optional && rapid.Bool().Draw(r, "initially") {
				c.Initial = func(store.Row) (value.Value, error) { return value.Null, nil } // no member asks
			}
			t.Columns = append(t.Columns, c)
		}
		groups := rapid.SliceOfNDistinct(rapid.SliceOfNDistinct(rapid.IntRange(0, len(t.Columns)-1), 1, 2, rapid.ID[int]), 0, 2, func(x []int) string { return fmt.Sprint(x) })
		t.Unique, t.Indexes = groups.Draw(r, "uniques"), groups.Draw(r, "indexes")
		s.Tables = append(s.Tables, t)
	}
	return s
}
