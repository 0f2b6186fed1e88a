package host

import (
	"net/http"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A file is written to disk before the flow that uses it begins. So that clients
// whom the program rejects cannot fill the disk, the first lines of where are
// evaluated before: those that need only known fields, such as the credential. If
// they drop the request, the flow runs and answers as usual, but the file is not
// read, and an empty one takes its place.

// dropped reports whether the first lines of the sync on the route drop the
// request, as far as they need only known fields. If several syncs may match the
// request, or the evaluation fails, the flow decides.
func (x *exchange) dropped(k *knownRoute, known func(column int) bool) bool {
	if len(k.Patterns) != 1 || len(k.Starters) != 1 || len(x.front.routes.Pathless) > 0 {
		return false
	}
	e := k.Starters[0]
	slots := make([]value.Value, len(e.Sync.Slots))
	has := make([]bool, len(slots))
	for i := range slots {
		slots[i] = value.Null
	}
	for i := range e.Pattern.Vars {
		if v := &e.Pattern.Vars[i]; !v.Column.Out && known(v.Column.Index) {
			has[v.Slot] = true
			if slots[v.Slot] = x.in[v.Column.Index]; slots[v.Slot].IsNull() {
				slots[v.Slot] = v.Missing(slots[v.Slot])
			}
		}
	}
	frames := [][]value.Value{slots}
	for _, line := range e.Sync.Stages[0].Where {
		if slices.ContainsFunc(line.Reads(), func(s int) bool { return !has[s] }) {
			return false
		}
		var left [][]value.Value
		for _, frame := range frames {
			more, err := x.front.engine.Frames(x.request.Context(), line, frame)
			if err != nil {
				return false
			}
			if len(more) == 0 && tells(line.Else, e, known) {
				return false
			}
			left = append(left, more...)
		}
		if len(left) == 0 {
			return true
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
func tells(lines []*plan.Ask, e *plan.Starter, known func(column int) bool) bool {
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
	// What may be left out and has not come counts as left out: where it comes
	// behind the file and says otherwise, changed says so.
	return !x.dropped(k, func(column int) bool { return !x.in[column].IsNull() || k.mayLack(column) }), nil
}

// mayLack tells whether nothing on the route needs the field of a column.
func (k *knownRoute) mayLack(column int) bool {
	return slices.ContainsFunc(k.fields, func(f *knownField) bool { return f.column == column && f.Optional && !f.binary })
}

// changed is the reply where the first lines of where dropped the request when
// its files came, and would not do so now: what came behind the files in a form
// says otherwise, or the state does. The files are gone, and the flow must not
// take the empty ones for them.
func (x *exchange) changed(k *knownRoute) *reply {
	switch {
	case x.left == noFiles || !x.letsIn(k):
		return nil
	case x.left == filesThenTexts:
		return x.front.soft(problem(http.StatusBadRequest, "the file came before the fields that allow it: put files last in the form"))
	}
	return again("What the file depends on changed during the upload. The file was not stored. Please send it again.")
}

// A left says what of a form was left where it is.
type left int

const (
	noFiles        left = iota
	files               // that were not let in
	filesThenTexts      // and further fields behind them
)

// nothing is a file without a byte, for the place of one that is not taken.
func (x *exchange) nothing(field, media string) (value.Value, *reply) {
	blob, err := x.front.engine.Store().PutBlob(x.request.Context(), strings.NewReader(""), media)
	if err != nil {
		return value.Value{}, x.notKept(field, err)
	}
	return value.Binary(blob), nil
}
