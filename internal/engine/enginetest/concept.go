package enginetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// Concepts are the concepts and the app of all random programs: requests, and two
// instances of one concept that has sets, a subset and every kind of action.
const Concepts = `concept Requesting

purpose
    answer requests

state
    a set of Requests

actions
    request (method: String, path: String, headers: Json, ...) : (request: Request)
        effects the request is open
    respond (request: Request, status?: Number, headers?: Json, cookies?: Json, body?: Json, ...) : ()
        refuses ALREADY_ANSWERED as conflict "This request has been answered already."
        refuses UNKNOWN_REQUEST as missing "There is no such request in this flow."
        effects the client gets the answer

concept Thing

purpose
    keep items

state
    a set of Items with
        a name String
        a group String
        an optional note String
        a size Number
        a tags set of String
        unique (name, group)
    a Marked set of Items with
        a mark String
        an optional rank Number
    a set of Counters with
        a count Number

actions
    add (name: String, group: String, note?: String, size: Number, tags: set of String) : (item: Item)
        refuses TAKEN as conflict "There is a {name}."
        effects adds an item
    drop (item: Item) : (name: String)
        refuses MISSING as missing "There is no such item."
        effects removes an item
    note (item: Item, note?: String or null, size?: Number) : (note?: String)
        refuses MISSING as missing "There is no such item."
        effects changes an item
    mark (item: Item, mark: String, rank?: Number) : ()
        refuses MISSING as missing "There is no such item."
        refuses MARKED as conflict "It has the mark already."
        effects marks an item
    look (p: String, q?: String) : (x: String, y?: String)
        refuses NO "No."
        refuses NEVER "Never {p}."
    effect send (p: String, q?: String) : (x: String, y?: String)
        refuses NO "No."
        refuses NEVER "Never {p}."
    system tick () : ()
        every "day" at "08:00" in "Europe/Berlin"

queries
    _find (group: String) : (item: Item, name: String, note?: String)
    _one (item: Item) : optional (name: String, note?: String)
    _count (group?: String or null) : one (n: Number)

app Program

use Requesting
use Thing
use Thing as Other

`

// Methods returns the Go code of Thing for one of its instances. What an action does
// depends only on its inputs and the state. Identities come from a counter in the state,
// so a flow that runs again makes the same ones.
func Methods(schema *store.Schema, instance string) engine.Methods {
	t := &things{items: table(schema, instance, "Item"), marked: table(schema, instance, "Marked"), counters: table(schema, instance, "Counter")}
	return engine.Methods{
		Actions: map[string]engine.Method{"add": t.add, "drop": t.drop, "note": t.note, "mark": t.mark, "look": look, "send": send,
			"tick": func(engine.Context, []value.Value, []value.Value) error { return nil }},
		Queries: map[string]engine.QueryMethod{"_find": t.find, "_one": t.one, "_count": t.count},
	}
}

func table(schema *store.Schema, instance, set string) *store.Table {
	i := slices.IndexFunc(schema.Tables, func(t *store.Table) bool { return t.Instance == instance && t.Set == set })
	return schema.Tables[i]
}

type things struct{ items, marked, counters *store.Table }

// The columns of items.
const (
	nameColumn = iota
	groupColumn
	noteColumn
	sizeColumn
	tagsColumn
)

func (t *things) add(ctx engine.Context, in, out []value.Value) error {
	s := ctx.State()
	same, err := s.Find(t.items, []int{nameColumn, groupColumn}, in[:2], store.Page{})
	if err != nil {
		return err
	}
	if len(same) > 0 {
		return &engine.Refusal{Code: "TAKEN"}
	}
	number := 1.0
	row, err := s.Get(t.counters, "items")
	if err != nil {
		return err
	}
	if row == nil {
		err = s.Insert(t.counters, "items", store.Row{value.Number(number)})
	} else {
		number, _ = row[0].Num()
		number++
		err = s.Update(t.counters, "items", store.Row{value.Number(number)})
	}
	if err != nil {
		return err
	}
	id := fmt.Sprintf("%s%g", t.items.Instance, number)
	out[0] = value.String(id)
	return s.Insert(t.items, id, store.Row{in[0], in[1], present(in[2]), in[3], distinct(in[4])})
}

// distinct returns the items of a list, each once.
func distinct(list value.Value) value.Value {
	var items []value.Value
	for _, x := range list.Items() {
		if !slices.ContainsFunc(items, func(y value.Value) bool { return value.Equal(x, y) }) {
			items = append(items, x)
		}
	}
	return value.List(items)
}

// item returns the identity and the row of the item that an input names.
func (t *things) item(ctx engine.Context, v value.Value) (string, store.Row, error) {
	id, _ := v.Text()
	row, err := ctx.State().Get(t.items, id)
	if err == nil && row == nil {
		err = &engine.Refusal{Code: "MISSING"}
	}
	return id, row, err
}

func (t *things) drop(ctx engine.Context, in, out []value.Value) error {
	id, row, err := t.item(ctx, in[0])
	if err != nil {
		return err
	}
	out[0] = row[nameColumn]
	return ctx.State().Delete(t.items, id)
}

func (t *things) note(ctx engine.Context, in, out []value.Value) error {
	id, row, err := t.item(ctx, in[0])
	if err != nil {
		return err
	}
	out[0] = present(row[noteColumn])
	row = slices.Clone(row)
	if !in[1].IsUnset() {
		row[noteColumn] = in[1]
	}
	if !in[2].IsNull() {
		row[sizeColumn] = in[2]
	}
	return ctx.State().Update(t.items, id, row)
}

func (t *things) mark(ctx engine.Context, in, _ []value.Value) error {
	id, _, err := t.item(ctx, in[0])
	if err != nil {
		return err
	}
	s := ctx.State()
	before, err := s.Get(t.marked, id)
	if err != nil {
		return err
	}
	row := store.Row{in[1], present(in[2])}
	switch {
	case before == nil:
		return s.Insert(t.marked, id, row)
	case value.Equal(before[0], in[1]):
		return &engine.Refusal{Code: "MARKED"}
	}
	return s.Update(t.marked, id, row)
}

func (t *things) find(ctx engine.Context, in []value.Value, rows *engine.Rows) error {
	members, err := ctx.State().Find(t.items, []int{groupColumn}, in, store.Page{})
	if err != nil {
		return err
	}
	for _, m := range members {
		copy(rows.Add(), []value.Value{value.String(m.ID), m.Row[nameColumn], present(m.Row[noteColumn])})
	}
	return nil
}

func (t *things) one(ctx engine.Context, in []value.Value, rows *engine.Rows) error {
	id, _ := in[0].Text()
	row, err := ctx.State().Get(t.items, id)
	if err != nil || row == nil {
		return err
	}
	copy(rows.Add(), []value.Value{row[nameColumn], present(row[noteColumn])})
	return nil
}

func (t *things) count(ctx engine.Context, in []value.Value, rows *engine.Rows) error {
	columns, key := []int{groupColumn}, in
	if in[0].IsNull() {
		columns, key = nil, nil
	}
	members, err := ctx.State().Find(t.items, columns, key, store.Page{})
	if err != nil {
		return err
	}
	rows.Add()[0] = value.Number(float64(len(members)))
	return nil
}

// look has an outcome that depends only on its inputs: it returns, is refused or fails.
func look(_ engine.Context, in, out []value.Value) error {
	h := hash(in)
	switch h % 12 {
	case 0, 1, 2:
		return &engine.Refusal{Code: "NO"}
	case 3:
		return &engine.Refusal{Code: "NEVER"}
	case 4:
		return errors.New("it looks in vain")
	}
	out[0], out[1] = word(h/13), word(h/29)
	if h/7%4 == 0 {
		out[1] = value.Null
	}
	return nil
}

// send is look without the failure, which an effect action would try again.
func send(_ engine.Context, in, out []value.Value) error {
	err := look(nil, in, out)
	if _, refused := errors.AsType[*engine.Refusal](err); err == nil || refused {
		return err
	}
	out[0], out[1] = word(0), value.Null
	return nil
}

func hash(in []value.Value) int {
	h := 7
	for _, b := range value.AppendKey(nil, value.List([]value.Value{present(in[0]), present(in[1])})) {
		h = (h*31 + int(b)) % 1_000_003
	}
	return h
}

// word is one of the few texts of random programs.
func word(i int) value.Value { return value.String(words[i%len(words)]) }

var words = []string{"u", "v", "w", "ux"}

func present(v value.Value) value.Value {
	if v.IsNull() {
		return value.Null
	}
	return v
}
