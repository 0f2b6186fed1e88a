package expression

import (
	"fmt"
	"strconv"

	"github.com/expr-lang/expr/ast"
)

// counted reports a call with too few values or too many.
func (c *collector) counted(n ast.Node, name string, got int) {
	f, known := function(name)
	if known && (got < f.Min || f.Max > 0 && got > f.Max) {
		c.fail(n, takes(name, arityOf(name))+", and here "+are(got))
	}
}

// arityOf is how many values a function takes: at least the first number, at most
// the second, which is 0 if there is no limit.
func arityOf(name string) [2]int {
	f, _ := function(name)
	return [2]int{f.Min, f.Max}
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
