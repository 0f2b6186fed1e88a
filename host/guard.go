package host

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/value"
)

// A file is taken to disk before the flow begins that says what becomes of it.
// So that nobody fills the disk whom the program does not let in, the first lines
// of where are looked at before: those that need only what is there already, such
// as who is asking. Where they drop the request, the flow runs all the same, and
// answers as it would; it is only that the file is left where it is, and an empty
// one stands in its place.

// dropped tells whether the first lines of the sync on the route, as far as they
// need nothing but what is known, drop the request. Where more than one sync may
// look at the request, or looking fails, that is for the flow to find out.
func (x *exchange) dropped(k *knownRoute, known func(column int) bool) bool {
	if len(k.Patterns) != 1 || len(k.Entries) != 1 {
		return false
	}
	e := k.Entries[0]
	slots := make([]value.Value, len(e.Sync.Slots))
	has := make([]bool, len(slots))
	for i := range slots {
		slots[i] = value.Null
	}
	for i := range e.Pattern.Vars {
		if v := &e.Pattern.Vars[i]; !v.Column.Out && known(v.Column.Index) {
			has[v.Slot] = true
			if is := x.in[v.Column.Index]; !is.IsUnset() {
				slots[v.Slot] = is
			}
		}
	}
	frames := [][]value.Value{slots}
	for _, line := range e.Sync.Where {
		if slices.ContainsFunc(line.Reads(), func(s int) bool { return !has[s] }) {
			return false
		}
		var left [][]value.Value
		for _, frame := range frames {
			more, err := x.front.engine.Frames(x.request.Context(), line, frame)
			if err != nil {
				return false
			}
			left = append(left, more...)
		}
		if len(left) == 0 {
			return !tells(line.Else, e, known)
		}
		frames = left
		for _, s := range line.Binds {
			has[s] = true
		}
	}
	return false
}

// tells tells whether one of the lines is given something of the request that is
// not known yet.
func tells(lines []*plan.Ask, e *plan.Entry, known func(column int) bool) bool {
	unknown := func(slot int) bool {
		return slices.ContainsFunc(e.Pattern.Vars, func(v plan.Var) bool {
			return v.Slot == slot && !v.Column.Out && !known(v.Column.Index)
		})
	}
	for _, line := range lines {
		for i := range line.In {
			t := &line.In[i].Term
			if t.Slot >= 0 && unknown(t.Slot) || t.Expr != nil && slices.ContainsFunc(t.Expr.Slots, unknown) {
				return true
			}
		}
	}
	return false
}

// letsIn tells whether the program takes the files of a request of which all
// else is there.
func (x *exchange) letsIn(k *knownRoute) bool {
	return !x.dropped(k, func(column int) bool {
		return !slices.ContainsFunc(k.fields, func(f *knownField) bool { return f.binary && f.column == column })
	})
}

// letsPartIn tells whether the program takes the file that comes next in a form,
// from what has come before it. A credential must have come.
func (x *exchange) letsPartIn(k *knownRoute, before []value.Field) (bool, *reply) {
	bad, further := len(x.bad), len(x.further)
	no := x.gather(k, &load{body: value.Record(before), texts: true})
	x.bad, x.further = x.bad[:bad], x.further[:further]
	if no != nil {
		return false, no
	}
	for _, field := range k.fields {
		if field.Credential != nil && !field.Optional && x.in[field.column].IsNull() && x.needed(k, field) {
			return false, x.front.soft(x.logIn(field, " In a form it comes before the file."))
		}
	}
	return !x.dropped(k, func(column int) bool { return !x.in[column].IsNull() }), nil
}

// nothing is a file without a byte, for the place of one that is not taken.
func (x *exchange) nothing(field, media string) (value.Value, *reply) {
	blob, err := x.front.engine.Store().PutBlob(x.request.Context(), strings.NewReader(""), media)
	if err != nil {
		return value.Value{}, x.notKept(field, err)
	}
	return value.Binary(blob), nil
}
