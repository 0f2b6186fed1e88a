package engine

import (
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// read relates members of a set and the value of a field. Without a given subject it
// looks for the members that have the value.
func (w *search) read(line *plan.Line, r *plan.ReadOp, emit func()) {
	f, table := w.flow, w.flow.engine.tables[r.Table.Index]
	row := func(id string, row store.Row) {
		if r.SubjectBinds {
			w.slots[r.Subject.Slot] = value.String(id)
		}
		w.object(line, r, row[r.Column], emit)
	}
	if !r.SubjectBinds && !r.Subject.Any {
		subject, ok := w.term(line, &r.Subject)
		if !ok {
			return
		}
		id, isText := subject.Text()
		if !isText {
			return
		}
		found, err := f.get(table, id, false)
		if err != nil {
			w.fail(line, err)
		} else if found != nil {
			row(id, found)
		}
		return
	}
	var columns []int
	var key []value.Value
	if !r.ObjectBinds && !r.Object.Any {
		object, ok := w.term(line, &r.Object)
		if !ok || object.IsNull() {
			return
		}
		columns, key = []int{r.Column}, []value.Value{object}
	}
	w.scan(line, table, columns, key, row)
}

// object binds or compares the value of a field.
func (w *search) object(line *plan.Line, r *plan.ReadOp, v value.Value, emit func()) {
	one := func(v value.Value) {
		if v.IsNull() {
			return
		}
		switch {
		case r.Object.Any:
			emit()
		case r.ObjectBinds:
			if r.Secret {
				v = value.Secret(v)
			}
			w.slots[r.Object.Slot] = v
			emit()
		default:
			if want, ok := w.term(line, &r.Object); ok && value.Equal(want, v) {
				emit()
			}
		}
	}
	if !r.Has {
		one(v)
		return
	}
	for _, x := range v.Items() {
		one(x)
	}
}

// scanPage is the number of members that are fetched at a time.
const scanPage = 256

func (w *search) scan(line *plan.Line, t *store.Table, columns []int, key []value.Value, row func(string, store.Row)) {
	page := store.Page{Limit: scanPage}
	for w.err == nil {
		members, err := w.flow.find(t, columns, key, page, false)
		if err != nil {
			w.fail(line, err)
			return
		}
		for _, m := range members {
			if w.err != nil {
				return
			}
			row(m.ID, m.Row)
		}
		if len(members) < scanPage {
			return
		}
		page.After = members[len(members)-1].Order
	}
}
