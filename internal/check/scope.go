package check

import (
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A resolver gives the names of one sync, view or scenario their meaning. Its
// variables live in scopes: what is bound inside a fold, a "no" line or an else
// stays there.
type resolver struct {
	c     *checker
	vars  []*Var
	scope *scope
	ok    bool // nothing of it is broken
	quiet bool // some of its text could not be read: what seems to lack may stand there
	free  bool // names need not be bound: a scenario's are not followed

	self     *Instance         // the concept whose scenario it is
	hints    map[*Var]Type     // what is known of types so far, for ambiguous fields
	sites    map[string][]site // who binds a name, anywhere in the item
	unnamed  map[string]unnamed
	subjects map[string][]string // fields that are read of a name, for ambiguous fields
	request  bool                // the sync matches a request
	inside   string              // the fold or "no" line being resolved
	inElse   bool                // an else is being resolved
	lacking  []string            // names that were used and had no value
	nested   string              // the fold or view being resolved, in whose lines no else counts
	declared bool                // the name being resolved is a declared input's as well
	fields   map[*Var]bool       // named by a request's pattern alone, which takes any name
}

// A scope holds the variables that are bound so far.
type scope struct {
	outer *scope
	names map[string]*Var
	order []*Var
}

// An unnamed is an output that a line gives and nobody names.
type unnamed struct {
	span   source.Span // of the line
	by     string      // "Sessioning.create"
	hasOut bool
	out    []*syntax.Arg
}

func newResolver(c *checker, broken bool) *resolver {
	return &resolver{c: c, ok: true, quiet: broken, scope: &scope{names: map[string]*Var{}},
		hints: map[*Var]Type{}, sites: map[string][]site{}, unnamed: map[string]unnamed{}, fields: map[*Var]bool{}}
}

func (r *resolver) push() { r.scope = &scope{outer: r.scope, names: map[string]*Var{}} }
func (r *resolver) pop()  { r.scope = r.scope.outer }

// instance finds the instance of a line. The scenario of a concept knows only
// that concept.
func (r *resolver) instance(name syntax.Name) *Instance {
	switch {
	case r.self == nil:
		return r.c.instance(name)
	case name.Text == r.self.Name:
		return r.self
	case name.Text != "":
		r.fault(diag.WrongStep, name.Span, "the scenario of “"+r.self.Name+"” knows no other concept")
	}
	return nil
}

func (r *resolver) fault(code diag.Code, span source.Span, message string, notes ...string) {
	r.ok = false
	r.c.fault(code, span, message, notes...)
}

func (r *resolver) unknown(code diag.Code, name syntax.Name, message string, known []string, notes ...string) {
	r.ok = false
	r.c.unknown(code, name, message, known, notes...)
}

// lookup finds a bound variable.
func (r *resolver) lookup(name string) *Var {
	for s := r.scope; s != nil; s = s.outer {
		if v := s.names[name]; v != nil {
			return v
		}
	}
	return nil
}

// visible are the names that are bound here.
func (r *resolver) visible() []string {
	var names []string
	for s := r.scope; s != nil; s = s.outer {
		for _, v := range s.order {
			if !slices.Contains(names, v.Name) {
				names = append(names, v.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// declare makes a variable in the innermost scope.
func (r *resolver) declare(name syntax.Name) *Var {
	v := &Var{Name: name.Text, Span: name.Span, Index: len(r.vars)}
	r.vars = append(r.vars, v)
	r.scope.names[name.Text] = v
	r.scope.order = append(r.scope.order, v)
	return v
}

func ours(name string) bool { return name == expression.Now || name == expression.New }

// bind gives the variable of a name, and whether it gets its value here.
func (r *resolver) bind(name syntax.Name) (v *Var, binds bool) {
	if name.Text == "" {
		r.ok = false
		return nil, false
	}
	if ours(name.Text) {
		r.fault(diag.ReservedVariable, name.Span, "“"+name.Text+"” has a meaning of its own and cannot be bound",
			"now is the flow's instant, new a fresh identity")
		return nil, false
	}
	switch name.Text {
	case "true", "false", "null", "nil":
		r.fault(diag.ReservedVariable, name.Span, "“"+name.Text+"” is a value and cannot be bound")
		return nil, false
	}
	if v := r.lookup(name.Text); v != nil {
		return v, false
	}
	return r.declare(name), true
}

// use gives the variable of a name that must be bound.
func (r *resolver) use(name syntax.Name) *Var {
	if name.Text == "" {
		r.ok = false
		return nil
	}
	if v := r.lookup(name.Text); v != nil {
		return v
	}
	if !r.free {
		r.unbound(name)
	}
	return r.declare(name) // so that it is said once
}

// valueTerm resolves a term where a value is made.
func (r *resolver) valueTerm(name syntax.Name, t *syntax.Term) Term {
	if t == nil {
		t = &syntax.Term{Span: name.Span, Kind: syntax.VariableTerm, Name: name}
	}
	switch t.Kind {
	case syntax.AnyTerm:
		r.fault(diag.NoValue, t.Span, "“_” is no value: say what “"+name.Text+"” is, or leave it out")
	case syntax.LiteralTerm:
		return Term{Span: t.Span, Literal: literal(t.Literal)}
	case syntax.ExpressionTerm:
		return Term{Span: t.Span, Expr: r.expr(t.Expr)}
	default:
		if ours(t.Name.Text) {
			return Term{Span: t.Span, Expr: r.expr(&syntax.Expr{Span: t.Span, Text: t.Name.Text})}
		}
		return Term{Span: t.Span, Var: r.use(t.Name)}
	}
	return Term{Span: t.Span}
}

// patternTerm resolves a term where a value is bound or compared.
func (r *resolver) patternTerm(name syntax.Name, t *syntax.Term) (term Term, binds bool) {
	if t == nil {
		t = &syntax.Term{Span: name.Span, Kind: syntax.VariableTerm, Name: name}
	}
	switch t.Kind {
	case syntax.AnyTerm:
		return Term{Span: t.Span, Any: true}, false
	case syntax.LiteralTerm:
		return Term{Span: t.Span, Literal: literal(t.Literal)}, false
	case syntax.ExpressionTerm:
		return Term{Span: t.Span, Expr: r.expr(t.Expr)}, false
	}
	v, binds := r.bind(t.Name)
	return Term{Span: t.Span, Var: v}, binds
}

// literal makes a value of what the reader found.
func literal(x any) value.Value {
	switch x := x.(type) {
	case string:
		return value.String(x)
	case float64:
		return value.Number(x)
	case bool:
		return value.Flag(x)
	}
	return value.Null
}

// expression reads an expression; what stands often is read once.
func (c *checker) expression(text string) (*expression.Expression, error) {
	if node := c.expressions[text]; node != nil {
		return node, nil
	}
	node, err := expression.Parse(text)
	if err == nil {
		c.expressions[text] = node
	}
	return node, err
}

// expr reads an expression and resolves its variables; nil when it is broken.
func (r *resolver) expr(t *syntax.Expr) *Expr {
	if t == nil {
		r.ok = false
		return nil
	}
	node, err := r.c.expression(t.Text)
	if err != nil {
		span := t.Span
		if e, ok := errors.AsType[*expression.Error](err); ok {
			span.Start, span.End = span.Start+e.Offset, span.Start+max(e.End, e.Offset)
		}
		r.fault(diag.BadExpression, span, err.Error())
		return nil
	}
	e := &Expr{Tree: t, Node: node}
	for _, name := range node.Variables() {
		if ours(name) {
			e.Vars = append(e.Vars, nil)
			continue
		}
		e.Vars = append(e.Vars, r.use(syntax.Name{Text: name, Span: wordSpan(t, name)}))
	}
	return e
}

// wordSpan is where a word first stands in an expression, outside its strings;
// the whole expression when it cannot be found.
func wordSpan(t *syntax.Expr, word string) source.Span {
	text := t.Text
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\'' || c == '`':
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' && c != '`' {
					i++
				}
			}
		case isLetterIn(text, i):
			from := i
			for i < len(text) && isLetterIn(text, i) {
				_, n := utf8.DecodeRuneInString(text[i:])
				i += n
			}
			key := i < len(text) && text[i] == ':'
			if text[from:i] == word && !(from > 0 && text[from-1] == '.') && !key {
				return source.Span{File: t.Span.File, Start: t.Span.Start + from, End: t.Span.Start + i}
			}
			i--
		}
	}
	return t.Span
}
