package check

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// types infers the type of each variable from all its uses, and reports uses that
// contradict each other. A later line may determine the type of an earlier use, so
// each sync and view is traversed until nothing changes, and once more to report.
func (c *checker) types() {
	for _, v := range c.viewOrder {
		inf := newInference(c, v.view.Vars)
		v.ok = inf.fixpoint(func() {
			for _, p := range v.view.In {
				inf.nullable[p.Var] = p.Optional
			}
			inf.lines(v.view.Where)
		}) && v.ok
		for _, p := range slices.Concat(v.view.In, v.view.Out) {
			p.Always = inf.nonNull[p.Var] || !inf.nullable[p.Var]
			p.From = inf.reasons[p.Var].span
		}
	}
	for _, s := range c.syncOrder {
		inf := newInference(c, s.sync.Vars)
		s.ok = inf.fixpoint(func() {
			for _, p := range s.sync.When {
				inf.pattern(p)
			}
			for _, stage := range s.sync.Stages {
				inf.lines(stage.Where)
				inf.asks(stage.Then)
			}
		}) && s.ok
	}
}

// An inference holds what is known about the variables of one sync or view.
type inference struct {
	c             *checker
	vars          []*Var
	reasons       map[*Var]reason
	requestFields map[*Var]bool // fields of a request: text unless a use says more
	nullable      map[*Var]bool // may be null
	nonNull       map[*Var]bool // a line has shown that they are not null
	clashed       map[*Var]bool
	paths         []string // that have a value, because of the condition at the end of the line
	inNo          bool     // what is traversed stands below “no”
	quiet         bool     // nothing is reported yet
	changed       bool     // a type changed in this round
	changes       int      // the number of changes so far
	ok            bool
	// current is the line that is being traversed. faulty are the lines for which
	// an error was reported that may cause others.
	current any
	faulty  map[any]bool
}

// fixpoint traverses a sync or view until nothing changes, then once more to report
// errors. It reports whether there are none.
func (inf *inference) fixpoint(run func()) bool {
	inf.quiet = true
	for range 8 { // enough for lists in lists
		inf.changed = false
		run()
		if !inf.changed {
			break
		}
	}
	inf.quiet, inf.ok = false, true
	clear(inf.nonNull)
	run()
	for _, v := range inf.vars {
		v.Type = v.Type.complete()
		v.Type.Null = inf.nullable[v]
	}
	return inf.ok
}

// complete returns the type with an unknown Elem for each list of whose items nothing is
// known, so that a List always has one.
func (t Type) complete() Type {
	if t.Kind != List {
		return t
	}
	var item Type
	if t.Elem != nil {
		item = t.Elem.complete()
	}
	t.Elem = &item
	return t
}

// A reason is the use that determined a variable's type.
type reason struct {
	span source.Span
	what string // "the input “user” of Sessioning.create"
	line any    // of the use: a pattern, a line or an ask
}

func newInference(c *checker, vars []*Var) *inference {
	return &inference{c: c, vars: vars, reasons: map[*Var]reason{}, requestFields: map[*Var]bool{}, nullable: map[*Var]bool{},
		nonNull: map[*Var]bool{}, clashed: map[*Var]bool{}, faulty: map[any]bool{}, ok: true}
}

// report reports a finding, in the last round only.
func (inf *inference) report(d diag.Diagnostic) {
	if d.Severity == diag.Error {
		inf.ok = false
	}
	if !inf.quiet {
		inf.c.add(d)
	}
}

// constrain joins the type of a variable with that of one use.
func (inf *inference) constrain(v *Var, t Type, span source.Span, what string) {
	if v == nil || t.Kind == Unknown || inf.clashed[v] {
		return
	}
	joined, ok := Join(v.Type, t, inf.requestFields[v])
	if !ok {
		if inf.quiet {
			return
		}
		inf.clashed[v] = true
		first := inf.reasons[v]
		if inf.faulty[first.line] && first.line != inf.current {
			inf.ok = false // the first use is an error itself
			return
		}
		inf.faulty[inf.current] = true
		inf.report(diag.Diagnostic{Code: diag.TypeClash, Span: span, Origins: origins(t, v.Type),
			Message: "“" + v.Name + "” is " + Describe(t) + " as " + what + ", but " + Describe(v.Type) + " as " + first.what,
			Related: []diag.Related{{Span: first.span, Message: "here it is " + Describe(v.Type)}}})
		return
	}
	if _, known := inf.reasons[v]; !known || joined.Kind != v.Type.Kind {
		inf.reasons[v] = reason{span, what, inf.current}
	}
	if !inf.quiet && v.Type.Kind != Unknown {
		inf.c.agree(t, v.Type)
	}
	if joined.From == nil {
		joined.From = t.From
	}
	joined.Null = false
	if !identical(joined, v.Type) {
		inf.changed = true
		inf.changes++
	}
	v.Type = joined
}

func (inf *inference) pattern(p *Pattern) {
	inf.current = p
	if p.IsRequest() && !inf.quiet {
		inf.c.renamedInPattern(p)
	}
	for _, a := range p.In {
		v := a.Term.Var
		if v == nil {
			continue
		}
		switch {
		case a.Param != nil || !p.IsRequest():
		case a.Name == HTTPField:
			inf.constrain(v, httpType(), a.Term.Span, "“"+HTTPField+"” of a request")
		case httpPart(a.Name) != nil:
			inf.constrain(v, *httpPart(a.Name), a.Term.Span, "“"+a.Name+"” of a request")
		default:
			inf.requestFields[v] = true
		}
		if a.Type != nil {
			inf.constrain(v, *a.Type, a.Tree.Type.Span, "its type in the pattern")
		}
		if !a.Optional {
			inf.nonNull[v] = true
		} else if _, known := inf.nullable[v]; !known {
			inf.nullable[v] = true
		}
	}
	by := p.Instance.Name + "." + p.Action.Name
	inf.args(p.Instance, by, "the input", p.In, true)
	if p.Refused {
		for _, a := range p.Out {
			inf.term(a.Term, Type{Kind: String}, true, "“"+a.Name+"” of a refusal")
		}
		return
	}
	inf.args(p.Instance, by, "the output", p.Out, true)
	inf.outputs(p.Out)
}

func (inf *inference) asks(list []*Ask) {
	for _, a := range list {
		outer := inf.nonNull
		if a.Where != nil { // what its lines show is known in this line only
			inf.nonNull = maps.Clone(outer)
			inf.lines(a.Where)
		}
		inf.current = a
		by := a.Instance.Name + "." + a.Action.Name
		inf.args(a.Instance, by, "the input", a.In, false)
		inf.requireInputs(by, a.In)
		inf.openInputs(a)
		inf.checkReply(a)
		inf.args(a.Instance, by, "the output", a.Out, true)
		inf.outputs(a.Out)
		inf.nonNull = outer
		for _, h := range a.Handlers {
			inf.constrain(h.Error, Type{Kind: String}, h.Tree.Span, "the sentence of a refusal")
			inf.constrain(h.Refusal, Type{Kind: String}, h.Tree.Span, "the code of a refusal")
			inf.asks(h.Asks)
		}
	}
}

// openInputs checks the expressions in the further arguments of an open action,
// which have no declared type.
func (inf *inference) openInputs(a *Ask) {
	for _, x := range a.In {
		if x.Param == nil && x.Term.Expr != nil {
			inf.expr(x.Term.Expr)
		}
	}
}

// requireInputs reports inputs that may be null where an action needs a value.
func (inf *inference) requireInputs(by string, args []*Arg) {
	for _, a := range args {
		if v := a.Term.Var; v != nil && a.Param != nil && !a.Param.Optional && inf.nullable[v] && !inf.nonNull[v] && !inf.clashed[v] {
			d := diag.Diagnostic{Code: diag.MaybeNull, Severity: diag.Warning, Span: a.Term.Span,
				Message: "“" + v.Name + "” may be null here, and “" + by + "” needs its input “" + a.Name + "”",
				Related: []diag.Related{{Span: v.Span, Message: "it may be null from here"}},
				Notes:   []string{"if it is null, the action faults; test it with “" + v.Name + " != null” in where"}}
			if a.Param.Tree != nil {
				d.Related = append(d.Related, diag.Related{Span: a.Param.Tree.Span, Message: "declared here, and not optional"})
			}
			inf.nonNull[v] = true // report it once
			inf.report(d)
		}
	}
}

// args constrains the variables of arguments. In a pattern null can be compared
// with any type.
func (inf *inference) args(i *Instance, by, what string, args []*Arg, pattern bool) {
	for _, a := range args {
		if a.Param != nil {
			t := a.Param.declared(what, inf.c.appType(i, a.Param.valueType()))
			inf.term(a.Term, t, pattern || a.Param.Optional, what+" “"+a.Name+"” of "+by)
		}
	}
}

// outputs notes which outputs may bind null.
func (inf *inference) outputs(args []*Arg) {
	for _, a := range args {
		if v := a.Term.Var; v != nil && (a.Binds || a.Optional) {
			inf.nullable[v] = a.Optional && (a.Param == nil || a.Param.Optional)
		}
	}
}

// term constrains the variable of a term, or checks its literal.
func (inf *inference) term(t Term, typ Type, null bool, what string) {
	switch {
	case t.Var != nil:
		inf.constrain(t.Var, typ, t.Span, what)
	case t.Expr != nil:
		if v := t.Expr.SingleVar(); v != nil {
			inf.constrain(v, typ, t.Span, what)
			return
		}
		r := inf.newExpr(t.Expr)
		r.assign(t.Expr.Node.Shape(), typ, what)
		t.Expr.Type = r.typeOf(t.Expr.Node.Shape())
	default:
		if inf.quiet {
			return
		}
		inf.ok = inf.c.literal(t, typ, null, what) && inf.ok
	}
}

// literal reports a literal that is not of a type. It returns whether the literal
// is right.
func (c *checker) literal(t Term, typ Type, null bool, what string) bool {
	v := t.Literal
	_, text := v.Text()
	ok := true
	switch v.Kind() {
	case value.Unset:
		return true
	case value.NullKind:
		ok = null || typ.Kind == Unknown || typ.Kind == Json
	case value.NumberKind:
		ok = typ.Kind == Number || typ.Kind == Json || typ.Kind == Unknown
	case value.FlagKind:
		ok = typ.Kind == Flag || typ.Kind == Json || typ.Kind == Unknown
	case value.StringKind:
		ok = typ.Kind != Number && typ.Kind != Flag && typ.Kind != List && typ.Kind != Record
	}
	if s, _ := v.Text(); text && typ.Kind == Enum && !slices.Contains(typ.Constants, s) {
		c.unknown(diag.WrongValue, syntax.Name{Text: s, Span: t.Span}, what+" is "+Describe(typ)+" and cannot be “"+s+"”", typ.Constants)
		if fix := c.diags[len(c.diags)-1].Fix; fix != nil {
			fix.Edits[0].Text = strconv.Quote(fix.Edits[0].Text)
			fix.Title = "write " + fix.Edits[0].Text
		}
		return false
	}
	if !ok {
		c.errorAt(diag.WrongValue, t.Span, what+" is "+Describe(typ)+", not "+v.Kind().String())
	}
	return ok
}

func (inf *inference) lines(list []*Line) {
	for _, l := range list {
		inf.elseAsks(l)
		outer := inf.nonNull
		// What a line shows that may be skipped, or that holds for no frame, is not
		// known outside of it.
		_, block := l.Body.(*BlockLine)
		inside := l.If != nil || block && (l.Mode == syntax.NoLine || l.Mode == syntax.MaybeLine)
		if inside {
			inf.nonNull = maps.Clone(outer)
		}
		if l.If != nil {
			inf.current = l
			inf.condition(l.If)
			inf.assume(l.If, true)
			inf.paths = nonNullPaths(l.If.Node.Shape(), true, inf.newExpr(l.If).isAbsent)
		}
		no := inf.inNo
		inf.inNo = no || l.Mode == syntax.NoLine
		inf.line(l)
		inf.inNo, inf.paths = no, nil
		if inside {
			inf.nonNull = outer
		}
		for _, v := range l.Nulls {
			if l.Mode == syntax.MaybeLine {
				inf.nullable[v] = true
			}
		}
		if l.Mode == syntax.PlainLine || l.Mode == syntax.SurelyLine || l.Mode == syntax.SomeLine && l.If == nil {
			inf.frameKept(l)
		}
	}
}

// frameKept notes what a line has shown by keeping its frame.
func (inf *inference) frameKept(l *Line) {
	switch b := l.Body.(type) {
	case *FilterLine:
		inf.assume(b.Expr, true)
	case *QueryLine:
		for _, a := range b.In {
			if a.Term.Var != nil && a.Param != nil && !a.Param.Optional {
				inf.nonNull[a.Term.Var] = true // a query without this input gives no row
			}
		}
		inf.compared(b.Out)
	case *ViewLine:
		for _, a := range b.In {
			for _, p := range b.View.In {
				if p.Name == a.Name && p.Always && a.Term.Var != nil {
					inf.nonNull[a.Term.Var] = true
				}
			}
		}
		inf.compared(b.Out)
	case *MemberLine:
		inf.memberKept(b)
	case *HasLine:
		for _, v := range []*Var{b.List.SingleVar(), b.Item.Var} {
			if v != nil {
				inf.nonNull[v] = true
			}
		}
	case *FieldLine:
		for _, v := range l.Variables() {
			inf.nonNull[v] = inf.nonNull[v] || !slices.Contains(l.Nulls, v)
		}
	case *IsLine, *FoldLine, *BlockLine:
	default:
		panic("check: unknown line")
	}
}

// compared notes that variables compared with an output are not null.
func (inf *inference) compared(out []*Arg) {
	for _, a := range out {
		if a.Term.Var != nil && !a.Binds && !a.Optional {
			inf.nonNull[a.Term.Var] = true
		}
	}
}

// elseAsks infers the types in the else of a line.
func (inf *inference) elseAsks(l *Line) {
	if b, ok := l.Body.(*FilterLine); ok && len(l.Else) > 0 {
		before := maps.Clone(inf.nonNull)
		inf.assume(b.Expr, l.Mode == syntax.NoLine)
		inf.asks(l.Else)
		inf.nonNull = before
		return
	}
	inf.asks(l.Else)
}

func (inf *inference) line(l *Line) {
	inf.current = l
	switch b := l.Body.(type) {
	case *QueryLine:
		by := b.Instance.Name + "." + b.Query.Name
		inf.args(b.Instance, by, "the input", b.In, false)
		inf.args(b.Instance, by, "the output", b.Out, true)
		inf.outputs(b.Out)
	case *FieldLine:
		inf.term(b.Subject, inf.c.appType(b.Instance, b.Set.Member), false, "a member of "+b.Instance.Name+"."+b.Set.Name)
		inf.term(b.Object, b.Field.declared(inf.c.appType(b.Instance, b.Field.Type)), b.Field.Optional, "“"+b.Field.Name+"” of "+b.Instance.Name+"."+b.Set.Name)
	case *MemberLine:
		inf.member(b)
	case *ViewLine:
		inf.viewArgs(b.View, b.View.In, b.In)
		inf.viewArgs(b.View, b.View.Out, b.Out)
		for _, a := range b.Out {
			for _, p := range b.View.Out {
				if a.Name == p.Name && a.Binds {
					inf.nullable[a.Term.Var] = a.Optional && !p.Always
				}
				if a.Name == p.Name && a.Optional && p.Always {
					if d := neverNull(b.View, p, a); !inf.c.reported(d) {
						inf.report(d)
					}
				}
			}
		}
	case *IsLine:
		t := inf.expr(b.Expr)
		if b.Binds {
			inf.nullable[b.Var] = t.Null
		}
		// A variable that is made of texts alone has constants because of its uses.
		r := inf.newExpr(b.Expr)
		if b.Binds {
			r.binds = b.Var.Name
		}
		if b.Var != nil && (!b.Binds || t.Kind == String && b.Var.Type.Kind == Enum) && r.constants(b.Expr.Node.Shape(), b.Var.Type) {
			return
		}
		inf.constrain(b.Var, t, b.Expr.Tree.Span, "this expression")
		if t.Kind == Unknown { // its branches or items have different types
			inf.newExpr(b.Expr).assign(b.Expr.Node.Shape(), b.Var.Type, "“"+b.Var.Name+"”")
		}
		if v := b.Expr.SingleVar(); v != nil && !inf.clashed[b.Var] {
			inf.constrain(v, b.Var.Type, b.Expr.Tree.Span, "“"+b.Var.Name+"”")
		}
	case *FilterLine:
		inf.condition(b.Expr)
	case *FoldLine:
		outer := maps.Clone(inf.nonNull)
		inf.lines(b.Lines)
		for _, e := range []*Expr{b.Limit, b.Offset} {
			if e != nil {
				inf.term(Term{Span: e.Tree.Span, Expr: e}, Type{Kind: Number}, true, "a number of rows")
				inf.rows(e)
			}
		}
		for _, o := range b.Order {
			inf.expr(o.Expr)
		}
		inf.fold(b, l)
		inf.page(b.Page)
		for v := range inf.nonNull {
			inf.nonNull[v] = outer[v] // without rows, the lines have shown nothing
		}
	case *BlockLine:
		inf.lines(b.Lines)
	case *HasLine:
		inf.has(b)
	default:
		panic("check: unknown line")
	}
}

// rows reports a limit or an offset that is no number of rows.
func (inf *inference) rows(e *Expr) {
	s := e.Node.Shape()
	negative := s.Form == expression.UnaryForm && s.Name == "-"
	if negative {
		s = s.Parts[0]
	}
	if n, ok := s.Literal.Num(); ok && s.Form == expression.LiteralForm && (negative && n != 0 || n != math.Trunc(n)) {
		inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: e.Tree.Span, Message: "a number of rows is a whole number that is not negative, and this is “" + e.Tree.Text + "”"})
	}
}

func (inf *inference) viewArgs(v *View, params []*ViewParam, args []*Arg) {
	for _, a := range args {
		for _, p := range params {
			if p.Name == a.Name {
				inf.term(a.Term, fromView(v, p), true, "“"+a.Name+"” of the view "+v.Name)
			}
		}
	}
}

func (inf *inference) fold(b *FoldLine, l *Line) {
	var t Type
	if b.Expr != nil {
		t = inf.expr(b.Expr)
	}
	switch b.Fold {
	case syntax.Each:
		elem := t
		t = Type{Kind: List, Elem: &elem}
	case syntax.Sum:
		if !isNumber(t) {
			inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: b.Expr.Tree.Span, Message: "the values of sum must be numbers, and this is " + Describe(t)})
		}
		t = Type{Kind: Number}
	case syntax.Count:
		t = Type{Kind: Number}
	case syntax.Whether:
		t = Type{Kind: Flag}
	default:
		t.Null = true // the fold of no rows
	}
	if b.Binds {
		inf.nullable[b.Var] = t.Null
	}
	inf.constrain(b.Var, t, l.Tree.Span, "this "+b.Fold.String())
}

// SingleVar returns the variable that the expression consists of, nil for any other
// expression.
func (e *Expr) SingleVar() *Var {
	if e.Node == nil || len(e.Vars) != 1 || e.Node.Shape().Form != expression.VariableForm {
		return nil
	}
	return e.Vars[0]
}

// ValueType returns the type of a term as far as it is known.
func (t Term) ValueType() Type {
	switch {
	case t.Var != nil:
		return t.Var.Type
	case t.Expr != nil:
		if v := t.Expr.SingleVar(); v != nil {
			return v.Type
		}
		return t.Expr.Type
	}
	switch t.Literal.Kind() {
	case value.StringKind:
		return Type{Kind: String}
	case value.NumberKind:
		return Type{Kind: Number}
	case value.FlagKind:
		return Type{Kind: Flag}
	case value.NullKind:
		return Type{Null: true}
	}
	return Type{}
}
