package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// lines resolves lines of where. A line that cannot be resolved is left out; the
// variables that it would bind are declared, so that they are not reported.
func (r *resolver) lines(trees []*syntax.Line) []*Line {
	var list []*Line
	for _, t := range trees {
		if l := r.line(t); l != nil {
			list = append(list, l)
		}
	}
	return list
}

func (r *resolver) line(t *syntax.Line) *Line {
	l := &Line{Tree: t, Mode: t.Mode}
	if len(t.Else) > 0 && r.nested != "" && r.nested != "a view" {
		r.errorAt(diag.ElseInside, t.Else[0].Span, "an else is allowed only in the where of a sync or a view, not in "+r.nested,
			"write it below the line that uses the result")
	}
	if len(t.Else) > 0 {
		// An else sees the variables bound before its line.
		r.push()
		outer := r.elseWhen
		r.elseWhen = "gives no frame"
		l.Else = r.asks(t.Else)
		r.elseWhen = outer
		r.pop()
	}
	if t.If != nil {
		l.If = r.condition(t)
		if l.Mode == syntax.PlainLine {
			l.Mode = syntax.SomeLine
		}
	}
	inside := r.inside
	if isTest(l.Mode) {
		r.push()
		r.inside = insideTest(t)
	}
	before := len(r.scope.order)
	l.Body = r.body(t)
	if bound := slices.Clone(r.scope.order[before:]); !isTest(l.Mode) {
		l.Nulls = bound
	} else {
		l.Local = bound
	}
	if isTest(l.Mode) {
		r.pop()
		r.inside = inside
	}
	if l.Body == nil || t.If != nil && l.If == nil {
		r.ok = false
		return nil
	}
	if l.Mode == syntax.SomeLine && !l.CanDrop() {
		r.errorAt(diag.IdleTest, t.Span, "this line does nothing: its variable is visible only in the line, and it drops no frame",
			"leave out “some” or “if”, or compare the value, as in “x == …”")
	}
	if len(t.Else) > 0 && !l.CanDrop() && r.ok {
		r.c.add(diag.Diagnostic{Code: diag.IdleElse, Severity: diag.Warning, Span: t.Else[0].Span,
			Message: "this else never runs: the line above it drops no frame"})
	}
	return l
}

// CanDrop reports whether the line can drop a frame.
func (l *Line) CanDrop() bool {
	if l.Mode == syntax.MaybeLine || l.Mode == syntax.SurelyLine {
		return false
	}
	if l.Mode == syntax.NoLine {
		return true
	}
	switch b := l.Body.(type) {
	case *IsLine:
		return !b.Binds
	case *FoldLine:
		return !b.Binds
	case *QueryLine, *FieldLine, *MemberLine, *ViewLine, *FilterLine, *BlockLine, *HasLine:
	default:
		panic("check: unknown line")
	}
	return true
}

func (r *resolver) body(t *syntax.Line) LineBody {
	switch b := t.Body.(type) {
	case *syntax.QueryLine:
		return r.queryLine(t, b)
	case *syntax.FieldLine:
		return r.fieldLine(b)
	case *syntax.MemberLine:
		return r.memberLine(b)
	case *syntax.ViewLine:
		return r.viewLine(t, b)
	case *syntax.IsLine:
		return r.isLine(b)
	case *syntax.FoldLine:
		return r.foldLine(b)
	case *syntax.FilterLine:
		if r.itemOfList(b.Expr) {
			return nil
		}
		if e := r.expr(b.Expr); e != nil {
			return &FilterLine{Expr: e}
		}
	case *syntax.BlockLine:
		return r.blockLine(t, b)
	case *syntax.HasLine:
		return r.hasLine(t, b)
	case nil:
	default:
		panic("check: unknown line")
	}
	return nil
}

// condition resolves the condition at the end of a line.
func (r *resolver) condition(t *syntax.Line) *Expr {
	if t.Mode == syntax.MaybeLine || t.Mode == syntax.SurelyLine {
		r.errorAt(diag.IdleTest, t.Span, "a line with “if” only keeps or drops the frame, and “"+t.Mode.String()+"” drops none",
			"leave out “"+t.Mode.String()+"”, or leave out the condition")
	}
	return r.expr(t.If)
}

// blockLine resolves the lines of a block. Those of “maybe” bind variables for the
// lines below the block.
func (r *resolver) blockLine(t *syntax.Line, b *syntax.BlockLine) LineBody {
	nested := r.nested
	r.nested = "a block"
	l := &BlockLine{Lines: r.lines(b.Lines)}
	r.nested = nested
	if len(l.Lines) < len(b.Lines) {
		return nil
	}
	return l
}

// The following functions return nil, as an interface, for a line with an error.

func (r *resolver) queryLine(t *syntax.Line, b *syntax.QueryLine) LineBody {
	q := &QueryLine{Instance: r.instance(b.Concept)}
	var s *spec
	if q.Instance != nil {
		s = r.c.specs[q.Instance.Concept.Name]
		q.Query = r.query(s, b.Concept.Text, b.Query, b.In, b.Out)
	}
	if q.Query == nil {
		r.valueArgs(nil, nil, b.In)
		r.patternArgs(nil, nil, b.Out)
		return nil
	}
	by := b.Concept.Text + "." + q.Query.Name
	q.In = r.valueArgs(&signature{by: by, params: q.Query.Inputs, span: b.Query.Span, broken: s.broken() || r.lenient}, q.Instance, b.In)
	q.Out = r.patternArgs(&signature{by: by, params: q.Query.Outputs, out: true, broken: s.broken()}, q.Instance, b.Out)
	r.noteUnnamed(t.Span, by, b.HasOut, q.Query.Outputs, b.Out)
	return q
}

func (r *resolver) query(s *spec, instance string, name syntax.Name, in, out []*syntax.Arg) *Query {
	if name.Text == "" {
		return nil
	}
	if q := s.query(name.Text); q != nil {
		r.used(q.Tree.Name)
		return q
	}
	plain := name
	if plain.Text[0] == '_' {
		plain.Text = plain.Text[1:]
	}
	switch {
	case s.action(plain.Text) != nil && plain != name:
		r.errorAt(diag.ActionInWhere, name.Span, "“"+plain.Text+"” is an action of “"+instance+"”, and where can only read",
			"actions are asked in then")
	case plain == name && r.lenient, s.broken():
	default:
		r.c.unknownOf(s, diag.UnknownQuery, name, "“"+instance+"” has no query “"+name.Text+"”", s.queryNames(), s.declaredQueries(in, out))
	}
	r.ok = false
	return nil
}

func (r *resolver) memberLine(b *syntax.MemberLine) LineBody {
	m := &MemberLine{Instance: r.instance(b.Concept)}
	if m.Instance != nil {
		s := r.c.specs[m.Instance.Concept.Name]
		m.Set = r.set(s, b.Concept.Text, b.Set)
	}
	if b.Subject == nil {
		return nil
	}
	m.Subject, m.Binds = r.patternTerm(syntax.Name{}, b.Subject)
	if m.Set == nil {
		r.patternArgs(nil, nil, b.Fields)
		return nil
	}
	r.hint(m.Subject.Var, r.c.appType(m.Instance, m.Set.Member))
	return r.memberFields(m, b)
}

func (r *resolver) set(s *spec, instance string, name syntax.Name) *Set {
	if name.Text == "" {
		return nil
	}
	found := s.find(name.Text)
	if len(found) > 1 {
		r.ok = false
		r.c.resolveTypeName(s, name)
		return nil
	}
	if len(found) == 1 && found[0].set != nil {
		r.used(found[0].set.Tree.Name)
		return found[0].set
	}
	if !s.broken() {
		r.c.unknownOf(s, diag.UnknownSet, name, "“"+instance+"” has no set “"+name.Text+"” in its state", s.setNames(), s.declaredSets())
	}
	r.ok = false
	return nil
}

func (r *resolver) viewLine(t *syntax.Line, b *syntax.ViewLine) LineBody {
	state := r.view(b.View)
	if state == nil || state.view == nil || !state.ok {
		r.ok = false
	}
	if state == nil || state.view == nil {
		r.valueArgs(nil, nil, b.In)
		r.patternArgs(nil, nil, b.Out)
		return nil
	}
	v := state.view
	l := &ViewLine{View: v}
	if v.Answers {
		r.answeringView(t, v)
	}
	by := b.View.Text
	// If the view's own lines use the name that its users give, the head of the
	// view is wrong, which is reported there.
	misnamed := slices.ContainsFunc(b.In, func(a *syntax.Arg) bool {
		return !slices.ContainsFunc(v.In, func(p *ViewParam) bool { return p.Name == a.Name.Text }) && slices.Contains(state.unbound, a.Name.Text)
	})
	in := &signature{by: by, params: viewParams(v.In), span: b.View.Span, broken: state.tree.Broken || r.lenient || misnamed}
	l.In = r.valueArgs(in, nil, b.In)
	out := &signature{by: by, params: viewParams(v.Out), out: true, broken: state.tree.Broken}
	l.Out = r.patternArgs(out, nil, b.Out)
	for _, a := range append(slices.Clone(l.In), l.Out...) {
		a.Param = nil // a view's parameters are variables
	}
	r.noteUnnamed(t.Span, by, b.HasOut, out.params, b.Out)
	for _, a := range l.Out {
		if v.Answers && !a.Binds && !a.Term.Any {
			r.errorAt(diag.AnsweringView, a.Term.Span, "the view “"+v.Name+"” has an else, so its output “"+a.Name+"” can only be bound: a comparison would drop the frame without an answer",
				"bind it to a name of its own, and compare it in the next line")
		}
	}
	return l
}

// answeringView reports a use of a view that answers where its lines cannot stand.
func (r *resolver) answeringView(t *syntax.Line, v *View) {
	said, note := "", "write a view without else for this use"
	switch {
	case t.If != nil:
		said = "before “if”"
	case t.Mode != syntax.PlainLine:
		said = "after “" + t.Mode.String() + "”"
	case r.nested != "" && r.nested != "a view":
		said = "in " + r.nested
	case len(t.Else) > 0:
		said, note = "with an else", "leave out the else: each line of the view that may drop a frame has its own"
	default:
		return
	}
	r.errorAt(diag.AnsweringView, t.Span, "the view “"+v.Name+"” has an else, so it cannot be used "+said, note)
}

// viewParams returns the parameters of a view in the form of a contract's
// parameters.
func viewParams(list []*ViewParam) []*Param {
	var params []*Param
	for _, p := range list {
		params = append(params, &Param{Name: p.Name, Optional: p.Optional})
	}
	return params
}

func (r *resolver) isLine(b *syntax.IsLine) LineBody {
	l := &IsLine{Expr: r.expr(b.Expr)}
	l.Var, l.Binds = r.bind(b.Var)
	if l.Var == nil || l.Expr == nil {
		return nil
	}
	return l
}

func (r *resolver) foldLine(b *syntax.FoldLine) LineBody {
	l := &FoldLine{Fold: b.Fold, Distinct: b.Distinct}
	ok := true
	outer := func(t *syntax.Expr) *Expr {
		if t == nil {
			return nil
		}
		e := r.expr(t)
		ok = ok && e != nil
		return e
	}
	l.Limit, l.Offset = outer(b.Limit), outer(b.Offset)
	l.Page = r.page(b)
	inside, nested := r.inside, r.nested
	r.inside = insideFold(b.Var.Text)
	r.nested = r.inside
	r.push()
	l.Lines = r.lines(b.Lines)
	ok = ok && len(l.Lines) == len(b.Lines)
	if b.Fold != syntax.Count && b.Fold != syntax.Whether || b.Expr != nil {
		l.Expr = r.expr(b.Expr)
		ok = ok && l.Expr != nil
	}
	for _, k := range b.Order {
		e := r.expr(k.Expr)
		ok = ok && e != nil
		l.Order = append(l.Order, OrderKey{Expr: e, Desc: k.Desc})
	}
	r.pop()
	r.inside, r.nested = inside, nested
	l.Var, l.Binds = r.bind(b.Var)
	if l.Page != nil {
		r.next(l.Page, b.Page)
	}
	if l.Page != nil && l.Var != nil && !l.Binds {
		r.errorAt(diag.MisplacedPage, b.Page.Span, "a page cannot be compared: “"+l.Var.Name+"” has a value already",
			"bind the page to a new name")
	}
	if l.Var == nil || !ok {
		r.ok = false
		return nil
	}
	return l
}
