package check

import "slices"

// Variables returns the variables that a line mentions, among them those that it
// binds itself, except for the variable of a fold and of "is".
func (l *Line) Variables() []*Var { return append(l.bodyVariables(), l.If.Variables()...) }

func (l *Line) bodyVariables() []*Var {
	switch b := l.Body.(type) {
	case *QueryLine:
		return append(variablesOf(b.In), variablesOf(b.Out)...)
	case *FieldLine:
		return append(b.Subject.Variables(), b.Object.Variables()...)
	case *MemberLine:
		return append(b.Subject.Variables(), variablesOf(b.args())...)
	case *ViewLine:
		return append(variablesOf(b.In), variablesOf(b.Out)...)
	case *IsLine:
		return b.Expr.Variables()
	case *FilterLine:
		return b.Expr.Variables()
	case *HasLine:
		return append(b.List.Variables(), b.Item.Variables()...)
	case *FoldLine, *BlockLine:
		var list []*Var
		for _, inner := range l.Inner() {
			list = append(list, inner.Variables()...)
		}
		return list
	}
	panic("check: unknown line")
}

func variablesOf(args []*Arg) []*Var {
	var list []*Var
	for _, a := range args {
		list = append(list, a.Term.Variables()...)
	}
	return list
}

// Variables returns the variables of a term.
func (t Term) Variables() []*Var {
	if t.Var != nil {
		return []*Var{t.Var}
	}
	return t.Expr.Variables()
}

// Variables returns the variables of an expression, without now and new. The
// expression may be nil.
func (e *Expr) Variables() []*Var {
	if e == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(e.Vars), func(v *Var) bool { return v == nil })
}
