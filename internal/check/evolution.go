package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/syntax"
)

// evolution resolves how the state of an earlier version of a concept becomes state of
// this one: the names that sets and fields had, and the initial values of fields.
func (c *checker) evolution(s *spec) {
	was := map[string]*Set{}
	for _, set := range s.concept.Sets {
		if name := set.Tree.Was; name.Text != "" {
			for _, form := range set.FormerNames() {
				if d := s.param(form); d != nil || s.set(form) != nil {
					c.stillThere(name, "a type of “"+s.concept.Name+"”", "set")
					break
				}
			}
			if first := was[name.Text]; first != nil {
				c.declaredTwice(name.Span, first.Tree.Was.Span, "two sets were “"+name.Text+"”")
			}
			was[name.Text] = set
		}
		c.fieldEvolution(s, set)
	}
}

// FormerNames are the names that the set may have had in an earlier version: as it is
// written, and what one member may have been called.
func (s *Set) FormerNames() []string {
	if s.Tree.Was.Text == "" {
		return nil
	}
	return append([]string{s.Tree.Was.Text}, singulars(s.Tree.Was.Text)...)
}

func (c *checker) stillThere(name syntax.Name, what, of string) {
	c.errorAt(diag.DeclaredTwice, name.Span, "“"+name.Text+"” is still "+what,
		"“was” names a "+of+" of an earlier version that this version no longer has: this one takes what the store has of it")
}

func (c *checker) fieldEvolution(s *spec, set *Set) {
	was := map[string]*Field{}
	for _, f := range set.Fields {
		if name := f.Tree.Was; name.Text != "" {
			if _, other := set.Find(name.Text); other != nil {
				c.stillThere(name, "a field of “"+set.Name+"”", "field")
			}
			if first := was[name.Text]; first != nil {
				c.declaredTwice(name.Span, first.Tree.Was.Span, "two fields were “"+name.Text+"”")
			}
			was[name.Text] = f
		}
		if f.Tree.Initially != nil && !s.broken() {
			c.initially(set, f)
		}
	}
}

// initially resolves the initial value of a field, which is computed from the other
// fields of a member.
func (c *checker) initially(set *Set, f *Field) {
	t := f.Tree.Initially
	refuse := func(why string) {
		c.errorAt(diag.WrongValue, t.Span, "“"+f.Name+"” cannot have an initial value: "+why)
	}
	switch {
	case f.Many != syntax.One:
		refuse("a collection is empty at first")
		return
	case f.Optional:
		refuse("the field is optional, so existing members need no value")
		return
	case f.Type.Kind == Secret, f.Type.Kind == Binary:
		refuse("there is no expression for " + Describe(f.Type))
		return
	}
	if t.Broken {
		return
	}
	node, err := c.expression(t.Text)
	r := newResolver(c, false)
	var names []string
	inf := newInference(c, nil)
	for _, other := range set.Fields {
		if other == f || other.Tree.Initially != nil || other.Type.Kind == Secret {
			continue
		}
		v := r.declare(syntax.Name{Text: other.Name, Span: other.Tree.Span})
		v.Type = collect(other.Type, other.Many)
		names, inf.nullable[v] = append(names, other.Name), other.Optional
	}
	inf.vars = r.vars
	if err == nil {
		for _, name := range node.Variables() {
			at := syntax.Name{Text: name, Span: readSpan(t, node.Shape(), name)}
			switch {
			case name == expression.Now || name == expression.New:
				c.errorAt(diag.ReservedVariable, at.Span, "“"+name+"” has no meaning in an initial value: it is computed once, when the store is migrated")
				return
			case slices.Contains(names, name):
			case set.fieldIndex(name) >= 0:
				c.errorAt(diag.UnknownField, at.Span, "“"+name+"” cannot be read here: it is secret, or has an initial value itself")
				return
			default:
				c.unknown(diag.UnknownField, at, "the set “"+set.Name+"” has no field “"+name+"” of its own", names)
				return
			}
		}
	}
	e := r.expr(t)
	if e == nil {
		return
	}
	what := "the initial value of “" + f.Name + "”"
	ok := inf.fixpoint(func() {
		x, shape := inf.newExpr(e), e.Node.Shape()
		if shape.Form == expression.LiteralForm {
			if !inf.quiet {
				inf.ok = c.literal(Term{Span: t.Span, Literal: shape.Literal}, f.Type, false, what)
			}
			return
		}
		x.assign(shape, f.Type, what)
		e.Type = x.typeOf(shape)
		x.requireNonNull(shape, e.Type, what)
	})
	if ok {
		f.Initially = e
	}
}
