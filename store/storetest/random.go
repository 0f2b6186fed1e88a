package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A model is the naive store: members in the order of insertion, which every search
// scans.
type model [][]modelMember

type modelMember struct {
	id  string
	row store.Row
}

func (m model) clone() model {
	out := make(model, len(m))
	for i := range m {
		out[i] = slices.Clone(m[i])
	}
	return out
}

func (m model) at(t *store.Table, id string) int {
	return slices.IndexFunc(m[t.Index], func(x modelMember) bool { return x.id == id })
}

// unique returns the first unique that a row would violate.
func (m model) unique(t *store.Table, id string, row store.Row) error {
	for _, u := range t.Unique {
		for _, x := range m[t.Index] {
			if x.id == id {
				continue
			}
			same := true
			for _, c := range u {
				a, b := x.row[c], row[c]
				if t.Columns[c].Many == store.Set && !a.IsNull() && !b.IsNull() {
					a, b = sorted(a), sorted(b)
				}
				same = same && !a.IsNull() && value.Equal(a, b)
			}
			if same {
				return &store.UniqueError{Table: t, Columns: u, ID: x.id}
			}
		}
	}
	return nil
}

func sorted(v value.Value) value.Value {
	items := slices.Clone(v.Items())
	slices.SortFunc(items, value.Compare)
	return value.List(items)
}

func (m model) insert(t *store.Table, id string, row store.Row) error {
	if t.Of != nil && m.at(t.Of, id) < 0 {
		return &store.MemberError{Table: t.Of, ID: id}
	}
	if m.at(t, id) >= 0 {
		return &store.MemberError{Table: t, ID: id, Exists: true}
	}
	if err := m.unique(t, id, row); err != nil {
		return err
	}
	m[t.Index] = append(m[t.Index], modelMember{id, row})
	return nil
}

func (m model) update(t *store.Table, id string, row store.Row) error {
	i := m.at(t, id)
	if i < 0 {
		return &store.MemberError{Table: t, ID: id}
	}
	if err := m.unique(t, id, row); err != nil {
		return err
	}
	m[t.Index][i].row = row
	return nil
}

func (m model) delete(all []*store.Table, t *store.Table, id string) error {
	i := m.at(t, id)
	if i < 0 {
		return &store.MemberError{Table: t, ID: id}
	}
	m[t.Index] = slices.Delete(m[t.Index], i, i+1)
	for _, sub := range all {
		if sub.Of == t {
			m.delete(all, sub, id)
		}
	}
	return nil
}

func (m model) find(t *store.Table, columns []int, key []value.Value) []modelMember {
	var out []modelMember
	for _, x := range m[t.Index] {
		fits := true
		for i, c := range columns {
			if t.Columns[c].Many == store.One {
				fits = fits && value.Equal(x.row[c], key[i])
			} else {
				fits = fits && slices.ContainsFunc(x.row[c].Items(), func(v value.Value) bool { return value.Equal(v, key[i]) })
			}
		}
		if fits {
			out = append(out, x)
		}
	}
	return out
}

// testRandom runs the same random operations on a store and on the model.
func testRandom(t *testing.T, p *place) {
	rapid.Check(t, func(r *rapid.T) {
		// One store serves all runs: opening one for each takes too long.
		f := p.begin()
		defer func() { f.Abandon() }()
		for _, table := range p.all.Tables {
			if table.Of != nil {
				continue
			}
			members, err := f.Find(table, nil, nil, store.Page{})
			if err != nil {
				r.Fatal(err)
			}
			for _, m := range members {
				if err := f.Delete(table, m.ID); err != nil {
					r.Fatal(err)
				}
			}
		}
		if err := f.Commit(nil); err != nil {
			r.Fatal(err)
		}
		now := make(model, len(p.all.Tables))
		kept := now.clone()
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			table := rapid.SampledFrom(p.all.Tables).Draw(r, "table")
			id := rapid.SampledFrom([]string{"a", "b", "c", "d", "", "é'\x00"}).Draw(r, "id")
			switch rapid.SampledFrom([]string{"insert", "insert", "insert", "update", "update", "delete", "find", "find", "keep", "undo", "rest"}).Draw(r, "do") {
			case "insert":
				row := drawRow(r, table)
				sameError(r, f.Insert(table, id, slices.Clone(row)), now.insert(table, id, row))
			case "update":
				row := drawRow(r, table)
				sameError(r, f.Update(table, id, slices.Clone(row)), now.update(table, id, row))
			case "delete":
				sameError(r, f.Delete(table, id), now.delete(p.all.Tables, table, id))
			case "find":
				compareFind(r, f, now, table)
			case "keep":
				if err := f.Commit([]byte("x")); err != nil {
					r.Fatal(err)
				}
				kept = now.clone()
			case "undo":
				f.Rollback()
				now = kept.clone()
			case "rest":
				if err := f.Finish(nil); err != nil {
					r.Fatal(err)
				}
				kept = now.clone()
				f = p.begin()
			}
			row, err := f.Get(table, id)
			if err != nil {
				r.Fatal(err)
			}
			var want store.Row
			if i := now.at(table, id); i >= 0 {
				want = now[table.Index][i].row
			}
			if (row == nil) != (want == nil) || want != nil && !sameRow(row, want) {
				r.Fatalf("%s has for %q the row %v, want %v", table.Name(), id, row, want)
			}
		}
		for _, table := range p.all.Tables {
			same(r, "at the end", table, f, nil, nil, now.find(table, nil, nil), store.Page{})
		}
	})
}

func sameError(r *rapid.T, got, want error) {
	var gu, wu *store.UniqueError
	var gm, wm *store.MemberError
	switch {
	case want == nil && got == nil:
		return
	case errors.As(want, &wu) && errors.As(got, &gu):
		if gu.Table == wu.Table && slices.Equal(gu.Columns, wu.Columns) && (gu.ID == "" || gu.ID == wu.ID) {
			return
		}
	case errors.As(want, &wm) && errors.As(got, &gm):
		if *gm == *wm {
			return
		}
	}
	r.Fatalf("the error is %v, want %v", got, want)
}

func compareFind(r *rapid.T, f store.Session, m model, t *store.Table) {
	var columns []int
	if len(t.Columns) > 0 {
		columns = rapid.SliceOfNDistinct(rapid.IntRange(0, len(t.Columns)-1), 0, 3, rapid.ID[int]).Draw(r, "columns")
	}
	key := make([]value.Value, len(columns))
	for i, c := range columns {
		column := t.Columns[c]
		key[i] = drawItem(r, column.Type)
		if column.Many == store.One && rapid.IntRange(0, 4).Draw(r, "null") == 0 {
			key[i] = value.Null
		}
	}
	want := m.find(t, columns, key)
	same(r, fmt.Sprintf("by %v = %v", columns, key), t, f, columns, key, want, store.Page{})
	for i, c := range t.Columns {
		if c.Type != store.Moment || c.Many != store.One {
			continue
		}
		due := &store.Due{Column: i, Until: drawItem(r, store.Moment)}
		come := slices.DeleteFunc(slices.Clone(want), func(x modelMember) bool {
			at, there := x.row[i].Moment()
			until, _ := due.Until.Moment()
			return !there || at.After(until)
		})
		same(r, fmt.Sprintf("due until %v by %v = %v", due.Until, columns, key), t, f, columns, key, come, store.Page{Due: due})
	}
	if len(want) > 1 {
		all, err := f.Find(t, columns, key, store.Page{})
		if err != nil {
			r.Fatal(err)
		}
		from := rapid.IntRange(1, len(want)-1).Draw(r, "from")
		limit := rapid.IntRange(1, 2).Draw(r, "limit")
		same(r, "a page", t, f, columns, key, want[from:min(from+limit, len(want))], store.Page{After: all[from-1].Order, Limit: limit})
	}
}

func same(r *rapid.T, what string, t *store.Table, f store.Session, columns []int, key []value.Value, want []modelMember, page store.Page) {
	got, err := f.Find(t, columns, key, page)
	if err != nil {
		r.Fatal(err)
	}
	equal := slices.EqualFunc(got, want, func(a store.Member, b modelMember) bool { return a.ID == b.id && sameRow(a.Row, b.row) })
	ascending := slices.IsSortedFunc(got, func(a, b store.Member) int { return int(a.Order - b.Order) })
	if !equal || !ascending {
		r.Fatalf("%s, %s has %v, want %v", what, t.Name(), got, want)
	}
}

func drawRow(r *rapid.T, t *store.Table) store.Row {
	row := make(store.Row, len(t.Columns))
	for i, c := range t.Columns {
		if c.Many == store.One {
			row[i] = drawItem(r, c.Type)
			if c.Optional && rapid.IntRange(0, 2).Draw(r, "null") == 0 {
				row[i] = value.Null
			}
			continue
		}
		items := []value.Value{}
		for range rapid.IntRange(0, 3).Draw(r, "items") {
			x := drawItem(r, c.Type)
			if c.Many == store.Set && slices.ContainsFunc(items, func(y value.Value) bool { return value.Equal(x, y) }) {
				continue
			}
			items = append(items, x)
		}
		row[i] = value.List(items)
	}
	return row
}

// drawItem draws from few values, so that they often are equal.
func drawItem(r *rapid.T, t store.Type) value.Value {
	blob := func(b byte) value.Value {
		return value.Binary(&value.Blob{Hash: [32]byte{b}, Size: int64(b), Type: "a;b"})
	}
	number := value.Number
	pools := map[store.Type][]value.Value{
		store.Text:   {text(""), text("x"), text("X"), text("y'\x00"), text("ß\xff")},
		store.Number: {number(0), number(1), number(-1.5), number(1e300)},
		store.Flag:   {value.Flag(true), value.Flag(false)},
		store.Moment: {moment(0), moment(-1), moment(1 << 40), moment(1 << 60)},
		store.Blob:   {blob(1), blob(2)},
		store.Json: {number(1), text("1"), text("x\xff"), value.Flag(true), value.List(nil), moment(1), blob(1), value.List([]value.Value{value.Null, number(1)}),
			value.Record([]value.Field{{Name: "a", Value: number(1)}, {Name: "b", Value: text("")}}),
			value.Record([]value.Field{{Name: "b", Value: text("")}, {Name: "a", Value: number(1)}})},
	}
	return rapid.SampledFrom(pools[t]).Draw(r, t.String())
}

func moment(ms int64) value.Value { return value.Time(time.UnixMilli(ms)) }
