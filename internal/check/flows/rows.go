package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
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
	settled map[*check.Var]bool
}

// A settler is a rule: when all of from are settled, to is.
type settler struct {
	from []*check.Var
	to   *check.Var
}

// rowsOf looks at lines; bound are the variables with a value before them.
func rowsOf(lines []*check.Line, bound []*check.Var) rows {
	r := rows{many: []bool{false}, settled: map[*check.Var]bool{}}
	f := &settling{fields: map[setOf][]fieldOf{}}
	for _, l := range lines {
		f.line(l)
		r.settled = f.close(bound)
		many := slices.ContainsFunc(f.made, func(v *check.Var) bool { return !r.settled[v] })
		r.many = append(r.many, many)
	}
	if len(lines) == 0 {
		r.settled = f.close(bound)
	}
	return r
}

// settling gathers the rules of some lines.
type settling struct {
	made   []*check.Var // by the lines; a hidden one stands for a row that is not named
	rules  []settler
	fields map[setOf][]fieldOf
}

// A setOf is a member of a set of an instance, by its variable.
type setOf struct {
	instance *check.Instance
	set      *check.Set
	member   *check.Var
}

// A fieldOf is the value of a field, nil for one that is the same in all frames.
type fieldOf struct {
	field *check.Field
	value *check.Var
}

func (f *settling) rule(to *check.Var, from ...*check.Var) {
	if to != nil {
		f.rules = append(f.rules, settler{from, to})
	}
}

func (f *settling) make(v *check.Var) {
	if v != nil {
		f.made = append(f.made, v)
	}
}

// hidden makes a variable for the row of a line that gives many.
func (f *settling) hidden() *check.Var {
	v := &check.Var{}
	f.make(v)
	return v
}

func (f *settling) line(l *check.Line) {
	if l.Mode == syntax.NoLine {
		return
	}
	for _, v := range l.Nulls {
		f.make(v)
	}
	switch b := l.Body.(type) {
	case *check.QueryLine:
		from := argVars(b.In)
		if b.Query.Rows == syntax.ManyRows {
			row := f.hidden()
			if len(b.Out) == len(b.Query.Outputs) && len(b.Out) > 0 && !slices.ContainsFunc(b.Out, func(a *check.Arg) bool { return a.Term.Any }) {
				f.rule(row, argVars(b.Out)...) // every output is named: they are the row
			}
			from = []*check.Var{row}
		}
		for _, a := range b.Out {
			f.rule(a.Term.Var, from...)
		}
	case *check.FieldLine:
		f.field(l, b)
	case *check.MemberLine:
		if b.Set.Kind == syntax.ElementDecl {
			f.rule(b.Subject.Var)
		} else if b.Subject.Any {
			f.hidden()
		}
	case *check.ViewLine:
		from := argVars(b.In)
		if severalFrames(b.View) {
			from = []*check.Var{f.hidden()}
		}
		for _, a := range b.Out {
			f.rule(a.Term.Var, from...)
		}
	case *check.IsLine:
		f.rule(b.Var, b.Expr.Variables()...)
		if v := b.Expr.SingleVar(); v != nil {
			f.rule(v, b.Var)
		}
	case *check.FoldLine:
		f.rule(b.Var)
		if b.Page != nil {
			f.rule(b.Page.Next)
		}
	}
}

func (f *settling) field(l *check.Line, b *check.FieldLine) {
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
		var from []*check.Var
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
func (f *settling) close(bound []*check.Var) map[*check.Var]bool {
	settled := map[*check.Var]bool{}
	for _, v := range bound {
		settled[v] = true
	}
	for again := true; again; {
		again = false
		for _, r := range f.rules {
			if !settled[r.to] && !slices.ContainsFunc(r.from, func(v *check.Var) bool { return !settled[v] }) {
				settled[r.to], again = true, true
			}
		}
	}
	return settled
}

// severalFrames tells whether a view can give several frames for one of its
// user's.
func severalFrames(v *check.View) bool {
	var bound []*check.Var
	for _, p := range v.In {
		bound = append(bound, p.Var)
	}
	return rowsOf(v.Where, bound).many[len(v.Where)]
}

func argVars(args []*check.Arg) []*check.Var {
	var list []*check.Var
	for _, a := range args {
		list = append(list, a.Term.Variables()...)
	}
	return list
}
