package flows

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/syntax"
)

// A meaning is what the lines of a sync require and compute, as texts in which the
// names of variables do not matter and views are expanded. Equal texts have equal
// values if they are computed in the same state; the opposite need not hold.
type meaning struct {
	vars  map[*check.Var]string
	conds map[string]bool // that hold for each frame
	rows  map[string]int  // how often each text for one of several rows was given
	owner *check.Sync
	news  *int
}

func newMeaning(s *check.Sync) *meaning {
	return &meaning{vars: map[*check.Var]string{}, conds: map[string]bool{}, rows: map[string]int{}, owner: s, news: new(int)}
}

// inner returns a meaning for lines that are considered on their own.
func (x *meaning) inner() *meaning {
	return &meaning{vars: maps.Clone(x.vars), conds: map[string]bool{}, rows: maps.Clone(x.rows), owner: x.owner, news: x.news}
}

func (x *meaning) must(parts ...string) { x.conds[strings.Join(parts, " ")] = true }

// text lists the conditions.
func (x *meaning) text() string { return strings.Join(slices.Sorted(maps.Keys(x.conds)), "; ") }

// row returns a text for one of several rows. A second row of the same text is
// another one.
func (x *meaning) row(text string) string {
	x.rows[text]++
	if n := x.rows[text]; n > 1 {
		text += "#" + strconv.Itoa(n)
	}
	return text
}

func (x *meaning) term(t check.Term) string {
	switch {
	case t.Any:
		return "_"
	case t.Var != nil:
		return x.vars[t.Var]
	case t.Expr != nil:
		return x.expr(t.Expr)
	}
	return t.Literal.Kind().String() + " " + t.Literal.String()
}

func (x *meaning) expr(e *check.Expr) string {
	if e == nil {
		return ""
	}
	vars := map[string]string{}
	for i, name := range e.Node.Variables() {
		if v := e.Vars[i]; v != nil {
			vars[name] = x.vars[v]
		}
	}
	return x.shape(e.Node.Shape(), vars)
}

func (x *meaning) shape(s *expression.Shape, vars map[string]string) string {
	switch s.Form {
	case expression.VariableForm:
		if s.Name == expression.New {
			*x.news++ // each is another identity
			return fmt.Sprintf("new %p %d", x.owner, *x.news)
		}
		if text, ok := vars[s.Name]; ok {
			return text
		}
		return s.Name
	case expression.LiteralForm:
		return s.Literal.Kind().String() + " " + s.Literal.String()
	}
	var parts []string
	for i, p := range s.Parts {
		text := x.shape(p, vars)
		if i < len(s.Names) {
			text = s.Names[i] + ": " + text
		}
		parts = append(parts, text)
	}
	return fmt.Sprintf("%d %s(%s)", s.Form, s.Name, strings.Join(parts, ", "))
}

// args returns the text of inputs.
func (x *meaning) args(args []*check.Arg) string {
	var list []string
	for _, a := range args {
		list = append(list, a.Name+": "+x.term(a.Term))
	}
	slices.Sort(list)
	return "(" + strings.Join(list, ", ") + ")"
}

// output adds the meaning of an output with the text of its value.
func (x *meaning) output(a *check.Arg, text string) {
	switch {
	case a.Binds:
		x.vars[a.Term.Var] = text
		if !a.Optional {
			x.must("some", text)
		}
	default:
		x.equal(text, a.Term)
	}
}

func (x *meaning) lines(list []*check.Line) {
	for _, l := range list {
		x.line(l)
	}
}

func (x *meaning) line(l *check.Line) {
	if (l.Mode == syntax.PlainLine || l.Mode == syntax.SurelyLine) && l.If == nil {
		x.body(l)
		return
	}
	y := x.inner()
	y.body(l)
	if l.Mode == syntax.MaybeLine {
		b, ok := l.Body.(*check.FieldLine)
		if ok && b.ObjectBinds && !b.SubjectBinds && !b.Has { // as “field?” of a member
			x.vars[b.Object.Var] = y.vars[b.Object.Var] + "?"
			return
		}
		for _, v := range l.Nulls {
			x.vars[v] = "maybe {" + y.text() + "} " + y.vars[v]
		}
		return
	}
	x.must(l.Mode.String(), "{"+y.text()+"} if", x.expr(l.If))
}

func (x *meaning) body(l *check.Line) {
	switch b := l.Body.(type) {
	case *check.QueryLine:
		row := b.Instance.Name + "." + b.Query.Name + x.args(b.In)
		if b.Query.Rows == syntax.ManyRows {
			row = x.row(row)
		}
		x.must("row", row)
		for _, a := range b.Out {
			x.output(a, row+"."+a.Name)
		}
	case *check.FieldLine:
		x.field(b)
	case *check.MemberLine:
		x.member(b)
	case *check.ViewLine:
		x.view(b)
	case *check.IsLine:
		if text := x.expr(b.Expr); b.Binds {
			x.vars[b.Var] = text
		} else {
			x.must(x.vars[b.Var], "=", text)
		}
	case *check.FilterLine:
		x.must("if", x.expr(b.Expr))
	case *check.HasLine:
		list := x.expr(b.List)
		if b.Binds {
			x.vars[b.Item.Var] = x.row("item of " + list)
			x.must("row", x.vars[b.Item.Var])
		} else {
			x.must(list, "has", x.term(b.Item))
		}
	case *check.FoldLine:
		x.fold(b)
	case *check.BlockLine:
		x.lines(b.Lines)
	default:
		panic("flows: unknown line")
	}
}

func (x *meaning) field(b *check.FieldLine) {
	set := b.Instance.Name + "." + b.Set.Name
	subject := x.subject(set, b.Subject, b.SubjectBinds)
	of := set + "." + b.Field.Name + " of " + subject
	text := of
	if b.Has {
		text = x.row("item of " + of)
	}
	switch {
	case b.ObjectBinds:
		x.vars[b.Object.Var] = text
		x.must("some", text)
	case b.Has:
		x.must(of, "has", x.term(b.Object))
	default:
		x.equal(text, b.Object)
	}
}

// subject returns the text of the member that a line is about.
func (x *meaning) subject(set string, t check.Term, binds bool) string {
	text := x.term(t)
	if binds || t.Any {
		text = x.row("member of " + set)
	}
	if binds {
		x.vars[t.Var] = text
	}
	x.must(text, "in", set)
	return text
}

// equal adds that a value equals a term that does not bind.
func (x *meaning) equal(text string, t check.Term) {
	if t.Any {
		x.must("some", text)
	} else {
		x.must(text, "=", x.term(t))
	}
}

func (x *meaning) member(b *check.MemberLine) {
	subject := x.subject(b.Instance.Name+"."+b.Set.Name, b.Subject, b.Binds)
	for _, f := range b.Fields {
		text := b.Instance.Name + "." + f.Set.Name + "." + f.Field.Name + " of " + subject
		switch {
		case f.Binds && f.Optional:
			x.vars[f.Term.Var] = text + "?"
		case f.Optional:
			x.equal(text+"?", f.Term)
		default:
			x.output(f.Arg, text)
		}
	}
}

func (x *meaning) view(b *check.ViewLine) {
	y := &meaning{vars: map[*check.Var]string{}, conds: x.conds, rows: x.rows, owner: x.owner, news: x.news}
	for _, p := range b.View.In {
		y.vars[p.Var] = "null "
		for _, a := range b.In {
			if a.Name != p.Name {
				continue
			}
			if y.vars[p.Var] = x.term(a.Term); !p.Optional {
				x.must("some", y.vars[p.Var])
			}
		}
	}
	y.lines(b.View.Where)
	for _, p := range b.View.Out {
		for _, a := range b.Out {
			if a.Name == p.Name {
				x.output(a, y.vars[p.Var])
			}
		}
	}
}

func (x *meaning) fold(b *check.FoldLine) {
	y := x.inner()
	y.lines(b.Lines)
	parts := []string{b.Fold.String(), y.expr(b.Expr), "{" + y.text() + "}"}
	for _, k := range b.Order {
		parts = append(parts, y.expr(k.Expr), strconv.FormatBool(k.Desc))
	}
	parts = append(parts, x.expr(b.Limit), x.expr(b.Offset), strconv.FormatBool(b.Distinct))
	if b.Page != nil {
		parts = append(parts, "page", x.args(b.Page.In))
	}
	text := strings.Join(parts, " ")
	if b.Page != nil && b.Page.Next != nil {
		x.vars[b.Page.Next] = "next of " + text
	}
	if b.Binds {
		x.vars[b.Var] = text
	} else {
		x.must(x.vars[b.Var], "=", text)
	}
}

// pattern adds a line of when, and returns the text of what it matches.
func (x *meaning) pattern(p *check.Pattern) string {
	of := p.Instance.Name + "." + p.Action.Name
	if p.Refused {
		of += " refused"
	}
	of = x.row(of)
	if p.Code != "" {
		x.must(of, "as", p.Code)
	}
	if p.IsRequest() {
		if method, path := p.Route(); path != "" && method != "" {
			x.must(of+".method", "= string", method)
		}
	}
	for _, a := range slices.Concat(p.In, p.Out) {
		text := of + "." + a.Name
		always := a.Param != nil && !a.Param.Optional && !a.Param.Type.Null
		switch v := a.Term.Var; {
		case v != nil && x.vars[v] != "":
			x.must(text, "=", x.vars[v])
		case v != nil:
			x.vars[v] = text
			if !a.Optional && !always {
				x.must("some", text)
			}
		case a.Term.Any:
			x.must("some", text)
		default:
			x.must(text, "=", x.term(a.Term))
		}
		if a.Type != nil {
			x.must(text, "is", check.Describe(*a.Type))
		}
	}
	return of
}

// ask returns the text of a line that asks an action, without its outputs.
func (x *meaning) ask(a *check.Ask) string {
	y := x
	each := ""
	if a.Where != nil {
		y = x.inner()
		y.lines(a.Where)
		each = " each {" + y.text() + "}"
	}
	return a.Instance.Name + "." + a.Action.Name + y.args(a.In) + each
}

// asked adds that an action was asked, and what an awaited one must have returned.
func (x *meaning) asked(a *check.Ask, text string) {
	if !a.Awaited {
		return
	}
	text = x.row("returned " + text)
	x.must(text)
	for _, o := range a.Out {
		x.output(o, text+"."+o.Name)
	}
}
