package check

import (
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// declareTypes declares the type parameters, sets and aliases of a concept.
func (c *checker) declareTypes(s *spec) {
	tree := s.concept.Tree
	for _, p := range tree.Params {
		if p.Text != "" && c.nameIsFree(s, p, "the type parameter") {
			s.types = append(s.types, &typeDecl{written: p.Text, name: p.Text, span: p.Span, param: true})
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
			// Another concept creates the members of this set.
			set.Name, p.set = p.name, set
		} else if c.nameIsFree(s, t.Name, "the set") {
			set.Name = memberName(t, single)
			s.types = append(s.types, &typeDecl{written: t.Name.Text, name: set.Name, span: t.Name.Span, set: set})
		} else {
			continue
		}
		set.Member = Type{Kind: Identity, Name: set.Name}
		s.concept.Sets = append(s.concept.Sets, set)
	}
	for _, a := range tree.Aliases {
		if a.Name.Text != "" && c.nameIsFree(s, a.Name, "the alias") {
			s.types = append(s.types, &typeDecl{written: a.Name.Text, name: a.Name.Text, span: a.Name.Span, alias: a})
		}
	}
}

// nameIsFree reports whether a type's name is not yet declared; otherwise it
// reports an error.
func (c *checker) nameIsFree(s *spec, name syntax.Name, what string) bool {
	if _, ok := primitive(name.Text); ok {
		c.errorAt(diag.PrimitiveDeclared, name.Span, what+" “"+name.Text+"” has the name of a primitive type")
		return false
	}
	for _, decl := range s.types {
		if !sameType(decl.written, name.Text) && decl.name != name.Text {
			continue
		}
		message := "the type “" + name.Text + "” is declared twice"
		if decl.written != name.Text {
			message = "“" + name.Text + "” and “" + decl.written + "” are the same type: one is the plural of the other"
		}
		c.declaredTwice(name.Span, decl.span, message)
		return false
	}
	return true
}

// singleUses returns the type names that the concept uses for a single value.
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

// memberName is the name of one member of a set. English does not always decide
// (FocusStats may be singular), so the concept's own use counts first.
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

func (s *spec) param(name string) *typeDecl {
	for _, decl := range s.types {
		if decl.param && sameType(decl.name, name) {
			return decl
		}
	}
	return nil
}

// find returns the declared types that a name may mean, one if it is unambiguous.
func (s *spec) find(name string) []*typeDecl {
	for _, decl := range s.types {
		if decl.written == name || decl.name == name {
			return []*typeDecl{decl}
		}
	}
	var near []*typeDecl
	for _, decl := range s.types {
		if sameType(decl.written, name) || sameType(decl.name, name) {
			near = append(near, decl)
		}
	}
	return near
}

func (s *spec) typeNames() []string {
	var names []string
	for _, decl := range s.types {
		names = append(names, decl.name)
		if decl.written != decl.name {
			names = append(names, decl.written)
		}
	}
	return append(names, primitives()...)
}

// resolveTypeName returns the declaration that a name means. It reports a name that
// is unknown or ambiguous.
func (c *checker) resolveTypeName(s *spec, name syntax.Name) *typeDecl {
	found := s.find(name.Text)
	switch {
	case len(found) == 1:
		c.program.uses[found[0].span]++
		return found[0]
	case len(found) > 1:
		c.add(diag.Diagnostic{Code: diag.AmbiguousType, Span: name.Span,
			Message: "“" + name.Text + "” is ambiguous: it may be “" + found[0].written + "” or “" + found[1].written + "”",
			Related: []diag.Related{
				{Span: found[0].span, Message: "“" + found[0].written + "” is declared here"},
				{Span: found[1].span, Message: "“" + found[1].written + "” is declared here"}}})
	case !s.broken() && name.Text != "" && syntax.Elsewhere(name.Text) != "":
		known := syntax.Elsewhere(name.Text)
		c.add(diag.Diagnostic{Code: diag.UnknownType, Span: name.Span,
			Message: s.concept.Name + " has no type “" + name.Text + "”; the type is called “" + known + "”",
			Fix:     &diag.Fix{Title: "write " + known, Edits: []diag.Edit{{Span: name.Span, Text: known}}}})
	case !s.broken() && name.Text != "":
		c.unknownOf(nil, diag.UnknownType, name, s.concept.Name+" has no type “"+name.Text+"”", s.typeNames(), s.declaredTypes(),
			"a type is a set of the state, a type parameter, an alias or a primitive")
	}
	return nil
}

// typeOf resolves a type's name inside a concept.
func (c *checker) typeOf(s *spec, name syntax.Name) Type {
	if t, ok := primitive(name.Text); ok {
		return t
	}
	decl := c.resolveTypeName(s, name)
	switch {
	case decl == nil:
		return Type{}
	case decl.alias != nil:
		return c.aliasTarget(s, decl)
	}
	return Type{Kind: Identity, Name: decl.name}
}

func (c *checker) resolveAliases(s *spec) {
	for _, decl := range s.types {
		if decl.alias != nil {
			c.aliasTarget(s, decl)
		}
	}
}

func (c *checker) aliasTarget(s *spec, decl *typeDecl) Type {
	switch decl.state {
	case 0:
		decl.state = 1
		decl.target = c.typeOf(s, decl.alias.Type)
		decl.state = 2
	case 1:
		c.errorAt(diag.Circular, decl.alias.Name.Span, "the alias “"+decl.written+"” stands for itself")
		decl.state = 2
	}
	return decl.target
}
