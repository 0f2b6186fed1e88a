package check

import (
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/diag"
	"github.com/legible-lang/legible/source"
	"github.com/legible-lang/legible/syntax"
	"github.com/legible-lang/legible/value"
)

// types finds what kind of value each variable holds, from everything that it
// flows into and comes from, and reports what cannot be one value.
func (c *checker) types() {
	for _, v := range c.viewOrder {
		k := newKinds(c)
		k.lines(v.view.Where)
		v.ok = v.ok && k.ok
	}
	for _, s := range c.syncOrder {
		k := newKinds(c)
		for _, p := range s.sync.When {
			k.pattern(p)
		}
		k.lines(s.sync.Where)
		k.asks(s.sync.Then)
		s.ok = s.ok && k.ok
	}
}

// kinds gathers what is known of the variables of one sync or view.
type kinds struct {
	c       *checker
	why     map[*Var]reason
	field   map[*Var]bool // fields of a request: text until something says more
	clashed map[*Var]bool
	ok      bool
}

// A reason is what a variable's type was learnt from.
type reason struct {
	span source.Span
	what string // "the input “user” of Sessioning.create"
}

func newKinds(c *checker) *kinds {
	return &kinds{c: c, why: map[*Var]reason{}, field: map[*Var]bool{}, clashed: map[*Var]bool{}, ok: true}
}

// learn joins what is known of a variable with what one place says.
func (k *kinds) learn(v *Var, t Type, span source.Span, what string) {
	if v == nil || t.Kind == Unknown || k.clashed[v] {
		return
	}
	joined, ok := join(v.Type, t, k.field[v])
	if !ok {
		k.clashed[v], k.ok = true, false
		first := k.why[v]
		k.c.add(diag.Diagnostic{Code: diag.TypeClash, Span: span,
			Message: "“" + v.Name + "” is " + typeWord(t) + " as " + what + ", but " + typeWord(v.Type) + " as " + first.what,
			Related: []diag.Related{{Span: first.span, Message: "here it is " + typeWord(v.Type)}}})
		return
	}
	if _, known := k.why[v]; !known || v.Type.Kind == Json {
		k.why[v] = reason{span, what}
	}
	v.Type = joined
}

// join gives what a value is of which two things are said; false when it cannot
// be both. A field of a request that is said to be text may be anything that
// travels as text.
func join(a, b Type, field bool) (Type, bool) {
	if b.Kind < a.Kind {
		a, b = b, a
	}
	switch {
	case a.Kind == Unknown:
		return b, true
	case a.Kind == Json:
		return b, true
	case b.Kind == Json:
		return a, true
	case a.Kind == Identity && b.Kind == Identity:
		return a, a.Name == b.Name
	case a.Kind == Identity && b.Kind == String:
		return a, field
	case a.Kind == Secret, b.Kind == Secret:
		return Type{Kind: Secret}, a.Kind != Identity && b.Kind != List && b.Kind != Record
	case a.Kind == String && b.Kind == Enum:
		return b, true
	case a.Kind != b.Kind:
		return a, false
	case a.Kind == Enum:
		return a, slices.Equal(a.Constants, b.Constants)
	case a.Kind == List && a.Elem != nil && b.Elem != nil:
		elem, ok := join(*a.Elem, *b.Elem, field)
		return Type{Kind: List, Elem: &elem}, ok
	case a.Kind == List && a.Elem == nil:
		return b, true
	}
	return a, true
}

// typeWord names a type in a message.
func typeWord(t Type) string {
	switch t.Kind {
	case Identity:
		return article(t.Name)
	case Enum:
		return enumerate(t.Constants, "or")
	case List:
		if t.Elem == nil || t.Elem.Kind == Unknown {
			return "a list"
		}
		return "a list, each " + typeWord(*t.Elem)
	case Record:
		return "a record"
	case Unknown:
		return "of unknown type"
	}
	return "a " + primitives()[t.Kind-String]
}

func (k *kinds) pattern(p *Pattern) {
	for _, a := range p.In {
		if a.Param == nil && a.Term.Var != nil && p.isRequest() {
			k.field[a.Term.Var] = true
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
}

func (k *kinds) asks(list []*Ask) {
	for _, a := range list {
		by := a.Instance.Name + "." + a.Action.Name
		k.args(a.Instance, by, "the input", a.In, false)
		k.args(a.Instance, by, "the output", a.Out, true)
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

// term learns from one term what its variable is, or holds its literal against
// the type.
func (k *kinds) term(t Term, typ Type, null bool, what string) {
	switch {
	case t.Var != nil:
		k.learn(t.Var, typ, t.Span, what)
	case t.Expr != nil:
		if e, ok := k.expr(t.Expr); ok {
			if _, fits := join(e, typ, e.Kind == String); !fits {
				k.ok = false
				k.c.fault(diag.WrongValue, t.Span, "this is "+typeWord(e)+", and "+what+" is "+typeWord(typ))
			}
		}
		if v := t.Expr.single(); v != nil {
			k.learn(v, typ, t.Span, what)
		}
	default:
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
		c.unknown(diag.WrongValue, syntax.Name{Text: s, Span: t.Span}, what+" is "+typeWord(typ)+", never “"+s+"”", typ.Constants)
		return false
	}
	if !ok {
		c.fault(diag.WrongValue, t.Span, what+" is "+typeWord(typ)+", not "+v.Kind().String())
	}
	return ok
}

func (k *kinds) lines(list []*Line) {
	for _, l := range list {
		k.line(l)
		k.asks(l.Else)
	}
}

func (k *kinds) line(l *Line) {
	switch b := l.Body.(type) {
	case *QueryLine:
		by := b.Instance.Name + "." + b.Query.Name
		k.args(b.Instance, by, "the input", b.In, false)
		k.args(b.Instance, by, "the output", b.Out, true)
	case *FieldLine:
		k.term(b.Subject, k.c.appType(b.Instance, b.Set.Member), false, "a member of "+b.Instance.Name+"."+b.Set.Name)
		k.term(b.Object, k.c.appType(b.Instance, b.Field.Type), b.Field.Optional, "“"+b.Field.Name+"” of "+b.Instance.Name+"."+b.Set.Name)
	case *MemberLine:
		k.term(b.Subject, k.c.appType(b.Instance, b.Set.Member), false, "a member of "+b.Instance.Name+"."+b.Set.Name)
	case *ViewLine:
		k.viewArgs(b.View, b.View.In, b.In)
		k.viewArgs(b.View, b.View.Out, b.Out)
	case *IsLine:
		if t, ok := k.expr(b.Expr); ok {
			k.learn(b.Var, t, b.Expr.Tree.Span, "this expression")
		}
	case *FoldLine:
		k.lines(b.Lines)
		for _, e := range []*Expr{b.Limit, b.Offset} {
			if e != nil {
				k.term(Term{Span: e.Tree.Span, Expr: e}, Type{Kind: Number}, false, "a number of rows")
			}
		}
		k.fold(b, l)
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
		t, _ = k.expr(b.Expr)
	}
	switch b.Fold {
	case syntax.Each:
		elem := t
		t = Type{Kind: List, Elem: &elem}
	case syntax.Count, syntax.Sum:
		t = Type{Kind: Number}
	}
	k.learn(b.Var, t, l.Tree.Span, "this "+b.Fold.String())
}

// single is the variable that an expression consists of; nil when it is more.
func (e *Expr) single() *Var {
	if len(e.Vars) == 1 && strings.TrimSpace(e.Tree.Text) == e.Node.Variables()[0] {
		return e.Vars[0]
	}
	return nil
}

// expr gives the type of an expression where it can be seen at a glance.
func (k *kinds) expr(e *Expr) (Type, bool) {
	text := strings.TrimSpace(e.Tree.Text)
	if v := e.single(); v != nil {
		return v.Type, v.Type.Kind != Unknown
	}
	if len(e.Node.Variables()) == 0 {
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			return Type{Kind: Number}, true
		}
		if text == "true" || text == "false" {
			return Type{Kind: Flag}, true
		}
	}
	switch {
	case text == "now":
		return Type{Kind: DateTime}, true
	case len(text) > 1 && (text[0] == '"' || text[0] == '\'') && strings.IndexByte(text[1:], text[0]) == len(text)-2:
		return Type{Kind: String}, true
	}
	return Type{}, false
}
