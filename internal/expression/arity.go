package expression

import (
	"fmt"
	"strconv"

	"github.com/expr-lang/expr/ast"
)

// arity says how many values a function takes: at least the first, at most the
// second, which is 0 where any number will do.
var arity = map[string][2]int{
	"all": {2, 2}, "any": {2, 2}, "none": {2, 2}, "one": {2, 2}, "filter": {2, 2}, "map": {2, 2},
	"find": {2, 2}, "findIndex": {2, 2}, "findLast": {2, 2}, "findLastIndex": {2, 2}, "groupBy": {2, 2},
	"count": {1, 2}, "sum": {1, 2}, "sortBy": {2, 3}, "reduce": {2, 3},
	"len": {1, 1}, "type": {1, 1}, "abs": {1, 1}, "ceil": {1, 1}, "floor": {1, 1}, "round": {1, 1},
	"int": {1, 1}, "float": {1, 1}, "string": {1, 1}, "max": {1, 0}, "min": {1, 0}, "mean": {1, 0}, "median": {1, 0},
	"trim": {1, 2}, "trimPrefix": {1, 2}, "trimSuffix": {1, 2}, "upper": {1, 1}, "lower": {1, 1},
	"split": {2, 3}, "splitAfter": {2, 3}, "replace": {3, 4}, "repeat": {2, 2}, "join": {1, 2},
	"indexOf": {2, 2}, "lastIndexOf": {2, 2}, "hasPrefix": {2, 2}, "hasSuffix": {2, 2},
	"toJSON": {1, 1}, "fromJSON": {1, 1}, "toBase64": {1, 1}, "fromBase64": {1, 1},
	"duration": {1, 1}, "date": {1, 3}, "first": {1, 1}, "last": {1, 1}, "get": {2, 2}, "take": {2, 2},
	"reverse": {1, 1}, "uniq": {1, 1}, "concat": {1, 0}, "flatten": {1, 1}, "sort": {1, 2},
	"bitand": {2, 2}, "bitor": {2, 2}, "bitxor": {2, 2}, "bitnand": {2, 2}, "bitnot": {1, 1},
	"bitshl": {2, 2}, "bitshr": {2, 2}, "bitushr": {2, 2},
}

// counted reports a call with too few values or too many.
func (c *collector) counted(n *ast.BuiltinNode) {
	want, known := arity[n.Name]
	got := len(n.Arguments)
	if known && (got < want[0] || want[1] > 0 && got > want[1]) {
		c.fail(n, takes(n.Name, want)+", and here "+are(got))
	}
}

func takes(name string, want [2]int) string {
	number, last := strconv.Itoa(want[0]), want[0]
	switch {
	case want[1] == 0:
		number = "at least " + number
	case want[1] > want[0]:
		number, last = number+" or "+strconv.Itoa(want[1]), want[1]
		if want[1] > want[0]+1 {
			number = fmt.Sprintf("%d to %d", want[0], want[1])
		}
	}
	if last == 1 {
		return "“" + name + "” takes " + number + " value"
	}
	return "“" + name + "” takes " + number + " values"
}

func are(n int) string {
	switch n {
	case 0:
		return "is none"
	case 1:
		return "is 1"
	}
	return "are " + strconv.Itoa(n)
}
