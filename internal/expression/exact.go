package expression

import (
	"errors"
	"math"
	"reflect"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/vm/runtime"
)

// Numbers have 64 bits and a floating point. The library counts with whole ones
// of its own as long as it can, and where those grow too large, begins again
// below zero. So what adds and multiplies is done here, and so is what makes a
// short text a very long one.

const (
	// whole is the first whole number beyond which floating point leaves some out.
	whole = 1 << 53
	// longest is how long a text may become, in bytes.
	longest = 64 << 20
)

// The names of what is done here cannot be written, so they stand in nobody's way.
const (
	plusName   = "+"
	minusName  = "-"
	timesName  = "*"
	repeatName = "repeat()"
	groupName  = "groupBy()"
)

// exactly tells the library what is done here.
func exactly(config *conf.Config) {
	for name, do := range map[string]func(...any) (any, error){plusName: plus, minusName: minus, timesName: times, repeatName: repeat, groupName: groups, recordName: recordOf} {
		expr.Function(name, do)(config)
	}
}

// large makes floating point of the whole numbers that are written in the text
// and would grow too large at once. It comes before the nodes have types.
type large struct{}

func (large) Visit(n *ast.Node) {
	atLeast := func(n *ast.Node, bound int) {
		if i, ok := (*n).(*ast.IntegerNode); ok && (i.Value >= bound || i.Value <= -bound) {
			ast.Patch(n, &ast.FloatNode{Value: float64(i.Value)})
		}
	}
	atLeast(n, whole)
	if x, ok := (*n).(*ast.BinaryNode); ok && x.Operator == timesName {
		atLeast(&x.Left, 1<<31)
		atLeast(&x.Right, 1<<31)
	}
}

// exact puts what is done here in the place of what the library would do. The
// nodes have types, and keep them: of what is known to be a whole number, such
// as a length, the library makes use further up.
type exact struct{}

func (exact) Visit(n *ast.Node) {
	call := func(name string, arguments ...ast.Node) {
		callee := &ast.IdentifierNode{Value: name}
		callee.SetLocation((*n).Location())
		ast.Patch(n, &ast.CallNode{Callee: callee, Arguments: arguments})
	}
	switch x := (*n).(type) {
	case *ast.BinaryNode:
		if (x.Operator == plusName || x.Operator == minusName || x.Operator == timesName) && x.Type().Kind() == reflect.Interface {
			call(x.Operator, x.Left, x.Right)
		}
	case *ast.BuiltinNode:
		switch x.Name {
		case "repeat":
			call(repeatName, x.Arguments...)
		case "groupBy":
			call(groupName, x)
		}
	}
}

func plus(args ...any) (any, error) {
	switch a := args[0].(type) {
	case int:
		if b, ok := args[1].(int); ok {
			return counted(a+b, float64(a)+float64(b)), nil
		}
	case string:
		if b, ok := args[1].(string); ok && len(a)+len(b) > longest {
			return nil, errTooLong
		}
	}
	if sum, ok, err := sumOfTimes(args[0], args[1]); ok {
		return sum, err
	}
	return runtime.Add(args[0], args[1]), nil
}

func minus(args ...any) (any, error) {
	if a, ok := args[0].(int); ok {
		if b, ok := args[1].(int); ok {
			return counted(a-b, float64(a)-float64(b)), nil
		}
	}
	if difference, ok, err := differenceOfTimes(args[0], args[1]); ok {
		return difference, err
	}
	return runtime.Subtract(args[0], args[1]), nil
}

func times(args ...any) (any, error) {
	if a, ok := args[0].(int); ok {
		if b, ok := args[1].(int); ok {
			return counted(a*b, float64(a)*float64(b)), nil
		}
	}
	return runtime.Multiply(args[0], args[1]), nil
}

// counted returns the whole number where it is one that floating point has.
func counted(n int, f float64) any {
	if math.Abs(f) < whole {
		return n
	}
	return f
}

func repeat(args ...any) (any, error) {
	text, n := args[0].(string), args[1].(int)
	switch {
	case n < 0:
		return nil, errors.New("invalid argument for repeat (expected positive integer)")
	case n > 0 && len(text) > longest/n:
		return nil, errTooLong
	}
	return strings.Repeat(text, n), nil
}

// errTooLong is in the words of the library, which inWords knows.
var errTooLong = errors.New("memory budget exceeded")

// groups makes a record of what the library's groupBy gives.
func groups(args ...any) (any, error) {
	byKey, ok := args[0].(map[any][]any)
	if !ok {
		return nil, inOurWords("“groupBy” takes a list")
	}
	record := make(map[string]any, len(byKey))
	for key, items := range byKey {
		name, ok := key.(string)
		if !ok {
			return nil, inOurWords("“groupBy” groups by a text, and this is %s", kindOfAny(key))
		}
		record[name] = items
	}
	return record, nil
}
