package check

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

// A spec is a concept with the types that it declares.
type spec struct {
	concept *Concept
	types   []*typeDecl
	file    *source.File
}

// broken reports whether part of the concept's text could not be parsed. Then
// nothing can be reported as missing from it.
func (s *spec) broken() bool { return s.concept.Tree.Broken }

// A typeDecl is a type that a concept declares.
type typeDecl struct {
	written string // as written: "Sessions"
	name    string // singular: "Session"
	span    source.Span
	param   bool
	set     *Set
	alias   *syntax.Alias
	target  Type // of an alias
	state   int  // of an alias: 0 not begun, 1 being resolved, 2 done
}

func primitives() []string {
	return []string{"String", "Number", "Flag", "Date", "DateTime", "Secret", "Binary", "Json"}
}

// primitive returns the primitive type with a name, which may be in the plural.
func primitive(name string) (Type, bool) {
	i := slices.IndexFunc(primitives(), func(p string) bool { return name == p || name == p+"s" })
	return Type{Kind: String + TypeKind(i)}, i >= 0
}

// concepts resolves the concepts in the texts.
func (c *checker) concepts() {
	for _, f := range c.files {
		for _, tree := range f.Concepts {
			if tree.Name.Text == "" {
				continue
			}
			if first := c.specs[tree.Name.Text]; first != nil {
				c.declaredTwice(tree.Name.Span, first.concept.Tree.Name.Span,
					"the concept “"+tree.Name.Text+"” is declared twice")
				continue
			}
			c.addConcept(tree)
		}
	}
}

// spec finds a concept in the texts or in the catalogue. It returns nil if there is
// none.
func (c *checker) spec(name string) *spec {
	if s := c.specs[name]; s != nil || name == "" || c.opt.Concept == nil {
		return s
	}
	f := c.opt.Concept(name)
	if f == nil {
		return nil
	}
	for _, tree := range f.Concepts {
		if tree.Name.Text == name {
			return c.addConcept(tree)
		}
	}
	return nil
}

func (c *checker) addConcept(tree *syntax.Concept) *spec {
	s := &spec{concept: &Concept{Tree: tree, Name: tree.Name.Text}, file: tree.Name.Span.File}
	c.specs[s.concept.Name] = s
	c.program.Concepts[s.concept.Name] = s.concept
	c.declareTypes(s)
	c.resolveAliases(s)
	c.resolveSubsets(s)
	for _, decl := range s.types {
		if decl.set != nil {
			c.resolveFields(s, decl.set)
		}
	}
	c.inheritedFields(s)
	c.namesDifferInCase(s)
	c.evolution(s)
	c.contract(s)
	return s
}

// resolveSubsets links each subset to its set.
func (c *checker) resolveSubsets(s *spec) {
	for _, set := range s.concept.Sets {
		of := set.Tree.Of
		if of.Text == "" {
			continue
		}
		if _, ok := primitive(of.Text); ok {
			c.errorAt(diag.SubsetOf, of.Span, "“"+of.Text+"” cannot have subsets; only sets and type parameters can")
			continue
		}
		decl := c.resolveTypeName(s, of)
		switch {
		case decl == nil:
		case decl.set == set:
			c.errorAt(diag.Circular, of.Span, "the set “"+set.Name+"” is a subset of itself")
		case decl.set != nil:
			set.Of = decl.set
		case decl.param:
			set.Member = Type{Kind: Identity, Name: decl.name}
		default:
			c.errorAt(diag.SubsetOf, of.Span, "the alias “"+of.Text+"” cannot have subsets; only sets and type parameters can")
		}
	}
	for _, set := range s.concept.Sets {
		path := []*Set{set}
		for up := set.Of; up != nil; up = up.Of {
			if i := slices.Index(path, up); i >= 0 {
				var names []string
				for _, p := range path[i:] {
					names = append(names, p.Name)
				}
				c.errorAt(diag.Circular, up.Tree.Of.Span,
					"the sets "+words.Enumerate(names, "and")+" are subsets of each other")
				path[len(path)-1].Of = nil
				break
			}
			path = append(path, up)
		}
	}
	for _, set := range s.concept.Sets {
		root := set
		for root.Of != nil {
			root = root.Of
		}
		set.Member = root.Member
	}
}

// resolveFields resolves the fields of a set and its unique lines.
func (c *checker) resolveFields(s *spec, set *Set) {
	for _, t := range set.Tree.Fields {
		f := &Field{Tree: t, Optional: t.Optional, Many: t.Many}
		if len(t.Constants) > 0 {
			f.Type = c.enumeration(t.Span, t.Constants)
		} else {
			f.Type = c.typeOf(s, t.Type)
		}
		f.Name = c.fieldName(s, t)
		if f.Name == "" {
			continue
		}
		if t.Optional && t.Many != syntax.One {
			c.errorAt(diag.OptionalCollection, t.Span,
				"the field “"+f.Name+"” is a "+t.Many.String()+" and cannot be optional: it may be empty")
		}
		if i := set.fieldIndex(f.Name); i >= 0 {
			c.declaredTwice(t.Span, set.Fields[i].Tree.Span, "the set “"+set.Name+"” has two fields “"+f.Name+"”")
			continue
		}
		if t.Unique {
			set.Uniques = append(set.Uniques, []int{len(set.Fields)})
		}
		set.Fields = append(set.Fields, f)
	}
	for _, u := range set.Tree.Uniques {
		var places []int
		for _, name := range u.Fields {
			i := set.fieldIndex(name.Text)
			switch {
			case i < 0 && name.Text != "" && !s.broken():
				c.unknown(diag.UnknownField, name, "the set “"+set.Name+"” has no field “"+name.Text+"” of its own",
					set.fieldNames())
			case i >= 0 && slices.Contains(places, i):
				c.errorAt(diag.DeclaredTwice, name.Span, "“"+name.Text+"” occurs twice in “unique”")
			case i >= 0:
				places = append(places, i)
			}
		}
		if len(places) != len(u.Fields) {
			continue
		}
		if slices.ContainsFunc(set.Uniques, func(x []int) bool { return sameFields(x, places) }) {
			c.errorAt(diag.DeclaredTwice, u.Span, "“unique” is declared twice for "+words.Enumerate(namesAt(set, places), "and"))
		} else {
			set.Uniques = append(set.Uniques, places)
		}
	}
}

// fieldName is the name of a field: its own, or one derived from its type.
func (c *checker) fieldName(s *spec, t *syntax.Field) string {
	if t.Name.Text != "" {
		return t.Name.Text
	}
	if t.Type.Text == "" {
		if len(t.Constants) > 0 {
			c.errorAt(diag.NamelessField, t.Span, "a field of constants needs a name, as in “a color of RED or GREEN”")
		}
		return ""
	}
	word := t.Type.Text
	if t.Many != syntax.One {
		if len(singulars(word)) == 0 {
			word = plural(word)
		}
		return lowerFirst(word)
	}
	for _, decl := range s.find(word) {
		if slices.Contains(singulars(word), decl.name) {
			word = decl.name
		}
	}
	return lowerFirst(word)
}

// inheritedFields reports a field that a set above a subset also has.
func (c *checker) inheritedFields(s *spec) {
	for _, set := range s.concept.Sets {
		for up := set.Of; up != nil; up = up.Of {
			for _, f := range set.Fields {
				if i := up.fieldIndex(f.Name); i >= 0 {
					c.declaredTwice(f.Tree.Span, up.Fields[i].Tree.Span,
						"the set “"+set.Name+"” is a subset of “"+up.Name+"”, which has the field “"+f.Name+"” already")
				}
			}
		}
	}
}

// fieldIndex is the index of a field in Fields, -1 if there is none.
func (s *Set) fieldIndex(name string) int {
	return slices.IndexFunc(s.Fields, func(f *Field) bool { return f.Name == name })
}

func (s *Set) fieldNames() []string {
	var names []string
	for _, f := range s.Fields {
		names = append(names, f.Name)
	}
	return names
}

// Find returns a field of the set's members, with the set that declares it: this
// one, or one above. It returns nil if there is none.
func (s *Set) Find(name string) (*Set, *Field) {
	for set := s; set != nil; set = set.Of {
		if i := set.fieldIndex(name); i >= 0 {
			return set, set.Fields[i]
		}
	}
	return nil, nil
}

// set returns the set that a name means.
func (s *spec) set(name string) *Set {
	for _, decl := range s.find(name) {
		if decl.set != nil {
			return decl.set
		}
	}
	return nil
}

func (s *spec) setNames() []string {
	var names []string
	for _, set := range s.concept.Sets {
		names = append(names, set.Name)
	}
	return names
}

// isRefusalCode reports whether a code is written in capitals.
func isRefusalCode(code string) bool {
	return code != "" && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && code[0] >= 'A' && code[0] <= 'Z'
}
