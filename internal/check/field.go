package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// fieldLine resolves "field of x is y".
func (r *resolver) fieldLine(b *syntax.FieldLine) LineBody {
	l := &FieldLine{Instance: r.instance(b.Concept), Has: b.Has}
	if l.Instance != nil && b.Subject != nil {
		l.Set, l.Field = r.owner(l.Instance, b)
	}
	if b.Subject == nil || b.Object == nil {
		return nil
	}
	l.Subject, l.SubjectBinds = r.patternTerm(b.Field, b.Subject)
	l.Object, l.ObjectBinds = r.patternTerm(b.Field, b.Object)
	if l.Field == nil {
		r.ok = false
		return nil
	}
	r.used(l.Field.declaration().name)
	many := l.Field.Many != syntax.One
	if many != b.Has {
		span := b.Object.Span
		span.Start, span.End = b.Subject.Span.End, b.Object.Span.Start
		if many {
			r.errorAt(diag.HasOrIs, b.Field.Span, "“"+l.Field.Name+"” is a "+l.Field.Many.String()+
				": write “"+l.Field.Name+" of … has …” for one of its values")
		} else {
			r.errorAt(diag.HasOrIs, b.Field.Span, "“"+l.Field.Name+"” is one value: write “"+l.Field.Name+" of … is …”")
		}
		return nil
	}
	r.hint(l.Subject.Var, r.c.appType(l.Instance, l.Set.Member))
	r.hint(l.Object.Var, r.c.appType(l.Instance, l.Field.Type))
	return l
}

// owner finds the set that has the field of a line.
func (r *resolver) owner(i *Instance, b *syntax.FieldLine) (*Set, *Field) {
	s := r.c.specs[i.Concept.Name]
	if b.Field.Text == "" {
		return nil, nil
	}
	if b.Set.Text != "" {
		set := r.set(s, b.Concept.Text, b.Set)
		if set == nil {
			return nil, nil
		}
		owner, f := set.Find(b.Field.Text)
		if f == nil && !s.broken() {
			r.ok = false
			r.c.unknownOf(s, diag.UnknownField, b.Field, "the set “"+set.Name+"” of “"+b.Concept.Text+"” has no field “"+b.Field.Text+"”",
				set.memberFieldNames(), set.declaredFields())
		}
		return owner, f
	}
	var owners []*Set
	for _, set := range s.concept.Sets {
		if set.fieldIndex(b.Field.Text) < 0 {
			continue
		}
		if _, above := set.Of.Find(b.Field.Text); above == nil { // otherwise its declaration is reported
			owners = append(owners, set)
		}
	}
	if len(owners) > 1 {
		owners = r.narrow(i, s, b, owners)
	}
	switch len(owners) {
	case 0:
		if !s.broken() {
			var names []string
			for _, set := range s.concept.Sets {
				names = append(names, set.fieldNames()...)
			}
			slices.Sort(names)
			r.ok = false
			r.c.unknownOf(s, diag.UnknownField, b.Field, "“"+b.Concept.Text+"” has no set with a field “"+b.Field.Text+"”", slices.Compact(names), s.declaredFields())
		}
	case 1:
		return owners[0], owners[0].Fields[owners[0].fieldIndex(b.Field.Text)]
	default:
		d := diag.Diagnostic{Code: diag.AmbiguousField, Span: b.Field.Span}
		var names []string
		for _, set := range owners {
			names = append(names, set.Name)
			d.Related = append(d.Related, diag.Related{Span: set.Fields[set.fieldIndex(b.Field.Text)].Tree.Span,
				Message: "a field of “" + set.Name + "”"})
		}
		d.Message = "“" + b.Field.Text + "” is ambiguous: the sets " + words.Enumerate(names, "and") + " have a field of that name"
		d.Notes = []string{"name the set, as in “" + names[0] + "." + b.Field.Text + " of …”"}
		r.ok = false
		r.c.add(d)
	}
	return nil, nil
}

// narrow chooses among several sets with a field of the same name: by the type of
// the subject as far as it is known, then by the other fields that are read of it,
// then by its name.
func (r *resolver) narrow(i *Instance, s *spec, b *syntax.FieldLine, owners []*Set) []*Set {
	if b.Subject.Kind != syntax.VariableTerm {
		return owners
	}
	keep := func(fits func(*Set) bool) {
		var kept []*Set
		for _, set := range owners {
			if fits(set) {
				kept = append(kept, set)
			}
		}
		if len(kept) > 0 {
			owners = kept
		}
	}
	name := b.Subject.Name.Text
	if v := r.lookup(name); v != nil {
		if t, ok := r.hints[v]; ok && t.Kind == Identity {
			keep(func(set *Set) bool { return r.c.appType(i, set.Member).Name == t.Name })
		}
	}
	if len(owners) > 1 {
		read := r.subjects[b.Concept.Text+" "+name]
		keep(func(owner *Set) bool {
			// Some set below the owner must have all the fields.
			for _, set := range s.concept.Sets {
				all := set.isSubsetOf(owner)
				for _, field := range read {
					_, f := set.Find(field)
					all = all && f != nil
				}
				if all {
					return true
				}
			}
			return false
		})
	}
	if len(owners) > 1 {
		keep(func(set *Set) bool { return lowerFirst(set.Name) == name })
	}
	return owners
}

// isSubsetOf reports whether the set is another one or a subset of it.
func (s *Set) isSubsetOf(other *Set) bool {
	for up := s; up != nil; up = up.Of {
		if up == other {
			return true
		}
	}
	return false
}

// hint notes the first known type of a variable.
func (r *resolver) hint(v *Var, t Type) {
	if v == nil || t.Kind == Unknown {
		return
	}
	if _, ok := r.hints[v]; !ok {
		r.hints[v] = t
	}
}
