package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// A gate is a list of parameters that arguments must fit.
type gate struct {
	by     string // who has them: "Sessioning.create"
	params []*Param
	open   bool // further names are taken
	out    bool // they are outputs
	when   bool // of a pattern: inputs may be left out
	// broken is set where parts of either text could not be read: what seems
	// to be unknown or missing may stand there.
	broken bool
	span   source.Span // where a missing input is reported
}

// valueArgs resolves arguments where values are made: the inputs of what is
// asked, of queries and of views. Without a gate only their variables are
// resolved.
func (r *resolver) valueArgs(g *gate, i *Instance, trees []*syntax.Arg) []*Arg {
	var args []*Arg
	for _, t := range trees {
		if t.Optional {
			r.fault(diag.MisplacedOptional, t.Span, "“"+t.Name.Text+"?” stands only among the inputs in when and of a view",
				"null given to an optional input counts as left out")
		}
		r.declared = g != nil && t.Value == nil && param(g.params, t.Name.Text) != nil
		a := &Arg{Tree: t, Name: t.Name.Text, Term: r.valueTerm(t.Name, t.Value)}
		r.declared = false
		if r.fits(g, args, a) {
			args = append(args, a)
		}
		if a.Param != nil && i != nil {
			r.hint(a.Term.Var, r.c.appType(i, a.Param.whole()))
		}
	}
	if g == nil || g.broken {
		return args
	}
	var lacking []string
	var related []diag.Related
	for _, p := range g.params {
		given := slices.ContainsFunc(trees, func(t *syntax.Arg) bool { return t.Name.Text == p.Name })
		if given || p.Optional || r.nearly(g, trees, p.Name) {
			continue
		}
		lacking = append(lacking, "“"+p.Name+"”")
		if p.Tree != nil {
			related = append(related, diag.Related{Span: p.Tree.Span, Message: "declared here, and not optional"})
		}
	}
	if len(lacking) > 0 {
		word := "the input "
		if len(lacking) > 1 {
			word = "the inputs "
		}
		r.ok = false
		r.c.add(diag.Diagnostic{Code: diag.MissingInput, Span: g.span, Related: related,
			Message: "“" + g.by + "” needs " + word + enumerate(lacking, "and")})
	}
	return args
}

// nearly tells whether an argument that is unknown was reported as a
// misspelling of a parameter, so that it is not reported as missing too.
func (r *resolver) nearly(g *gate, trees []*syntax.Arg, name string) bool {
	if g.open {
		return false
	}
	names := paramNames(g.params)
	for _, t := range trees {
		if param(g.params, t.Name.Text) == nil {
			if near, ok := diag.Nearest(t.Name.Text, names); ok && near == name {
				return true
			}
		}
	}
	return false
}

// patternArgs resolves arguments where values are bound or compared: in when,
// and outputs.
func (r *resolver) patternArgs(g *gate, i *Instance, trees []*syntax.Arg) []*Arg {
	var args []*Arg
	for _, t := range trees {
		if t.Optional && g != nil && g.out {
			if p := param(g.params, t.Name.Text); p != nil && p.Tree != nil && !p.Optional {
				r.fault(diag.MisplacedOptional, t.Span, "“"+g.by+"” always gives “"+p.Name+"”", alwaysGiven)
			}
		}
		a := &Arg{Tree: t, Name: t.Name.Text, Optional: t.Optional}
		a.Term, a.Binds = r.patternTerm(t.Name, t.Value)
		if g != nil && g.when {
			a.Binds = false
		}
		if r.fits(g, args, a) {
			args = append(args, a)
		}
		if a.Param != nil && i != nil {
			r.hint(a.Term.Var, r.c.appType(i, a.Param.whole()))
		}
		if v := a.Term.Var; v != nil && i != nil && g != nil && g.open && a.Param == nil && t.Value == nil && v.Span == t.Name.Span {
			r.fields[v] = true
		}
	}
	return args
}

const alwaysGiven = "“?” behind an output binds null where a row has nothing there; for no row at all there is “maybe” before the line"

// fits finds the parameter of an argument, and reports one that is unknown or
// stands twice.
func (r *resolver) fits(g *gate, args []*Arg, a *Arg) bool {
	if g == nil {
		return true
	}
	if slices.ContainsFunc(args, func(b *Arg) bool { return b.Name == a.Name }) {
		r.fault(diag.ArgumentTwice, a.Tree.Name.Span, "“"+a.Name+"” is given twice")
		return false
	}
	a.Param = param(g.params, a.Name)
	if a.Param != nil || g.open {
		return true
	}
	r.ok = false
	if g.broken {
		return false
	}
	if g.out {
		r.c.unknown(diag.UnknownOutput, a.Tree.Name, "“"+g.by+"” gives no “"+a.Name+"”", paramNames(g.params))
	} else {
		r.c.unknown(diag.UnknownInput, a.Tree.Name, "“"+g.by+"” takes no “"+a.Name+"”", paramNames(g.params))
	}
	return false
}

// whole is the type of a parameter's value: a list of its type where it is a
// collection.
func (p *Param) whole() Type { return collect(p.Type, p.Many) }

func collect(t Type, many syntax.Many) Type {
	if many == syntax.One {
		return t
	}
	return Type{Kind: List, Elem: &t}
}
