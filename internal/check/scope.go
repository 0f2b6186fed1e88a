package check

import (
	"errors"
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/expression"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// A resolver resolves the names of one sync, view or scenario. Variables that are
// bound inside a fold, a "no" line or an else are visible only there.
type resolver struct {
	c              *checker
	vars           []*Var
	scope          *scope
	text           source.Span
	ok             bool // no error was found
	lenient        bool // part of the text could not be parsed: what seems to be missing may be there
	unboundAllowed bool // of scenarios, whose variables are bound when they run

	self     *Instance         // the concept of a concept's scenario
	hints    map[*Var]Type     // the types known so far, for ambiguous fields
	sites    map[string][]site // where each name would be bound
	unnamed  map[string]unnamedOutput
	subjects map[string][]string // the fields that are read of each name, for ambiguous fields
	request  bool                // the sync matches a request
	inside   string              // the fold or "no" line being resolved
	elseWhen string              // when the else being resolved is asked, "" outside of one
	// outOfScope are the findings about names that are bound only inside of a line, by
	// the line.
	outOfScope   map[string]int
	unboundNames []string      // names that are used without a value
	nested       string        // the fold or view being resolved, whose lines have no else
	declared     bool          // the name being resolved is also that of a declared input
	fields       map[*Var]bool // variables that only the pattern of a request names
}

// A scope holds the variables that are bound so far.
type scope struct {
	outer *scope
	names map[string]*Var
	order []*Var
}

// An unnamedOutput is an output that its line does not name.
type unnamedOutput struct {
	span   source.Span // of the line
	by     string      // "Sessioning.create"
	hasOut bool
	names  []string // of all outputs, as they are declared
	// pattern is the name, with a “?” if the output may be null.
	pattern string
	out     []*syntax.Arg
	// misspelt is set if the line names an output that it does not have, and that is
	// reported as a misspelling of this one.
	misspelt bool
}

func newResolver(c *checker, broken bool) *resolver {
	return &resolver{c: c, ok: true, lenient: broken, scope: &scope{names: map[string]*Var{}},
		hints: map[*Var]Type{}, sites: map[string][]site{}, unnamed: map[string]unnamedOutput{}, fields: map[*Var]bool{}}
}

func (r *resolver) push() { r.scope = &scope{outer: r.scope, names: map[string]*Var{}} }
func (r *resolver) pop()  { r.scope = r.scope.outer }

// instance finds the instance of a line. The scenario of a concept sees only that
// concept.
func (r *resolver) instance(name syntax.Name) *Instance {
	switch {
	case r.self == nil:
		return r.c.instance(name)
	case name.Text == r.self.Name:
		return r.self
	case name.Text != "":
		r.errorAt(diag.WrongStep, name.Span, "the scenario of “"+r.self.Name+"” cannot name another concept")
	}
	return nil
}

func (r *resolver) errorAt(code diag.Code, span source.Span, message string, notes ...string) {
	r.ok = false
	r.c.errorAt(code, span, message, notes...)
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

// visible returns the names that are bound here.
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

func isReserved(name string) bool { return name == expression.Now || name == expression.New }

// bind returns the variable of a name, and reports whether it is bound here.
func (r *resolver) bind(name syntax.Name) (v *Var, binds bool) {
	if name.Text == "" {
		r.ok = false
		return nil, false
	}
	if isReserved(name.Text) {
		r.errorAt(diag.ReservedVariable, name.Span, "“"+name.Text+"” is reserved and cannot be bound",
			"now is the time of the flow, new a fresh identity")
		return nil, false
	}
	switch name.Text {
	case "true", "false", "null", "nil":
		r.errorAt(diag.ReservedVariable, name.Span, "“"+name.Text+"” is a value and cannot be bound")
		return nil, false
	}
	if v := r.lookup(name.Text); v != nil {
		return v, false
	}
	return r.declare(name), true
}

// use returns the variable of a name that must be bound.
func (r *resolver) use(name syntax.Name) *Var {
	if name.Text == "" {
		r.ok = false
		return nil
	}
	if v := r.lookup(name.Text); v != nil {
		return v
	}
	if !r.unboundAllowed {
		r.unbound(name)
	}
	return r.declare(name) // so that it is reported once
}

// valueTerm resolves a term that must have a value.
func (r *resolver) valueTerm(name syntax.Name, t *syntax.Term) Term {
	if t == nil {
		t = &syntax.Term{Span: name.Span, Kind: syntax.VariableTerm, Name: name}
	}
	switch t.Kind {
	case syntax.AnyTerm:
		r.errorAt(diag.NoValue, t.Span, "“_” is not a value: give “"+name.Text+"” one, or leave it out")
	case syntax.LiteralTerm:
		return Term{Span: t.Span, Literal: literal(t.Literal)}
	case syntax.ExpressionTerm:
		return Term{Span: t.Span, Expr: r.expr(t.Expr)}
	case syntax.FileTerm:
		r.filePath(t.File)
		return Term{Span: t.Span, Any: true}
	default:
		if isReserved(t.Name.Text) {
			return Term{Span: t.Span, Expr: r.expr(&syntax.Expr{Span: t.Span, Text: t.Name.Text})}
		}
		return Term{Span: t.Span, Var: r.use(t.Name)}
	}
	return Term{Span: t.Span}
}

// patternTerm resolves a term that binds or compares.
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
	case syntax.FileTerm:
		r.filePath(t.File)
		return Term{Span: t.Span, Any: true}, false
	}
	v, binds := r.bind(t.Name)
	return Term{Span: t.Span, Var: v}, binds
}

// literal returns the value of a parsed literal.
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

// expression parses an expression. It parses equal texts once.
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

// expr parses an expression and resolves its variables. It returns nil if there is
// an error.
func (r *resolver) expr(t *syntax.Expr) *Expr {
	if t == nil || t.Broken {
		r.ok = false
		return nil
	}
	node, err := r.c.expression(t.Text)
	if err != nil {
		span := t.Span
		if e, ok := errors.AsType[*expression.Error](err); ok {
			span.Start, span.End = span.Start+e.Offset, span.Start+max(e.End, e.Offset)
		}
		r.errorAt(diag.BadExpression, span, err.Error())
		return nil
	}
	e := &Expr{Tree: t, Node: node}
	for _, name := range node.Variables() {
		if isReserved(name) {
			e.Vars = append(e.Vars, nil)
			continue
		}
		e.Vars = append(e.Vars, r.use(syntax.Name{Text: name, Span: readSpan(t, node.Shape(), name)}))
	}
	return e
}

// readSpan is the span of the first part of an expression that reads a variable.
func readSpan(t *syntax.Expr, s *expression.Shape, name string) source.Span {
	first := t.Span
	first.Start = t.Span.End
	var look func(s *expression.Shape)
	look = func(s *expression.Shape) {
		at := t.Span.Start + s.Offset
		if s.Form == expression.VariableForm && s.Name == name && at < first.Start {
			first.Start, first.End = at, min(at+len(name), t.Span.End)
		}
		for _, p := range s.Parts {
			look(p)
		}
	}
	look(s)
	if first.Start == t.Span.End {
		return t.Span
	}
	return first
}
