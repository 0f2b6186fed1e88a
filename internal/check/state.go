package check

import (
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// A spec is a concept with the types that its text knows.
type spec struct {
	concept *Concept
	types   []*declared
	file    *source.File
}

// broken tells whether some of the concept's text could not be read, so that
// nothing can be said of what it seems to lack.
func (s *spec) broken() bool { return s.concept.Tree.Broken }

// A declared is a type that a concept's text declares.
type declared struct {
	written string // as declared: "Sessions"
	name    string // of one: "Session"
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

// primitive is the type of a primitive's name, singular or plural.
func primitive(name string) (Type, bool) {
	i := slices.IndexFunc(primitives(), func(p string) bool { return name == p || name == p+"s" })
	return Type{Kind: String + TypeKind(i)}, i >= 0
}

// concepts resolves every concept that the texts hold.
func (c *checker) concepts() {
	for _, f := range c.files {
		for _, tree := range f.Concepts {
			if tree.Name.Text == "" {
				continue
			}
			if first := c.specs[tree.Name.Text]; first != nil {
				c.twice(tree.Name.Span, first.concept.Tree.Name.Span,
					"the concept “"+tree.Name.Text+"” is declared twice")
				continue
			}
			c.addConcept(tree)
		}
	}
}

// spec finds a concept, in the texts or in the catalogue; nil when there is
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
			c.pendingIn(tree, &tree.Broken)
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
	for _, d := range s.types {
		if d.set != nil {
			c.resolveFields(s, d.set)
		}
	}
	c.uniqueInChains(s)
	c.distinctInAnyCase(s)
	c.contract(s)
	return s
}

// resolveSubsets links each subset with the set that it is of.
func (c *checker) resolveSubsets(s *spec) {
	for _, set := range s.concept.Sets {
		of := set.Tree.Of
		if of.Text == "" {
			continue
		}
		if _, ok := primitive(of.Text); ok {
			c.fault(diag.SubsetOf, of.Span, "a subset is of a set or a type parameter, not of “"+of.Text+"”")
			continue
		}
		d := c.declared(s, of)
		switch {
		case d == nil:
		case d.set == set:
			c.fault(diag.Circular, of.Span, "the set “"+set.Name+"” is a subset of itself")
		case d.set != nil:
			set.Of = d.set
		case d.param:
			set.Member = Type{Kind: Identity, Name: d.name}
		default:
			c.fault(diag.SubsetOf, of.Span, "a subset is of a set or a type parameter, and “"+of.Text+"” is an alias")
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
				c.fault(diag.Circular, up.Tree.Of.Span,
					"the sets "+enumerate(names, "and")+" are subsets of each other")
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
			f.Type = c.enumeration(t)
		} else {
			f.Type = c.typeOf(s, t.Type)
		}
		f.Name = c.fieldName(s, t)
		if f.Name == "" {
			continue
		}
		if t.Optional && t.Many != syntax.One {
			c.fault(diag.OptionalCollection, t.Span,
				"the field “"+f.Name+"” is a "+t.Many.String()+", which is never optional: it may be empty")
		}
		if i := set.field(f.Name); i >= 0 {
			c.twice(t.Span, set.Fields[i].Tree.Span, "the set “"+set.Name+"” has two fields “"+f.Name+"”")
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
			i := set.field(name.Text)
			switch {
			case i < 0 && name.Text != "" && !s.broken():
				c.unknown(diag.UnknownField, name, "the set “"+set.Name+"” has no field “"+name.Text+"” of its own",
					set.fieldNames())
			case i >= 0 && slices.Contains(places, i):
				c.fault(diag.DeclaredTwice, name.Span, "“"+name.Text+"” stands twice in “unique”")
			case i >= 0:
				places = append(places, i)
			}
		}
		if len(places) != len(u.Fields) {
			continue
		}
		if slices.ContainsFunc(set.Uniques, func(x []int) bool { return sameFields(x, places) }) {
			c.fault(diag.DeclaredTwice, u.Span, enumerate(namesAt(set, places), "and")+" stood under “unique” before")
		} else {
			set.Uniques = append(set.Uniques, places)
		}
	}
}

func (c *checker) enumeration(t *syntax.Field) Type {
	e := Type{Kind: Enum}
	if len(t.Constants) == 1 {
		c.fault(diag.MissingPart, t.Span, "a field of constants has two of them or more, as in “of "+t.Constants[0].Text+" or OTHER”")
	}
	for _, name := range t.Constants {
		if slices.Contains(e.Constants, name.Text) {
			c.fault(diag.DeclaredTwice, name.Span, "the constant “"+name.Text+"” stands twice")
			continue
		}
		e.Constants = append(e.Constants, name.Text)
	}
	return e
}

// fieldName is the name of a field: its own, or that of its type.
func (c *checker) fieldName(s *spec, t *syntax.Field) string {
	if t.Name.Text != "" {
		return t.Name.Text
	}
	if t.Type.Text == "" {
		if len(t.Constants) > 0 {
			c.fault(diag.NamelessField, t.Span, "a field of constants needs a name, as in “a color of RED or GREEN”")
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
	for _, d := range s.find(word) {
		if slices.Contains(singulars(word), d.name) {
			word = d.name
		}
	}
	return lowerFirst(word)
}

// uniqueInChains reports a field that a set above a subset has already.
func (c *checker) uniqueInChains(s *spec) {
	for _, set := range s.concept.Sets {
		for up := set.Of; up != nil; up = up.Of {
			for _, f := range set.Fields {
				if i := up.field(f.Name); i >= 0 {
					c.twice(f.Tree.Span, up.Fields[i].Tree.Span,
						"“"+f.Name+"” is a field of “"+up.Name+"”, of which “"+set.Name+"” is a subset")
				}
			}
		}
	}
}

// field is the place of a field among the set's own, or -1.
func (s *Set) field(name string) int {
	return slices.IndexFunc(s.Fields, func(f *Field) bool { return f.Name == name })
}

func (s *Set) fieldNames() []string {
	var names []string
	for _, f := range s.Fields {
		names = append(names, f.Name)
	}
	return names
}

// Find gives the field of a member of the set, with the set that has it: this
// one, or one of which it is a subset.
func (s *Set) Find(name string) (*Set, *Field) {
	for set := s; set != nil; set = set.Of {
		if i := set.field(name); i >= 0 {
			return set, set.Fields[i]
		}
	}
	return nil, nil
}

// set finds the set that a name means.
func (s *spec) set(name string) *Set {
	for _, d := range s.find(name) {
		if d.set != nil {
			return d.set
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

// upperCode tells whether a refusal's code is written as one.
func upperCode(code string) bool {
	return code != "" && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && code[0] >= 'A' && code[0] <= 'Z'
}
