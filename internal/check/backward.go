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

// A location can hold a secret: a variable, a column, or a field of the requests of
// a route.
type location struct {
	v            *Var
	column       Column
	method, path string // of a field of requests
}

// A secretUse is a part of a location's value that flows into something secret.
type secretUse struct {
	path     accessPath
	span     source.Span
	what     string      // completes "… is secret"
	by       string      // the sync or view that gives it to something secret
	combined bool        // an operator combines the part with other values
	compared bool        // the part is only compared with a secret
	part     source.Span // where the part is taken out of a value; none for a whole value
}

// secretUses holds the uses of all locations. A location with a use is secret as a
// whole. Exception: an operator combines it with other values into a secret, and
// the program also gives it to something that is not declared Secret. For example,
// a name may be part of a key.
type secretUses map[location][]secretUse

// findSecrets traces what flows into something declared Secret back to its origins:
// through expressions, folds and views, and through the inputs and outputs of
// actions from sync to sync. It sets Var.Secret and Program.Secret.
func (c *checker) findSecrets() {
	shown := &backwardAnalysis{uses: secretUses{}, collectOpen: true}
	shown.run(c.program)
	ba := &backwardAnalysis{uses: secretUses{}, open: shown.uses, credentials: map[*Var]secretUse{}}
	ba.run(c.program)
	c.secretUses = ba.uses
	c.program.Secret = map[Column]bool{}
	for h, list := range c.secretUses {
		switch {
		case h.v != nil:
			h.v.Secret = true
			h.v.Parts = slices.ContainsFunc(list, func(x secretUse) bool { return len(x.path) > 0 })
		case h.path == "":
			c.program.Secret[h.column] = true
		}
	}
}

// A backwardAnalysis traverses the program.
type backwardAnalysis struct {
	uses        secretUses
	open        secretUses // of what is given to something that is not declared Secret
	collectOpen bool       // it collects open
	name        string     // of the sync or view
	changed     bool
	// credentials are the variables that are a credential of a request. What they are
	// compared with is secret, even if they flow into nothing that is declared so.
	credentials map[*Var]secretUse
}

// run traverses the program until nothing changes.
func (ba *backwardAnalysis) run(p *Program) {
	views := slices.Sorted(maps.Keys(p.Views))
	for ba.changed = true; ba.changed; {
		ba.changed = false
		for _, s := range p.Syncs {
			ba.name = s.Name
			for _, w := range s.When {
				ba.pattern(w)
			}
			for _, stage := range s.Stages {
				ba.lines(stage.Where)
				ba.asks(stage.Then)
			}
		}
		for _, name := range views {
			ba.name = name
			ba.lines(p.Views[name].Where)
		}
	}
}

// use returns the use of a whole value.
func (ba *backwardAnalysis) use(span source.Span, what string) secretUse {
	return secretUse{path: accessPath{}, span: span, what: what, by: ba.name}
}

// isSink reports whether the value of a parameter is traced.
func (ba *backwardAnalysis) isSink(p *Param) bool {
	if ba.collectOpen {
		return p == nil || p.Type.Kind != Secret
	}
	return p != nil && p.Type.Kind == Secret
}

func (ba *backwardAnalysis) add(h location, x secretUse) {
	for _, known := range ba.uses[h] {
		if known.path.covers(x.path) && (x.combined || !known.combined) {
			return
		}
	}
	if x.combined {
		for _, s := range ba.open[h] {
			if s.path.covers(x.path) || x.path.covers(s.path) {
				return
			}
		}
	}
	ba.uses[h] = append(ba.uses[h], x)
	ba.changed = true
}

// link records that two locations have the same value.
func (ba *backwardAnalysis) link(a, b location) {
	for _, x := range ba.uses[a] {
		ba.add(b, x)
	}
	for _, x := range ba.uses[b] {
		ba.add(a, x)
	}
}

// term adds a use of a part of a term's value.
func (ba *backwardAnalysis) term(t Term, x secretUse) {
	if t.Var != nil {
		ba.add(location{v: t.Var}, x)
	} else {
		ba.expr(t.Expr, x)
	}
}

func (ba *backwardAnalysis) expr(e *Expr, x secretUse) {
	if e == nil {
		return
	}
	newTracer(e).sources(e.Node.Shape(), x.path, func(v *Var, p accessPath, joined bool) {
		y := x
		y.path, y.combined = p, x.combined || joined
		if len(p) > 0 && y.part.File == nil {
			y.part = e.partSpan(v, p)
		}
		ba.add(location{v: v}, y)
	})
}

// column is the location of an action's argument: for a further field of a request,
// the field of its route.
func (p *Pattern) column(a *Arg, out bool) location {
	if !out && p.IsRequest() && (a.Param == nil || a.Name == "headers") {
		method, path := p.Route()
		if path == "" {
			method, path = "", anyPath
		}
		return location{column: Column{Instance: p.Instance, Action: p.Action, Name: a.Name}, method: method, path: path}
	}
	return location{column: Column{p.Instance, p.Action, a.Name, out}}
}

// isCredential reports whether an input of a request is a credential that is no
// identity of the state.
func (p *Pattern) isCredential(a *Arg) bool {
	return p.IsRequest() && a.Term.Var.Type.Kind != Identity &&
		slices.ContainsFunc(p.Instance.Credentials, func(c *Credential) bool { return c.Field == a.Name })
}

// credential notes that a variable is a credential.
func (ba *backwardAnalysis) credential(v *Var, x secretUse) {
	if _, known := ba.credentials[v]; !known && !ba.collectOpen {
		ba.credentials[v] = x
		ba.changed = true
	}
}

// anyPath is the path of a pattern that matches requests of all routes.
const anyPath = "*"

func (ba *backwardAnalysis) pattern(p *Pattern) {
	by := p.Instance.Name + "." + p.Action.Name
	args := func(list []*Arg, out bool) {
		for _, a := range list {
			if a.Term.Var == nil {
				continue
			}
			if !ba.collectOpen && ba.isSink(a.Param) {
				ba.add(location{v: a.Term.Var}, ba.use(a.Term.Span, "“"+a.Name+"” of "+by))
			}
			if !ba.collectOpen && a.Type != nil && a.Type.Kind == Secret {
				ba.add(location{v: a.Term.Var}, ba.use(a.Tree.Type.Span, "“"+a.Name+"” of the request"))
			}
			if !ba.collectOpen && !out && p.IsRequest() && a.Name == HTTPField+"."+RawField {
				ba.add(location{v: a.Term.Var}, ba.use(a.Term.Span, "the body as it came"))
			}
			if !out && p.isCredential(a) {
				ba.credential(a.Term.Var, ba.use(a.Term.Span, "the credential “"+a.Name+"”"))
			}
			h := p.column(a, out)
			ba.link(location{v: a.Term.Var}, h)
			if h.path != "" { // what all routes use, this one uses too
				for _, wide := range []location{{column: h.column, path: h.path}, {column: h.column, path: anyPath}} {
					for _, x := range ba.uses[wide] {
						ba.add(location{v: a.Term.Var}, x)
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

func (ba *backwardAnalysis) asks(list []*Ask) {
	for _, a := range list {
		by := a.Instance.Name + "." + a.Action.Name
		ba.args(a.In, by, nil, func(name string) []secretUse {
			return ba.uses[location{column: Column{a.Instance, a.Action, name, false}}]
		})
		ba.lines(a.Where)
		for _, h := range a.Handlers {
			ba.asks(h.Asks)
		}
		for _, x := range a.Out {
			if x.Term.Var == nil {
				continue
			}
			if !ba.collectOpen && ba.isSink(x.Param) {
				ba.add(location{v: x.Term.Var}, ba.use(x.Term.Span, "“"+x.Name+"” of "+by))
			}
			ba.link(location{v: x.Term.Var}, location{column: Column{a.Instance, a.Action, x.Name, true}})
		}
	}
}

// args examines the inputs of an action, a query or a view.
func (ba *backwardAnalysis) args(list []*Arg, by string, view *View, of func(name string) []secretUse) {
	for _, a := range list {
		ba.comparisons(a.Term.Expr)
		if view == nil && ba.isSink(a.Param) {
			ba.term(a.Term, ba.use(a.Term.Span, "“"+a.Name+"” of "+by))
			continue
		}
		for _, x := range of(a.Name) {
			ba.term(a.Term, x)
		}
	}
}

func (ba *backwardAnalysis) lines(list []*Line) {
	for _, l := range list {
		ba.asks(l.Else)
		ba.line(l)
	}
}

func (ba *backwardAnalysis) line(l *Line) {
	ba.comparisons(l.If)
	switch b := l.Body.(type) {
	case *QueryLine:
		by := b.Instance.Name + "." + b.Query.Name
		ba.args(b.In, by, nil, func(string) []secretUse { return nil })
		for _, a := range b.Out {
			if !ba.collectOpen && ba.isSink(a.Param) {
				ba.term(a.Term, ba.use(a.Term.Span, "“"+a.Name+"” of "+by))
			}
		}
	case *FieldLine:
		if !ba.collectOpen && b.Field.Type.Kind == Secret {
			ba.term(b.Object, ba.use(b.Object.Span, "“"+b.Field.Name+"” of "+b.Instance.Name+"."+b.Set.Name))
		}
	case *ViewLine:
		ba.args(b.In, b.View.Name, b.View, func(name string) []secretUse {
			var list []secretUse
			for _, p := range b.View.In {
				if p.Name == name {
					list = append(list, ba.uses[location{v: p.Var}]...)
				}
			}
			return list
		})
		for _, a := range b.In {
			for _, p := range b.View.In {
				if x, ok := ba.credentials[a.Term.Var]; ok && p.Name == a.Name {
					ba.credential(p.Var, x)
				}
			}
		}
		for _, a := range b.Out {
			for _, p := range b.View.Out {
				if p.Name == a.Name && a.Term.Var != nil {
					for _, x := range ba.uses[location{v: a.Term.Var}] {
						ba.add(location{v: p.Var}, x)
					}
				}
			}
		}
	case *IsLine:
		ba.comparisons(b.Expr)
		for _, x := range ba.uses[location{v: b.Var}] {
			ba.expr(b.Expr, x)
		}
		if v, p := newTracer(b.Expr).path(b.Expr.Node.Shape()); v != nil && !b.Binds {
			ba.equate(v, p, b.Var, nil, b.Expr)
		}
		if x, ok := ba.credentials[b.Expr.SingleVar()]; ok && b.Binds {
			ba.credential(b.Var, x)
		}
	case *FilterLine:
		ba.comparisons(b.Expr)
	case *FoldLine:
		ba.lines(b.Lines)
		ba.comparisons(b.Expr)
		if b.Expr == nil {
			return
		}
		for _, x := range ba.uses[location{v: b.Var}] {
			if b.Fold == syntax.Each && len(x.path) > 0 {
				x.path = x.path[1:]
			}
			ba.expr(b.Expr, x)
		}
	case *BlockLine:
		ba.lines(b.Lines)
	case *HasLine:
		ba.comparisons(b.List)
		if b.Item.Var != nil {
			for _, x := range ba.uses[location{v: b.Item.Var}] {
				x.path = x.path.under(anyItem)
				if x.part.File == nil {
					x.part = b.Item.Span
				}
				ba.expr(b.List, x)
			}
			if v, p := newTracer(b.List).path(b.List.Node.Shape()); v != nil {
				item := append(slices.Clone(p), anyItem)
				ba.equate(v, item, b.Item.Var, nil, b.List)
				ba.equate(b.Item.Var, nil, v, item, b.List)
			}
		}
	case *MemberLine:
		for _, f := range b.Fields {
			if !ba.collectOpen && f.Field.Type.Kind == Secret {
				ba.term(f.Term, ba.use(f.Term.Span, "“"+f.Name+"” of "+b.Instance.Name+"."+b.Set.Name))
			}
		}
	default:
		panic("check: unknown line")
	}
}

// comparisons examines the comparisons of an expression: a value that equals a
// secret is secret.
func (ba *backwardAnalysis) comparisons(e *Expr) {
	if e == nil || ba.collectOpen {
		return
	}
	t := newTracer(e)
	var look func(s *expression.Shape)
	look = func(s *expression.Shape) {
		if s.Form == expression.BinaryForm && (s.Name == "==" || s.Name == "!=") {
			a, p := t.path(s.Parts[0])
			b, q := t.path(s.Parts[1])
			if a != nil && b != nil {
				ba.equate(a, p, b, q, e)
				ba.equate(b, q, a, p, e)
			}
		}
		for _, x := range s.Parts {
			look(x)
		}
	}
	look(e.Node.Shape())
}

// equate adds a use of the part q of b, in an expression, if all of the part p of a is
// used.
func (ba *backwardAnalysis) equate(a *Var, p accessPath, b *Var, q accessPath, e *Expr) {
	if x, ok := ba.credentials[a]; ok && len(p) == 0 && b.Type.Kind != Identity {
		ba.equal(b, q, x, e)
		return
	}
	for _, x := range ba.uses[location{v: a}] {
		if x.path.covers(p) {
			ba.equal(b, q, x, e)
			return
		}
	}
}

// equal adds a use of the part q of b, which equals a secret.
func (ba *backwardAnalysis) equal(b *Var, q accessPath, x secretUse, e *Expr) {
	x.path, x.compared, x.part = q, true, source.Span{}
	if len(q) > 0 {
		x.part = e.partSpan(b, q)
	}
	ba.add(location{v: b}, x)
}
