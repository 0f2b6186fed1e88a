package explain

import (
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// A difference is one reason why an action does not match a line of when.
type difference struct {
	kind    differs
	pattern *plan.Pattern
	action  *action
	name    string // of the parameter
	column  plan.Column
	got     value.Value
	want    value.Value // of a literal
	near    bool        // got looks like a typing error for the literal
	other   *bound      // the shared variable in another line
	beside  string      // the other parameter with the same variable in this line
	value   value.Value // the value of beside
}

type differs int

const (
	missing  differs = iota // the parameter was not given
	unwanted                // the parameter was given but must be absent
	unequal                 // the parameter is not the literal
	unshared                // the variable has another value in another line
	unalike                 // two parameters of one line must be equal but are not
)

// differences returns the reasons why an action, whatever its outcome, does not
// match a line, given the variables that are already bound.
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

// cost is 1 for what looks like a typing error and 3 for a different value.
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

// text describes the difference, without a full stop.
func (d *difference) text() string {
	got := show(d.got, d.action.ColumnType(d.column))
	switch d.kind {
	case missing:
		if near, ok := nearestName(d.action, d.name); ok && !d.column.Out {
			return d.name + " is missing; " + near + " is present"
		}
		return d.name + " is missing"
	case unwanted:
		return d.name + " is " + got + ", but the line requires it to be absent"
	case unequal:
		text := d.name + " is " + got + ", but the line requires " + d.want.String()
		if d.pattern.Action.Role == plan.Request && d.name == "method" && !strings.Contains(d.pattern.Text, "method:") {
			text += " (a line without method means POST)"
		}
		return text
	case unshared:
		return d.name + " is " + got + " in " + d.action.Name + ", but " +
			show(d.other.value, d.other.action.ColumnType(d.other.column)) + " in " + d.other.action.Name
	}
	return d.name + " is " + got + " and " + d.beside + " is " + show(d.value, d.action.ColumnType(d.column)) + ", but the line requires them to be equal"
}

// remark says which mistake may have caused the difference, or "".
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
		return "the line requires a value of the kind " + d.want.Kind().String() + "; this one is of the kind " + d.got.Kind().String()
	case !isText:
		return ""
	case d.sameFold():
		return "only upper and lower case differ"
	case strings.TrimSpace(got) == strings.TrimSpace(want):
		return "only spaces at the ends differ"
	case strings.TrimSuffix(got, "/") == strings.TrimSuffix(want, "/"):
		return "only the slash at the end differs"
	case d.near:
		return "this looks like a typing error"
	}
	return ""
}

func (d *difference) sameFold() bool {
	got, isText := d.got.Text()
	want, wantsText := d.want.Text()
	return isText && wantsText && strings.EqualFold(got, want)
}

// slotName returns the parameter that a bound variable stands for in its line.
func (d *difference) slotName(b *bound) string {
	for _, v := range b.pattern.Vars {
		if v.Slot == b.slot {
			return v.Name
		}
	}
	return d.name
}

// same reports whether two values of the record may be equal. A secret may
// equal every value. Omitted values are compared by their hashes.
func same(a, b value.Value) bool {
	return a.IsNull() && b.IsNull() || value.Gone(a) || value.Gone(b) || value.Alike(a, b)
}
