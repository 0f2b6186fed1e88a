package explain

import (
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A difference is one thing in which an action is not what a line of when wants.
type difference struct {
	kind    differs
	pattern *plan.Pattern
	action  *action
	name    string // of the parameter
	column  plan.Column
	got     value.Value
	want    value.Value // of a literal
	near    bool        // the literal looks like a slip of the finger
	other   *bound      // what a shared variable is elsewhere
	beside  string      // the other parameter with the same variable in this line
	value   value.Value // and what it is
}

type differs int

const (
	missing  differs = iota // it was not given
	unwanted                // it was given, and must not be there
	unequal                 // it is not the literal
	unshared                // a shared variable is something else in another line
	unalike                 // two parameters of one line are to be the same
)

// differences lists in what an action, however it ended, is not what a line
// wants, under the variables that are bound already.
func differences(p *plan.Pattern, a *action, vars []bound) []difference {
	var list []difference
	for i := range p.Tests {
		t := &p.Tests[i]
		if t.Column.Out && !ends(p, a) {
			continue
		}
		d := difference{pattern: p, action: a, name: t.Name, column: t.Column, got: a.Column(t.Column), want: t.Literal}
		switch {
		case !t.Any && t.Literal.IsNull():
			if d.got.IsNull() {
				continue
			}
			d.kind = unwanted
		case d.got.IsNull():
			d.kind = missing
		case t.Any, same(d.got, t.Literal):
			continue
		default:
			d.kind = unequal
			text, isText := d.got.Text()
			want, wantsText := t.Literal.Text()
			if isText && wantsText {
				_, d.near = diag.Nearest(text, []string{want})
			}
		}
		list = append(list, d)
	}
	for i, v := range p.Vars {
		if v.Column.Out && !ends(p, a) {
			continue
		}
		d := difference{pattern: p, action: a, name: v.Name, column: v.Column, got: a.Column(v.Column)}
		if d.got.IsNull() && !v.Optional {
			list = append(list, d)
			continue
		}
		for _, w := range p.Vars[:i] {
			if x := a.Column(w.Column); w.Slot == v.Slot && !same(x, d.got) {
				d.kind, d.beside, d.value = unalike, w.Name, x
				list = append(list, d)
			}
		}
		if before := find(vars, v.Slot); before != nil && !same(before.value, d.got) {
			d.kind, d.other = unshared, before
			list = append(list, d)
		}
	}
	return list
}

// cost is 1 for what looks like a slip, 3 for what looks like something else.
func (d *difference) cost() int {
	switch {
	case d.kind == missing:
		if _, near := nearestName(d.action, d.name); near {
			return 1
		}
		return 2
	case d.kind == unequal && d.name == "method" && d.pattern.Action.Role == plan.Request:
		return 1
	case d.kind == unequal && d.near:
		return 1
	case d.kind == unequal:
		return 3
	}
	return 2
}

// text says what differs, in words without a full stop.
func (d *difference) text() string {
	got := show(d.got, d.action.ColumnType(d.column))
	switch d.kind {
	case missing:
		if near, ok := nearestName(d.action, d.name); ok && !d.column.Out {
			return d.name + " is missing, but there is " + near
		}
		return d.name + " is missing"
	case unwanted:
		return d.name + " must be absent, but is " + got
	case unequal:
		text := d.name + " differs: the line says " + d.want.String() + ", but it was " + got
		if d.pattern.Action.Role == plan.Request && d.name == "method" && !strings.Contains(d.pattern.Text, "method:") {
			text += " (a line without method means POST)"
		}
		return text
	case unshared:
		return d.name + " is " + got + " in " + d.action.Name + ", but " +
			show(d.other.value, d.other.action.ColumnType(d.other.column)) + " in " + d.other.action.Name
	}
	return d.name + " is " + got + " and " + d.beside + " is " + show(d.value, d.action.ColumnType(d.column)) + ", where the line wants them to be the same"
}

// remark says what kind of slip a difference may be; "" when it looks like none.
func (d *difference) remark() string {
	if d.kind != unequal {
		return ""
	}
	got, isText := d.got.Text()
	want, wantsText := d.want.Text()
	switch {
	case d.got.Omitted() != nil:
		return ""
	case isText != wantsText || d.got.Kind() != d.want.Kind() && !value.Gone(d.got) && !d.got.IsSecret():
		return "the line wants " + d.want.Kind().String() + ", and it was " + d.got.Kind().String()
	case !isText:
		return ""
	case d.sameFold():
		return "they differ only in upper and lower case"
	case strings.TrimSpace(got) == strings.TrimSpace(want):
		return "they differ only in spaces at the ends"
	case strings.TrimSuffix(got, "/") == strings.TrimSuffix(want, "/"):
		return "they differ only in the slash at the end"
	case d.near:
		return "this looks like a slip of the finger"
	}
	return ""
}

func (d *difference) sameFold() bool {
	got, isText := d.got.Text()
	want, wantsText := d.want.Text()
	return isText && wantsText && strings.EqualFold(got, want)
}

// slotName is what the line of a bound variable calls it.
func (d *difference) slotName(b *bound) string {
	for _, v := range b.pattern.Vars {
		if v.Slot == b.slot {
			return v.Name
		}
	}
	return d.name
}

// same compares two values of the record. What was secret is not known and may
// be the same; of what was not kept, its sum tells.
func same(a, b value.Value) bool {
	return a.IsNull() && b.IsNull() || value.Gone(a) || value.Gone(b) || value.Alike(a, b)
}
