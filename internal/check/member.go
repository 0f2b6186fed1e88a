package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// memberFields resolves the fields in the brackets of a line about a member.
func (r *resolver) memberFields(m *MemberLine, b *syntax.MemberLine) LineBody {
	set, broken := m.Instance.Name+"."+m.Set.Name, r.c.specs[m.Instance.Concept.Name].broken()
	ok := true
	for _, t := range b.Fields {
		if !r.misplacedForms(&signature{}, t) {
			ok = false
			continue
		}
		f := &MemberField{Arg: &Arg{Tree: t, Name: t.Name.Text, Optional: t.Optional}}
		f.Term, f.Binds = r.patternTerm(t.Name, t.Value)
		f.Set, f.Field = m.Set.Find(f.Name)
		switch {
		case f.Field == nil:
			ok = false
			if !broken {
				r.ok = false
				r.c.unknownOf(r.c.specs[m.Instance.Concept.Name], diag.UnknownField, t.Name, "the set “"+m.Set.Name+"” of “"+m.Instance.Name+"” has no field “"+f.Name+"”", m.Set.memberFieldNames(), m.Set.declaredFields())
			}
			continue
		case slices.ContainsFunc(m.Fields, func(x *MemberField) bool { return x.Name == f.Name }):
			ok = false
			r.errorAt(diag.ArgumentTwice, t.Name.Span, "“"+f.Name+"” is given twice")
			continue
		case f.Field.Type.Kind == Secret && f.Binds:
			r.errorAt(diag.SecretBound, f.Term.Span, "“"+f.Name+"” of "+set+" is a secret, of which the state has only a digest: a line can compare it, but not bind it",
				"bind “"+f.Term.Var.Name+"” before this line, or leave out “"+f.Name+"”")
		case f.Field.Many != syntax.One && !f.Binds:
			r.errorAt(diag.HasOrIs, f.Tree.Span, "“"+f.Name+"” is a "+f.Field.Many.String()+", which is bound as a whole and cannot be compared",
				"“"+f.Name+" of … has …” compares one of its values")
		case t.Optional && (!f.Field.Optional || f.Field.Many != syntax.One):
			r.errorAt(diag.MisplacedOptional, t.Span, "“"+f.Name+"” of "+set+" is never null", "“?” after a field allows it to be null")
		}
		r.used(f.Field.declaration().name)
		r.hint(f.Term.Var, r.c.appType(m.Instance, f.valueType()))
		m.Fields = append(m.Fields, f)
	}
	if !ok {
		return nil
	}
	return m
}

// valueType is the type of the field's value: for a collection, a list of its type.
func (f *MemberField) valueType() Type { return collect(f.Field.Type, f.Field.Many) }

// member constrains the variables of a line about a member.
func (inf *inference) member(b *MemberLine) {
	set := b.Instance.Name + "." + b.Set.Name
	inf.term(b.Subject, inf.c.appType(b.Instance, b.Set.Member), false, "a member of "+set)
	for _, f := range b.Fields {
		v := f.Term.Var
		if v != nil && !f.Binds && !f.Optional && inf.inNo && inf.nullable[v] && !inf.nonNull[v] && !inf.clashed[v] {
			inf.report(diag.Diagnostic{Code: diag.MaybeNull, Severity: diag.Warning, Span: f.Term.Span,
				Message: "“" + v.Name + "” may be null here, and no member has null as its “" + f.Name + "”, so this “no” would hold",
				Related: []diag.Related{{Span: v.Span, Message: "it may be null from here"}},
				Notes:   []string{"“" + v.Name + " != null” before this line requires a value; “" + f.Name + "?” also finds members without one"}})
		}
		inf.term(f.Term, f.Field.declared(inf.c.appType(b.Instance, f.valueType())), f.Field.Optional, "“"+f.Name+"” of "+set)
		if v != nil && f.Binds {
			inf.nullable[v] = f.Optional
		}
	}
}

// memberKept notes what a line about a member has shown by keeping its frame.
func (inf *inference) memberKept(b *MemberLine) {
	if v := b.Subject.Var; v != nil && !b.Binds {
		inf.nonNull[v] = true
	}
	for _, f := range b.Fields {
		if v := f.Term.Var; v != nil && !f.Binds && !f.Optional {
			inf.nonNull[v] = true
		}
	}
}
