package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// A multiplicity says how many frames lines of where can give: at most one, or
// several. It is derived from functional dependencies: a member determines its
// single fields, a unique field determines its member, the inputs of a query with
// at most one row determine its outputs. If the variables bound earlier determine
// all variables that the lines bind, there is at most one frame.
type multiplicity struct {
	// several reports, for each line and for the end, whether more than one frame
	// can reach it.
	several []bool
	// determined are the variables that have the same value in all frames at the
	// end.
	determined map[*check.Var]bool
}

// multiplicityOf returns the multiplicity of lines; bound are the variables that
// have a value before them.
func multiplicityOf(lines []*check.Line, bound []*check.Var) multiplicity {
	r := multiplicity{several: []bool{false}, determined: map[*check.Var]bool{}}
	d := &dependencies{fields: map[memberRef][]fieldValue{}}
	for _, l := range lines {
		d.line(l)
		r.determined = d.closure(bound)
		many := slices.ContainsFunc(d.made, func(v *check.Var) bool { return !r.determined[v] })
		r.several = append(r.several, many)
	}
	if len(lines) == 0 {
		r.determined = d.closure(bound)
	}
	return r
}

// givesSeveralFrames reports whether a view can give several frames for one frame
// of its user.
func givesSeveralFrames(v *check.View) bool {
	var bound []*check.Var
	for _, p := range v.In {
		bound = append(bound, p.Var)
	}
	return multiplicityOf(v.Where, bound).several[len(v.Where)]
}

// A dependency says that the variables from together determine the variable to.
type dependency struct {
	from []*check.Var
	to   *check.Var
}

// dependencies are the functional dependencies of some lines.
type dependencies struct {
	made   []*check.Var // the variables that the lines bind, and a variable for each row without a name
	rules  []dependency
	fields map[memberRef][]fieldValue
}

// A memberRef is a member of a set of an instance, by its variable.
type memberRef struct {
	instance *check.Instance
	set      *check.Set
	member   *check.Var
}

// A fieldValue is the variable that holds a field, nil for a value that is the same
// in all frames.
type fieldValue struct {
	field *check.Field
	value *check.Var
}

func (d *dependencies) add(to *check.Var, from ...*check.Var) {
	if to != nil {
		d.rules = append(d.rules, dependency{from, to})
	}
}

func (d *dependencies) bind(v *check.Var) {
	if v != nil {
		d.made = append(d.made, v)
	}
}

// newRow adds a variable that stands for one of several rows.
func (d *dependencies) newRow() *check.Var {
	v := &check.Var{}
	d.bind(v)
	return v
}

func (d *dependencies) line(l *check.Line) {
	if l.Mode == syntax.NoLine || l.Mode == syntax.SomeLine {
		return
	}
	for _, v := range l.Nulls {
		d.bind(v)
	}
	switch b := l.Body.(type) {
	case *check.QueryLine:
		from := variablesOf(b.In)
		if b.Query.Rows == syntax.ManyRows {
			row := d.newRow()
			if len(b.Out) == len(b.Query.Outputs) && len(b.Out) > 0 && !slices.ContainsFunc(b.Out, func(a *check.Arg) bool { return a.Term.Any }) {
				d.add(row, variablesOf(b.Out)...) // the outputs together are the row
			}
			from = []*check.Var{row}
		}
		for _, a := range b.Out {
			d.add(a.Term.Var, from...)
		}
	case *check.FieldLine:
		d.field(l, b)
	case *check.MemberLine:
		d.member(l, b)
	case *check.ViewLine:
		from := variablesOf(b.In)
		if givesSeveralFrames(b.View) {
			from = []*check.Var{d.newRow()}
		}
		for _, a := range b.Out {
			d.add(a.Term.Var, from...)
		}
	case *check.IsLine:
		d.add(b.Var, b.Expr.Variables()...)
		if v := b.Expr.SingleVar(); v != nil {
			d.add(v, b.Var)
		}
	case *check.FoldLine:
		d.add(b.Var)
		if b.Page != nil {
			d.add(b.Page.Next)
		}
	case *check.BlockLine: // below “maybe”
		from := outerVariables(l)
		if multiplicityOf(b.Lines, from).several[len(b.Lines)] {
			from = []*check.Var{d.newRow()}
		}
		for _, v := range l.Nulls {
			d.add(v, from...)
		}
	case *check.HasLine:
		if b.Item.Any {
			d.newRow()
		}
	case *check.FilterLine:
	default:
		panic("flows: unknown line")
	}
}

func (d *dependencies) member(l *check.Line, b *check.MemberLine) {
	subject := b.Subject.Var
	if b.Subject.Any && b.Set.Kind != syntax.ElementDecl {
		subject = d.newRow()
	}
	if b.Set.Kind == syntax.ElementDecl {
		d.add(subject)
	}
	for _, f := range b.Fields {
		switch {
		case f.Binds && subject == nil:
			d.add(f.Term.Var) // of the element, or of a literal member
		case f.Binds:
			d.add(f.Term.Var, subject)
		}
	}
	if subject == nil || l.Mode == syntax.MaybeLine {
		return
	}
	for _, f := range b.Fields {
		if f.Term.Any || f.Optional || f.Field.Many != syntax.One || f.Term.Var == nil && f.Term.Literal.IsNull() {
			continue
		}
		d.has(memberRef{b.Instance, f.Set, subject}, f.Field, f.Term.Var)
	}
}

func (d *dependencies) field(l *check.Line, b *check.FieldLine) {
	subject, object := b.Subject.Var, b.Object.Var
	if b.Subject.Any {
		subject = d.newRow()
	}
	if b.Has {
		if b.Object.Any {
			d.newRow()
		}
		return
	}
	if subject == nil {
		d.add(object)
		return
	}
	d.add(object, subject)
	if b.Object.Any || l.Mode == syntax.MaybeLine {
		return
	}
	d.has(memberRef{b.Instance, b.Set, subject}, b.Field, object)
}

// has adds that a field of a member has the value of a variable, nil for a literal.
func (d *dependencies) has(at memberRef, f *check.Field, object *check.Var) {
	subject := at.member
	d.fields[at] = append(d.fields[at], fieldValue{f, object})
	for _, places := range at.set.Uniques {
		var from []*check.Var
		all := true
		for _, p := range places {
			i := slices.IndexFunc(d.fields[at], func(x fieldValue) bool { return x.field == at.set.Fields[p] })
			if all = all && i >= 0; all && d.fields[at][i].value != nil {
				from = append(from, d.fields[at][i].value)
			}
		}
		if all {
			d.add(subject, from...)
		}
	}
}

// closure returns the variables that the bound variables determine.
func (d *dependencies) closure(bound []*check.Var) map[*check.Var]bool {
	settled := map[*check.Var]bool{}
	for _, v := range bound {
		settled[v] = true
	}
	for again := true; again; {
		again = false
		for _, r := range d.rules {
			if !settled[r.to] && !slices.ContainsFunc(r.from, func(v *check.Var) bool { return !settled[v] }) {
				settled[r.to], again = true, true
			}
		}
	}
	return settled
}

func variablesOf(args []*check.Arg) []*check.Var {
	var list []*check.Var
	for _, a := range args {
		list = append(list, a.Term.Variables()...)
	}
	return list
}
