package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// mayDrop reports whether the form of a line allows it to drop a frame.
func (m *model) mayDrop(l *check.Line) bool {
	if !l.CanDrop() {
		return false
	}
	if l.Mode != syntax.PlainLine && l.Mode != syntax.SomeLine && l.Mode != syntax.SurelyLine {
		return true
	}
	switch b := l.Body.(type) {
	case *check.QueryLine:
		return b.Query.Rows != syntax.OneRow || !bindsAll(b.Out) || len(requiredNonNull(b.Out, nullableOutputs(b))) > 0
	case *check.ViewLine:
		return !m.neverDrops(b.View) || !bindsAll(b.Out) || len(requiredNonNull(b.Out, nullableOutputs(b))) > 0
	case *check.MemberLine:
		return b.Set.Kind != syntax.ElementDecl || !b.Binds && !b.Subject.Any || slices.ContainsFunc(b.Fields, mayDisagree)
	case *check.FieldLine, *check.IsLine, *check.FilterLine, *check.FoldLine, *check.BlockLine, *check.HasLine:
	default:
		panic("flows: unknown line")
	}
	return true
}

// mayDisagree reports whether a member may have a value in a field that the line does
// not accept.
func mayDisagree(f *check.MemberField) bool {
	return !f.Binds || mayBeNull(f) && !f.Optional
}

// bindsAll reports whether each output is bound or ignored, so that no comparison
// can fail.
func bindsAll(out []*check.Arg) bool {
	return !slices.ContainsFunc(out, func(a *check.Arg) bool { return !a.Binds && !a.Term.Any })
}

// neverDrops reports whether a view gives a frame for all inputs.
func (m *model) neverDrops(v *check.View) bool {
	if is, ok := m.neverDropping[v]; ok {
		return is
	}
	m.neverDropping[v] = true
	for _, l := range v.Where {
		m.neverDropping[v] = m.neverDropping[v] && !m.mayDrop(l)
	}
	return m.neverDropping[v]
}

// nullableOutputs returns the outputs of a query or view that may be null.
func nullableOutputs(body check.LineBody) []string {
	var list []string
	switch b := body.(type) {
	case *check.QueryLine:
		for _, p := range b.Query.Outputs {
			if p.Optional {
				list = append(list, p.Name)
			}
		}
	case *check.ViewLine:
		for _, p := range b.View.Out {
			if !p.Always {
				list = append(list, p.Name)
			}
		}
	case *check.FieldLine, *check.MemberLine, *check.IsLine, *check.FilterLine, *check.FoldLine, *check.BlockLine, *check.HasLine:
	default:
		panic("flows: unknown line")
	}
	return list
}

// requiredNonNull returns the nullable outputs that a line requires: null does not
// match “_”, nor an output without “?”.
func requiredNonNull(out []*check.Arg, nullables []string) []string {
	var list []string
	for _, a := range out {
		if (a.Term.Var != nil || a.Term.Any) && !a.Optional && slices.Contains(nullables, a.Name) {
			list = append(list, a.Name)
		}
	}
	return list
}

// viewHolds reports whether a use of a view gives a frame. Its lines may read required
// fields of members: isMember reports whether a term of the use is one.
func (m *model) viewHolds(use *check.ViewLine, isMember func(check.Term, *check.Instance, *check.Set) bool) bool {
	given := func(t check.Term, i *check.Instance, set *check.Set) bool {
		for _, p := range use.View.In {
			for _, a := range use.In {
				if p.Var == t.Var && a.Name == p.Name && isMember(a.Term, i, set) {
					return true
				}
			}
		}
		return false
	}
	for _, l := range use.View.Where {
		if !m.mayDrop(l) {
			continue
		}
		if l.Mode != syntax.PlainLine {
			return false
		}
		switch b := l.Body.(type) {
		case *check.FieldLine:
			reads := !b.Has && !b.SubjectBinds && (b.ObjectBinds || b.Object.Any) && !b.Field.Optional
			if !reads || !given(b.Subject, b.Instance, b.Set) {
				return false
			}
		case *check.MemberLine:
			if b.Binds || slices.ContainsFunc(b.Fields, mayDisagree) || !given(b.Subject, b.Instance, b.Set) {
				return false
			}
		case *check.ViewLine:
			if !bindsAll(b.Out) || len(requiredNonNull(b.Out, nullableOutputs(b))) > 0 || !m.viewHolds(b, given) {
				return false
			}
		case *check.QueryLine, *check.IsLine, *check.FilterLine, *check.FoldLine, *check.BlockLine, *check.HasLine:
			return false
		default:
			panic("flows: unknown line")
		}
	}
	return true
}
