package check

import (
	"maps"
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// types finds what kind of value each variable holds, from everything that it
// flows into and comes from, and reports what cannot be one value. What a later
// line shows counts for an earlier one: an item is gone through until nothing
// more is learnt, and only then is anything said of it.
func (c *checker) types() {
	for _, v := range c.viewOrder {
		k := newKinds(c, v.view.Vars)
		v.ok = k.settle(func() {
			for _, p := range v.view.In {
				k.null[p.Var] = p.Optional
			}
			k.lines(v.view.Where)
		}) && v.ok
		for _, p := range slices.Concat(v.view.In, v.view.Out) {
			p.Always = k.sure[p.Var] || !k.null[p.Var]
		}
	}
	for _, s := range c.syncOrder {
		k := newKinds(c, s.sync.Vars)
		s.ok = k.settle(func() {
			for _, p := range s.sync.When {
				k.pattern(p)
			}
			k.lines(s.sync.Where)
			k.asks(s.sync.Then)
		}) && s.ok
	}
}

// kinds gathers what is known of the variables of one sync or view.
type kinds struct {
	c       *checker
	vars    []*Var
	why     map[*Var]reason
	field   map[*Var]bool // fields of a request: text until something says more
	null    map[*Var]bool // that may be null
	sure    map[*Var]bool // of which a line has shown that they are not
	clashed map[*Var]bool
	quiet   bool // nothing is said yet
	learnt  bool // something new in this round
	epoch   int  // how often something was learnt
	ok      bool
	// at is the line that is being gone through; mistaken are those of which
	// something was said that may be the cause of more.
	at       any
	mistaken map[any]bool
}

// settle goes through an item until nothing more is learnt, then once more to
// say what is wrong. It tells whether nothing is.
func (k *kinds) settle(run func()) bool {
	k.quiet = true
	for range 4 {
		k.learnt = false
		run()
		if !k.learnt {
			break
		}
	}
	k.quiet, k.ok = false, true
	clear(k.sure)
	run()
	for _, v := range k.vars {
		v.Type.Null = k.null[v]
	}
	return k.ok
}

// A reason is what a variable's type was learnt from.
type reason struct {
	span source.Span
	what string // "the input “user” of Sessioning.create"
	line any    // of what it was learnt: a pattern, a line or what is asked
}

func newKinds(c *checker, vars []*Var) *kinds {
	return &kinds{c: c, vars: vars, why: map[*Var]reason{}, field: map[*Var]bool{}, null: map[*Var]bool{},
		sure: map[*Var]bool{}, clashed: map[*Var]bool{}, mistaken: map[any]bool{}, ok: true}
}

// fault reports what is wrong, in the last round.
func (k *kinds) fault(d diag.Diagnostic) {
	if d.Severity == diag.Error {
		k.ok = false
	}
	if !k.quiet {
		k.c.add(d)
	}
}

// learn joins what is known of a variable with what one place says.
func (k *kinds) learn(v *Var, t Type, span source.Span, what string) {
	if v == nil || t.Kind == Unknown || k.clashed[v] {
		return
	}
	joined, ok := Join(v.Type, t, k.field[v])
	if !ok {
		if k.quiet {
			return
		}
		k.clashed[v] = true
		first := k.why[v]
		if k.mistaken[first.line] && first.line != k.at {
			k.ok = false // what it was learnt from is mistaken itself
			return
		}
		k.mistaken[k.at] = true
		k.fault(diag.Diagnostic{Code: diag.TypeClash, Span: span,
			Message: "“" + v.Name + "” is " + Describe(t) + " as " + what + ", but " + Describe(v.Type) + " as " + first.what,
			Related: []diag.Related{{Span: first.span, Message: "here it is " + Describe(v.Type)}}})
		return
	}
	if _, known := k.why[v]; !known || joined.Kind != v.Type.Kind {
		k.why[v] = reason{span, what, k.at}
	}
	joined.Null = false
	if !sameKind(joined, v.Type) {
		k.learnt = true
		k.epoch++
	}
	v.Type = joined
}

func (k *kinds) pattern(p *Pattern) {
	k.at = p
	for _, a := range p.In {
		v := a.Term.Var
		if v == nil {
			continue
		}
		switch {
		case a.Param != nil || !p.IsRequest():
		case a.Name == HTTPField:
			k.learn(v, httpType(), a.Term.Span, "“"+HTTPField+"” of a request")
		default:
			k.field[v] = true
		}
		if !a.Optional {
			k.sure[v] = true
		} else if _, known := k.null[v]; !known {
			k.null[v] = true
		}
	}
	by := p.Instance.Name + "." + p.Action.Name
	k.args(p.Instance, by, "the input", p.In, true)
	if p.Refused {
		for _, a := range p.Out {
			k.term(a.Term, Type{Kind: String}, true, "“"+a.Name+"” of a refusal")
		}
		return
	}
	k.args(p.Instance, by, "the output", p.Out, true)
	k.outputs(p.Out)
}

func (k *kinds) asks(list []*Ask) {
	for _, a := range list {
		k.at = a
		by := a.Instance.Name + "." + a.Action.Name
		k.args(a.Instance, by, "the input", a.In, false)
		k.needs(by, a.In)
		k.open(a)
		k.reply(a)
		k.args(a.Instance, by, "the output", a.Out, true)
		k.outputs(a.Out)
	}
}

// open looks at the further arguments of an open action, whose types nobody
// says: their expressions must make sense all the same.
func (k *kinds) open(a *Ask) {
	for _, x := range a.In {
		if x.Param == nil && x.Term.Expr != nil {
			k.expr(x.Term.Expr)
		}
	}
}

// needs reports null where an action needs a value.
func (k *kinds) needs(by string, args []*Arg) {
	for _, a := range args {
		if v := a.Term.Var; v != nil && a.Param != nil && !a.Param.Optional && k.null[v] && !k.sure[v] && !k.clashed[v] {
			d := diag.Diagnostic{Code: diag.MaybeNull, Severity: diag.Warning, Span: a.Term.Span,
				Message: "“" + v.Name + "” may be null here, and “" + by + "” needs its input “" + a.Name + "”",
				Related: []diag.Related{{Span: v.Span, Message: "it may be null from here"}},
				Notes:   []string{"without a value the action faults; a line of where such as “" + v.Name + " != null” keeps it from being asked"}}
			if a.Param.Tree != nil {
				d.Related = append(d.Related, diag.Related{Span: a.Param.Tree.Span, Message: "declared here, and not optional"})
			}
			k.sure[v] = true // said once
			k.fault(d)
		}
	}
}

// args learns from arguments; null compares with everything in a pattern.
func (k *kinds) args(i *Instance, by, what string, args []*Arg, pattern bool) {
	for _, a := range args {
		if a.Param != nil {
			t := k.c.appType(i, a.Param.whole())
			k.term(a.Term, t, pattern || a.Param.Optional, what+" “"+a.Name+"” of "+by)
		}
	}
}

// outputs notes which of them bind null where there is nothing.
func (k *kinds) outputs(args []*Arg) {
	for _, a := range args {
		if v := a.Term.Var; v != nil && (a.Binds || a.Optional) {
			k.null[v] = a.Optional && (a.Param == nil || a.Param.Optional)
		}
	}
}

// term learns from one term what its variable is, or holds its literal against
// the type.
func (k *kinds) term(t Term, typ Type, null bool, what string) {
	switch {
	case t.Var != nil:
		k.learn(t.Var, typ, t.Span, what)
	case t.Expr != nil:
		if v := t.Expr.SingleVar(); v != nil {
			k.learn(v, typ, t.Span, what)
			return
		}
		r := k.reading(t.Expr)
		r.into(t.Expr.Node.Shape(), typ, what)
		t.Expr.Type = r.of(t.Expr.Node.Shape())
	default:
		if k.quiet {
			return
		}
		k.ok = k.c.literal(t, typ, null, what) && k.ok
	}
}

// literal reports a literal that is no value of a type.
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
		c.unknown(diag.WrongValue, syntax.Name{Text: s, Span: t.Span}, what+" is "+Describe(typ)+", never “"+s+"”", typ.Constants)
		return false
	}
	if !ok {
		c.fault(diag.WrongValue, t.Span, what+" is "+Describe(typ)+", not "+v.Kind().String())
	}
	return ok
}

func (k *kinds) lines(list []*Line) {
	for _, l := range list {
		k.orelse(l)
		k.line(l)
		for _, v := range l.Nulls {
			if l.Mode == syntax.MaybeLine {
				k.null[v] = true
			}
		}
		if l.Mode != syntax.PlainLine {
			continue
		}
		k.kept(l)
	}
}

// kept notes what is known behind a line that kept its frame: it has found
// something for what it asks with.
func (k *kinds) kept(l *Line) {
	switch b := l.Body.(type) {
	case *FilterLine:
		k.keep(b.Expr, true)
	case *QueryLine:
		for _, a := range b.In {
			if a.Term.Var != nil && a.Param != nil && !a.Param.Optional {
				k.sure[a.Term.Var] = true // about nothing there is no row
			}
		}
		k.agreed(b.Out)
	case *ViewLine:
		for _, a := range b.In {
			for _, p := range b.View.In {
				if p.Name == a.Name && p.Always && a.Term.Var != nil {
					k.sure[a.Term.Var] = true
				}
			}
		}
		k.agreed(b.Out)
	case *FieldLine, *MemberLine:
		for _, v := range l.Variables() {
			k.sure[v] = k.sure[v] || !slices.Contains(l.Nulls, v)
		}
	}
}

// agreed notes that variables which an output was compared with have a value.
func (k *kinds) agreed(out []*Arg) {
	for _, a := range out {
		if a.Term.Var != nil && !a.Binds && !a.Optional {
			k.sure[a.Term.Var] = true
		}
	}
}

// orelse looks at what is asked for a frame that a line drops.
func (k *kinds) orelse(l *Line) {
	if b, ok := l.Body.(*FilterLine); ok && len(l.Else) > 0 {
		before := maps.Clone(k.sure)
		k.keep(b.Expr, l.Mode == syntax.NoLine)
		k.asks(l.Else)
		k.sure = before
		return
	}
	k.asks(l.Else)
}

func (k *kinds) line(l *Line) {
	k.at = l
	switch b := l.Body.(type) {
	case *QueryLine:
		by := b.Instance.Name + "." + b.Query.Name
		k.args(b.Instance, by, "the input", b.In, false)
		k.args(b.Instance, by, "the output", b.Out, true)
		k.outputs(b.Out)
	case *FieldLine:
		k.term(b.Subject, k.c.appType(b.Instance, b.Set.Member), false, "a member of "+b.Instance.Name+"."+b.Set.Name)
		k.term(b.Object, k.c.appType(b.Instance, b.Field.Type), b.Field.Optional, "“"+b.Field.Name+"” of "+b.Instance.Name+"."+b.Set.Name)
	case *MemberLine:
		k.term(b.Subject, k.c.appType(b.Instance, b.Set.Member), false, "a member of "+b.Instance.Name+"."+b.Set.Name)
	case *ViewLine:
		k.viewArgs(b.View, b.View.In, b.In)
		k.viewArgs(b.View, b.View.Out, b.Out)
		for _, a := range b.Out {
			for _, p := range b.View.Out {
				if a.Name == p.Name && a.Binds {
					k.null[a.Term.Var] = a.Optional && !p.Always
				}
				if a.Name == p.Name && a.Optional && p.Always {
					k.fault(diag.Diagnostic{Code: diag.MisplacedOptional, Span: a.Tree.Span, Notes: []string{alwaysGiven},
						Message: "the view “" + b.View.Name + "” always gives “" + p.Name + "”"})
				}
			}
		}
	case *IsLine:
		t := k.expr(b.Expr)
		if b.Binds {
			k.null[b.Var] = t.Null
		}
		k.learn(b.Var, t, b.Expr.Tree.Span, "this expression")
		if v := b.Expr.SingleVar(); v != nil && !k.clashed[b.Var] {
			k.learn(v, b.Var.Type, b.Expr.Tree.Span, "“"+b.Var.Name+"”")
		}
	case *FilterLine:
		k.condition(b.Expr)
	case *FoldLine:
		outer := maps.Clone(k.sure)
		k.lines(b.Lines)
		for _, e := range []*Expr{b.Limit, b.Offset} {
			if e != nil {
				k.term(Term{Span: e.Tree.Span, Expr: e}, Type{Kind: Number}, true, "a number of rows")
			}
		}
		for _, o := range b.Order {
			k.expr(o.Expr)
		}
		k.fold(b, l)
		k.page(b.Page)
		for v := range k.sure {
			k.sure[v] = outer[v] // of no row, nothing was shown
		}
	}
}

func (k *kinds) viewArgs(v *View, params []*ViewParam, args []*Arg) {
	for _, a := range args {
		for _, p := range params {
			if p.Name == a.Name {
				k.term(a.Term, p.Var.Type, true, "“"+a.Name+"” of the view "+v.Name)
			}
		}
	}
}

func (k *kinds) fold(b *FoldLine, l *Line) {
	var t Type
	if b.Expr != nil {
		t = k.expr(b.Expr)
	}
	switch b.Fold {
	case syntax.Each:
		elem := t
		t = Type{Kind: List, Elem: &elem}
	case syntax.Sum:
		if !numeric(t) {
			k.fault(diag.Diagnostic{Code: diag.WrongValue, Span: b.Expr.Tree.Span, Message: "sum adds numbers, and this is " + Describe(t)})
		}
		t = Type{Kind: Number}
	case syntax.Count:
		t = Type{Kind: Number}
	default:
		t.Null = true // of nothing
	}
	if b.Binds {
		k.null[b.Var] = t.Null
	}
	k.learn(b.Var, t, l.Tree.Span, "this "+b.Fold.String())
}

// single is the variable that an expression consists of; nil when it is more.
func (e *Expr) SingleVar() *Var {
	if e.Node == nil || len(e.Vars) != 1 || e.Node.Shape().Form != expression.VariableForm {
		return nil
	}
	return e.Vars[0]
}

// ValueType is the type of a term, as far as it is known.
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
