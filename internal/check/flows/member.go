package flows

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// A line about a member with fields in brackets asks several questions at once: is
// it a member, and does each field have this value? If the member is bound before the
// line, the questions are asked one after the other, and have the predicates of lines
// that ask only one of them. Otherwise the line asks whether there is such a member.

// fieldPredicate returns the predicate “this field of this member is this value”.
func (m *model) fieldPredicate(i *check.Instance, set *check.Set, f *check.Field) int32 {
	return m.predicate("field "+i.Name+"."+set.Name+"."+f.Name, i)
}

// memberPredicate returns the predicate “there is a member with these values”.
func (m *model) memberPredicate(b *check.MemberLine) int32 {
	var names []string
	for _, f := range b.Fields {
		switch {
		case f.Term.Literal.IsNull() && f.Term.Var == nil && !f.Term.Any:
			names = append(names, f.Name+" is null")
		case f.Binds && (f.Optional || !mayBeNull(f)), f.Term.Any && !mayBeNull(f):
		case f.Binds || f.Term.Any:
			names = append(names, f.Name+" is not null")
		case f.Optional:
			names = append(names, f.Name+" is or is null")
		default:
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return m.predicate("member "+b.Instance.Name+"."+b.Set.Name+" with "+strings.Join(names, ", "), b.Instance)
}

func mayBeNull(f *check.MemberField) bool { return f.Field.Optional && f.Field.Many == syntax.One }

// compares reports whether a field is compared with a value other than null.
func compares(f *check.MemberField) bool {
	return !f.Binds && !f.Term.Any && (f.Term.Var != nil || !f.Term.Literal.IsNull())
}

// memberAtom adds the arguments of the question whether there is such a member.
func (w *walk) memberAtom(st *state, q *atom, env []sym, b *check.MemberLine) {
	fields := slices.Clone(b.Fields)
	slices.SortFunc(fields, func(a, b *check.MemberField) int { return strings.Compare(a.Name, b.Name) })
	for _, f := range fields {
		if compares(f) {
			q.args = append(q.args, w.term(st, env, f.Term))
		}
		q.atLeastOne = q.atLeastOne && (f.Binds && (f.Optional || !mayBeNull(f)))
	}
	q.inputs = len(q.args)
	q.atMostOne = b.Set.Kind == syntax.ElementDecl || coversUnique(b)
	w.addSide(st, q, env, b.Subject, b.Binds)
	if b.Subject.Any {
		q.outputs, q.nullable = append(q.outputs, nil), append(q.nullable, false)
	}
}

// coversUnique reports whether the compared fields determine the member.
func coversUnique(b *check.MemberLine) bool {
	for _, f := range b.Fields {
		for _, places := range f.Set.Uniques {
			if !slices.ContainsFunc(places, func(p int) bool {
				return !slices.ContainsFunc(b.Fields, func(x *check.MemberField) bool { return x.Field == f.Set.Fields[p] && compares(x) && !x.Optional })
			}) {
				return true
			}
		}
	}
	return false
}

// fieldAtom returns the atom of one field of a member, which is known.
func (w *walk) fieldAtom(b *check.MemberLine, f *check.MemberField, member sym, value sym) atom {
	a := atom{predicate: w.fieldPredicate(b.Instance, f.Set, f.Field), args: []sym{member, value}, inputs: 1, atMostOne: true}
	if value == 0 {
		a.outputs, a.nullable = []*check.Var{nil}, []bool{f.Optional}
		if f.Binds {
			a.outputs[0] = f.Term.Var
		}
	}
	return a
}

// bindFields binds the variables of the fields of a member that was found, and adds
// what is known of its fields.
func (w *walk) bindFields(st *state, b *check.MemberLine, env []sym) {
	member := w.term(st, env, b.Subject)
	for _, f := range b.Fields {
		null := no
		if f.Optional {
			null = unknown
		}
		switch {
		case member != 0 && f.Binds && f.Field.Many == syntax.One:
			a := w.fieldAtom(b, f, member, 0)
			known := st.lookup(a.predicate, a.args)
			if known != nil && !known.holds {
				env[f.Term.Var.Index] = 0
				continue
			}
			outs := w.bindRow(st, env, a, known, yes)
			if !f.Optional {
				w.learn(st, a, outs, true)
			}
		case f.Binds:
			env[f.Term.Var.Index] = st.fresh(abstractValue{null: null, label: "“" + f.Term.Var.Name + "”"})
		case member != 0 && compares(f) && !f.Optional:
			if s := w.term(st, env, f.Term); s != 0 {
				w.learn(st, w.fieldAtom(b, f, member, s), nil, true)
				w.learn(st, w.fieldAtom(b, f, member, 0), []sym{s}, true)
			}
		}
	}
}

// memberOutcomes returns the outcomes of a line about a member that is bound before
// it: whether it is a member, and then each of its fields.
func (w *walk) memberOutcomes(st *state, l *check.Line, b *check.MemberLine, env []sym) []branch {
	ask := &check.Line{Tree: l.Tree, Body: &check.MemberLine{Instance: b.Instance, Set: b.Set, Subject: b.Subject}}
	member := w.term(st, env, b.Subject)
	found := w.question(st, ask, env, atom{predicate: w.membershipPredicate(b.Instance, b.Set), args: []sym{member}, inputs: 1, atMostOne: true})
	var not []branch
	for _, f := range b.Fields {
		var next []branch
		for _, x := range found {
			if x.keeps {
				next = append(next, w.fieldOutcomes(x.state, ask, b, f, member, x.env)...)
			} else {
				not = append(not, x)
			}
		}
		found = next
	}
	list := append(found, not...)
	for i := range list {
		if !list[i].keeps {
			list[i].env = slices.Clone(env)
		}
		list[i].keeps = list[i].keeps != (l.Mode == syntax.NoLine)
	}
	slices.SortStableFunc(list, func(a, b branch) int {
		switch {
		case a.keeps == b.keeps:
			return 0
		case a.keeps:
			return -1
		}
		return 1
	})
	return list
}

// fieldOutcomes returns the outcomes of one field of a member.
func (w *walk) fieldOutcomes(st *state, l *check.Line, b *check.MemberLine, f *check.MemberField, member sym, env []sym) []branch {
	if !mayBeNull(f) && (f.Binds || f.Term.Any) {
		env = slices.Clone(env)
		w.bindFields(st, &check.MemberLine{Instance: b.Instance, Set: b.Set, Subject: b.Subject, Fields: []*check.MemberField{f}}, env)
		return []branch{{st, env, true}}
	}
	a := w.fieldAtom(b, f, member, 0)
	switch {
	case f.Optional && f.Binds:
		env = slices.Clone(env)
		known := st.lookup(a.predicate, a.args)
		switch {
		case known != nil && known.holds && len(known.outputs) == 1:
			env[f.Term.Var.Index] = known.outputs[0]
		case known != nil && !known.holds:
			env[f.Term.Var.Index] = 0
		default:
			env[f.Term.Var.Index] = st.fresh(abstractValue{null: unknown, label: "“" + f.Term.Var.Name + "”"})
		}
		return []branch{{st, env, true}}
	case f.Optional: // compared, and null equals null
		return []branch{{st.clone(), env, true}, {st, env, false}}
	case compares(f):
		s := w.term(st, env, f.Term)
		if s == 0 {
			return []branch{{st, env, false}} // no member has null
		}
		return w.question(st, l, env, w.fieldAtom(b, f, member, s))
	case f.Binds || f.Term.Any:
		return w.question(st, l, env, a)
	}
	// The literal null: there is no value.
	list := w.question(st, l, env, a)
	for i := range list {
		list[i].keeps = !list[i].keeps
	}
	slices.Reverse(list)
	return list
}
