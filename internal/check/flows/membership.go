package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// A provenParam is a parameter of a view that is a member of a set whenever the
// view gives a frame.
type provenParam struct {
	name     string // of the parameter
	instance *check.Instance
	set      *check.Set
}

// provenParams returns the parameters that are members whenever the view gives a
// frame.
func (m *model) provenParams(v *check.View) []provenParam {
	if list, ok := m.proven[v]; ok {
		return list
	}
	m.proven[v] = nil
	var list []provenParam
	add := func(v *check.Var, i *check.Instance, set *check.Set, params []*check.ViewParam) {
		for _, p := range params {
			if p.Var == v {
				list = append(list, provenParam{p.Name, i, set})
			}
		}
	}
	for _, l := range v.Where {
		for _, x := range m.membershipsOf(l) {
			add(x.v, x.instance, x.set, v.In)
			add(x.v, x.instance, x.set, v.Out)
		}
	}
	m.proven[v] = list
	return list
}

// A membership says that a variable is a member of a set.
type membership struct {
	v        *check.Var
	instance *check.Instance
	set      *check.Set
}

// membershipsOf returns the memberships that hold whenever a line gives a frame.
func (m *model) membershipsOf(l *check.Line) []membership {
	if l.Mode != syntax.PlainLine && l.Mode != syntax.SomeLine && l.Mode != syntax.SurelyLine || l.If != nil {
		return nil
	}
	switch b := l.Body.(type) {
	case *check.FieldLine:
		return []membership{{b.Subject.Var, b.Instance, b.Set}}
	case *check.MemberLine:
		return []membership{{b.Subject.Var, b.Instance, b.Set}}
	case *check.QueryLine:
		var list []membership
		for _, a := range b.Out {
			if a.Param != nil {
				if set := setOfType(b.Instance, a.Param.Type); set != nil && a.Param.Many == syntax.One && !a.Optional {
					list = append(list, membership{a.Term.Var, b.Instance, set})
				}
			}
		}
		return list
	case *check.ViewLine:
		var list []membership
		for _, p := range m.provenParams(b.View) {
			for _, a := range slices.Concat(b.In, b.Out) {
				if a.Name == p.name {
					list = append(list, membership{a.Term.Var, p.instance, p.set})
				}
			}
		}
		return list
	case *check.BlockLine:
		var list []membership
		for _, inner := range b.Lines {
			list = append(list, m.membershipsOf(inner)...)
		}
		return list
	case *check.IsLine, *check.FilterLine, *check.FoldLine, *check.HasLine:
	default:
		panic("flows: unknown line")
	}
	return nil
}

// setOfType returns the set whose members have a type, nil if there is none.
func setOfType(i *check.Instance, t check.Type) *check.Set {
	if t.Kind != check.Identity {
		return nil
	}
	for _, set := range i.Concept.Sets {
		if set.Name == t.Name && !slices.Contains(i.Concept.Params, t.Name) {
			return set
		}
	}
	return nil
}

// A setRef is a set of an instance.
type setRef struct {
	instance *check.Instance
	set      *check.Set
}

// membershipPredicate returns the predicate “is a member of this set”.
func (m *model) membershipPredicate(i *check.Instance, set *check.Set) int32 {
	k := setRef{i, set}
	n, ok := m.memberships[k]
	if !ok && !m.frozen {
		n = m.predicate("member "+i.Name+"."+set.Name, i)
		m.memberships[k] = n
	}
	return n
}

// learnMemberships adds the memberships that a line has shown.
func (w *walk) learnMemberships(st *state, l *check.Line, env []sym) {
	for _, x := range w.membershipsOf(l) {
		if x.v != nil && env[x.v.Index] != 0 {
			w.learnMembership(st, x.instance, x.set, env[x.v.Index])
		}
	}
}

// learnNewMember adds the membership of a value that an action has created.
func (w *walk) learnNewMember(st *state, i *check.Instance, t check.Type, s sym) {
	if set := setOfType(i, t); set != nil {
		w.learnMembership(st, i, set, s)
	}
}

func (w *walk) learnMembership(st *state, i *check.Instance, set *check.Set, s sym) {
	for ; set != nil; set = set.Of {
		w.learn(st, atom{predicate: w.membershipPredicate(i, set), args: []sym{s}}, nil, true)
	}
}

// readsField returns a line that reads a field of a variable.
func readsField(l *check.Line) (b *check.FieldLine, ok bool) {
	b, ok = l.Body.(*check.FieldLine)
	return b, ok && !b.Has && !b.SubjectBinds && b.Subject.Var != nil
}

// impossible returns no for a line that gives no frame whatever the state is: it asks
// about null, or reads a field of something that is not a member.
func (w *walk) impossible(st *state, l *check.Line, env []sym) truth {
	if b, ok := l.Body.(*check.QueryLine); ok {
		for _, p := range b.Query.Inputs {
			i := slices.IndexFunc(b.In, func(a *check.Arg) bool { return a.Name == p.Name })
			if !p.Optional && i >= 0 && b.In[i].Term.Var != nil && st.value(env[b.In[i].Term.Var.Index]).null == yes {
				return no
			}
		}
	}
	if b, ok := readsField(l); ok {
		member := env[b.Subject.Var.Index]
		if f := st.lookup(w.membershipPredicate(b.Instance, b.Set), []sym{member}); st.value(member).null == yes || f != nil && !f.holds {
			return no
		}
	}
	return unknown
}

// learnNoMember adds that something is no member, because it lacks a required field.
func (w *walk) learnNoMember(st *state, l *check.Line, env []sym) {
	if b, ok := readsField(l); ok && !b.Field.Optional && (b.ObjectBinds || b.Object.Any) {
		w.learn(st, atom{predicate: w.membershipPredicate(b.Instance, b.Set), args: []sym{env[b.Subject.Var.Index]}}, nil, false)
	}
}
