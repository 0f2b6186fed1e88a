package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/syntax"
)

// rows says how many frames lines of where can give: at most one, or more. It
// follows what settles what: a member settles each of its single fields, a
// unique field its member, the inputs of a query that gives at most one row
// its outputs. Where everything that the lines bind is settled by what was
// bound before them, there is one frame at most.
type rows struct {
	// many tells for each place whether more than one frame can reach the line
	// there; the last is for what follows the lines.
	many []bool
	// settled are the variables that are the same in all frames at the end.
	settled map[*Var]bool
}

// A settler is a rule: when all of from are settled, to is.
type settler struct {
	from []*Var
	to   *Var
}

// rowsOf looks at lines; bound are the variables with a value before them.
func rowsOf(lines []*Line, bound []*Var) rows {
	r := rows{many: []bool{false}, settled: map[*Var]bool{}}
	f := &settling{fields: map[setOf][]fieldOf{}}
	for _, l := range lines {
		f.line(l)
		r.settled = f.close(bound)
		many := slices.ContainsFunc(f.made, func(v *Var) bool { return !r.settled[v] })
		r.many = append(r.many, many)
	}
	if len(lines) == 0 {
		r.settled = f.close(bound)
	}
	return r
}

// settling gathers the rules of some lines.
type settling struct {
	made   []*Var // by the lines; a hidden one stands for a row that is not named
	rules  []settler
	fields map[setOf][]fieldOf
}

// A setOf is a member of a set of an instance, by its variable.
type setOf struct {
	instance *Instance
	set      *Set
	member   *Var
}

// A fieldOf is the value of a field, nil for one that is the same in all frames.
type fieldOf struct {
	field *Field
	value *Var
}

func (f *settling) rule(to *Var, from ...*Var) {
	if to != nil {
		f.rules = append(f.rules, settler{from, to})
	}
}

func (f *settling) make(v *Var) {
	if v != nil {
		f.made = append(f.made, v)
	}
}

// hidden makes a variable for the row of a line that gives many.
func (f *settling) hidden() *Var {
	v := &Var{}
	f.make(v)
	return v
}

func (f *settling) line(l *Line) {
	if l.Mode == syntax.NoLine {
		return
	}
	for _, v := range l.Nulls {
		f.make(v)
	}
	switch b := l.Body.(type) {
	case *QueryLine:
		from := argVars(b.In)
		if b.Query.Rows == syntax.ManyRows {
			row := f.hidden()
			if len(b.Out) == len(b.Query.Outputs) && len(b.Out) > 0 && !slices.ContainsFunc(b.Out, func(a *Arg) bool { return a.Term.Any }) {
				f.rule(row, argVars(b.Out)...) // every output is named: they are the row
			}
			from = []*Var{row}
		}
		for _, a := range b.Out {
			f.rule(a.Term.Var, from...)
		}
	case *FieldLine:
		f.field(l, b)
	case *MemberLine:
		if b.Set.Kind == syntax.ElementDecl {
			f.rule(b.Subject.Var)
		} else if b.Subject.Any {
			f.hidden()
		}
	case *ViewLine:
		from := argVars(b.In)
		if b.View.many() {
			from = []*Var{f.hidden()}
		}
		for _, a := range b.Out {
			f.rule(a.Term.Var, from...)
		}
	case *IsLine:
		f.rule(b.Var, exprVars(b.Expr)...)
		if v := b.Expr.single(); v != nil {
			f.rule(v, b.Var)
		}
	case *FoldLine:
		f.rule(b.Var)
		if b.Page != nil {
			f.rule(b.Page.Next)
		}
	}
}

func (f *settling) field(l *Line, b *FieldLine) {
	subject, object := b.Subject.Var, b.Object.Var
	if b.Subject.Any {
		subject = f.hidden()
	}
	if b.Has {
		if b.Object.Any {
			f.hidden()
		}
		return
	}
	if subject == nil {
		f.rule(object)
		return
	}
	f.rule(object, subject)
	if b.Object.Any || l.Mode == syntax.MaybeLine {
		return
	}
	at := setOf{b.Instance, b.Set, subject}
	f.fields[at] = append(f.fields[at], fieldOf{b.Field, object})
	for _, places := range b.Set.Uniques {
		var from []*Var
		all := true
		for _, p := range places {
			i := slices.IndexFunc(f.fields[at], func(x fieldOf) bool { return x.field == b.Set.Fields[p] })
			if all = all && i >= 0; all && f.fields[at][i].value != nil {
				from = append(from, f.fields[at][i].value)
			}
		}
		if all {
			f.rule(subject, from...)
		}
	}
}

// close gives everything that is settled when bound is.
func (f *settling) close(bound []*Var) map[*Var]bool {
	settled := map[*Var]bool{}
	for _, v := range bound {
		settled[v] = true
	}
	for again := true; again; {
		again = false
		for _, r := range f.rules {
			if !settled[r.to] && !slices.ContainsFunc(r.from, func(v *Var) bool { return !settled[v] }) {
				settled[r.to], again = true, true
			}
		}
	}
	return settled
}

// many tells whether a view can give several frames for one of its user's.
func (v *View) many() bool {
	var bound []*Var
	for _, p := range v.In {
		bound = append(bound, p.Var)
	}
	return rowsOf(v.Where, bound).many[len(v.Where)]
}

func argVars(args []*Arg) []*Var {
	var list []*Var
	for _, a := range args {
		list = append(list, termVars(a.Term)...)
	}
	return list
}

func termVars(t Term) []*Var {
	if t.Var != nil {
		return []*Var{t.Var}
	}
	return exprVars(t.Expr)
}

// exprVars are the variables of an expression. A fresh identity is never
// settled, but it makes no frames either.
func exprVars(e *Expr) []*Var {
	if e == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(e.Vars), func(v *Var) bool { return v == nil })
}
