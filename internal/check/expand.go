package check

import (
	"slices"
	"strconv"

	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

// expandViews puts the lines of each view that answers in the place of its uses, so
// that the later phases see only lines of syncs.
func (c *checker) expandViews() {
	for _, s := range c.program.Syncs {
		e := &expansion{c: c, sync: s, uses: map[*View]int{}}
		for _, stage := range s.Stages {
			stage.Where = e.lines(stage.Where)
		}
	}
}

// An expansion replaces the uses of views that answer in one sync.
type expansion struct {
	c    *checker
	sync *Sync
	uses map[*View]int // how often each view was used so far
}

func (e *expansion) lines(list []*Line) []*Line {
	var out []*Line
	for _, l := range list {
		if b, ok := l.Body.(*ViewLine); ok && b.View.Answers {
			out = append(out, e.use(l, b)...)
		} else {
			out = append(out, l)
		}
	}
	return out
}

// use returns the lines of a view for one use. A parameter that is given a variable,
// or binds one, is that variable.
func (e *expansion) use(l *Line, b *ViewLine) []*Line {
	e.uses[b.View]++
	prefix := b.View.Name + "."
	if n := e.uses[b.View]; n > 1 {
		prefix = b.View.Name + "#" + strconv.Itoa(n) + "."
	}
	s := &substitution{sync: e.sync, prefix: prefix, vars: map[*Var]*Var{}}
	var list, after []*Line
	for _, p := range b.View.In {
		i := slices.IndexFunc(b.In, func(a *Arg) bool { return a.Name == p.Name })
		switch {
		case i < 0:
			s.variable(p.Var).Absent = true
			list = append(list, bindLine(l, s.variable(p.Var), e.literal(l, "null")))
		case b.In[i].Term.Var != nil:
			v := b.In[i].Term.Var
			s.vars[p.Var], v.Compared = v, append(v.Compared, p.Var.Compared...)
		case b.In[i].Term.Expr != nil:
			list = append(list, bindLine(l, s.variable(p.Var), b.In[i].Term.Expr))
		default:
			list = append(list, bindLine(l, s.variable(p.Var), e.literal(l, b.In[i].Term.Literal.String())))
		}
	}
	for _, a := range b.Out {
		i := slices.IndexFunc(b.View.Out, func(p *ViewParam) bool { return p.Name == a.Name })
		if i < 0 || a.Term.Var == nil {
			continue
		}
		p := b.View.Out[i]
		if known := s.vars[p.Var]; known != nil {
			same := e.literal(l, "value")
			same.Vars = []*Var{known}
			after = append(after, bindLine(l, a.Term.Var, same))
		} else {
			s.vars[p.Var] = a.Term.Var
		}
		if !a.Optional && !p.Always {
			required := e.literal(l, "value != null")
			required.Vars = []*Var{a.Term.Var}
			after = append(after, &Line{Tree: l.Tree, Body: &FilterLine{Expr: required}})
		}
	}
	for _, inner := range b.View.Where {
		x := s.line(inner)
		x.Use = &Use{View: b.View.Name, Line: l}
		list = append(list, x)
	}
	return e.lines(append(list, after...))
}

func bindLine(l *Line, v *Var, x *Expr) *Line {
	return &Line{Tree: l.Tree, Body: &IsLine{Var: v, Binds: true, Expr: x}, Nulls: []*Var{v}}
}

// literal returns an expression that is not in the text of the program.
func (e *expansion) literal(l *Line, text string) *Expr { return e.c.implied(l.Tree.Span, text) }

// implied returns an expression that is not in the text of the program, but stands for
// what is there.
func (c *checker) implied(span source.Span, text string, vars ...*Var) *Expr {
	node, err := c.expression(text)
	if err != nil {
		panic("check: " + text + ": " + err.Error())
	}
	return &Expr{Tree: &syntax.Expr{Span: span, Text: text}, Node: node, Vars: vars}
}

// A substitution copies the lines of a view, with the variables of the sync that uses
// it.
type substitution struct {
	sync   *Sync
	prefix string
	vars   map[*Var]*Var
}

// variable returns the variable of the sync for one of the view.
func (s *substitution) variable(v *Var) *Var {
	if v == nil {
		return nil
	}
	if x := s.vars[v]; x != nil {
		return x
	}
	x := *v
	x.Name, x.Index = s.prefix+v.Name, len(s.sync.Vars)
	s.sync.Vars = append(s.sync.Vars, &x)
	s.vars[v] = &x
	return &x
}

func (s *substitution) variables(list []*Var) []*Var {
	var out []*Var
	for _, v := range list {
		out = append(out, s.variable(v))
	}
	return out
}

func (s *substitution) expr(e *Expr) *Expr {
	if e == nil {
		return nil
	}
	x := *e
	x.Vars = s.variables(e.Vars)
	return &x
}

func (s *substitution) term(t Term) Term {
	t.Var, t.Expr = s.variable(t.Var), s.expr(t.Expr)
	return t
}

func (s *substitution) args(list []*Arg) []*Arg {
	var out []*Arg
	for _, a := range list {
		x := *a
		x.Term = s.term(a.Term)
		x.Part = false // it may hold for another use of the view
		out = append(out, &x)
	}
	return out
}

func (s *substitution) asks(list []*Ask) []*Ask {
	var out []*Ask
	for _, a := range list {
		x := *a
		x.In, x.Where, x.Out, x.Handlers = s.args(a.In), s.lines(a.Where), s.args(a.Out), nil
		for _, h := range a.Handlers {
			x.Handlers = append(x.Handlers, &Handler{Tree: h.Tree, Code: h.Code, Asks: s.asks(h.Asks), Error: s.variable(h.Error), Refusal: s.variable(h.Refusal)})
		}
		out = append(out, &x)
	}
	return out
}

func (s *substitution) lines(list []*Line) []*Line {
	var out []*Line
	for _, l := range list {
		out = append(out, s.line(l))
	}
	return out
}

func (s *substitution) line(l *Line) *Line {
	x := *l
	x.If, x.Else = s.expr(l.If), s.asks(l.Else)
	x.Nulls, x.Local = s.variables(l.Nulls), s.variables(l.Local)
	switch b := l.Body.(type) {
	case *QueryLine:
		x.Body = &QueryLine{Instance: b.Instance, Query: b.Query, In: s.args(b.In), Out: s.args(b.Out)}
	case *FieldLine:
		y := *b
		y.Subject, y.Object = s.term(b.Subject), s.term(b.Object)
		x.Body = &y
	case *MemberLine:
		y := *b
		y.Subject, y.Fields = s.term(b.Subject), nil
		for i, a := range s.args(b.args()) {
			y.Fields = append(y.Fields, &MemberField{Arg: a, Set: b.Fields[i].Set, Field: b.Fields[i].Field})
		}
		x.Body = &y
	case *ViewLine:
		x.Body = &ViewLine{View: b.View, In: s.args(b.In), Out: s.args(b.Out)}
	case *IsLine:
		x.Body = &IsLine{Var: s.variable(b.Var), Binds: b.Binds, Expr: s.expr(b.Expr)}
	case *FilterLine:
		x.Body = &FilterLine{Expr: s.expr(b.Expr)}
	case *HasLine:
		x.Body = &HasLine{List: s.expr(b.List), Item: s.term(b.Item), Binds: b.Binds, Pattern: s.args(b.Pattern), Needed: b.Needed}
	case *BlockLine:
		x.Body = &BlockLine{Lines: s.lines(b.Lines)}
	case *FoldLine:
		y := *b
		y.Var, y.Expr, y.Limit, y.Offset = s.variable(b.Var), s.expr(b.Expr), s.expr(b.Limit), s.expr(b.Offset)
		y.Lines, y.Order = s.lines(b.Lines), nil
		for _, k := range b.Order {
			y.Order = append(y.Order, OrderKey{Expr: s.expr(k.Expr), Desc: k.Desc})
		}
		if b.Page != nil {
			y.Page = &Page{In: s.args(b.Page.In), Next: s.variable(b.Page.Next)}
		}
		x.Body = &y
	default:
		panic("check: unknown line")
	}
	return &x
}
