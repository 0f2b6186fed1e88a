package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// resolveBindings settles what the type parameters of each instance are. One
// that is not bound stays a type of its own.
func (c *checker) resolveBindings() {
	for _, name := range c.instanceNames() {
		i := c.program.Instances[name]
		s := c.specs[i.Concept.Name]
		if i.Use != nil {
			seen := map[string]*syntax.Binding{}
			for _, b := range i.Use.Bindings {
				switch {
				case b.Param.Text == "":
				case seen[b.Param.Text] != nil:
					c.twice(b.Param.Span, seen[b.Param.Text].Span, "the type parameter “"+b.Param.Text+"” is bound twice")
				case !slices.Contains(i.Concept.Params, b.Param.Text) && !s.broken():
					c.unknown(diag.UnknownTypeParameter, b.Param,
						"“"+i.Concept.Name+"” has no type parameter “"+b.Param.Text+"”", i.Concept.Params)
				}
				seen[b.Param.Text] = b
			}
		}
		for _, p := range i.Concept.Params {
			c.bound(i, p, nil)
		}
	}
}

// bound gives the type that a type parameter of an instance stands for. The
// path holds the parameters that are being settled.
func (c *checker) bound(i *Instance, p string, path []string) Type {
	own := Type{Kind: Identity, Name: i.Name + "." + p}
	if t, ok := i.Bindings[p]; ok {
		return t
	}
	t := own
	if !c.hasApp && i.Use == nil && i.Concept != nil && c.program.Instances[i.Name] == i {
		t = Type{} // nobody says whose it is: it may be anything
	}
	if i.Use != nil {
		for _, b := range i.Use.Bindings {
			if b.Param.Text != p {
				continue
			}
			if slices.Contains(path, own.Name) {
				c.fault(diag.Circular, b.Span, "the type parameter “"+own.Name+"” stands for itself")
				break
			}
			t = c.foreign(b, append(path, own.Name))
			break
		}
	}
	if _, ok := i.Bindings[p]; !ok {
		i.Bindings[p] = t
	}
	return i.Bindings[p]
}

// foreign resolves "Profile.User" behind a binding.
func (c *checker) foreign(b *syntax.Binding, path []string) Type {
	if b.Instance.Text == "" || b.Type.Text == "" {
		return Type{}
	}
	other := c.instance(b.Instance)
	if other == nil {
		return Type{}
	}
	s := c.specs[other.Concept.Name]
	found := s.find(b.Type.Text)
	if len(found) == 0 {
		if !s.broken() {
			var names []string
			for _, d := range s.types {
				names = append(names, d.name)
			}
			c.unknown(diag.UnknownType, b.Type, "“"+other.Concept.Name+"” has no type “"+b.Type.Text+"”", names)
		}
		return Type{}
	}
	d := found[0]
	if len(found) > 1 {
		c.declared(s, b.Type) // says that it is ambiguous
		return Type{}
	}
	if d.param {
		return c.bound(other, d.name, path)
	}
	t := Type{Kind: Identity, Name: d.name}
	if d.alias != nil {
		t = d.target
	}
	return c.appTypeIn(other, t, path)
}

// appType gives a type of a concept as the app's syncs see it: of identities,
// whose instance made them.
func (c *checker) appType(i *Instance, t Type) Type { return c.appTypeIn(i, t, nil) }

func (c *checker) appTypeIn(i *Instance, t Type, path []string) Type {
	switch t.Kind {
	case List:
		elem := c.appTypeIn(i, *t.Elem, path)
		return Type{Kind: List, Elem: &elem}
	case Identity:
		s := c.specs[i.Concept.Name]
		name := t.Name
		if set := s.set(name); set != nil {
			name = set.Member.Name
		}
		if slices.Contains(i.Concept.Params, name) {
			return c.bound(i, name, path)
		}
		return Type{Kind: Identity, Name: i.Name + "." + name}
	}
	return t
}
