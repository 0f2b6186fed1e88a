package flows

import "github.com/legible-lang/legible/value"

// A literalTable numbers literals, from 1. The table of a walk continues the
// immutable table of the program.
type literalTable struct {
	program *literalTable // nil for the table of the program
	numbers map[string]int32
	values  []value.Value
}

// intern returns the number of a literal; 0 is null.
func (l *literalTable) intern(v value.Value) int32 {
	if v.IsNull() {
		return 0
	}
	var room [64]byte
	key := value.AppendKey(room[:0], v)
	before := 0
	if l.program != nil {
		if n := l.program.numbers[string(key)]; n != 0 {
			return n
		}
		before = len(l.program.values)
	}
	if n := l.numbers[string(key)]; n != 0 {
		return n
	}
	if l.numbers == nil {
		l.numbers = map[string]int32{}
	}
	l.values = append(l.values, v)
	n := int32(before + len(l.values))
	l.numbers[string(key)] = n
	return n
}

func (l *literalTable) value(number int32) value.Value {
	if l.program == nil {
		return l.values[number-1]
	}
	if n := len(l.program.values); int(number) > n {
		return l.values[int(number)-n-1]
	}
	return l.program.value(number)
}
