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
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
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

// unordered are the library's functions whose result does not depend on their
// arguments alone.
var unordered = []string{"now", "keys", "values", "toPairs", "fromPairs", "timezone"}

// null is how the language writes what the library calls nil.
const null = "null"

// An Expression is a text that has been read and compiled. It is immutable and
// safe for use by several goroutines.
type Expression struct {
	Text      string
	variables []string
	shape     *Shape
	root      node
	source    *rewritten
	callees   map[ast.Node]bool // the names of functions that are called
}

// Parse reads an expression.
func Parse(text string) (*Expression, error) {
	if err := notUTF8(text); err != nil {
		return nil, err
	}
	config := settings()
	source, err := rewrite(text)
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseWithConfig(source.text, config)
	if err != nil {
		return nil, unread(text, source, err)
	}
	e := &Expression{Text: text, source: source, callees: calleesOf(tree.Node)}
	names, err := e.free(tree.Node)
	if err != nil {
		return nil, err
	}
	e.variables = names
	e.shape = e.shapeOf(tree.Node)
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
	recordNode   []recordField
	recordField  struct {
		name   string
		key    node // of a computed name
		spread bool // the fields of the value, a record, take the place of the field
		value  node
	}
	programNode struct {
		program *vm.Program
		names   []string
		places  []int
		fields  fieldReads
	}
	// A givenNode asks whether a variable has been given a value.
	givenNode int
)

// Inside an expression, absence is null.
func (n variableNode) eval(s Scope) (value.Value, error) {
	v := s(int(n))
	if v.IsUnset() {
		v = value.Null
	}
	return v, nil
}

func (n literalNode) eval(Scope) (value.Value, error) { return n.v, nil }

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

func (n recordNode) eval(s Scope) (value.Value, error) {
	var fields []value.Field
	secretName := false
	for _, f := range n {
		v, err := f.value.eval(s)
		if err != nil {
			return value.Value{}, err
		}
		switch {
		case f.spread:
			more, err := spreadFields(v)
			if err != nil {
				return value.Value{}, err
			}
			fields = append(fields, more...)
			continue
		case f.key != nil:
			key, err := f.key.eval(s)
			if err != nil {
				return value.Value{}, err
			}
			if key.Kind() == value.SecretKind {
				key, secretName = key.Reveal(), true
			}
			if key.Kind() != value.StringKind {
				return value.Value{}, errors.New("the name of a field is a text, and this is " + kindOf(key))
			}
			f.name, _ = key.Text()
		}
		fields = append(fields, value.Field{Name: f.name, Value: v})
	}
	record := value.Record(fields)
	if secretName {
		record = value.Secret(record)
	}
	return record, nil
}

// spreadFields returns the fields of a record that is spread in another; null has
// none. The fields of a secret are secret.
func spreadFields(v value.Value) ([]value.Field, error) {
	secret := v.Kind() == value.SecretKind
	if secret {
		v = v.Reveal()
	}
	switch {
	case v.IsNull():
		return nil, nil
	case v.Kind() != value.RecordKind:
		return nil, errors.New("“...” takes a record, and this is " + kindOf(v))
	}
	fields := slices.Clone(v.Fields())
	for i := range fields {
		if secret {
			fields[i].Value = value.Secret(fields[i].Value)
		}
	}
	return fields, nil
}

func (n givenNode) eval(s Scope) (value.Value, error) {
	return value.Flag(!s(int(n)).IsUnset()), nil
}

func (n *programNode) eval(s Scope) (value.Value, error) {
	env := make(map[string]any, len(n.names))
	secret := false
	for i, name := range n.names {
		v := s(n.places[i])
		secret = secret || v.HoldsSecret()
		env[prefix+name] = v.Any()
		env[givenPrefix+name] = !v.IsUnset()
	}
	out, err := vm.Run(n.program, env)
	if err != nil {
		if secret {
			return value.Value{}, errors.New("the expression fails on its values, which are secret")
		}
		var e *file.Error
		if errors.As(err, &e) {
			if name, ok := n.fields[e.From]; ok && e.Message == noIndex {
				return value.Value{}, errors.New(noField(name))
			}
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
		rec := recordNode{}
		for _, p := range n.Pairs {
			pair := p.(*ast.PairNode)
			part, err := e.build(pair.Value)
			if err != nil {
				return nil, err
			}
			field := recordField{value: part}
			if key, ok := pair.Key.(*ast.StringNode); !ok {
				if field.key, err = e.build(pair.Key); err != nil {
					return nil, err
				}
			} else if field.spread = key.Value == spreadKey; !field.spread {
				field.name = key.Value
			}
			rec = append(rec, field)
		}
		return rec, nil
	case *ast.CallNode:
		if name := givenName(n); name != "" {
			return givenNode(slices.Index(e.variables, name)), nil
		}
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
	p := &programNode{names: names, fields: fieldReads{}}
	ast.Walk(&n, p.fields)
	for _, name := range names {
		p.places = append(p.places, slices.Index(e.variables, name))
	}
	at := n
	ast.Walk(&n, prefixed{names, e.callees})
	ast.Walk(&n, recordCalls{})
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

// noField says that a text or a list has no field with a name, or, without a name, no
// item with a name.
func noField(name string) string {
	if name == "" {
		return "an item of a text or a list is chosen by a number, and here by a text"
	}
	return "a text or a list has no field “" + name + "”"
}

// fieldReads are the names of the fields that a program reads, by their places. They are
// "" for names that are computed.
type fieldReads map[int]string

func (f fieldReads) Visit(n *ast.Node) {
	if m, ok := (*n).(*ast.MemberNode); ok {
		f[m.Location().From] = ""
		if name, ok := m.Property.(*ast.StringNode); ok {
			f[m.Location().From] = name.Value
		}
	}
}

// noIndex is the message of the library if a field of a text or a list is read.
const noIndex = "invalid operation: int(string)"

// prefix keeps variables apart from the library's functions, so that a variable
// may be called count.
const prefix = "v_"

// givenPrefix names the flags that tell whether variables have been given.
const givenPrefix = "given "

// prefixed renames the variables for the library.
type prefixed struct {
	names   []string
	callees map[ast.Node]bool
}

func (p prefixed) Visit(n *ast.Node) {
	switch x := (*n).(type) {
	case *ast.IdentifierNode:
		if slices.Contains(p.names, x.Value) && !p.callees[x] {
			x.Value = prefix + x.Value
		}
	case *ast.CallNode:
		if name := givenName(x); name != "" {
			ast.Patch(n, &ast.IdentifierNode{Value: givenPrefix + strings.TrimPrefix(name, prefix)})
		}
	}
}

// givenName is the variable that a call of given asks about; "" for another call.
func givenName(n *ast.CallNode) string {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || callee.Value != "given" || len(n.Arguments) != 1 {
		return ""
	}
	if v, ok := n.Arguments[0].(*ast.IdentifierNode); ok {
		return v.Value
	}
	return ""
}

// calleesOf returns the names in an expression that are functions.
func calleesOf(n ast.Node) map[ast.Node]bool {
	c := calleeFinder{}
	ast.Walk(&n, c)
	return c
}

type calleeFinder map[ast.Node]bool

func (c calleeFinder) Visit(n *ast.Node) {
	if call, ok := (*n).(*ast.CallNode); ok {
		c[call.Callee] = true
	}
}

// settings are those of the library.
func settings() *conf.Config {
	config := conf.CreateNew()
	expr.AllowUndefinedVariables()(config)
	expr.DisableIfOperator()(config)
	for _, f := range builtin.Names {
		if _, ok := function(f); !ok || own[f] != nil {
			expr.DisableBuiltin(f)(config)
			delete(config.Builtins, f)
		}
	}
	for name, do := range own {
		expr.Function(name, do)(config)
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
	return slices.DeleteFunc(c.names, func(name string) bool { return name == null }), nil
}

type collector struct {
	e     *Expression
	names []string
	err   error
}

// Visit is called for the parts of a node before the node itself.
func (c *collector) Visit(n *ast.Node) {
	switch n := (*n).(type) {
	case *ast.IdentifierNode:
		if n.Value == "$env" {
			c.fail(n, "“$env” is not part of the language: name the variables")
		}
		if !slices.Contains(c.names, n.Value) && !c.e.callees[n] {
			c.names = append(c.names, n.Value)
		}
	case *ast.BuiltinNode:
		c.counted(n, n.Name, len(n.Arguments))
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		if ok && own[callee.Value] != nil {
			c.counted(n, callee.Value, len(n.Arguments))
			if callee.Value == "given" && givenName(n) == "" {
				c.fail(n, "“given” asks about a variable, as in “given(name)”")
			}
		} else if ok {
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
