// Package expression wraps the expression library, which no other package uses.
//
// Its main types are [Expression], a read text; [Error], a fault with its
// place; and [Scope], where the variables get their values. It promises that an
// expression has no side effects, gives the same result for the same values,
// and that a result made of a secret is secret. It refuses what would break
// that: the library's clock, and its functions that give the fields of a record
// in no order.
package expression

import (
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/legible-lang/legible/value"
)

// Now and New are the names that the language itself gives a meaning.
const (
	Now = "now" // the flow's one instant
	New = "new" // a fresh identity
)

// unordered are the library's functions whose result is not settled by their
// arguments, or that reach outside.
var unordered = []string{"now", "keys", "values", "toPairs", "fromPairs", "timezone"}

// null is how the language writes what the library calls nil.
const null = "null"

// An Expression is a text that has been read and compiled. It is immutable and
// safe for use by several goroutines.
type Expression struct {
	Text      string
	variables []string
	declared  []string // by let
	shape     *Shape
	root      node
}

// Parse reads an expression.
func Parse(text string) (*Expression, error) {
	config := settings()
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		return nil, unread(text, err)
	}
	e := &Expression{Text: text}
	names, err := e.free(tree.Node)
	if err != nil {
		return nil, err
	}
	e.variables = names
	e.shape = e.shapeOf(tree.Node)
	if err := e.renamed(e.shape, nil); err != nil {
		return nil, err
	}
	b := &builder{Expression: e, config: config, source: tree.Source}
	root, err := b.build(tree.Node)
	if err != nil {
		return nil, err
	}
	e.root = root
	return e, nil
}

// Variables are the free names of the expression in the order in which they
// first stand, "now" and "new" among them.
func (e *Expression) Variables() []string { return e.variables }

// A Scope gives the value of the i-th of the expression's variables.
type Scope func(i int) value.Value

// Eval computes the expression. Its errors say what went wrong with which
// values' kinds; they hold no values.
func (e *Expression) Eval(scope Scope) (value.Value, error) { return e.root.eval(scope) }

// A node is either a part that this package evaluates itself (a variable, a
// literal, a list or a record, so that records keep the order in which they
// are written) or a program of the library.
type node interface {
	eval(Scope) (value.Value, error)
}

type (
	variableNode int
	literalNode  struct{ v value.Value }
	listNode     []node
	recordNode   struct {
		names []string
		nodes []node
	}
	programNode struct {
		program *vm.Program
		names   []string
		places  []int
	}
)

func (n variableNode) eval(s Scope) (value.Value, error) { return s(int(n)), nil }
func (n literalNode) eval(Scope) (value.Value, error)    { return n.v, nil }

func (n listNode) eval(s Scope) (value.Value, error) {
	items := make([]value.Value, len(n))
	for i, x := range n {
		v, err := x.eval(s)
		if err != nil {
			return value.Value{}, err
		}
		items[i] = v
	}
	return value.List(items), nil
}

func (n *recordNode) eval(s Scope) (value.Value, error) {
	fields := make([]value.Field, len(n.nodes))
	for i, x := range n.nodes {
		v, err := x.eval(s)
		if err != nil {
			return value.Value{}, err
		}
		fields[i] = value.Field{Name: n.names[i], Value: v}
	}
	return value.Record(fields), nil
}

func (n *programNode) eval(s Scope) (value.Value, error) {
	env := make(map[string]any, len(n.names))
	secret := false
	for i, name := range n.names {
		v := s(n.places[i])
		secret = secret || v.HoldsSecret()
		env[prefix+name] = v.Any()
	}
	out, err := vm.Run(n.program, env)
	if err != nil {
		if secret {
			return value.Value{}, errors.New("the expression fails on its values, which are secret")
		}
		var e *file.Error
		if errors.As(err, &e) {
			return value.Value{}, errors.New(inWords(e.Message))
		}
		return value.Value{}, errors.New(inWords(err.Error()))
	}
	v, err := value.FromAny(out)
	if err != nil {
		return value.Value{}, errors.New("a variable cannot hold this result")
	}
	if _, flag := v.Bool(); secret && !flag {
		v = value.Secret(v)
	}
	return v, nil
}

// A builder makes the nodes of an expression.
type builder struct {
	*Expression
	config *conf.Config
	source file.Source
}

func (e *builder) build(n ast.Node) (node, error) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if n.Value == null {
			return literalNode{value.Null}, nil
		}
		return variableNode(slices.Index(e.variables, n.Value)), nil
	case *ast.NilNode:
		return literalNode{value.Null}, nil
	case *ast.BoolNode:
		return literalNode{value.Flag(n.Value)}, nil
	case *ast.IntegerNode:
		return literalNode{value.Number(float64(n.Value))}, nil
	case *ast.FloatNode:
		return literalNode{value.Number(n.Value)}, nil
	case *ast.StringNode:
		return literalNode{value.String(n.Value)}, nil
	case *ast.ArrayNode:
		list := make(listNode, len(n.Nodes))
		for i, x := range n.Nodes {
			part, err := e.build(x)
			if err != nil {
				return nil, err
			}
			list[i] = part
		}
		return list, nil
	case *ast.MapNode:
		rec := &recordNode{}
		for _, p := range n.Pairs {
			pair := p.(*ast.PairNode)
			key, ok := pair.Key.(*ast.StringNode)
			if !ok {
				return nil, e.fault(pair.Key, "the name of a field must be a word or a text")
			}
			part, err := e.build(pair.Value)
			if err != nil {
				return nil, err
			}
			rec.names = append(rec.names, key.Value)
			rec.nodes = append(rec.nodes, part)
		}
		return rec, nil
	}
	return e.compile(n)
}

// compile hands a part to the library, as it was read: written out again, it
// would lose brackets.
func (e *builder) compile(n ast.Node) (node, error) {
	names, err := e.free(n)
	if err != nil {
		return nil, err
	}
	p := &programNode{names: names}
	for _, name := range names {
		p.places = append(p.places, slices.Index(e.variables, name))
	}
	at := n
	ast.Walk(&n, prefixed(names))
	tree := &parser.Tree{Node: n, Source: e.source}
	ast.Walk(&tree.Node, large{})
	if _, err = checker.Check(tree, e.config); err == nil {
		ast.Walk(&tree.Node, exact{})
		if err = optimizer.Optimize(&tree.Node, e.config); err == nil {
			p.program, err = compiler.Compile(tree, e.config)
		}
	}
	if err != nil {
		return nil, e.uncompiled(at, err)
	}
	return p, nil
}

// prefix keeps variables apart from the library's functions, so that a variable
// may be called count.
const prefix = "v_"

// prefixed renames the variables for the library.
type prefixed []string

func (p prefixed) Visit(n *ast.Node) {
	if id, ok := (*n).(*ast.IdentifierNode); ok && slices.Contains(p, id.Value) {
		id.Value = prefix + id.Value
	}
}

// settings are those of the library.
func settings() *conf.Config {
	config := conf.CreateNew()
	expr.AllowUndefinedVariables()(config)
	for _, f := range unordered {
		expr.DisableBuiltin(f)(config)
		delete(config.Builtins, f)
	}
	exactly(config)
	config.Check()
	return config
}

// free gathers the names that stand for no declaration inside.
func (e *Expression) free(n ast.Node) ([]string, error) {
	c := &collector{e: e}
	ast.Walk(&n, c)
	if c.err != nil {
		return nil, c.err
	}
	for _, name := range c.declared {
		if !slices.Contains(e.declared, name) {
			e.declared = append(e.declared, name)
		}
	}
	return slices.DeleteFunc(c.names, func(name string) bool {
		return name == null || slices.Contains(c.declared, name)
	}), nil
}

type collector struct {
	e               *Expression
	names, declared []string
	err             error
}

// Visit is called for the parts of a node before the node itself.
func (c *collector) Visit(n *ast.Node) {
	switch n := (*n).(type) {
	case *ast.IdentifierNode:
		if n.Value == "$env" {
			c.fail(n, "“$env” is not part of the language: name the variables")
		}
		if !slices.Contains(c.names, n.Value) {
			c.names = append(c.names, n.Value)
		}
	case *ast.VariableDeclaratorNode:
		c.declared = append(c.declared, n.Name)
	case *ast.BuiltinNode:
		c.counted(n)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			c.fail(n, fmt.Sprintf("unknown function “%s”%s", callee.Value, nearestFunction(callee.Value)))
		} else {
			c.fail(n, "only the functions of the expression language can be called")
		}
	}
}

func (c *collector) fail(n ast.Node, message string) {
	if c.err == nil {
		c.err = c.e.fault(n, message)
	}
}
