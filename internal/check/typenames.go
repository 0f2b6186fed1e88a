package check

import (
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// declareTypes gathers the type parameters, sets and aliases of a concept and
// settles their names.
func (c *checker) declareTypes(s *spec) {
	tree := s.concept.Tree
	for _, p := range tree.Params {
		if p.Text != "" && c.fresh(s, p, "the type parameter") {
			s.types = append(s.types, &declared{written: p.Text, name: p.Text, span: p.Span, param: true})
			s.concept.Params = append(s.concept.Params, p.Text)
		}
	}
	single := singleUses(tree)
	for _, t := range tree.Sets {
		if t.Name.Text == "" {
			continue
		}
		set := &Set{Tree: t, Kind: t.Kind}
		if p := s.param(t.Name.Text); p != nil && p.set == nil && t.Of.Text == "" {
			// The members of this set are made elsewhere.
			set.Name, p.set = p.name, set
		} else if c.fresh(s, t.Name, "the set") {
			set.Name = memberName(t, single)
			s.types = append(s.types, &declared{written: t.Name.Text, name: set.Name, span: t.Name.Span, set: set})
		} else {
			continue
		}
		set.Member = Type{Kind: Identity, Name: set.Name}
		s.concept.Sets = append(s.concept.Sets, set)
	}
	for _, a := range tree.Aliases {
		if a.Name.Text != "" && c.fresh(s, a.Name, "the alias") {
			s.types = append(s.types, &declared{written: a.Name.Text, name: a.Name.Text, span: a.Name.Span, alias: a})
		}
	}
}

// fresh tells whether a type's name is still free; if not, it says so.
func (c *checker) fresh(s *spec, name syntax.Name, what string) bool {
	if _, ok := primitive(name.Text); ok {
		c.fault(diag.PrimitiveDeclared, name.Span, what+" “"+name.Text+"” has the name of a primitive")
		return false
	}
	for _, d := range s.types {
		if !sameType(d.written, name.Text) && d.name != name.Text {
			continue
		}
		message := "the type “" + name.Text + "” is declared twice"
		if d.written != name.Text {
			message = "“" + name.Text + "” and “" + d.written + "” are one type: singular and plural are the same"
		}
		c.twice(name.Span, d.span, message)
		return false
	}
	return true
}

// singleUses are the type names that the concept's text uses for one value.
func singleUses(tree *syntax.Concept) map[string]bool {
	uses := map[string]bool{}
	params := func(list []*syntax.Param) {
		for _, p := range list {
			if p.Type.Many == syntax.One {
				uses[p.Type.Name.Text] = true
			}
		}
	}
	for _, a := range tree.Actions {
		params(a.Inputs)
		params(a.Outputs)
	}
	for _, q := range tree.Queries {
		params(q.Inputs)
		params(q.Outputs)
	}
	for _, set := range tree.Sets {
		for _, f := range set.Fields {
			if f.Many == syntax.One {
				uses[f.Type.Text] = true
			}
		}
	}
	return uses
}

// memberName is the name of one member of a set. English does not settle it
// (FocusStats may be one thing), so the concept's own use counts first.
func memberName(t *syntax.Set, single map[string]bool) string {
	forms := singulars(t.Name.Text)
	for _, form := range forms {
		if single[form] {
			return form
		}
	}
	if len(forms) == 0 || single[t.Name.Text] || t.Kind == syntax.ElementDecl {
		return t.Name.Text
	}
	return forms[0]
}

func (s *spec) param(name string) *declared {
	for _, d := range s.types {
		if d.param && sameType(d.name, name) {
			return d
		}
	}
	return nil
}

// find gives the declared types that a name may mean: one when it is clear.
func (s *spec) find(name string) []*declared {
	for _, d := range s.types {
		if d.written == name || d.name == name {
			return []*declared{d}
		}
	}
	var near []*declared
	for _, d := range s.types {
		if sameType(d.written, name) || sameType(d.name, name) {
			near = append(near, d)
		}
	}
	return near
}

func (s *spec) typeNames() []string {
	var names []string
	for _, d := range s.types {
		names = append(names, d.name)
		if d.written != d.name {
			names = append(names, d.written)
		}
	}
	return append(names, primitives()...)
}

// declared finds what a type's name means, and says so when it means nothing
// or too much.
func (c *checker) declared(s *spec, name syntax.Name) *declared {
	found := s.find(name.Text)
	switch {
	case len(found) == 1:
		return found[0]
	case len(found) > 1:
		c.add(diag.Diagnostic{Code: diag.AmbiguousType, Span: name.Span,
			Message: "“" + name.Text + "” may be “" + found[0].written + "” or “" + found[1].written + "”",
			Related: []diag.Related{
				{Span: found[0].span, Message: "“" + found[0].written + "” is declared here"},
				{Span: found[1].span, Message: "“" + found[1].written + "” is declared here"}}})
	case !s.broken() && name.Text != "" && syntax.Elsewhere(name.Text) != "":
		known := syntax.Elsewhere(name.Text)
		c.add(diag.Diagnostic{Code: diag.UnknownType, Span: name.Span,
			Message: s.concept.Name + " has no type “" + name.Text + "”; here it is “" + known + "”",
			Fix:     &diag.Fix{Title: "write " + known, Edits: []diag.Edit{{Span: name.Span, Text: known}}}})
	case !s.broken() && name.Text != "":
		c.unknown(diag.UnknownType, name, s.concept.Name+" has no type “"+name.Text+"”", s.typeNames(),
			"a type is a set of the state, a type parameter, an alias or a primitive")
	}
	return nil
}

// typeOf resolves a type's name inside a concept.
func (c *checker) typeOf(s *spec, name syntax.Name) Type {
	if t, ok := primitive(name.Text); ok {
		return t
	}
	d := c.declared(s, name)
	switch {
	case d == nil:
		return Type{}
	case d.alias != nil:
		return c.aliasTarget(s, d)
	}
	return Type{Kind: Identity, Name: d.name}
}

func (c *checker) resolveAliases(s *spec) {
	for _, d := range s.types {
		if d.alias != nil {
			c.aliasTarget(s, d)
		}
	}
}

func (c *checker) aliasTarget(s *spec, d *declared) Type {
	switch d.state {
	case 0:
		d.state = 1
		d.target = c.typeOf(s, d.alias.Type)
		d.state = 2
	case 1:
		c.fault(diag.Circular, d.alias.Name.Span, "the alias “"+d.written+"” stands for itself")
		d.state = 2
	}
	return d.target
}
