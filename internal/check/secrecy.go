package check

import (
	"maps"
	"slices"

	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// A Column is an input or output of an instance's action.
type Column struct {
	Instance *Instance
	Action   *Action
	Name     string
	Out      bool
}

// A holder can hold a secret: a variable, a column, or a field of the requests
// of a route.
type holder struct {
	v            *Var
	column       Column
	method, path string // of a field of requests
}

// A need is a part of a holder's value that is given to something secret, here
// or elsewhere.
type need struct {
	place  place
	span   source.Span
	what   string // completes "… is secret"
	by     string // the sync or view where that is
	joined bool   // an operator combines the part with other values
}

// needs are the needs of all holders. A holder with a need is secret as a whole.
// Exception: an operator makes a secret from it and other values, and the
// program also gives it to something that is not declared Secret. A name may be
// part of a key.
type needs map[holder][]need

// secrecy traces what flows into something declared Secret back to its origins:
// through expressions, folds and views, and through the inputs and outputs of
// actions from sync to sync. It sets Var.Secret and Program.Secret.
func (c *checker) secrecy() {
	shown := &needing{needs: needs{}, open: true}
	shown.all(c.program)
	n := &needing{needs: needs{}, shown: shown.needs}
	n.all(c.program)
	c.needs = n.needs
	c.program.Secret = map[Column]bool{}
	for h, list := range c.needs {
		switch {
		case h.v != nil:
			h.v.Secret = true
			h.v.Parts = slices.ContainsFunc(list, func(x need) bool { return len(x.place) > 0 })
		case h.path == "":
			c.program.Secret[h.column] = true
		}
	}
}

// A needing traverses the program.
type needing struct {
	needs   needs
	shown   needs  // given to something that is not declared Secret
	open    bool   // it gathers shown
	name    string // of the sync or view
	changed bool
}

// all traverses the program until it finds nothing new.
func (n *needing) all(p *Program) {
	views := slices.Sorted(maps.Keys(p.Views))
	for n.changed = true; n.changed; {
		n.changed = false
		for _, s := range p.Syncs {
			n.name = s.Name
			for _, w := range s.When {
				n.pattern(w)
			}
			n.lines(s.Where)
			n.asks(s.Then)
		}
		for _, name := range views {
			n.name = name
			n.lines(p.Views[name].Where)
		}
	}
}

// seeds reports whether what such a parameter gets is traced.
func (n *needing) seeds(p *Param) bool {
	if n.open {
		return p == nil || p.Type.Kind != Secret
	}
	return p != nil && p.Type.Kind == Secret
}

func (n *needing) add(h holder, x need) {
	for _, known := range n.needs[h] {
		if known.place.covers(x.place) && (x.joined || !known.joined) {
			return
		}
	}
	if x.joined {
		for _, s := range n.shown[h] {
			if s.place.covers(x.place) || x.place.covers(s.place) {
				return
			}
		}
	}
	n.needs[h] = append(n.needs[h], x)
	n.changed = true
}

// same records that two holders are equal.
func (n *needing) same(a, b holder) {
	for _, x := range n.needs[a] {
		n.add(b, x)
	}
	for _, x := range n.needs[b] {
		n.add(a, x)
	}
}

// term adds a need for a part of a term's value.
func (n *needing) term(t Term, x need) {
	if t.Var != nil {
		n.add(holder{v: t.Var}, x)
	} else {
		n.expr(t.Expr, x)
	}
}

func (n *needing) expr(e *Expr, x need) {
	if e == nil {
		return
	}
	trace(e).want(e.Node.Shape(), x.place, func(v *Var, p place, joined bool) {
		n.add(holder{v: v}, need{p, x.span, x.what, x.by, x.joined || joined})
	})
}

// column is the holder of an action's argument: for a further field of a
// request, the field of its route.
func (p *Pattern) column(a *Arg, out bool) holder {
	if !out && p.IsRequest() && (a.Param == nil || a.Name == "headers") {
		method, path := p.Route()
		if path == "" {
			method, path = "", anyPath
		}
		return holder{column: Column{Instance: p.Instance, Action: p.Action, Name: a.Name}, method: method, path: path}
	}
	return holder{column: Column{p.Instance, p.Action, a.Name, out}}
}

// anyPath is the path of a pattern that matches requests of all routes.
const anyPath = "*"

func (n *needing) pattern(p *Pattern) {
	by := p.Instance.Name + "." + p.Action.Name
	args := func(list []*Arg, out bool) {
		for _, a := range list {
			if a.Term.Var == nil {
				continue
			}
			if !n.open && n.seeds(a.Param) {
				n.add(holder{v: a.Term.Var}, need{place{}, a.Term.Span, "“" + a.Name + "” of " + by, n.name, false})
			}
			h := p.column(a, out)
			n.same(holder{v: a.Term.Var}, h)
			if h.path != "" { // this method and route take what all of them take
				for _, wide := range []holder{{column: h.column, path: h.path}, {column: h.column, path: anyPath}} {
					for _, x := range n.needs[wide] {
						n.add(holder{v: a.Term.Var}, x)
					}
				}
			}
		}
	}
	args(p.In, false)
	if !p.Refused {
		args(p.Out, true)
	}
}

func (n *needing) asks(list []*Ask) {
	for _, a := range list {
		by := a.Instance.Name + "." + a.Action.Name
		n.given(a.In, by, nil, func(name string) []need {
			return n.needs[holder{column: Column{a.Instance, a.Action, name, false}}]
		})
		for _, x := range a.Out {
			if x.Term.Var == nil {
				continue
			}
			if !n.open && n.seeds(x.Param) {
				n.add(holder{v: x.Term.Var}, need{place{}, x.Term.Span, "“" + x.Name + "” of " + by, n.name, false})
			}
			n.same(holder{v: x.Term.Var}, holder{column: Column{a.Instance, a.Action, x.Name, true}})
		}
	}
}

// given examines what an action, a query or a view is given.
func (n *needing) given(list []*Arg, by string, view *View, of func(name string) []need) {
	for _, a := range list {
		n.equals(a.Term.Expr)
		if view == nil && n.seeds(a.Param) {
			n.term(a.Term, need{place{}, a.Term.Span, "“" + a.Name + "” of " + by, n.name, false})
			continue
		}
		for _, x := range of(a.Name) {
			n.term(a.Term, x)
		}
	}
}

func (n *needing) lines(list []*Line) {
	for _, l := range list {
		n.asks(l.Else)
		n.line(l)
	}
}

func (n *needing) line(l *Line) {
	switch b := l.Body.(type) {
	case *QueryLine:
		by := b.Instance.Name + "." + b.Query.Name
		n.given(b.In, by, nil, func(string) []need { return nil })
		for _, a := range b.Out {
			if !n.open && n.seeds(a.Param) {
				n.term(a.Term, need{place{}, a.Term.Span, "“" + a.Name + "” of " + by, n.name, false})
			}
		}
	case *FieldLine:
		if !n.open && b.Field.Type.Kind == Secret {
			n.term(b.Object, need{place{}, b.Object.Span, "“" + b.Field.Name + "” of " + b.Instance.Name + "." + b.Set.Name, n.name, false})
		}
	case *ViewLine:
		n.given(b.In, b.View.Name, b.View, func(name string) []need {
			var list []need
			for _, p := range b.View.In {
				if p.Name == name {
					list = append(list, n.needs[holder{v: p.Var}]...)
				}
			}
			return list
		})
		for _, a := range b.Out {
			for _, p := range b.View.Out {
				if p.Name == a.Name && a.Term.Var != nil {
					for _, x := range n.needs[holder{v: a.Term.Var}] {
						n.add(holder{v: p.Var}, x)
					}
				}
			}
		}
	case *IsLine:
		n.equals(b.Expr)
		for _, x := range n.needs[holder{v: b.Var}] {
			n.expr(b.Expr, x)
		}
		if v, p := trace(b.Expr).path(b.Expr.Node.Shape()); v != nil && !b.Binds {
			n.equal(v, p, b.Var, nil)
		}
	case *FilterLine:
		n.equals(b.Expr)
	case *FoldLine:
		n.lines(b.Lines)
		n.equals(b.Expr)
		if b.Expr == nil {
			return
		}
		for _, x := range n.needs[holder{v: b.Var}] {
			if b.Fold == syntax.Each && len(x.place) > 0 {
				x.place = x.place[1:]
			}
			n.expr(b.Expr, x)
		}
	}
}

// equals examines the comparisons of an expression: what equals a secret is
// secret.
func (n *needing) equals(e *Expr) {
	if e == nil || n.open {
		return
	}
	t := trace(e)
	var look func(s *expression.Shape)
	look = func(s *expression.Shape) {
		if s.Form == expression.BinaryForm && (s.Name == "==" || s.Name == "!=") {
			a, p := t.path(s.Parts[0])
			b, q := t.path(s.Parts[1])
			if a != nil && b != nil {
				n.equal(a, p, b, q)
				n.equal(b, q, a, p)
			}
		}
		for _, x := range s.Parts {
			look(x)
		}
	}
	look(e.Node.Shape())
}

// equal adds the need for the part of b at q if all of the part of a at p is
// needed.
func (n *needing) equal(a *Var, p place, b *Var, q place) {
	for _, x := range n.needs[holder{v: a}] {
		if x.place.covers(p) {
			n.add(holder{v: b}, need{q, x.span, x.what, x.by, x.joined})
			return
		}
	}
}
