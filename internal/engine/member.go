package engine

import (
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// member gives the members of a set whose fields agree with the line.
func (w *search) member(line *plan.Line, m *plan.MemberOp, emit func()) {
	table := w.flow.engine.tables[m.Table.Index]
	if !m.Binds && !m.Subject.Any {
		subject, ok := w.term(line, &m.Subject)
		if !ok {
			return
		}
		if id, isText := subject.Text(); isText {
			if row, ok := w.row(line, table, id); ok && row != nil {
				w.memberRow(line, m, id, m.Table, row, emit)
			}
		}
		return
	}
	var key []value.Value
	for _, c := range m.Lookup {
		v, ok := w.memberKey(line, m, c)
		if !ok || v.IsNull() {
			return
		}
		key = append(key, v)
	}
	w.scan(line, w.flow.engine.tables[m.From.Index], m.Lookup, key, func(id string, row store.Row) {
		if m.From != m.Table {
			if own, ok := w.row(line, table, id); !ok || own == nil {
				return // a member of the set above alone
			}
		}
		if m.Binds {
			w.slots[m.Subject.Slot] = value.String(id)
		}
		w.memberRow(line, m, id, m.From, row, emit)
	})
}

// row returns the row of a member, nil if there is none.
func (w *search) row(line *plan.Line, table *store.Table, id string) (store.Row, bool) {
	row, err := w.flow.get(table, id, false)
	if err != nil {
		w.fail(line, err)
	}
	return row, err == nil
}

// memberKey returns the value by which members are looked up in a column.
func (w *search) memberKey(line *plan.Line, m *plan.MemberOp, column int) (value.Value, bool) {
	for i := range m.Fields {
		if f := &m.Fields[i]; f.Table == m.From && f.Column == column {
			return w.wanted(line, f)
		}
	}
	panic("engine: a lookup by a field that is not in the line")
}

// wanted returns the value that a field is compared with.
func (w *search) wanted(line *plan.Line, f *plan.FieldOp) (value.Value, bool) {
	v, ok := w.term(line, &f.Term)
	if text, isText := v.Reveal().Text(); ok && f.Digest && isText {
		v = value.String(Digest(text))
	}
	return v, ok
}

// memberRow binds and compares the fields of a member. row is its row in a table.
func (w *search) memberRow(line *plan.Line, m *plan.MemberOp, id string, of *plan.Table, row store.Row, emit func()) {
	for i := range m.Fields {
		f := &m.Fields[i]
		from := row
		if f.Table != of {
			var ok bool
			if from, ok = w.row(line, w.flow.engine.tables[f.Table.Index], id); !ok || from == nil {
				return
			}
		}
		if !w.field(line, f, from[f.Column]) {
			return
		}
	}
	emit()
}

// field binds or compares one field of a member.
func (w *search) field(line *plan.Line, f *plan.FieldOp, v value.Value) bool {
	v = present(v)
	if f.Many && v.IsNull() {
		v = value.List(nil)
	}
	switch {
	case f.Term.Any:
		return !v.IsNull()
	case f.Binds:
		if v.IsNull() && !f.Optional {
			return false
		}
		if f.Secret {
			v = value.Secret(v)
		}
		w.slots[f.Term.Slot] = v
		return true
	}
	want, ok := w.wanted(line, f)
	if !ok || v.IsNull() && f.Term.Slot >= 0 && !f.Optional {
		return false
	}
	return value.Equal(present(want), v)
}
