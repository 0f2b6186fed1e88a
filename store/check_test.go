package store_test

import (
	"strings"
	"testing"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
	"github.com/legible-lang/legible/value"
)

// A concept's Go may make a constant of any text: the store takes none that the
// specification does not name, and no day that is none.
func TestCheckHoldsDomains(t *testing.T) {
	table := storetest.ParseSchema(t, "Zoo.Cat\n  shade text RED GREEN\n  born text date\n  moods set text GLAD SAD\n  name text").Tables[0]
	texts := func(items ...string) value.Value {
		var out []value.Value
		for _, s := range items {
			out = append(out, value.String(s))
		}
		return value.List(out)
	}
	good := func() store.Row {
		return store.Row{value.String("RED"), value.String("2024-02-29"), texts("SAD", "GLAD"), value.String("blue")}
	}
	// A migration leaves the empty text with members that have none yet.
	for _, row := range []store.Row{good(), {value.Null, value.Null, texts(), value.Null}, {value.String(""), value.String(""), texts(), value.String("")}} {
		if err := table.Check(row); err != nil {
			t.Errorf("%v is not taken: %v", row, err)
		}
	}
	for _, c := range []struct {
		column int
		v      value.Value
		want   string
	}{
		{0, value.String("red"), `Zoo.Cat.shade holds RED or GREEN and cannot hold "red"`},
		{0, value.String("RED or GREEN"), `cannot hold "RED or GREEN"`},
		{1, value.String("2023-02-29"), `Zoo.Cat.born holds dates (2024-01-31) and cannot hold "2023-02-29"`},
		{2, texts("GLAD", "BAD"), `Zoo.Cat.moods holds GLAD or SAD and cannot hold "BAD"`},
	} {
		row := good()
		row[c.column] = c.v
		if err := table.Check(row); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v gives %v, and not %q", row, err, c.want)
		}
	}
}
