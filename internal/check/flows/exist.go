package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// A proof is a member that a view has shown to exist: its user's variable is.
type proof struct {
	name     string // of the view's parameter
	instance *check.Instance
	set      *check.Set
}

// proofs are the members that are sure to exist when a view gives a frame.
func (w *wired) proofs(v *check.View) []proof {
	if list, ok := w.proven[v]; ok {
		return list
	}
	w.proven[v] = nil
	var list []proof
	add := func(v *check.Var, i *check.Instance, set *check.Set, params []*check.ViewParam) {
		for _, p := range params {
			if p.Var == v {
				list = append(list, proof{p.Name, i, set})
			}
		}
	}
	for _, l := range v.Where {
		for _, x := range w.shows(l) {
			add(x.v, x.instance, x.set, v.In)
			add(x.v, x.instance, x.set, v.Out)
		}
	}
	w.proven[v] = list
	return list
}

// A shown is a variable that a line has shown to be a member.
type shown struct {
	v        *check.Var
	instance *check.Instance
	set      *check.Set
}

// shows gives the members that are sure to exist when a line gives a frame.
func (w *wired) shows(l *check.Line) []shown {
	if l.Mode != syntax.PlainLine {
		return nil
	}
	switch b := l.Body.(type) {
	case *check.FieldLine:
		return []shown{{b.Subject.Var, b.Instance, b.Set}}
	case *check.MemberLine:
		return []shown{{b.Subject.Var, b.Instance, b.Set}}
	case *check.QueryLine:
		var list []shown
		for _, a := range b.Out {
			if a.Param != nil {
				if set := setOfType(b.Instance, a.Param.Type); set != nil && a.Param.Many == syntax.One && !a.Optional {
					list = append(list, shown{a.Term.Var, b.Instance, set})
				}
			}
		}
		return list
	case *check.ViewLine:
		var list []shown
		for _, p := range w.proofs(b.View) {
			for _, a := range slices.Concat(b.In, b.Out) {
				if a.Name == p.name {
					list = append(list, shown{a.Term.Var, p.instance, p.set})
				}
			}
		}
		return list
	}
	return nil
}

// setOfType is the set of a concept whose members a type stands for.
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

// exist notes the members that a line has shown to exist.
func (w *walk) exist(m *moment, l *check.Line, env []sym) {
	for _, x := range w.shows(l) {
		if x.v != nil && env[x.v.Index] != 0 {
			w.memberOf(m, x.instance, x.set, env[x.v.Index])
		}
	}
}

// member notes that a value that an action has made is a member.
func (w *walk) member(m *moment, i *check.Instance, t check.Type, s sym) {
	if set := setOfType(i, t); set != nil {
		w.memberOf(m, i, set, s)
	}
}

func (w *walk) memberOf(m *moment, i *check.Instance, set *check.Set, s sym) {
	for ; set != nil; set = set.Of {
		w.learn(m, question{family: w.familyOfSet(i, set), args: []sym{s}}, nil, true)
	}
}

// A memberOf asks whether something is a member of a set.
type memberOf struct {
	instance *check.Instance
	set      *check.Set
}

// familyOfSet is the question whether something is a member.
func (w *wired) familyOfSet(i *check.Instance, set *check.Set) int32 {
	k := memberOf{i, set}
	n, ok := w.members[k]
	if !ok && !w.ready {
		n = w.family("member "+i.Name+"."+set.Name, i)
		w.members[k] = n
	}
	return n
}
