package scenario

import (
	_ "embed"
	"errors"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// shelvingSpec is a small concept for the tests of this package. Its Go code is below,
// written by hand.
//
//go:embed testdata/shelving.concept
var shelvingSpec string

// shelving makes the concept with a specification of its own, which has the
// same contract.
func shelving(spec string) func() legible.Concept {
	return func() legible.Concept {
		return legible.Concept{File: "shelving.concept", Spec: spec, Build: buildShelving}
	}
}

func buildShelving(in *legible.Instance) legible.Methods {
	books := in.Table("Book")
	refuse := func(code string) error { return &legible.Refusal{Code: code} }
	orNull := func(v value.Value) value.Value {
		if v.IsNull() {
			return value.Null
		}
		return v
	}
	remove := func(ctx legible.Context, in, out []value.Value) error {
		id, _ := in[0].Text()
		if err := ctx.State().Delete(books, id); legible.IsMissing(err) {
			return refuse("UNKNOWN_BOOK")
		} else if err != nil {
			return err
		}
		if len(out) > 0 {
			out[0] = in[0]
		}
		return nil
	}
	return legible.Methods{
		Actions: map[string]legible.Method{
			"add": func(ctx legible.Context, in, out []value.Value) error {
				id, tags := ctx.NewID(), in[3]
				if tags.IsNull() {
					tags = value.List(nil)
				}
				err := ctx.State().Insert(books, id, store.Row{in[0], in[1], orNull(in[2]), tags})
				if legible.IsTaken(err, "title") {
					return refuse("TAKEN")
				}
				out[0] = value.String(id)
				return err
			},
			"remove": remove,
			"expire": func(ctx legible.Context, in, out []value.Value) error {
				id, _ := in[0].Text()
				row, err := ctx.State().Get(books, id)
				if err != nil || row == nil {
					return err
				}
				due, _ := row[2].Moment()
				switch title, _ := row[1].Text(); title {
				case "Calendar": // each day has one
					return ctx.State().Update(books, id, store.Row{row[0], row[1], value.Time(due.AddDate(0, 0, 1)), row[3]})
				case "Wet": // it does not burn
					return errors.New("the matches are wet")
				}
				return remove(ctx, in, out)
			},
			"burn":  func(legible.Context, []value.Value, []value.Value) error { return errors.New("the matches are wet") },
			"panic": func(legible.Context, []value.Value, []value.Value) error { panic("a bookworm") },
		},
		Queries: map[string]legible.QueryMethod{
			"_getBooks": func(ctx legible.Context, in []value.Value, rows *legible.Rows) error {
				members, err := ctx.State().Find(books, []int{0}, []value.Value{in[0]}, store.Page{})
				for _, m := range members {
					copy(rows.Add(), []value.Value{value.String(m.ID), m.Row[1], m.Row[2]})
				}
				return err
			},
			"_getTitle": func(ctx legible.Context, in []value.Value, rows *legible.Rows) error {
				id, _ := in[0].Text()
				row, err := ctx.State().Get(books, id)
				if row != nil {
					rows.Add()[0] = row[1]
				}
				return err
			},
			"_getFirst": func(ctx legible.Context, _ []value.Value, rows *legible.Rows) error {
				members, err := ctx.State().Find(books, nil, nil, store.Page{Limit: 1})
				for _, m := range members {
					rows.Add()[0] = m.Row[1]
				}
				return err
			},
		},
	}
}
