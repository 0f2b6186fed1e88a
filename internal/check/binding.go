package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// resolveBindings resolves the type parameters of each instance. A parameter
// without a binding is a type of its own.
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
					c.declaredTwice(b.Param.Span, seen[b.Param.Text].Span, "the type parameter “"+b.Param.Text+"” is bound twice")
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

// bound returns the type that a type parameter of an instance stands for. The path
// holds the parameters that are being resolved.
func (c *checker) bound(i *Instance, p string, path []string) Type {
	own := Type{Kind: Identity, Name: i.Name + "." + p}
	if t, ok := i.Bindings[p]; ok {
		return t
	}
	t := own
	if i.Use != nil {
		t.From = &diag.Origin{Span: i.Use.Span, Message: "the type parameter “" + p + "” of “" + i.Name + "” has no binding, which contradicts %s"}
	}
	if !c.hasApp && i.Use == nil && i.Concept != nil && c.program.Instances[i.Name] == i {
		t = Type{} // without an app it may be anything
	}
	if i.Use != nil {
		for _, b := range i.Use.Bindings {
			if b.Param.Text != p {
				continue
			}
			if slices.Contains(path, own.Name) {
				c.errorAt(diag.Circular, b.Span, "the type parameter “"+own.Name+"” stands for itself")
				break
			}
			t = c.boundTo(b, append(path, own.Name))
			t.From = &diag.Origin{Span: b.Span, Message: "the binding “" + b.Span.Text() + "” of “" + i.Name + "” contradicts %s"}
			break
		}
	}
	if _, ok := i.Bindings[p]; !ok {
		i.Bindings[p] = t
	}
	return i.Bindings[p]
}

// boundTo resolves the type that a binding names, such as "Profile.User".
func (c *checker) boundTo(b *syntax.Binding, path []string) Type {
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
			for _, decl := range s.types {
				names = append(names, decl.name)
			}
			c.unknown(diag.UnknownType, b.Type, "“"+other.Concept.Name+"” has no type “"+b.Type.Text+"”", names)
		}
		return Type{}
	}
	decl := found[0]
	if len(found) > 1 {
		c.resolveTypeName(s, b.Type) // reports that the name is ambiguous
		return Type{}
	}
	if decl.param {
		return c.bound(other, decl.name, path)
	}
	t := Type{Kind: Identity, Name: decl.name}
	if decl.alias != nil {
		t = decl.target
	}
	return c.appTypeIn(other, t, path)
}

// appType returns a type of a concept as syncs see it: the name of an identity
// includes its instance.
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
