package check

import (
	"maps"
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// resolveViews resolves all views. A view is resolved after the views that it uses.
func (c *checker) resolveViews() {
	var order []*viewState
	for _, f := range c.files {
		for _, t := range f.Views {
			if t.Name.Text == "" {
				continue
			}
			if first := c.views[t.Name.Text]; first != nil {
				c.declaredTwice(t.Name.Span, first.tree.Name.Span, "the view “"+t.Name.Text+"” is declared twice")
				continue
			}
			state := &viewState{tree: t}
			c.views[t.Name.Text] = state
			order = append(order, state)
		}
	}
	for _, state := range order {
		c.resolveView(state)
	}
}

func (c *checker) resolveView(state *viewState) {
	if state.state != 0 {
		return
	}
	state.state = 1
	t := state.tree
	r := newResolver(c, t.Broken)
	r.text = t.Span
	r.nested = "a view"
	r.collectSites(&syntax.Stage{Where: t.Where})
	v := &View{Tree: t, Name: t.Name.Text}
	for _, a := range t.In {
		name := viewVariable(a)
		switch {
		case name.Text == "":
			r.errorAt(diag.ViewParameter, a.Span, "an input of a view must be a variable")
		case slices.ContainsFunc(v.In, func(p *ViewParam) bool { return p.Name == a.Name.Text }):
			r.errorAt(diag.ArgumentTwice, a.Name.Span, "the view “"+v.Name+"” has the input “"+a.Name.Text+"” twice")
		default:
			if x, _ := r.bind(name); x != nil {
				x.Optional = a.Optional
				v.In = append(v.In, &ViewParam{Name: a.Name.Text, Var: x, Optional: a.Optional})
			}
		}
	}
	v.Where = r.lines(t.Where)
	for _, l := range v.Where {
		b, ok := l.Body.(*ViewLine)
		v.Answers = v.Answers || len(l.Else) > 0 || ok && b.View.Answers
	}
	for _, a := range t.Out {
		name := viewVariable(a)
		switch {
		case name.Text == "":
			r.errorAt(diag.ViewParameter, a.Span, "an output of a view must be a variable")
			continue
		case a.Optional:
			r.errorAt(diag.MisplacedOptional, a.Span, "“"+a.Name.Text+"?” is allowed only where the view is used")
			continue
		case slices.ContainsFunc(v.Out, func(p *ViewParam) bool { return p.Name == a.Name.Text }):
			r.errorAt(diag.ArgumentTwice, a.Name.Span, "the view “"+v.Name+"” has the output “"+a.Name.Text+"” twice")
			continue
		}
		x := r.lookup(name.Text)
		if x == nil {
			if !r.lenient {
				r.unknown(diag.ViewOutput, name, "the output “"+name.Text+"” is not bound in the view “"+v.Name+"”", r.visible())
			}
			x = r.declare(name)
		}
		v.Out = append(v.Out, &ViewParam{Name: a.Name.Text, Var: x})
	}
	v.Vars = r.vars
	state.unbound = r.unboundNames
	state.view, state.ok = v, r.ok && !t.Broken
	state.state = 2
	c.viewOrder = append(c.viewOrder, state)
}

// viewVariable is the variable of a view's parameter.
func viewVariable(a *syntax.Arg) syntax.Name {
	if a.Value == nil {
		return a.Name
	}
	if a.Value.Kind == syntax.VariableTerm {
		return a.Value.Name
	}
	return syntax.Name{}
}

// view returns the resolved view of a line, nil if there is none. It reports a view
// that uses itself.
func (r *resolver) view(name syntax.Name) *viewState {
	if name.Text == "" {
		return nil
	}
	state := r.c.views[name.Text]
	if state == nil {
		r.unknown(diag.UnknownView, name, "there is no view “"+name.Text+"”", slices.Sorted(maps.Keys(r.c.views)))
		return nil
	}
	if state.state == 1 {
		r.errorAt(diag.RecursiveView, name.Span, "the view “"+name.Text+"” uses itself")
		return nil
	}
	r.c.resolveView(state)
	return state
}
